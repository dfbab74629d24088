"""From bytes to an ImageHeader: sizes checked before allocation, errors without secrets."""

from __future__ import annotations

import traceback
import tracemalloc
from random import Random

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import generate_uid

from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import NoImageError, NotDicomError, UnreadableError
from napari_medscan.dicom.headers.mask_subtraction import UNSUBTRACTED
from napari_medscan.dicom.headers.parse_header import MAX_FRAMES, read_header
from napari_medscan.dicom.headers.patient import may_be_one_patient

from ..making import (
    ITEM,
    NATIVE,
    UNDEFINED,
    ct,
    delimiter,
    element,
    file_of,
    image_elements,
    item,
    part10,
    pixel_data,
)
from ..random_sets import KINDS, Writer

ALLOWED = (NotDicomError, NoImageError, UnreadableError)
QUICK = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def header(tmp_path):
    def of(data=None, /, *, encoding="explicit", raw: bytes | None = None, **changes):
        path = tmp_path / "file.dcm"
        path.write_bytes(part10(data or ct(**changes), encoding) if raw is None else raw)
        return read_header(path, "file.dcm")

    return of


@pytest.mark.parametrize("encoding", sorted(NATIVE))
def test_a_plain_slice(header, encoding):
    found = header(encoding=encoding)
    assert found.shape == (4, 6)
    assert found.layout.bits_stored == 12
    assert found.layout.big_endian is (encoding == "big")
    assert found.unit == "HU"
    assert found.description == "Chest"
    assert (found.series_number, found.instance_number) == (3, 1)
    (frame,) = found.frames
    assert frame.position == (0, 0, 0)
    assert frame.spacing == (0.5, 0.75)
    assert frame.transform.intercept == -1024
    assert not found.notes


@pytest.mark.parametrize(
    ("frames", "counted", "noted"),
    [
        (b"", 3, True),
        (b"3 ", 3, False),
        (b" 3", 3, False),
        (b"2 ", 3, True),
        (b"1A", 3, True),
        (b"0 ", 3, True),
        (b"-1", 3, True),
        (b"nan ", 3, True),
        (b"1e999 ", 3, True),
        (b"1e300 ", 3, True),
        (b"99999999999 ", 3, True),
        (b"5 ", 3, True),
        (b"2147483647", 3, True),
    ],
)
def test_number_of_frames(header, frames, counted, noted):
    raw = file_of(
        element(Tag.Modality, "CS", b"OT"), image_elements(2, 2, frames), pixel_data(bytes(12))
    )
    found = header(raw=raw)
    assert found.layout.frames == len(found.frames) == counted
    assert bool(found.notes) is noted


def test_a_truncated_multi_frame_keeps_its_whole_frames(header):
    raw = file_of(
        element(Tag.Modality, "CS", b"OT"), image_elements(2, 2, b"4 "), pixel_data(bytes(16))
    )
    found = header(raw=raw[:-5])
    assert found.layout.frames == 2
    assert found.notes == ("The file is truncated: 2 of 4 frames are present",)


def test_a_frame_that_is_not_there_at_all_is_refused(header):
    raw = part10(ct())
    with pytest.raises(UnreadableError, match="truncated file"):
        header(raw=raw[:-1])
    with pytest.raises(UnreadableError, match="shorter than the header describes"):
        header(Rows=100)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_claimed_giants_are_refused_before_anything_is_allocated(header, bits):
    changes = {"Rows": 65535, "Columns": 65535, "BitsAllocated": bits, "BitsStored": bits}
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError, match=r"GB\) is far larger than the file \(.* bytes\)"):
            header(**changes, HighBit=bits - 1)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_sizes_in_a_wrong_representation_are_refused(header):
    for text in (b"1e300 ", b"70000 ", b"-1", b"0 ", b"nan ", b"2.5 "):
        size = element(Tag.Rows, "DS", text) + element(Tag.Columns, "DS", text)
        raw = file_of(element(Tag.Modality, "CS", b"OT"), size, pixel_data(bytes(16)))
        with pytest.raises(UnreadableError, match="image size"):
            header(raw=raw)


def test_more_compressed_frames_than_a_file_can_hold_are_those_that_are_there(header):
    fragments = delimiter(ITEM) + delimiter(ITEM, 4) + b"\xff\xd8\xff\xd9"
    raw = file_of(
        element(Tag.Modality, "CS", b"OT"),
        image_elements(2, 2, b"2147483000"),
        element(Tag.PixelData, "OB", fragments, length=UNDEFINED),
        syntax="1.2.840.10008.1.2.4.50",
    )
    found = header(raw=raw)
    assert len(found.frames) == 1
    assert found.notes == ("The file is truncated: 1 of 2147483000 frames is present",)


