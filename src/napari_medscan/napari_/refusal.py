"""Why there is nothing to open at a path, in one sentence that helps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

ZIP = "ZIP archives are not opened. Extract it, then open the folder."


def is_zip(path: Path) -> bool:
    """Return whether a path is a ZIP archive by its name."""
    return path.suffix.lower() == ".zip" and path.is_file()


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
        if is_zip(path):
            return ZIP
        if path.is_dir():
            with os.scandir(path) as entries:
                empty = next(entries, None) is None
            return "The folder is empty." if empty else "No DICOM images in this folder."
        with path.open("rb") as stream:
            return "This file is not DICOM." if stream.read(1) else "The file is empty."
    except PermissionError:
        return "The file or folder cannot be read: permission denied."
    except FileNotFoundError:
        return "The file or folder does not exist."
    except OSError:
        return "The file or folder cannot be read."
