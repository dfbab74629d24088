"""The view of one series at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom import Stack

Index = tuple[int | slice, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What a viewer shows of its current series.

    Parameters
    ----------
    stack : Stack
        The series.
    name : str
        Of its layer.
    index : tuple of int or slice
        Of the array, without color: the slider's position along an axis that has one, which may
        lie outside of the array; ``slice(None)`` for axes that are displayed.
    right, down : ndarray, shape (3,), or None
        Where "right" and "down" on the canvas lead in the patient, LPS; in 3-D, before the camera
        is turned. None if the orientation is unknown.
    level, width : float or None
        Window Center and Window Width (PS3.3 C.11.2.1.2), in the unit of the array. None for color.
    zoom : float
        Pixels of the canvas per pixel of the image along a row.
    projection : str
        How the slices of a slab are combined, as in napari; "none" for one slice.
    slab : float
        Thickness of the slab in the world's unit; 0 for one slice.
    """

    stack: Stack
    name: str
    index: Index
    right: NDArray[np.float64] | None
    down: NDArray[np.float64] | None
    level: float | None
    width: float | None
    zoom: float
    projection: str
    slab: float

    @property
    def is_3d(self) -> bool:
        """Whether the view is 3-D."""
        return sum(isinstance(place, slice) for place in self.index) > 2

    @property
    def is_inside(self) -> bool:
        """Whether the sliders stand within the series, so that some of it is on the canvas."""
        return is_inside(self.index, self.stack.array.shape)

    @property
    def number(self) -> int | None:
        """Index into ``Stack.slices`` of the slice in view.

        None if the view cuts across slices, or if there is no slice at the sliders.
        """
        return slice_at(self.stack, self.index) if self.is_inside else None


def slice_at(stack: Stack, index: Index) -> int | None:
    """Return the number of the slice that an index of a stack's array lies in.

    None if it cuts across slices, lies outside of the array, or at a missing slice.
    """
    places = stack.array.places
    index = index[: places.ndim]
    if any(isinstance(place, slice) for place in index) or not is_inside(index, places.shape):
        return None
    number = int(places[index])
    return number if number >= 0 else None


def is_inside(index: Index, shape: tuple[int, ...]) -> bool:
    """Return whether an index lies within an array: no slider stands beside it."""
    # The index has no axis of colors.
    pairs = zip(index, shape, strict=False)
    return all(isinstance(place, slice) or 0 <= place < extent for place, extent in pairs)