def test_more_frames_than_can_be_listed_are_refused(header, monkeypatch):
    assert MAX_FRAMES >= 500_000  # slides have that many tiles
    monkeypatch.setattr("napari_medscan.dicom.headers.parse_header.MAX_FRAMES", 3)
    raw = file_of(
        element(Tag.Modality, "CS", b"OT"), image_elements(1, 1, b"4 "), pixel_data(bytes(4))
    )
    with pytest.raises(UnreadableError, match="too many frames"):
        header(raw=raw)


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"PixelData": None, "Rows": None}, NoImageError, "no pixel data"),
        ({"PixelData": None}, UnreadableError, "missing"),
        ({"Rows": None}, UnreadableError, "image size"),
        ({"Columns": 0}, UnreadableError, "image size"),
        ({"BitsAllocated": 24}, UnreadableError, "bit depth"),
        ({"BitsAllocated": None, "BitsStored": 20}, UnreadableError, "bit depth"),
        ({"SamplesPerPixel": 4}, UnreadableError, "photometric interpretation"),
        (
            {"SamplesPerPixel": 3, "PixelData": bytes(70)},
            UnreadableError,
            "photometric interpretation",
        ),
        (
            {"PhotometricInterpretation": "RGB", "PixelData": bytes(70)},
            UnreadableError,
            "photometric interpretation",
        ),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11"}, NoImageError, "structured report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.3"}, NoImageError, "RT Structure Set"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, NoImageError, "presentation state"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.9.1.1"}, NoImageError, "waveform"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, NoImageError, "encapsulated PDF"),
    ],
)
def test_what_cannot_be_shown_is_told_why(header, changes, error, reason):
    with pytest.raises(error, match=reason):
        header(**changes)


def test_missing_and_odd_details_fall_back_to_what_is_usual(header):
    found = header(SamplesPerPixel=None, PhotometricInterpretation=None, BitsStored=None, HighBit=3)
    assert found.layout.photometric == "MONOCHROME2"
    assert (found.layout.bits_stored, found.layout.high_bit) == (16, 15)


@pytest.mark.parametrize("stored", [0, 17])
def test_more_bits_than_are_allocated_are_all_of_them(header, stored):
    found = header(BitsStored=stored, HighBit=stored - 1 if stored else 0)
    assert (found.layout.bits_stored, found.layout.high_bit) == (16, 15)
    assert found.notes == ("Bits Stored is invalid: all allocated bits are shown",)
    assert header(BitsStored=None).notes == ()


@pytest.mark.parametrize(("high", "noted"), [(11, False), (12, True), (15, True), (16, False)])
def test_values_above_the_lowest_bits_are_a_note(header, high, noted):
    found = header(BitsStored=12, HighBit=high)
    assert found.notes == (("High Bit is not 11: values are read from the upper bits",) * noted)


@pytest.mark.parametrize(
    ("signed", "value", "limit", "padding"),
    [
        (0, 0, None, (0, 0)),
        (0, 63536, 65535, (63536, 65535)),
        (1, 63536, None, (-2000, -2000)),
        (1, 63536, 63540, (-2000, -1996)),
        (1, 0x800, None, (-2048, -2048)),
        (1, 0x7FF, None, (2047, 2047)),
        (1, 5, 2, (2, 5)),
    ],
)
def test_padding_takes_the_sign_of_the_pixels(header, signed, value, limit, padding):
    data = ct(PixelRepresentation=signed)
    data.add_new(Tag.PixelPaddingValue, "US", value)
    if limit is not None:
        data.add_new(Tag.PixelPaddingRangeLimit, "US", limit)
    assert header(data).padding == padding


def test_patients_are_told_apart_without_their_names_being_kept(header):
    first = header(PatientName="Doe^Jane", PatientID="1")
    again = header(PatientName="Doe^Jane ", PatientID="1")
    other = header(PatientName="Roe^Jane", PatientID="1")
    assert first.patient == again.patient != other.patient
    assert b"Doe" not in first.patient
    assert "Doe" not in repr(first)


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"SpecificCharacterSet": "ISO_IR 192"}, True),
        ({"PatientBirthDate": "1950.02.03"}, True),
        ({"PatientBirthDate": "19500204"}, False),
        ({"PatientName": "MÜLLER ^ ÄNNE"}, True),
        ({"PatientName": "Mueller^Anne"}, False),
    ],
)
def test_patient_is_the_same_whatever_the_character_set(header, changes, is_same):
    patient = {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": "Müller^Änne",
        "PatientBirthDate": "19500203",
    }
    with pydicom.config.disable_value_validation():
        assert (header(**patient).patient == header(**{**patient, **changes}).patient) is is_same


