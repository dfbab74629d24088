"""Is there DICOM here? A quick look that opens as little as it can."""

from __future__ import annotations

from io import FileIO
from itertools import islice
from pathlib import Path

from napari_medscan.dicom.dicomdir import is_dicomdir
from napari_medscan.dicom.files import walk
from napari_medscan.dicom.part10 import looks_like_dicom

MAX_FILES = 2000
"""Files of a folder looked at before it counts as one without DICOM."""


def has_dicom(path: Path) -> bool:
    """Whether a file is DICOM, or a folder holds a DICOM file.

    Never opens anything but regular files.
    """
    try:
        if path.is_dir():
            return any(
                is_dicomdir(file.name) or _is_dicom_file(file.path)
                for file in islice(walk([path]), MAX_FILES)
                if not file.refusal
            )
        return path.is_file() and _is_dicom_file(str(path))
    except OSError:
        return False


def _is_dicom_file(path: str) -> bool:
    try:
        with FileIO(path) as stream:
            return looks_like_dicom(stream.read(1024))
    except OSError:
        return False
