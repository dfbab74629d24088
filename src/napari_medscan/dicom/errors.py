"""What can go wrong with a file; the whole tree is in `napari_medscan.errors`."""

from __future__ import annotations

from napari_medscan.errors import CancelledError, MedscanError, UnreadableError

__all__ = [
    "CancelledError",
    "FrameError",
    "GeometryError",
    "LateFrameError",
    "MedscanError",
    "NoImageError",
    "NotDicomError",
    "UnreadableError",
]


class NotDicomError(MedscanError):
    """The bytes are not a DICOM file."""


class NoImageError(MedscanError):
    """A DICOM object without an image (a report, a plan, a directory …)."""


class FrameError(UnreadableError):
    """One frame cannot be read or decoded; the others may be fine."""


class LateFrameError(FrameError):
    """Decoding one frame took longer than its deadline."""


class GeometryError(MedscanError, ValueError):
    """What was asked for needs a place in the patient, or an even spacing, that a series lacks."""
