"""Why there is nothing to open at a path, in one sentence that helps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from napari_medscan.dicom.elements.file_meta import looks_like_dicom
from napari_medscan.dicom.files.archives import is_named_like_archive, open_archives
from napari_medscan.dicom.files.walk import walk


def refusal(paths: Sequence[Path]) -> str:
    """Return why none of some paths can be opened. No name or path is part of the sentence.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders without DICOM.
    """
    reasons = dict.fromkeys(map(_reason, paths))
    if len(reasons) == 1:
        return next(iter(reasons))
    return "No DICOM images in these files and folders."


def _reason(path: Path) -> str:
    try:
        if path.is_dir():
            with os.scandir(path) as entries:
                empty = next(entries, None) is None
            return "The folder is empty." if empty else "No DICOM images in this folder."
        if is_named_like_archive(path.name):
            return _reason_of_archive(path)
        with path.open("rb") as stream:
            return "This file is not DICOM." if stream.read(1) else "The file is empty."
    except PermissionError:
        return "The file or folder cannot be read: permission denied."
    except FileNotFoundError:
        return "The file or folder does not exist."
    except OSError:
        return "The file or folder cannot be read."


def _reason_of_archive(path: Path) -> str:
    """Return why an archive is not opened: what is wrong with it, or that no DICOM is in it."""
    files = list(islice(open_archives(walk([path]), looks_like_dicom, peek=True), 2))
    if len(files) == 1 and files[0].refusal:
        return f"{files[0].refusal[:1].upper()}{files[0].refusal[1:]}."
    archive = any("/" in file.name for file in files)
    return "No DICOM images in this archive." if archive else "This file is not DICOM."
