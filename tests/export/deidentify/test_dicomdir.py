"""The DICOMDIR of copies is a new one, that agrees with them and that other programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from pydicom.fileset import FileSet, is_conformant_file_id

from napari_medscan.cli import SHOWN, main
from napari_medscan.dicom import load
from napari_medscan.export import ExportError
from napari_medscan.export.deidentify import Profile, deidentify

from ...dicom.making import ct, write
from ...studies import write_series

KEY = b"0123456789abcdef"
PATIENTS = {"p1": 2, "p2": 1}
"""How many series each has."""
RTSS = "1.2.840.10008.5.1.4.1.1.481.3"


@pytest.fixture
def disc(tmp_path):
    """Return a disc of two patients, with a DICOMDIR that names them, and a structure set."""
    for patient, series in PATIENTS.items():
        for number in range(series):
            write_series(
                tmp_path / "in" / f"{patient}-{number}",
                2,
                PatientID=f"MRN-{patient}",
                PatientName=f"Rossi^{patient}",
                StudyInstanceUID=f"1.2.3.{patient[1]}",
                SeriesInstanceUID=f"1.2.3.{patient[1]}.{number}",
                SOPInstanceUID=lambda i, p=patient, n=number: f"1.2.3.{p[1]}.{n}.{i}",
                StudyDate="20240229",
                StudyID="",
            )
    structures = ct(
        SOPClassUID=RTSS, Modality="RTSTRUCT", PatientID="MRN-p1", StructureSetLabel="Rossi",
        StudyInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3.1.9", SOPInstanceUID="1.2.3.1.9.1",
        PixelData=None, Rows=None, Columns=None,
    )  # fmt: skip
    write(tmp_path / "in" / "structures", structures)
    write(tmp_path / "in" / "DICOMDIR", ct(SOPClassUID="1.2.840.10008.1.3.10"))
    return tmp_path / "in"


def listed(folder):
    """Return the instances of a DICOMDIR as pydicom reads it, with their data sets."""
    found = FileSet(folder / "DICOMDIR")
    try:
        return [(each, each.load()) for each in found]
    finally:
        # It is left to the garbage collector otherwise, with a warning.
        found._stage["t"].cleanup()


@pytest.fixture
def copied(disc, tmp_path):
    outcomes = deidentify(disc, tmp_path / "out")
    assert [o.status for o in outcomes].count("written") == 7
    return tmp_path / "out"


def test_a_disc_gets_a_new_index_of_all_copies(copied):
    found = listed(copied)
    files = {path for path in copied.rglob("I*") if path.is_file()}
    assert {Path(each.path) for each, _ in found} == files
    assert len(files) == 7
    for each, data in found:
        assert data.file_meta.TransferSyntaxUID == each.ReferencedTransferSyntaxUIDInFile
        for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID"):
            assert getattr(each, keyword) == data[keyword].value
        assert is_conformant_file_id(Path(each.path).relative_to(copied))
    assert len({each.PatientID for each, _ in found}) == len(PATIENTS)
    kinds = [
        r.DirectoryRecordType for r in pydicom.dcmread(copied / "DICOMDIR").DirectoryRecordSequence
    ]
    assert sorted(set(kinds)) == ["IMAGE", "PATIENT", "RT STRUCTURE SET", "SERIES", "STUDY"]
    assert kinds.count("SERIES") == sum(PATIENTS.values()) + 1


def test_nothing_of_the_old_index_is_in_the_new_one(copied):
    whole = (copied / "DICOMDIR").read_bytes()
    assert not [canary for canary in (b"Rossi", b"MRN", b"1.2.3", b"20240229") if canary in whole]
    assert (copied / "DICOMDIR").is_file()


def test_records_have_the_keys_that_they_must_have(copied):
    """PS3.3 F.5.2: Study ID is type 1, and empty in the files."""
    study = pydicom.dcmread(copied / "DICOMDIR").DirectoryRecordSequence[1]
    assert (study.DirectoryRecordType, study.StudyID, study.AccessionNumber) == ("STUDY", "1", "")


def test_a_disc_opens_by_its_new_index(copied):
    stacks = load(copied / "DICOMDIR").stacks
    assert len(stacks) == sum(PATIENTS.values())
    assert not [warning for stack in stacks for warning in stack.warnings if "DICOMDIR" in warning]


@pytest.mark.parametrize(
    ("options", "is_written"),
    [({}, True), ({"dicomdir": False}, False), ({"key": KEY}, False),
     ({"key": KEY, "dicomdir": True}, True)],
)  # fmt: skip
def test_an_index_is_written_when_the_source_has_one_or_on_request(
    disc, tmp_path, options, is_written
):
    deidentify(disc, tmp_path / "out", Profile(pixels_checked=True), **options)
    assert (tmp_path / "out" / "DICOMDIR").exists() is is_written


def test_files_are_not_added_to_a_disc(disc, tmp_path):
    deidentify(disc, tmp_path / "out", key=KEY, dicomdir=True)
    with pytest.raises(ExportError, match="not empty"):
        deidentify(disc, tmp_path / "out", key=KEY, dicomdir=True)


def test_command_line_writes_an_index_on_request(tmp_path, capsys):
    write_series(tmp_path / "in", 3)
    to = ["export", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "dicom-deid"]
    assert main([*to, "--dicomdir"]) == SHOWN
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    files = {Path(each.path) for each, _ in listed(tmp_path / "out")}
    assert {tmp_path / "out" / line["file"] for line in lines[:-1]} == files
