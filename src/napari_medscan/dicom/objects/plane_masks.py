"""Masks on the slices of a series, drawn one by one: overlay planes and shutters."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.frames import FrameCache, LazyStack, shared_cache
from napari_medscan.frames.many import FrameSource


def mask_on(stack: Stack, source: FrameSource, cache: FrameCache | None) -> LazyStack:
    """Return what a source draws on each slice of a series; uint8, axes without color.

    Parameters
    ----------
    stack : Stack
        The series.
    source : FrameSource
        Draws the slices by their numbers in ``stack.slices``.
    cache : FrameCache or None
        Holds the slices that were drawn; the one of this process if None.
    """
    return LazyStack(
        source,
        stack.array.places,
        stack.header.shape,
        np.dtype(np.uint8),
        0,
        shared_cache() if cache is None else cache,
        gaps_are_empty=True,
    )


def pixel_aspect(header: ImageHeader, frame: FrameHeader) -> float:
    """Return the height of a pixel of a frame divided by its width."""
    return frame.spacing[0] / frame.spacing[1] if frame.spacing else header.aspect
