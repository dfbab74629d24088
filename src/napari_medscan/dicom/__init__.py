"""What DICOM files say: headers, series, geometry, pixels.

A library on its own, without napari, Qt or network code.

Examples
--------
>>> from napari_medscan.dicom import load
>>> report = load("/media/cdrom")  # doctest: +SKIP
>>> [stack.name for stack in report.stacks]  # doctest: +SKIP
['CT 3 · Chest 1.0 B30f']
"""

from napari_medscan.dicom.errors import (
    CancelledError,
    FrameError,
    MedscanError,
    NoImageError,
    NotDicomError,
    UnreadableError,
)
from napari_medscan.dicom.loading import load
from napari_medscan.dicom.report import LoadReport
from napari_medscan.dicom.stack import Stack

__all__ = [
    "CancelledError",
    "FrameError",
    "LoadReport",
    "MedscanError",
    "NoImageError",
    "NotDicomError",
    "Stack",
    "UnreadableError",
    "load",
]
