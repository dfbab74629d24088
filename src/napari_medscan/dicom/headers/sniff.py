"""Is there DICOM here? A quick look that opens as little as it can."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from napari_medscan.dicom.elements.file_meta import looks_like_dicom
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.archives import open_archives
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import walk
from napari_medscan.dicom.headers.dicomdir import is_dicomdir

MAX_FILES = 2000
"""Files of a folder looked at before it counts as one without DICOM."""


def has_dicom(path: Path) -> bool:
    """Whether a file is DICOM, or a folder or an archive holds a DICOM file.

    Never opens anything but regular files, and unpacks no more than the start of what is
    compressed as a whole.
    """
    try:
        is_folder = path.is_dir()
        if not is_folder and not path.is_file():
            return False
        files = open_archives(walk([path]), looks_like_dicom, peek=True)
        return any(
            (is_dicomdir(file.name) and is_folder) or _is_dicom_file(file.ref)
            for file in islice(files, MAX_FILES)
            if not file.refusal
        )
    except OSError:
        return False


def _is_dicom_file(file: FileRef) -> bool:
    try:
        return looks_like_dicom(file.prefix(1024))
    except (OSError, UnreadableError):
        return False
