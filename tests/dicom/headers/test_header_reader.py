"""Headers read by what a series has in common are those that a full scan gives."""

from __future__ import annotations

import os
import random
from copy import copy
from dataclasses import fields, replace
from pathlib import Path

import pytest
from pydicom.sequence import Sequence

from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import MedscanError, UnreadableError
from napari_medscan.dicom.files.source import OpenFile
from napari_medscan.dicom.files.walk import walk
from napari_medscan.dicom.headers import header_reader
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.headers.parse_header import read_header
from napari_medscan.dicom.headers.read_many import read_headers
from napari_medscan.phantoms import write_ct_chest, write_pet_ct

from ...corpus.oracle import corpus_dir
from ..intensity.test_suv import pet
from ..making import ct, element, file_of, item, write


def assert_same(found, expected):
    for field in fields(expected):
        assert getattr(found, field.name) == getattr(expected, field.name), field.name


def read_by(read, path):
    try:
        return read(str(path), path.name)
    except (MedscanError, OSError) as error:
        return type(error), str(error)


@pytest.fixture
def count_scans(monkeypatch):
    counted = []
    scan_source = header_reader.scan_source

    def scan(source, size, head, file, wanted):
        counted.append(str(file.path_on_disk))
        return scan_source(source, size, head, file, wanted)

    monkeypatch.setattr(header_reader, "scan_source", scan)
    return counted


def test_every_corpus_file_is_read_as_by_a_full_scan(count_scans):
    corpus = corpus_dir()
    if not corpus.is_dir():
        pytest.skip(f"NOT TESTED: no corpus of real DICOM in {corpus}; set MEDSCAN_CORPUS")
    reader, compared, short, scanned = HeaderReader(), 0, 0, 0
    for path in sorted(path for path in corpus.glob("cases/**/*") if path.is_file()):
        found, expected = read_by(reader.read, path), read_by(read_header, path)
        if isinstance(expected, tuple):
            assert found == expected
        else:
            assert_same(found, expected)
            compared += 1
            short += expected.pixels.offset <= header_reader.LONGEST
            scanned += str(path) in count_scans and expected.pixels.offset <= header_reader.LONGEST
    assert compared > 500
    # It would not be worth its lines if it hardly ever applied.
    assert scanned < 0.6 * short


@pytest.mark.parametrize("write", [write_ct_chest, write_pet_ct])
def test_a_series_is_scanned_a_few_times_only(tmp_path, count_scans, write):
    write(tmp_path, size=16, slices=40)
    reader = HeaderReader()
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for path in paths:
        assert_same(reader.read(str(path), path.name), read_header(str(path), path.name))
    assert len(count_scans) < len(paths) / 2


@pytest.mark.parametrize("modality", ["CT", "PT"])
def test_times_of_acquisition_do_not_make_files_unlike(tmp_path, count_scans, modality):
    """Nothing of a CT depends on them, and the SUV of every bed of a PET is read from its own."""
    reader, suvs = HeaderReader(), set()
    for i in range(8):
        times = {
            "SeriesTime": "120000",
            "AcquisitionTime": f"10{20 + i:02d}00.0"[: 6 + 2 * (i % 2)],
        }
        data = pet(
            Modality=modality,
            InstanceNumber=i,
            ImagePositionPatient=[0, 0, i],
            FrameReferenceTime=500_000,
            ActualFrameDuration=180_000 + 1000 * (i % 3),
            **times,
        )
        path = write(tmp_path / f"IM{i}", data)
        header = reader.read(str(path), path.name)
        assert_same(header, read_header(str(path), path.name))
        suvs.add(header.suv)
    assert len(count_scans) == 1
    assert len(suvs) == (8 if modality == "PT" else 1)


def test_header_reader_of_files_with_windows_of_their_own_reads_each(tmp_path, count_scans):
    reader, seen = HeaderReader(), set()
    for number, centers in enumerate(([40, 50], [41, 50], 600, [], [77, 1], [40, 50])):
        data = ct(
            WindowCenter=centers,
            WindowWidth=[400 + number, 0.5],
            InstanceNumber=number,
            RescaleIntercept=-1024 if number % 2 else 0,
            WindowCenterWidthExplanation=["SOFT", "DOE"],
            PatientName="Doe^Jane",
        )
        path = write(tmp_path / f"IM{number}", data)
        path.write_bytes(path.read_bytes().replace(b"77.", b"no."))
        header = reader.read(str(path), path.name)
        assert_same(header, read_header(str(path), path.name))
        seen.add(header.frames[0].windows)
    assert len(count_scans) == 1
    assert len(seen) == 5