def test_modality_that_is_absent_is_that_of_the_class(header):
    found = header(Modality=None)
    assert (found.modality, found.unit) == ("CT", "HU")
    assert header(Modality=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.7").modality == ""
    assert header(Modality="MR").modality == "MR"


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_code_strings_in_small_letters_are_those_in_capitals(header):
    found = header(Modality="ct", PhotometricInterpretation="monochrome1")
    assert (found.modality, found.unit) == ("CT", "HU")
    assert found.is_inverted
    assert header(Modality="Name").modality == ""


def test_patients_who_may_be_one_differ_in_what_is_absent_only(header):
    whole = {"PatientID": "1", "PatientName": "Doe^Jane", "PatientBirthDate": "19500203"}
    patient = header(**whole).patient
    for name in whole:
        assert may_be_one_patient(patient, header(**{**whole, name: None}).patient)
        assert not may_be_one_patient(patient, header(**{**whole, name: "19510203"}).patient)


def test_patients_who_may_be_one_may_lack_their_name_in_other_letters(header):
    """PS3.5 H.3.1. Programs that derive objects keep the first component group alone."""
    first, second, third = (
        header(SpecificCharacterSet="ISO_IR 192", PatientID="1", PatientName=name).patient
        for name in (
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            "Yamada^Tarou",
            "Yamada^Tarou=山田^太朗",
        )
    )
    assert may_be_one_patient(first, second)
    assert may_be_one_patient(third, second)
    assert not may_be_one_patient(first, third)


@pytest.mark.parametrize(
    ("operations", "noted"), [((), 0), (("NONE",), 0), (("TID", "AVG_SUB"), 1), (("REV_TID",), 1)]
)
def test_a_mask_that_is_not_subtracted_is_a_note(header, operations, noted):
    masks = [item(MaskOperation=operation) for operation in operations]
    assert header(MaskSubtractionSequence=masks).notes == (UNSUBTRACTED,) * noted


def test_patient_birth_date_that_is_none_tells_nobody_apart(header):
    with pydicom.config.disable_value_validation():
        odd, absent = (header(PatientID="1", PatientBirthDate=day) for day in ("UNKNOWN", None))
    assert odd.patient == absent.patient != b""


def test_descriptions_hold_no_patient_and_no_markup(header):
    label = item(SegmentNumber=1, SegmentLabel="Doe <b>tumor")
    found = header(
        PatientName="Doe^Jane",
        PatientID="ID7788",
        PatientBirthDate="19700102",
        SeriesDescription="Jane Doe id7788 19700102 <img> Abdomen",
        SegmentSequence=[label],
        WindowCenter=40,
        WindowWidth=400,
        WindowCenterWidthExplanation="Doe soft",
    )
    assert found.description == "‹img> Abdomen"
    assert found.segments == {1: "‹b>tumor"}
    assert found.frames[0].windows[0].name == "soft"


@pytest.mark.parametrize(
    ("changes", "duration"),
    [
        ({"FrameTime": "40"}, 40.0),
        ({"CineRate": 25}, 40.0),
        ({"RecommendedDisplayFrameRate": 50, "CineRate": 25}, 20.0),
        ({"FrameTime": "0", "CineRate": 10}, 100.0),
        ({"FrameTime": "-40"}, None),
        ({"FrameTime": "1e-300"}, None),
        ({}, None),
    ],
)
def test_frame_duration(header, changes, duration):
    assert header(**changes).frame_duration == duration


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({"FrameTimeVector": [0, 40, 60]}, (0, 40, 100)),
        ({"FrameTimeVector": [5, 40, 60]}, (0, 40, 100)),
        ({"FrameTimeVector": [0, 40]}, ()),
        ({"FrameTimeVector": [0, -40, 60]}, ()),
        ({"FrameTimeVector": [0, 40, 60], "FrameTime": "20"}, ()),
        ({}, ()),
    ],
)
def test_frame_times_are_the_sums_of_increments(header, changes, times):
    """PS3.3 C.7.6.5.1.2."""
    clip = {"NumberOfFrames": 3, "PixelData": bytes(144), "Modality": "US"}
    assert header(**clip, **changes).frame_times == times


