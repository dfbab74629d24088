"""De-identified folders: complete, consistent, and with the same voxels and numbers."""

from __future__ import annotations

import hashlib
import json
import struct
import warnings
import zipfile
import zlib
from shutil import copytree
from unittest import mock

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from napari_medscan.dicom import load
from napari_medscan.export import ExportError
from napari_medscan.export.deidentify import Mask, Profile, deidentify
from napari_medscan.export.deidentify.pseudonyms import Pseudonyms

from ...dicom.headers.mosaics import csa, grid, mosaic
from ...dicom.making import ct, item, part10, write
from ...studies import write_series
from ..series import opened_in_time

KEY = b"0123456789abcdef"
REPORT = "deidentification.json"


def read(folder):
    """Return all data sets of a folder, in the order of their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]


def one(tmp_path, profile=None, **changes):
    """Return a de-identified CT slice with some attributes changed."""
    with pydicom.config.disable_value_validation():
        write(
            tmp_path / "in" / "a.dcm", ct(PatientID="MRN77X", PatientName="Rossi^Aldo", **changes)
        )
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", profile, key=KEY)
    assert outcome.status == "written", outcome.reason
    (data,) = read(tmp_path / "out")
    return data


def digests(folder):
    return {
        p.name: hashlib.sha256(p.read_bytes()).digest() for p in folder.rglob("*") if p.is_file()
    }


def test_a_file_with_a_damaged_header_is_refused(tmp_path):
    data = part10(ct(PatientName="Rossi^Aldo"))
    at = data.index(struct.pack("<HH", 0x0010, 0x0010))
    (tmp_path / "in").mkdir()
    too_long = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 40) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0
    )
    (tmp_path / "in" / "a").write_bytes(data[:at] + too_long + data[at:])
    assert load(tmp_path / "in").shown == 1
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    assert outcome.status == "refused"


def test_a_file_of_endless_elements_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_medscan.export.deidentify.file.MOST_ELEMENTS", 1000)
    empty = struct.pack("<HH2sH", 0x0013, 0x1001, b"LO", 0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(part10(ct()) + 500 * empty)
    (tmp_path / "in" / "b").write_bytes(part10(ct()) + 1001 * empty)
    few, many = deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    assert "elements" not in few.reason
    assert (many.status, many.reason) == ("refused", "it has too many elements")


def test_a_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_medscan.dicom.files.unpack.MAX_UNPACKED", 1 << 20)
    data = part10(ct(), "deflated")
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = stream.compress(bytes(2 << 20)) + stream.flush()
    (tmp_path / "in").mkdir()
    meta = 144 + struct.unpack_from("<I", data, 140)[0]
    (tmp_path / "in" / "a").write_bytes(data[:meta] + packed)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    assert (outcome.status, "compressed data larger than" in outcome.reason) == ("refused", True)


def test_zeros_after_the_data_set_are_no_elements(tmp_path, monkeypatch):
    made = mock.Mock(wraps=pydicom.dataelem.RawDataElement)
    monkeypatch.setattr("pydicom.filereader.RawDataElement", made)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(part10(ct()) + bytes(80_000))
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", Profile(pixels_checked=True))
    assert outcome.status == "written"
    assert 10 < made.call_count < 1000


def test_originals_stay_as_they_are(tmp_path):
    write_series(tmp_path / "in")
    before = digests(tmp_path / "in")
    deidentify(tmp_path / "in", tmp_path / "out")
    assert digests(tmp_path / "in") == before


def test_as_many_files_come_out_as_go_in(tmp_path):
    write_series(tmp_path / "in")
    copytree(tmp_path / "in", tmp_path / "in" / "again")
    (tmp_path / "in" / "notes.txt").write_text("Alice")
    outcomes = deidentify(tmp_path / "in", tmp_path / "out")
    assert [outcome.status for outcome in outcomes].count("written") == 6
    assert len(read(tmp_path / "out")) == 6
    assert {o.reason for o in outcomes if o.status == "skipped"} == {"not DICOM"}


def test_voxels_places_and_unit_are_the_same(tmp_path):
    write_series(tmp_path / "in", 4)
    deidentify(tmp_path / "in", tmp_path / "out")
    (before,), (after,) = load(tmp_path / "in").stacks, load(tmp_path / "out").stacks
    np.testing.assert_array_equal(np.asarray(after.array), np.asarray(before.array))
    np.testing.assert_array_equal(after.geometry.affine, before.geometry.affine)
    assert (after.unit, after.windows) == (before.unit, before.windows)


def test_compressed_pixels_are_the_same_bytes(tmp_path):
    frame = bytes(range(64))
    data = ct(PixelData=encapsulate([frame]))
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    path = tmp_path / "in" / "a.dcm"
    path.parent.mkdir()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = RLELossless
    data.save_as(path, enforce_file_format=True)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out")
    assert (outcome.status, "cannot be read" in outcome.reason) == ("refused", True)
    deidentify(tmp_path / "in", tmp_path / "out", Profile(pixels_checked=True), key=KEY)
    (after,) = read(tmp_path / "out")
    assert after.file_meta.TransferSyntaxUID == RLELossless
    assert after.PixelData == data.PixelData


def test_pixel_data_that_pydicom_reads_otherwise_are_refused(tmp_path):
    """No copy lacks the pixels that were shown and checked, or has others."""
    first = part10(ct(Modality="MR"))
    pixels = first[first.rindex(struct.pack("<HH", 0x7FE0, 0x0010)) :]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(first + pixels[:-2] + b"XX")
    stream = ct(PixelData=encapsulate([bytes(64)]))
    stream["PixelData"].VR, stream["PixelData"].is_undefined_length = "OB", True
    stream.file_meta = pydicom.dataset.FileMetaDataset()
    stream.file_meta.TransferSyntaxUID = RLELossless
    endless = tmp_path / "in" / "b.dcm"
    stream.save_as(endless, enforce_file_format=True)
    endless.write_bytes(endless.read_bytes().removesuffix(bytes.fromhex("feffdde000000000")))
    outcomes = deidentify(tmp_path / "in", tmp_path / "out", Profile(pixels_checked=True))
    reason = "its pixel data do not end, or are there twice"
    assert [(o.status, o.reason) for o in outcomes] == [("refused", reason)] * 2


@pytest.mark.parametrize("name", ["RescaleSlope", "RescaleIntercept"])
def test_values_do_not_change_their_meaning_when_half_of_the_rescale_is_unreadable(tmp_path, name):
    data = one(tmp_path, **{name: "NaN"})
    assert "RescaleSlope" not in data
    assert "RescaleIntercept" not in data
    (before,), (after,) = load(tmp_path / "in").stacks, load(tmp_path / "out").stacks
    assert before.unit is after.unit is None
    assert np.array_equal(before.array, after.array)


@pytest.mark.parametrize(
    ("right", "wrong"), [(b"IS\2\0002 ", b"IS\2\0002A"), (b"MONOCHROME1", b"Monochrome1")]
)
def test_a_malformed_layout_is_stated_as_it_was_read(tmp_path, right, wrong):
    """Else the copy would show fewer frames, or other pixels."""
    changes = {"PhotometricInterpretation": "MONOCHROME1", "NumberOfFrames": 2}
    whole = part10(ct(PixelData=bytes(96), **changes))
    assert whole.count(right) == 1
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(whole.replace(right, wrong))
    deidentify(tmp_path / "in", tmp_path / "out", Profile(pixels_checked=True))
    (before,), (after,) = load(tmp_path / "in").stacks, load(tmp_path / "out").stacks
    assert before.array.size == after.array.size == 48
    assert np.array_equal(before.array, after.array)
    assert before.is_inverted == after.is_inverted
    (data,) = read(tmp_path / "out")
    assert data.NumberOfFrames == 2
    assert wrong[:11].decode("latin-1") not in str(data.PhotometricInterpretation)


@pytest.mark.parametrize("implicit", [False, True])
def test_sheets_of_tiles_have_their_places(tmp_path, implicit):
    """They are in private bytes and sequences, which are removed otherwise."""
    normal = {"NumberOfImagesInMosaic": ("4",), "SliceNormalVector": ("0.0", "0.0", "-1.0")}
    places = [(0.0, 0.0, 4.0 * i) for i in range(4)]
    (tmp_path / "in").mkdir()
    for number, data in enumerate((mosaic(csa(normal)), grid(places, 4))):
        data.SeriesInstanceUID = f"1.2.3.{number}"
        encoded = part10(data, "implicit" if implicit else "explicit")
        (tmp_path / "in" / f"{number}.dcm").write_bytes(encoded)
    deidentify(tmp_path / "in", tmp_path / "out")
    before, after = (
        sorted(np.round(stack.geometry.affine, 5).tolist() for stack in load(folder).stacks)
        for folder in (tmp_path / "in", tmp_path / "out")
    )
    assert len(before) == 2
    assert after == before


def test_suv_is_the_same(tmp_path, pet_ct):
    deidentify(pet_ct, tmp_path / "out")
    before, after = (
        next(stack for stack in load(folder).stacks if stack.modality == "PT")
        for folder in (pet_ct, tmp_path / "out")
    )
    assert before.suv is not None
    assert after.suv == before.suv


@pytest.mark.parametrize("standard", [False, True])
def test_b_values_and_directions_are_the_same(tmp_path, standard):
    weights, directions = (0, 700, 1000), ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.6, 0.8))
    attributes = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}
    attributes["TemporalPositionIdentifier"] = None
    if standard:
        attributes["DiffusionBValue"] = lambda i: float(weights[i // 2])
        attributes["DiffusionGradientOrientation"] = lambda i: list(directions[i // 2])
    opened_in_time(tmp_path / "in", Manufacturer="SIEMENS", **attributes)
    for data, path in ((pydicom.dcmread(p), p) for p in (tmp_path / "in").iterdir()):
        if not standard:
            number = int(data.InstanceNumber - 1) // 2
            block = data.private_block(0x0019, "SIEMENS MR HEADER", create=True)
            block.add_new(0x0C, "IS", weights[number])
            block.add_new(0x0E, "FD", list(directions[number]))
            data.save_as(path)
    deidentify(tmp_path / "in", tmp_path / "out")
    (before,), (after,) = load(tmp_path / "in").stacks, load(tmp_path / "out").stacks
    assert before.axis_values.name == "b-value"
    np.testing.assert_array_equal(after.axis_values.values, before.axis_values.values)
    for number in range(6):
        was, now = (s.read_header(number).frames[0].dimensions for s in (before, after))
        assert now["DiffusionGradient"] == was["DiffusionGradient"]


def test_uids_are_replaced_consistently_at_any_depth(tmp_path):
    write_series(
        tmp_path / "in",
        2,
        SourceImageSequence=lambda i: [
            item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2",
                 ReferencedSOPInstanceUID=f"1.2.3.3.{2 - i}",
                 PurposeOfReferenceCodeSequence=[item(UID="1.2.3.3")])
        ],
    )  # fmt: skip
    deidentify(tmp_path / "in", tmp_path / "out")
    first, second = read(tmp_path / "out")
    assert first.SourceImageSequence[0].ReferencedSOPInstanceUID == second.SOPInstanceUID
    assert second.SourceImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert first.SourceImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    nested = first.SourceImageSequence[0].PurposeOfReferenceCodeSequence[0].UID
    assert nested == first.SeriesInstanceUID == second.SeriesInstanceUID
    for data in (first, second):
        assert data.SOPInstanceUID == data.file_meta.MediaStorageSOPInstanceUID
        assert data.SOPInstanceUID.startswith("2.25.")
        assert data.SOPInstanceUID.is_valid


def test_two_runs_without_a_key_have_nothing_in_common(tmp_path):
    write_series(tmp_path / "in", 1)
    deidentify(tmp_path / "in", tmp_path / "one")
    deidentify(tmp_path / "in", tmp_path / "two")
    (one_run,), (other,) = read(tmp_path / "one"), read(tmp_path / "two")
    for name in ("SOPInstanceUID", "StudyInstanceUID", "PatientID"):
        assert one_run[name].value != other[name].value


def test_all_dates_of_a_patient_are_set_back_by_the_same_days(tmp_path):
    data = one(
        tmp_path,
        StudyDate="20240229",
        StudyTime="235959.5",
        AcquisitionDateTime="20240301000000.25+0100",
        ScheduledProcedureStepStartDate="2024",
        SourceImageSequence=[item(ContentDate="20240303")],
    )
    days = Pseudonyms(KEY, "MRN77X\0").days
    moved = [
        np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
        for text in (
            data.StudyDate,
            data.AcquisitionDateTime,
            data.SourceImageSequence[0].ContentDate,
        )
    ]
    given = np.array(["2024-02-29", "2024-03-01", "2024-03-03"], "datetime64[D]")
    assert (given - np.array(moved)).tolist() == [np.timedelta64(days, "D").tolist()] * 3
    assert data.StudyTime == "235959.5"
    assert data.AcquisitionDateTime.endswith("000000.25+0100")
    assert data.ScheduledProcedureStepStartDate == ""
    assert data.LongitudinalTemporalInformationModified == "MODIFIED"


def test_dates_and_times_are_empty_without_the_option(tmp_path):
    data = one(tmp_path, Profile(dates=False), StudyDate="20240229", StudyTime="1200")
    assert (data.StudyDate, data.StudyTime) == ("", "")
    assert data.LongitudinalTemporalInformationModified == "REMOVED"


def test_what_was_done_is_declared_with_its_codes(tmp_path):
    data = one(tmp_path, Profile(descriptors=True, private=False))
    assert data.PatientIdentityRemoved == "YES"
    codes = {
        (c.CodeValue, c.CodingSchemeDesignator) for c in data.DeidentificationMethodCodeSequence
    }
    expected = ("113100", "113105", "113107", "113108")
    assert codes == {(code, "DCM") for code in expected}
    assert len(data.DeidentificationMethod) == 1 + len(expected)


def test_patients_are_pseudonyms(tmp_path):
    data = one(tmp_path, PatientBirthDate="19500101", PatientSex="F", PatientAge="093Y")
    assert data.PatientID == data.PatientName
    assert str(data.PatientID).startswith("anon-")
    assert (data.PatientBirthDate, data.PatientSex, data.PatientAge) == ("", "F", "090Y")


def test_characteristics_go_without_the_option(tmp_path):
    data = one(tmp_path, Profile(characteristics=False), PatientSex="F", PatientWeight=70)
    assert data.PatientSex == ""
    assert "PatientWeight" not in data


def test_descriptions_keep_known_words_alone(tmp_path):
    description = "Chest of A. Rossi, T1 B30f, room 12 Smith"
    data = one(tmp_path, Profile(descriptors=True), SeriesDescription=description)
    assert data.SeriesDescription == "Chest T1 B30f"
    assert "SeriesDescription" not in one(tmp_path / "b", SeriesDescription=description)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Manufacturer", "ACME for Rossi"),
        ("SeriesNumber", 4711008),
        ("BodyPartExamined", "ROSSI"),
        ("ImageType", ["ORIGINAL", "rossi"]),
        ("SequenceName", "MRN77X"),
    ],
)
def test_technical_values_that_name_the_patient_are_blanked(tmp_path, name, value):
    data = one(tmp_path, OtherPatientIDs="4711008", **{name: value})
    assert "ROSSI" not in str(data).upper()
    assert "MRN77X" not in str(data)
    assert "4711008" not in str(data)


def test_files_that_others_have_emptied_are_written(tmp_path):
    """What other programs put for a name is the dummy of ours too."""
    data = one(tmp_path, ReferringPhysicianName="REMOVED", ProtocolName="Ward of Aldo")
    assert data.ProtocolName == "REMOVED"


def test_transfer_syntaxes_that_pydicom_does_not_have_are_copied(tmp_path):
    """Deflated Image Frame Compression (PS3.5 A.4.12) is one of explicit little endian."""
    data = ct(PixelData=encapsulate([bytes(range(64))]))
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    path = write(tmp_path / "in" / "a.dcm", data)
    whole = path.read_bytes()
    written, newer = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.8.1\0"
    length = whole.index(written) - 2
    meta = int.from_bytes(whole[140:144], "little") + len(newer) - len(written)
    path.write_bytes(
        whole[:140]
        + meta.to_bytes(4, "little")
        + whole[144:length]
        + len(newer).to_bytes(2, "little")
        + newer
        + whole[length + 2 + len(written) :]
    )
    profile = Profile(pixels_checked=True)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", profile)
    assert outcome.status == "written", outcome.reason
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        after = pydicom.dcmread(outcome.target)
    assert after.file_meta.TransferSyntaxUID == newer.strip(b"\0").decode()
    assert after.PixelData == data.PixelData


def test_a_run_with_its_key_goes_on_where_it_stopped(tmp_path):
    write_series(tmp_path / "in", 3)
    deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    whole = digests(tmp_path / "out")
    sorted((tmp_path / "out").rglob("*.dcm"))[1].unlink()
    outcomes = deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    assert [outcome.status for outcome in outcomes] == ["exists", "written", "exists"]
    assert digests(tmp_path / "out") == whole


def test_report_is_of_all_runs_into_a_folder(tmp_path):
    """Whichever run wrote a copy, or refused to: a later one may have."""
    write_series(tmp_path / "a", 3)
    write_series(tmp_path / "b", 2, series=4)
    write_series(tmp_path / "b", 1, series=5, BurnedInAnnotation="YES")
    (tmp_path / "b" / "notes.txt").touch()
    deidentify(tmp_path / "a", tmp_path / "out", key=KEY)
    deidentify(tmp_path / "b", tmp_path / "out", key=KEY)
    report = json.loads((tmp_path / "out" / REPORT).read_text())
    assert report["files"] == {"written": 5, "refused": 1, "skipped": 1}
    assert report["changes"]["PatientName replaced"] == 5
    assert report["pixelsCheckedByAPerson"] is False
    deidentify(tmp_path / "b", tmp_path / "out", Profile(pixels_checked=True), key=KEY)
    report = json.loads((tmp_path / "out" / REPORT).read_text())
    assert report["files"] == {"written": 6, "skipped": 1}
    assert report["changes"]["PatientName replaced"] == 6
    assert len(report["copies"]) == len(read(tmp_path / "out")) == 6
    assert len({data.PatientID for data in read(tmp_path / "out")}) == 1


def test_a_copy_that_other_options_would_make_anew_is_not_taken_for_done(tmp_path):
    """Who masks what was found in a copy must not be told that the masked one exists."""
    write_series(tmp_path / "in", 1)
    deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    before = digests(tmp_path / "out")
    for profile in (Profile(masks=(Mask(0, 0, 2, 2),), pixels_checked=True), Profile(dates=False)):
        (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", profile, key=KEY)
        assert (outcome.status, "new folder" in outcome.reason) == ("refused", True)
        copies = {k: v for k, v in digests(tmp_path / "out").items() if k != REPORT}
        assert copies == {k: v for k, v in before.items() if k != REPORT}


def test_a_file_without_an_instance_uid_gets_the_same_one_in_every_run(tmp_path):
    path = write(tmp_path / "in" / "a.dcm", ct())
    whole = path.read_bytes()
    uid = pydicom.dcmread(path).SOPInstanceUID.encode()
    path.write_bytes(whole.replace(uid, b"\0" * len(uid)))
    assert not pydicom.dcmread(path).SOPInstanceUID
    deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", key=KEY)
    assert outcome.status == "exists"


def test_folders_in_use_are_refused(tmp_path):
    write_series(tmp_path / "in", 1)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "a").touch()
    with pytest.raises(ExportError, match="not empty"):
        deidentify(tmp_path / "in", tmp_path / "used")
    with pytest.raises(ExportError, match="within"):
        deidentify(tmp_path / "in", tmp_path / "in" / "out")


def test_short_keys_are_refused(tmp_path):
    write_series(tmp_path / "in", 1)
    with pytest.raises(ExportError, match="key"):
        deidentify(tmp_path / "in", tmp_path / "out", key=b"secret")


def test_archives_are_read_in_place(tmp_path):
    write_series(tmp_path / "in", 2)
    with zipfile.ZipFile(tmp_path / "disc.zip", "w") as archive:
        for path in (tmp_path / "in").iterdir():
            archive.write(path, path.name)
    deidentify(tmp_path / "disc.zip", tmp_path / "out")
    assert len(read(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Modality": "US"}, "may contain text"),
        ({"BurnedInAnnotation": "YES"}, "may contain text"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11"}, "a report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "document"),
        ({"ContentSequence": [item(TextValue="Alice")]}, "free text"),
    ],
)
def test_what_cannot_be_checked_is_refused(tmp_path, changes, reason):
    write(tmp_path / "in" / "a.dcm", ct(**changes))
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out")
    assert outcome.status == "refused"
    assert reason in outcome.reason
    assert read(tmp_path / "out") == []


def test_images_that_a_person_has_checked_are_written(tmp_path):
    data = one(tmp_path, Profile(pixels_checked=True), Modality="US", BurnedInAnnotation="YES")
    assert data.BurnedInAnnotation == "YES"
    codes = {code.CodeValue for code in data.DeidentificationMethodCodeSequence}
    assert not codes & {"113101", "113102"}


def test_dicomdir_is_not_copied(tmp_path):
    write(tmp_path / "in" / "DICOMDIR", ct(SOPClassUID="1.2.840.10008.1.3.10"))
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out")
    assert (outcome.status, outcome.reason) == ("skipped", "index of the disc (DICOMDIR)")


def test_report_counts_without_values_or_names(tmp_path):
    write_series(tmp_path / "alice", 2)
    (tmp_path / "alice" / "alice.txt").write_text("x")
    deidentify(tmp_path, tmp_path.with_name("report-out"))
    text = (tmp_path.with_name("report-out") / REPORT).read_text()
    report = json.loads(text)
    assert report["files"] == {"written": 2, "skipped": 1}
    assert report["changes"]["PatientName replaced"] == 2
    for canary in ("alice", "Alice", "MRN77X", "1.2.3"):
        assert canary not in text


def test_names_of_files_and_folders_identify_nobody(tmp_path):
    write_series(tmp_path / "alice", 1)
    deidentify(tmp_path / "alice", tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        name = path.relative_to(tmp_path / "out").as_posix()
        assert not {"alice", "1.2.3", "MRN77X", "s3_1"} & set(name.replace("/", "-").split("-"))