@pytest.mark.parametrize(
    "number", [b"7_0 ", b"+7  ", b"7\0\0\0", b"7.0 ", b"no  ", b"12345678901234567890"]
)
def test_header_reader_of_an_oddly_written_number_reads_it_as_a_full_scan(tmp_path, number):
    reader = HeaderReader()
    for name, written in (("first", b"1   "), ("second", b"2   "), ("odd", number)):
        data = ct(SOPInstanceUID=f"1.2.{len(name)}", InstanceNumber=8888)
        path = write(tmp_path / name, data)
        length = len(written).to_bytes(2, "little")
        raw = path.read_bytes().replace(b"IS\4\x008888", b"IS" + length + written)
        path.write_bytes(raw)
        assert_same(reader.read(str(path), name), read_header(str(path), name))


@pytest.mark.parametrize("step", [1 if "MEDSCAN_TORTURE" in os.environ else 5, 7])
def test_no_changed_byte_goes_unnoticed(tmp_path, step):
    """Whatever byte of a file differs, the header is what a full scan makes of it."""
    write_ct_chest(tmp_path / "series", size=8, slices=2)
    first, second = sorted((tmp_path / "series").iterdir())
    original = second.read_bytes()
    header_length = len(original) - 8 * 8 * 2
    changed = Path(tmp_path / "changed")
    reader = HeaderReader()
    reader.read(str(first), first.name)
    for place in range(128, header_length, step):
        data = bytearray(original)
        data[place] ^= 0x11 * step
        changed.write_bytes(data)
        found, expected = read_by(reader.read, changed), read_by(read_header, changed)
        if isinstance(expected, tuple):
            assert found == expected, place
        else:
            assert_same(found, expected)


def undefined(*items):
    """Return a sequence whose length, and those of its items, are undefined."""
    sequence = Sequence(items)
    sequence.is_undefined_length = True
    for data in items:
        data.is_undefined_length_sequence_item = True
    return sequence


def referring(number):
    """Return a slice that refers to others in sequences of undefined length, one in another."""
    inner = undefined(item(ReferencedSOPInstanceUID=f"1.2.{10**number}"))
    images = undefined(
        item(ReferencedSOPInstanceUID=f"1.2.{number}", PurposeOfReferenceCodeSequence=inner),
        item(ReferencedSOPInstanceUID="1.2.3"),
    )
    windows = undefined(item(LUTDescriptor=[2, 0, 16], LUTData=b"\0\0\1\0"))
    data = ct(
        SourceImageSequence=images,
        VOILUTSequence=windows,
        InstanceNumber=number,
        ImagePositionPatient=[0, 0, number],
    )
    data.VOILUTSequence[0]["LUTDescriptor"].VR = "US"
    data.VOILUTSequence[0]["LUTData"].VR = "OW"
    return data


@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
def test_header_reader_passes_over_sequences_of_undefined_length(tmp_path, encoding, count_scans):
    reader = HeaderReader()
    for number in range(4):
        path = write(tmp_path / str(number), referring(number), encoding)
        assert_same(reader.read(str(path), path.name), read_header(str(path), path.name))
    assert len(count_scans) == 1


@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
def test_header_reader_notices_a_changed_byte_of_a_sequence_of_undefined_length(tmp_path, encoding):
    first = write(tmp_path / "first", referring(1), encoding)
    original = write(tmp_path / "second", referring(2), encoding).read_bytes()
    reader = HeaderReader()
    reader.read(str(first), "first")
    changed = tmp_path / "changed"
    for place in range(132, len(original) - 48):
        for value in (0xFF, original[place] ^ 1):
            data = bytearray(original)
            data[place] = value
            changed.write_bytes(data)
            found, expected = read_by(reader.read, changed), read_by(read_header, changed)
            if isinstance(expected, tuple):
                assert found == expected, place
            else:
                assert_same(found, expected)


def test_headers_longer_than_a_first_read_are_learned_too(tmp_path, count_scans):
    """Siemens and GE write more than 8 KB before the pixels."""
    for number in range(6):
        data = ct(InstanceNumber=number, ImagePositionPatient=[0, 0, number])
        block = data.private_block(0x0029, "LONG", create=True)
        block.add_new(1, "OB", bytes([number]) * 20_000)
        write(tmp_path / f"IM{number}", data)
    reader = HeaderReader()
    for path in sorted(tmp_path.iterdir()):
        assert_same(reader.read(str(path), path.name), read_header(str(path), path.name))
    assert len(count_scans) <= 2


