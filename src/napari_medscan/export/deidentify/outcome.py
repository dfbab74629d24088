"""What became of one file that was to be de-identified."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from napari_medscan.privacy.text_check import Box

Status = Literal["written", "exists", "refused", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Parameters
    ----------
    name : str
        Its name relative to what was exported. It may identify somebody.
    status : str
        "written"; "exists", written by an earlier run with the same key and options; "refused",
        DICOM that cannot be de-identified; "skipped", not DICOM, or a DICOMDIR.
    reason : str
        Why it was not written.
    target : Path or None
        The copy.
    changes : dict of str to int
        What was done how often, without values.
    masked : tuple of Box
        What was blacked out in its frames.
    """

    name: str
    status: Status
    reason: str = ""
    target: Path | None = None
    changes: dict[str, int] = field(default_factory=dict)
    masked: tuple[Box, ...] = ()
