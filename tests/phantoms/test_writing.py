"""What all phantoms share: determinism, valid files, and no pydicom at import."""

from __future__ import annotations

import subprocess
import sys

import pydicom
import pytest

from napari_medscan.phantoms import write_ct_chest, write_mr_brain_oblique, write_pet_ct

_WRITERS = [write_ct_chest, write_mr_brain_oblique, write_pet_ct]
_NEEDED = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality",
    "FrameOfReferenceUID", "ImageType", "ImagePositionPatient", "ImageOrientationPatient",
    "PixelSpacing", "SliceThickness", "SamplesPerPixel", "PhotometricInterpretation", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData",
    "StudyDate", "SeriesDate", "PatientPosition", "Manufacturer", "SeriesDescription",
)  # fmt: skip


def contents(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@pytest.mark.parametrize("write", _WRITERS)
def test_same_seed_same_bytes_other_seed_other_study(write, tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write(tmp_path / name, size=32, slices=3, seed=seed)
    first, again, other = (contents(tmp_path / name) for name in "abc")
    assert first == again
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first)
    uids = [
        {pydicom.dcmread(p).SOPInstanceUID for p in (tmp_path / name).rglob("*.dcm")}
        for name in ("a", "c")
    ]
    assert not uids[0] & uids[1]


@pytest.mark.parametrize("write", _WRITERS)
def test_files_are_valid_and_complete(write, tmp_path, monkeypatch):
    write(tmp_path, size=32, slices=2)
    files = sorted(tmp_path.rglob("*.dcm"))
    assert {p.name for p in files} == {"IM000001.dcm", "IM000002.dcm"}
    # Every value must fit its VR: reading and decoding then raises instead of warning.
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.RAISE)
    for path in files:
        data = pydicom.dcmread(path)
        for element in data.iterall():
            assert element.value is not None
        assert [k for k in _NEEDED if data.get(k) in (None, "")] == []
        assert data.pixel_array.shape == (data.Rows, data.Columns)
        assert path.read_bytes()[128:132] == b"DICM"


def test_importing_the_package_does_not_import_pydicom():
    code = "import sys, napari_medscan.phantoms; sys.exit('pydicom' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