def test_an_encapsulated_file_that_ends_with_its_header_is_no_image(tmp_path):
    """What a template must not take for granted: a fragment's tag and length fit in the file."""
    write_ct_chest(tmp_path, size=8, slices=2)
    first, second = sorted(tmp_path.iterdir())
    empty = element(0x7FE00010, "OB", length=0xFFFFFFFF)
    for path in (first, second):
        end = read_header(str(path), "").pixels.offset
        data = path.read_bytes()[: end - 12] + empty
        path.write_bytes(data + (b"\xfe\xff\0\xe0" + bytes(4) if path == first else b""))
    reader = HeaderReader()
    reader.read(str(first), "1")
    with pytest.raises(UnreadableError):
        reader.read(str(second), "2")


def test_a_file_like_no_other_is_not_read_again(tmp_path, monkeypatch):
    path = write(tmp_path / "IM1", ct())
    reads = []
    read_at = OpenFile.read_at
    monkeypatch.setattr(
        OpenFile, "read_at", lambda self, *where: reads.append(where) or read_at(self, *where)
    )
    HeaderReader().read(str(path), "IM1")
    assert reads == []


@pytest.fixture
def count_learned(monkeypatch):
    counted = []
    learn = header_reader.learn

    def counting(scanned, header, head):
        counted.append(header.name)
        return learn(scanned, header, head)

    monkeypatch.setattr(header_reader, "learn", counting)
    return counted


def series_file(folder, series, number, **changes):
    data = ct(
        SeriesInstanceUID=f"1.2.{series}",
        SeriesNumber=series,
        InstanceNumber=number,
        SOPInstanceUID=f"1.2.{series}.{number}",
        **changes,
    )
    return write(folder / f"IM{number}_{series}", data)


def read_all(reader, paths):
    for path in paths:
        assert_same(reader.read(str(path), path.name), read_header(str(path), path.name))


def test_header_reader_of_series_in_turn_scans_each_series_once(tmp_path, count_scans):
    count = header_reader.MAX_FAMILIES
    read_all(
        HeaderReader(),
        [series_file(tmp_path, series, n) for n in range(3) for series in range(count)],
    )
    assert len(count_scans) == count


def test_header_reader_of_single_files_learns_nothing(tmp_path, count_learned):
    read_all(HeaderReader(), [series_file(tmp_path, series, 1) for series in range(3)])
    assert not count_learned
    read_all(HeaderReader(), [series_file(tmp_path, 1, n) for n in range(2)])
    assert count_learned == ["IM0_1"]


def test_header_reader_of_a_series_without_like_files_stops_learning(tmp_path, count_learned):
    """Here the number of rows, which no template may pass over."""
    paths = [
        series_file(tmp_path, 1, n, Rows=n, PixelData=bytes(12 * n))
        for n in range(1, header_reader.MAX_TEMPLATES + 9)
    ]
    read_all(HeaderReader(), paths)
    assert len(count_learned) == header_reader.MAX_TEMPLATES


@pytest.mark.parametrize("encoding", ["explicit", "implicit"])
def test_family_of_a_file_is_its_series(tmp_path, encoding):
    heads = [
        write(tmp_path / str(n), ct(SeriesInstanceUID="1.2.7", InstanceNumber=n), encoding)
        for n in range(2)
    ]
    first, second = (header_reader.family_of(path.read_bytes()) for path in heads)
    assert first == second
    assert first.endswith(b"1.2.7\0")
    assert header_reader.family_of(b"no DICOM") == b""


