"""Overlay: graphics or a region that the files of a series have as a plane of bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError, MedscanError
from napari_medscan.dicom.files.file_ref import GONE, FileRef
from napari_medscan.dicom.headers.graphic_planes import GROUPS
from napari_medscan.dicom.objects.overlay_data import OverlayData, read_overlay_data, read_plane
from napari_medscan.dicom.objects.plane_masks import mask_on
from napari_medscan.dicom.pixels.value_range import has_unused_bits
from napari_medscan.dicom.series.dicom_object import SeriesPart
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.frames import FrameCache, LazyStack


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Overlay(SeriesPart):
    """The overlay planes of one group on the slices of a series (PS3.3 C.9.2).

    Parameters
    ----------
    stack : Stack
        The series.
    group : int
        0x6000, 0x6002 …
    slices : tuple of int
        Slices whose files have such a plane, as numbers of ``stack.slices``.
    data : OverlayData
        Of the first of them.
    """

    group: int
    slices: tuple[int, ...]
    data: OverlayData

    @property
    def kind_name(self) -> str:
        """What a user calls it."""
        return "overlay plane"

    @property
    def name(self) -> str:
        """Number and label: "Overlay 1 · CORONAL"."""
        number = (self.group - GROUPS.start) // GROUPS.step + 1
        return " · ".join(filter(None, (f"Overlay {number}", self.data.label)))

    @property
    def summary(self) -> str:
        """What it marks, and on how many slices."""
        what = "region of interest" if self.data.is_region else "graphics"
        count, total = len(self.slices), len(self.stack.slices)
        return what if total == 1 else f"{what} on {count} of {total} images"

    def notes_on(self, stacks: Sequence[Stack]) -> tuple[str, ...]:  # noqa: ARG002 - has its own
        """Return what of it is not drawn."""
        if self.stack.header.tile_shape or not self.data.overhangs(self.stack.header.shape):
            return ()
        return ("The overlay reaches beyond the image. What lies outside is not shown",)

    def labels(self, cache: FrameCache | None = None) -> LazyStack:
        """Return 1 where the plane is set, axes as those of the series without color; uint8.

        Parameters
        ----------
        cache : FrameCache, optional
            Holds the slices that were read; the one of this process when not given.
        """
        return mask_on(self.stack, _OverlaySource(self.stack, self.group), cache)


@dataclass(frozen=True, slots=True)
class _OverlaySource:
    stack: Stack
    group: int
    known: dict[FileRef, OverlayData] = field(default_factory=dict)

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Draw the plane on slice number `index`."""
        out[...] = 0
        if not self.stack.slices.planes[index] & _bit_of(self.group):
            return
        ref = self.stack.headers.read(index)
        try:
            plane = read_plane(ref.header, ref.index, self.group, self.known)
        except OSError:
            raise FrameError(GONE) from None
        if plane is not None:
            out[...] = plane


def overlays_of(stack: Stack) -> list[Overlay]:
    """Return the overlays of a series, by group; those whose first plane cannot be read are not."""
    planes = np.array(stack.slices.planes)
    found = []
    for group in GROUPS:
        (numbers,) = np.nonzero(planes & _bit_of(group))
        if not numbers.size:
            continue
        slices = tuple(map(int, numbers))
        try:
            data = read_overlay_data(stack.slices[slices[0]].file, group)
            if data.data is None and not has_unused_bits(stack.read_header(slices[0])):
                continue
        except (MedscanError, OSError):
            continue
        if len(stack.files) == 1 and stack.header.tile_shape is None:
            frames = ((n, stack.slices[n].index) for n in slices)
            slices = tuple(n for n, frame in frames if data.frame_of(frame) is not None)
        found.append(Overlay(stack, group, slices, data))
    return [each for each in found if each.slices]


def _bit_of(group: int) -> int:
    return 1 << GROUPS.index(group)