@pytest.mark.parametrize(
    ("changes", "slices"),
    [
        ({"Modality": "CT"}, True),
        ({"Modality": "US"}, False),
        ({"Modality": "CT", "FrameIncrementPointer": Tag.FrameTime}, False),
        ({"Modality": "NM", "FrameIncrementPointer": Tag.SliceVector}, True),
        ({"Modality": "RTDOSE", "FrameIncrementPointer": Tag.GridFrameOffsetVector}, True),
    ],
)
def test_whether_frames_follow_each_other_in_space(header, changes, slices):
    assert header(**changes).frames_are_slices is slices


@pytest.mark.parametrize(
    ("changes", "lossy"),
    [
        ({}, False),
        ({"LossyImageCompression": "00"}, False),
        ({"LossyImageCompression": "01"}, True),
    ],
)
def test_read_header_of_an_image_that_was_compressed_lossily_is_lossy(header, changes, lossy):
    assert header(**changes).lossy is lossy


@pytest.mark.parametrize(("syntax", "lossy"), [("50", True), ("51", True), ("70", False)])
def test_read_header_of_a_lossy_transfer_syntax_is_lossy(header, syntax, lossy):
    fragments = delimiter(ITEM) + delimiter(ITEM, 4) + b"\xff\xd8\xff\xd9"
    raw = file_of(
        element(Tag.Modality, "CS", b"OT"),
        image_elements(),
        element(Tag.PixelData, "OB", fragments, length=UNDEFINED),
        syntax=f"1.2.840.10008.1.2.4.{syntax}",
    )
    assert header(raw=raw).lossy is lossy


def test_the_step_comes_from_the_shared_group_as_well(header):
    shared = item(PixelMeasuresSequence=[item(SpacingBetweenSlices=-2.5)])
    found = header(SharedFunctionalGroupsSequence=[shared])
    assert found.slice_spacing == 2.5
    assert header(SpacingBetweenSlices=0, SliceThickness=3).slice_spacing is None


# Every error of a broken file, with the patient's data all over the file.
CANARIES = ("CANARYNAME", "CANARYID", "CANARYDESC", "canaryfolder", "canaryfile")


def canary_file() -> bytes:
    return part10(
        ct(
            PatientName="CANARYNAME^X",
            PatientID="CANARYID",
            SeriesDescription="CANARYDESC",
            SOPInstanceUID=generate_uid(),
        )
    )


def check_error(error: BaseException) -> None:
    shown = "".join(traceback.format_exception(error)[-1:]) + str(error)
    assert not [word for word in CANARIES if word in shown]


@QUICK
@given(seed=st.integers(0, 2**32 - 1), damages=st.integers(1, 6))
def test_damage_only_ever_raises_errors_that_tell_no_secrets(tmp_path, seed, damages):
    random = Random(seed)
    data = bytearray(canary_file())
    for _ in range(damages):
        place = random.randrange(128, len(data))
        kind = random.randrange(4)
        if kind == 0:
            data[place] = random.randrange(256)
        elif kind == 1:
            del data[place : place + random.randrange(1, 9)]
        elif kind == 2:
            data[place:place] = random.randbytes(random.randrange(1, 9))
        else:
            data[place : place + 4] = random.choice((b"\xff" * 4, bytes(4), b"\0\0\0\x7f"))
    path = tmp_path / "canaryfolder" / "canaryfile"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    try:
        read_header(path, "canaryfile")
    except ALLOWED as error:
        check_error(error)


@pytest.mark.parametrize("encoding", sorted(NATIVE))
def test_a_file_may_end_at_any_byte(tmp_path, encoding):
    path = tmp_path / "canaryfolder" / "canaryfile"
    path.parent.mkdir()
    whole = part10(
        ct(
            PatientName="CANARYNAME",
            SharedFunctionalGroupsSequence=[item(PixelMeasuresSequence=[item(SliceThickness=1)])],
            WindowCenter=1,
            WindowWidth=2,
        ),
        encoding,
    )
    outcomes = set()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        try:
            read_header(path, "canaryfile")
        except ALLOWED as error:
            check_error(error)
            outcomes.add(type(error))
    assert NotDicomError in outcomes
    assert UnreadableError in outcomes


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    encoding=st.sampled_from(sorted(NATIVE)),
    plan=st.lists(st.sampled_from(KINDS), min_size=3, max_size=20),
)
def test_odd_values_only_ever_raise_errors_of_ours(tmp_path, seed, encoding, plan):
    random = Random(seed)
    data = Writer(random, encoding).file(plan)
    path = tmp_path / "odd"
    path.write_bytes(data.replace(b"ISO_IR 100", random.choice((b"ISO_IR 192", b"ISO 2022 I"))))
    try:
        found = read_header(path, "odd")
    except ALLOWED:
        return
    assert len(found.frames) >= 1