NUMBERS = ("", "1", "2.5", " 3 ", "0,5", "x", "1\\2", "1e3", "-4", "1_0")
TIMES = ("", "101112", "101112.5", "x", "1\\2")
USUAL = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
    "SOPInstanceUID": "1.2.3",
    "AcquisitionTime": "101010",
    "ContentTime": "101010",
    "Modality": "MR",
    "SequenceName": "fl2d",
    "EchoTime": "30",
    "TriggerTime": "12",
    "FlipAngle": "90",
    "SeriesInstanceUID": "1.2.3.2",
    "AcquisitionNumber": "1",
    "InstanceNumber": "1",
    "ImagePositionPatient": "0\\0\\1",
    "ImageOrientationPatient": "1\\0\\0\\0\\1\\0",
    "SliceLocation": "3",
    "TemporalPositionIdentifier": "1",
    "Rows": b"\4\0",
    "Columns": b"\6\0",
    "BitsAllocated": b"\x10\0",
    "PixelRepresentation": b"\0\0",
    "WindowCenter": "40",
    "WindowWidth": "400",
    "RescaleIntercept": "0",
    "RescaleSlope": "1",
    "DiffusionBValue": bytes(8),
    "PixelData": bytes(48),
    "PatientName": "Doe^Jane",
}
OF_SERIES = {
    "StudyDate": ("20200101", "x"),
    "StudyTime": ("101010",),
    "StudyDescription": ("Head", "of DOE"),
    "SeriesDescription": ("T1", "", "<b>"),
    "BodyPartExamined": ("HEAD", "KNEE"),
    "StudyInstanceUID": ("1.2.3.1", "1.2.4.1"),
    "SeriesInstanceUID": ("1.2.3.2", "1.2.3.3", "1.2.3.4"),
    "SeriesNumber": ("1", "2", "x"),
    "FrameOfReferenceUID": ("1.2.3.5", "1.2.3.6"),
}
ODD = {
    "SOPInstanceUID": ("", "1.2.4", "1\\2", "x"),
    "AcquisitionTime": TIMES,
    "ContentTime": TIMES,
    "SequenceName": ("", "ep2d", "a\\b"),
    "EchoTime": NUMBERS,
    "TriggerTime": NUMBERS,
    "FlipAngle": NUMBERS,
    "AcquisitionNumber": NUMBERS,
    "InstanceNumber": NUMBERS,
    "ImagePositionPatient": ("", "0\\0\\5", "0\\0\\5_0", "a\\b\\c", "1\\2", "0,5\\0\\0"),
    "SliceLocation": NUMBERS,
    "TemporalPositionIdentifier": NUMBERS,
    "WindowCenter": (*NUMBERS, "40\\50"),
    "WindowWidth": (*NUMBERS, "400\\30"),
    "RescaleIntercept": NUMBERS,
    "RescaleSlope": NUMBERS,
    **OF_SERIES,
    "DiffusionBValue": (b"", bytes(6) + b"\x59\x40", b"\xff" * 8),
}
"""Usual and other values of what the files of a series may have of their own."""


def write_odd(path, changed):
    """Write a file of usual values, apart from some."""
    values = USUAL | {name: first for name, (first, *_) in OF_SERIES.items()} | changed
    written = ((Tag[n], v if isinstance(v, bytes) else v.encode()) for n, v in values.items())
    elements = [element(tag, tag.vr.decode(), data) for tag, data in sorted(written)]
    path.write_bytes(file_of(*elements))
    return path


def test_header_reader_of_odd_values_reads_each_as_a_full_scan(tmp_path, count_scans):
    rng = random.Random(1)
    reader = HeaderReader()
    for number in range(400):
        changed = rng.sample(sorted(ODD), rng.randrange(1, 5)) if number else []
        path = write_odd(tmp_path / f"{number}", {name: rng.choice(ODD[name]) for name in changed})
        found = reader.read(str(path), path.name)
        assert_same(found, read_header(str(path), path.name))
    assert len(count_scans) < 10


