"""pydicom in a worker gives what it gives in this process."""

from __future__ import annotations

import pytest

from napari_medscan.dicom.elements import isolation, pydicom_fallback
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import file_ref
from napari_medscan.dicom.headers.dicomdir import WANTED_DIRECTORY
from napari_medscan.dicom.headers.parse_header import WANTED

from ..making import ct, write


@pytest.mark.parametrize("wanted", [WANTED, WANTED_DIRECTORY])
def test_a_header_from_a_worker_is_the_one_pydicom_gives_here(tmp_path, wanted):
    file = file_ref(write(tmp_path / "a.dcm", ct()))
    assert isolation.scan_with_pydicom(file, wanted) == pydicom_fallback.scan_with_pydicom(
        file, wanted
    )


def test_what_pydicom_cannot_read_either_is_unreadable(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(b"\x08\x00\x05\x00ZZ\xff\xff\xff\xff")
    with pytest.raises(UnreadableError, match="corrupt header"):
        isolation.scan_with_pydicom(file_ref(path), WANTED)
