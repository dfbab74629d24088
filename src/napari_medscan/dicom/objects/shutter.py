"""Shutter: what the files of a series want to be hidden around the image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.errors import FrameError, MedscanError
from napari_medscan.dicom.files.file_ref import GONE, FileRef
from napari_medscan.dicom.headers.graphic_planes import GROUPS, SHUTTER
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.objects.overlay_data import read_plane
from napari_medscan.dicom.objects.plane_masks import mask_on, pixel_aspect
from napari_medscan.dicom.objects.shutter_shapes import (
    WANTED_SHUTTER,
    ShutterShapes,
    read_shutter,
)
from napari_medscan.dicom.series.dicom_object import SeriesPart
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.frames import FrameCache, LazyStack


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shutter(SeriesPart):
    """The Display Shutter of a series (PS3.3 C.7.6.11 and C.7.6.15).

    It never changes values: it is drawn over the images when the user asks.

    Parameters
    ----------
    stack : Stack
        The series.
    shapes : ShutterShapes
        Of its first file with a shutter.
    """

    shapes: ShutterShapes

    @property
    def kind_name(self) -> str:
        """What a user calls it."""
        return "shutter"

    @property
    def name(self) -> str:
        """The same for all: a series has one."""
        return "Shutter"

    @property
    def summary(self) -> str:
        """Its shapes."""
        return self.shapes.words

    def labels(self, cache: FrameCache | None = None) -> LazyStack:
        """Return 1 where images are hidden, axes as those of the series without color; uint8.

        Parameters
        ----------
        cache : FrameCache, optional
            Holds the slices that were drawn; the one of this process when not given.
        """
        return mask_on(self.stack, _ShutterSource(self.stack), cache)


@dataclass(frozen=True, slots=True)
class _ShutterSource:
    stack: Stack
    known: dict[FileRef, ShutterShapes] = field(default_factory=dict)

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Draw the shutter on slice number `index`."""
        out[...] = 0
        if not self.stack.slices.planes[index] & SHUTTER:
            return
        ref = self.stack.headers.read(index)
        file = ref.header.source.file
        try:
            if file not in self.known:
                self.known[file] = read_shutter(scan_file(file, WANTED_SHUTTER).data_set)
            out[...] = closed_by(self.known[file], ref)
        except OSError:
            raise FrameError(GONE) from None


def closed_by(shapes: ShutterShapes, ref: SliceRef) -> NDArray[np.bool_]:
    """Return which pixels of a slice its own shutter hides."""
    closed = shapes.closed(ref.header.shape, pixel_aspect(ref.header, ref.frame))
    if shapes.overlay_group in GROUPS:
        plane = read_plane(ref.header, ref.index, shapes.overlay_group, {})
        if plane is not None:
            closed |= plane
    return closed


def shutter_of(stack: Stack) -> list[Shutter]:
    """Return the shutter of a series; none if its first one cannot be read or drawn."""
    number = next((n for n, planes in enumerate(stack.slices.planes) if planes & SHUTTER), None)
    if number is None:
        return []
    try:
        data_set = scan_file(stack.slices[number].file, WANTED_SHUTTER).data_set
    except (MedscanError, OSError):
        return []
    shapes = read_shutter(data_set)
    return [] if shapes.is_empty else [Shutter(stack, shapes)]
