"""Is there DICOM here? A quick look that opens as little as it can."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import error

from napari_medscan.dicom.elements.part10 import looks_like_dicom
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import walk
from napari_medscan.dicom.headers.dicomdir import is_dicomdir

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MAX_FILES = 2000
"""Files of a folder looked at before it counts as one without DICOM."""


def has_dicom(path: Path) -> bool:
    """Whether a file is DICOM, or a folder holds a DICOM file.

    Never opens anything but regular files.
    """
    try:
        if path.is_dir():
            return any(
                is_dicomdir(file.name) or _is_dicom_file(file.ref)
                for file in islice(walk([path]), MAX_FILES)
                if not file.refusal
            )
        return path.is_file() and _is_dicom_file(FileRef(str(path)))
    except OSError:
        return False


def is_dicom_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive that holds a DICOM file.

    No more than the first kilobyte of a member is unpacked.
    """
    if path.suffix.lower() != ".zip" or not path.is_file():
        return False
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in islice(archive.infolist(), MAX_FILES) if not m.is_dir()]
            return any(
                is_dicomdir(member.filename) or _is_dicom_member(archive, member)
                for member in members
            )
    except (OSError, zipfile.BadZipFile, ValueError):
        return False


def _is_dicom_member(archive: ZipFile, member: ZipInfo) -> bool:
    try:
        with archive.open(member) as stream:
            return looks_like_dicom(stream.read(1024))
    except (OSError, RuntimeError, ValueError, EOFError, error):
        # Encrypted, damaged, or packed by a method that Python does not know.
        return False


def _is_dicom_file(file: FileRef) -> bool:
    try:
        return looks_like_dicom(file.start(1024)[0])
    except OSError:
        return False
