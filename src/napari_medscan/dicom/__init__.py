"""What DICOM files say: headers, series, geometry, pixels.

A library on its own, without napari, Qt or network code.

Examples
--------
>>> from napari_medscan.dicom import load
>>> report = load("/media/cdrom")  # doctest: +SKIP
>>> [stack.name for stack in report.stacks]  # doctest: +SKIP
['CT 3 · Chest 1.0 B30f']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from napari_medscan.dicom.errors import (
    CancelledError,
    FrameError,
    GeometryError,
    MedscanError,
    NoImageError,
    NotDicomError,
    UnreadableError,
)

if TYPE_CHECKING:
    from napari_medscan.dicom.loading import load
    from napari_medscan.dicom.objects.presentation_state import PresentationState
    from napari_medscan.dicom.objects.segmentation import Segmentation
    from napari_medscan.dicom.objects.slide import Slide
    from napari_medscan.dicom.objects.slide_segmentation import SlideSegmentation
    from napari_medscan.dicom.objects.structure_set import StructureSet
    from napari_medscan.dicom.series.dicom_object import DicomObject
    from napari_medscan.dicom.series.report import LoadReport
    from napari_medscan.dicom.series.stack import Stack
    from napari_medscan.frames.errors import ReadCanceledError, UnreadableFramesError

__all__ = [
    "CancelledError",
    "DicomObject",
    "FrameError",
    "GeometryError",
    "LoadReport",
    "MedscanError",
    "NoImageError",
    "NotDicomError",
    "PresentationState",
    "ReadCanceledError",
    "Segmentation",
    "Slide",
    "SlideSegmentation",
    "Stack",
    "StructureSet",
    "UnreadableError",
    "UnreadableFramesError",
    "load",
]

_HOMES = {
    "DicomObject": "napari_medscan.dicom.series.dicom_object",
    "LoadReport": "napari_medscan.dicom.series.report",
    "PresentationState": "napari_medscan.dicom.objects.presentation_state",
    "ReadCanceledError": "napari_medscan.frames.errors",
    "Segmentation": "napari_medscan.dicom.objects.segmentation",
    "Slide": "napari_medscan.dicom.objects.slide",
    "SlideSegmentation": "napari_medscan.dicom.objects.slide_segmentation",
    "Stack": "napari_medscan.dicom.series.stack",
    "StructureSet": "napari_medscan.dicom.objects.structure_set",
    "UnreadableFramesError": "napari_medscan.frames.errors",
    "load": "napari_medscan.dicom.loading",
}


def __getattr__(name: str) -> object:
    """Import what opens files when it is asked for: a worker that decodes never needs it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
