"""Copies of a series that other programs made: what is still true of them.

napari and its plugins hand the metadata of a layer on to whatever they derive from it. A copy is
taken for one only if its place fits the grid of the series, and its values do not speak against it.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.derivation import Derivation
from napari_medscan.dicom.series.likeness import Likeness, Values, likeness, located
from napari_medscan.dicom.series.slice_headers import SliceHeaders
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.index_map import AxisMap, IndexMap, has_axis, mapped_geometry
from napari_medscan.dicom.space.vectors import Vector
from napari_medscan.frames import DisplayArray, FrameCache, LazyStack


def derived(series: Stack, data: Values, axes: IndexMap, *, is_image: bool) -> Stack | None:
    """Return the stack of a copy, None if it does not lie where it claims to.

    Parameters
    ----------
    series : Stack
        What it was derived from.
    data : ndarray, DisplayArray or EditableArray
        Values of the copy; labels may draw the array of the series itself.
    axes : tuple of AxisMap or None
        Where its voxels lie on the grid of the series.
    is_image : bool
        Whether values are those of an image, as against labels, which look different.

    Returns
    -------
    Stack or None
        Its geometry is that of the copy. Unit, windows and SUV are those of the series if the
        values are; slices and tags are those of the series if every slice of the copy lies in one
        of the series. An image without an axis of the series is one of its slices or time points
        if its values are.

    Notes
    -----
    Reads two slices of the series, of labels none.
    """
    if is_image:
        axes = located(series, data, axes)
    like = likeness(series, data, axes) if is_image else Likeness.NONE
    if is_image and like is Likeness.REARRANGED:
        return None
    if is_image and like is Likeness.NONE and _is_part(series, axes):
        # A crop that was filtered, or one from another place: its values do not tell.
        return None
    is_alike = is_image and like is Likeness.EQUAL
    lead = axes[: series.array.places.ndim]
    numbers = _slice_numbers(series, lead)
    has_slices = numbers is not None
    if numbers is None:
        numbers = np.full(_extents(lead), series.typical)
    present = numbers >= 0
    taken = numbers[present].tolist()
    places = np.full(numbers.shape, -1)
    places[present] = np.arange(len(taken))
    letters = [letter for letter, axis in zip(series.axes, axes, strict=False) if has_axis(axis)]
    has_times = "t" in letters
    return replace(
        series if is_alike else _without_values(series),
        axes="".join(letters) + "c" * (data.ndim - len(letters)),
        array=_array_of(data, places, series.array.fill),
        geometry=mapped_geometry(series.geometry, axes[-3:]),
        slices=series.slices.taken(taken, _shift(series, axes) if has_slices else None),
        headers=_TakenHeaders(series.headers, taken),
        typical=_middle_of(places),
        dimension=series.dimension if has_times else "",
        axis_values=series.axis_values if has_times and _is_all(axes[0], series) else None,
        holes=(),
        warnings=series.warnings if has_slices else (),
        problems={},
        derivation=Derivation(series, has_slices=has_slices),
    )


def _without_values(series: Stack) -> Stack:
    """Return a series without what its files say of its values: unit, windows and padding."""
    return replace(
        series,
        unit=None,
        suv=None,
        header=series.header.like(padding=None),
        typical_frame=series.typical_frame.like(windows=(), real_world=()),
    )


@dataclass(frozen=True, slots=True)
class _TakenHeaders:
    """Headers of some slices of a stack."""

    headers: SliceHeaders
    numbers: Sequence[int]

    def read(self, number: int) -> SliceRef:
        """Return a slice with its header; raise as those of the stack."""
        return self.headers.read(self.numbers[number])


@dataclass(frozen=True, slots=True)
class _Slices:
    """Slices of an array in memory; it is the layer that keeps the array there.

    Parameters
    ----------
    data : weakref of ndarray, DisplayArray or EditableArray
        The array.
    lead : tuple of int
        Extents of its axes before rows and columns.
    present : sequence of int
        Where the slices stand along these axes, in C order.
    """

    data: weakref.ref[Values]
    lead: tuple[int, ...]
    present: Sequence[int]

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Copy slice number `index`."""
        data = self.data()
        if data is None:
            raise FrameError("no longer in memory")
        place = np.unravel_index(self.present[index], self.lead)
        # What is drawn may be blank where a slice cannot be read; its array raises.
        values = data.stack if isinstance(data, DisplayArray) else data
        out[...] = values[tuple(int(i) for i in place)]


def _array_of(data: Values, places: NDArray[np.intp], fill: float) -> LazyStack:
    source = _Slices(weakref.ref(data), places.shape, np.flatnonzero(places >= 0).tolist())
    # No cache: the slices are in memory already.
    cache = FrameCache(0)
    return LazyStack(source, places, data.shape[places.ndim :], data.dtype, fill, cache)


def _middle_of(places: NDArray[np.intp]) -> int:
    """Return the number of the slice in the middle, 0 if it is missing."""
    return max(0, int(places[tuple((extent - 1) // 2 for extent in places.shape)]))


def _slice_numbers(series: Stack, lead: IndexMap) -> NDArray[np.intp] | None:
    """Return the slice of the series in which each slice of a copy lies, None unless each does."""
    if any(axis is None or not axis.is_whole for axis in lead):
        return None
    numbers = series.array.places[np.ix_(*(axis.indices for axis in lead if axis is not None))]
    return numbers.reshape(_extents(lead))


def _extents(lead: IndexMap) -> list[int]:
    """Return the extents of the axes that a copy has."""
    return [axis.length for axis in lead if axis is not None and has_axis(axis)]


def _shift(series: Stack, axes: IndexMap) -> Vector | None:
    """Return how far the first voxel of each slice of a copy lies from that of the series' slice.

    None if it is unknown.
    """
    affine = series.geometry.affine
    rows, columns = axes[-2:]
    if affine is None or rows is None or columns is None:
        return None
    x, y, z = affine[:3, 1] * rows.offset + affine[:3, 2] * columns.offset
    return float(x), float(y), float(z)


def _is_part(series: Stack, axes: IndexMap) -> bool:
    """Return whether a copy does not cover the whole series, such as a crop."""
    pairs = zip(axes, series.array.shape, strict=False)
    return not all(axis is None or axis.covers(extent) for axis, extent in pairs)


def _is_all(axis: AxisMap | None, series: Stack) -> bool:
    return axis == AxisMap(1.0, 0.0, series.array.shape[0])
