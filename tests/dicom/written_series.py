"""A small series on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .making import ct, write


def write_series(folder: Path, slices: int = 3, **changes: Any) -> None:
    """Write a CT series of 4 x 6 pixels, 2 mm apart."""
    for i in range(slices):
        slice_ = {
            "SOPInstanceUID": f"1.2.3.{i + 1}",
            "PatientName": "Canary^Alice",
            "PatientID": "MRN77X",
            "InstanceNumber": i + 1,
            "ImagePositionPatient": [0, 0, 2 * i],
        }
        write(folder / f"{i + 1}.dcm", ct(**{**slice_, **changes}))
