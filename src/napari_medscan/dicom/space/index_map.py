"""Which voxel of a series each voxel of a copy of it is, and where that puts the copy.

A copy is what napari or a plugin made of the array of a series: a crop, a projection, a filtered
or resampled volume. Both lie on grids along the same axes, each with a spacing and an origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.space import tolerances
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.dicom.space.vectors import Vector, split_orientation


@dataclass(frozen=True, slots=True)
class AxisMap:
    """Along one axis, index i of the copy is index ``offset + step * i`` of the series.

    Parameters
    ----------
    step : float
        Negative if the copy is reversed; 2 if it has every second voxel.
    offset : float
        Index of the series at index 0 of the copy.
    length : int
        Voxels of the copy.
    is_dropped : bool
        Whether the array of the copy lacks this axis, along which it is one voxel of the series.
    """

    step: float
    offset: float
    length: int
    is_dropped: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether each voxel of the copy is one voxel of the series."""
        return self.step.is_integer() and self.offset.is_integer()

    @property
    def indices(self) -> NDArray[np.intp]:
        """Index of the series nearest to each voxel of the copy."""
        nearest: NDArray[np.intp] = np.rint(
            self.offset + self.step * np.arange(self.length)
        ).astype(np.intp)
        return nearest

    def covers(self, extent: int) -> bool:
        """Return whether the copy reaches from end to end of an axis of the series.

        Ends may differ by half a voxel, the larger of the two: some programs scale about the
        middle of a voxel, others about its edge.
        """
        ends = self.offset - self.step / 2, self.offset + self.step * (self.length - 0.5)
        tolerance = 0.5 * max(1.0, abs(self.step)) + tolerances.SAME_VOXEL
        return abs(min(ends) + 0.5) <= tolerance and abs(max(ends) - extent + 0.5) <= tolerance


IndexMap = tuple[AxisMap | None, ...]
"""For each axis of the series; None for an axis that the copy has not, and along which it is
nowhere, as a projection."""


def index_map(
    scale: Sequence[float],
    translate: Sequence[float],
    shape: Sequence[int],
    home: tuple[Sequence[float], Sequence[float]],
    extents: Sequence[int],
) -> IndexMap | None:
    """Return how the grid of a copy lies on that of its series.

    Parameters
    ----------
    scale, translate, shape : sequence of float or int
        Voxel size, origin and voxels of the copy, in one coordinate system with the series. Axes
        that the copy has not are the first ones of the series.
    home : tuple of sequence of float
        Voxel size and origin of the series.
    extents : sequence of int
        Voxels of the series.

    Returns
    -------
    tuple of AxisMap or None
        None if they have no exact relation: a voxel of the copy lies outside of the series, or is
        none of its voxels without the two covering the same field of view.
    """
    absent = len(extents) - len(shape)
    if absent < 0:
        return None
    axes: list[AxisMap | None] = [None] * absent
    sizes, origins = home
    for axis, length in enumerate(shape):
        size, origin = sizes[absent + axis], origins[absent + axis]
        extent = extents[absent + axis]
        found = _snapped(scale[axis] / size, (translate[axis] - origin) / size, length)
        ends = found.offset, found.offset + found.step * (length - 1)
        inside = min(ends) >= -0.5 and max(ends) <= extent - 0.5
        if not found.step or not (inside if found.is_whole else found.covers(extent)):
            return None
        axes.append(found)
    return tuple(axes)


def has_axis(axis: AxisMap | None) -> bool:
    """Return whether the array of a copy has an axis."""
    return axis is not None and not axis.is_dropped


def mapped_geometry(geometry: Geometry, axes: Sequence[AxisMap | None]) -> Geometry:
    """Return where a copy lies.

    Parameters
    ----------
    geometry : Geometry
        Of the series.
    axes : sequence of AxisMap or None
        Of the slices, rows and columns. Without any of them there is no position, but the
        directions stay.

    Returns
    -------
    Geometry
        Its affine is that of the series after the map.
    """
    slices, rows, columns = (axis or AxisMap(1.0, 0.0, 1) for axis in axes)
    steps = slices.step, rows.step, columns.step
    orientation, step, origin = geometry.orientation, geometry.step, geometry.origin
    affine = geometry.affine
    # Between unevenly spaced slices there is no position.
    is_placed = None not in axes and (geometry.measurable or slices.is_whole)
    if affine is not None and is_placed:
        corner = affine @ (slices.offset, rows.offset, columns.offset, 1.0)
        origin = (float(corner[0]), float(corner[1]), float(corner[2]))
    else:
        origin = None
    if orientation is not None:
        row, column = split_orientation(orientation)
        orientation = (*_times(row, np.sign(steps[2])), *_times(column, np.sign(steps[1])))
    z, y, x = (size * abs(step) for size, step in zip(geometry.spacing, steps, strict=True))
    at = {place: i for i, place in enumerate(slices.indices.tolist())} if slices.is_whole else {}
    return replace(
        geometry,
        spacing=(z, y, x),
        origin=origin,
        orientation=orientation,
        step=None if step is None else _times(step, slices.step),
        missing=tuple(sorted(at[place] for place in geometry.missing if place in at)),
    )


def _snapped(step: float, offset: float, length: int) -> AxisMap:
    """Return the map of an axis, whole where it is but for rounding."""
    whole = round(step), round(offset)
    off = abs(step - whole[0]) * max(1, length - 1), abs(offset - whole[1])
    if max(off) <= tolerances.SAME_VOXEL:
        return AxisMap(float(whole[0]), float(whole[1]), length)
    return AxisMap(step, offset, length)


def _times(vector: Vector, factor: float) -> Vector:
    return vector[0] * float(factor), vector[1] * float(factor), vector[2] * float(factor)