@pytest.mark.parametrize("odd", [0, 0.02, 0.5])
def test_headers_of_files_that_are_read_together_are_those_of_a_full_scan(
    tmp_path, count_scans, odd
):
    rng = random.Random(2)
    for number in range(200):
        count = rng.randrange(1, 5) if number and rng.random() < odd else 0
        values = {name: rng.choice(ODD[name]) for name in rng.sample(sorted(ODD), count)}
        values["WindowWidth"] = ("400", "500")[number // 3 % 2]
        own = {
            "SOPInstanceUID": f"1.2.{number}",
            "InstanceNumber": f"{number}",
            "ImagePositionPatient": f"0\\0.5\\{number}",
            "ContentTime": f"{101010 + number}",
            "FlipAngle": f"{number // 50}",
        }
        write_odd(tmp_path / f"{number:03}", own | values)
    found = read_headers(list(walk([tmp_path]))).images
    assert len(count_scans) < 10
    assert len(found) == 200
    for header in found:
        path = str(tmp_path / header.name)
        expected = read_header(path, header.name)
        # In this order: these are known before frames are made.
        assert header.position_of(0) == expected.position_of(0)
        for name in (*expected.frames[0].dimensions, "None"):
            assert header.dimension_of(0, name) == expected.dimension_of(0, name)
        assert_same(copy(header.like(name="x")), expected.like(name="x"))
        assert_same(header, expected)
        assert_same(copy(header), expected)
        assert_same(replace(header, notes=("x",)), replace(expected, notes=("x",)))
    groups = {id(header.alike): [] for header in found}
    for header in found:
        groups[id(header.alike)].append(header)
    for group in groups.values():
        shared = [series_facts(header) for header in group]
        assert shared.count(shared[0]) == len(shared)


def test_pet_slices_of_one_bed_that_are_read_together_share_their_suv(tmp_path):
    """What SUV depends on differs from bed to bed; all of a bed are alike."""
    for number in range(40):
        bed = number // 8
        data = pet(
            InstanceNumber=number,
            ImagePositionPatient=[0, 0, number],
            SeriesTime="120000",
            AcquisitionTime=f"10{20 + bed}00" if bed < 4 else "odd",
            FrameReferenceTime=500_000,
            ActualFrameDuration=180_000 + 1000 * (bed % 2),
            CorrectedImage=["DECY", "ATTN" if number != 35 else "SCAT"],
        )
        write(tmp_path / f"{number:02}", data)
    found = read_headers(list(walk([tmp_path]))).images
    for header in found:
        assert_same(header, read_header(str(tmp_path / header.name), header.name))
    assert len({header.suv for header in found}) >= 4
    assert len({id(header.alike) for header in found[8:32]}) <= 6


def series_facts(header):
    """Return what files that are alike have in common."""
    own = ("source", "name", "size", "sop_instance", "instance_number", "pixels", "frames")
    (frame,) = header.frames
    of_frame = ("position", "slice_location", "order", "dimensions")
    dimensions = {n: v for n, v in frame.dimensions.items() if n not in header.own_dimensions}
    return (
        [getattr(header, field.name) for field in fields(header) if field.name not in own],
        [getattr(frame, field.name) for field in fields(frame) if field.name not in of_frame],
        dimensions,
        frame.position is None,
    )


def test_header_reader_of_a_series_like_the_one_before_scans_none_of_its_files(
    tmp_path, count_scans
):
    reader = HeaderReader()
    for number in range(12):
        series, image = divmod(number, 4)
        data = ct(
            SeriesInstanceUID=f"1.2.3.2{series}",
            SeriesNumber=series + 5,
            SeriesDescription=("Chest", "Bone of Doe", "")[series],
            SOPInstanceUID=f"1.2.3.{number}",
            InstanceNumber=image,
            PatientName="Doe",
        )
        path = write(tmp_path / f"IM{number}", data)
        assert_same(reader.read(str(path), path.name), read_header(str(path), path.name))
    assert len(count_scans) == 1


def test_header_reader_of_series_that_have_had_a_clip_each_scans_none_that_is_like_the_one_before(
    tmp_path, count_scans
):
    clip = {"NumberOfFrames": 2, "PixelData": bytes(96)}
    clips = [series_file(tmp_path, series, 9, **clip) for series in range(3)]
    slices = [series_file(tmp_path, series, n) for series in range(3) for n in range(3)]
    read_all(HeaderReader(), [*clips, *slices])
    assert len(count_scans) == 4


@pytest.mark.parametrize("has_present", [True, False])
def test_header_reader_of_retired_positions_scans_files_only_if_these_count(
    tmp_path, count_scans, has_present
):
    reader = HeaderReader()
    for number in range(4):
        place = [0, 0, 2 * number]
        data = ct(InstanceNumber=number, ImagePositionPatient=place)
        data.add_new(0x00200030, "DS", place)
        data.add_new(0x00200035, "DS", [1, 0, 0, 0, 1, 0])
        if not has_present:
            del data.ImagePositionPatient, data.ImageOrientationPatient
        path = write(tmp_path / f"IM{number}", data)
        header = reader.read(str(path), path.name)
        assert_same(header, read_header(str(path), path.name))
        assert header.frames[0].position == (0, 0, 2 * number)
    assert len(count_scans) == (1 if has_present else 4)


def test_header_reader_of_another_patient_scans_the_file(tmp_path, count_scans):
    reader = HeaderReader()
    patients = []
    for number in range(6):
        data = ct(
            SeriesInstanceUID=f"1.2.3.{number // 3}",
            InstanceNumber=number,
            PatientID="ab"[number // 3],
        )
        path = write(tmp_path / f"IM{number}", data)
        header = reader.read(str(path), path.name)
        assert_same(header, read_header(str(path), path.name))
        patients.append(header.patient)
    assert len(set(patients)) == 2
    assert len(count_scans) == 2
