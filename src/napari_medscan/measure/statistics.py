"""Values of a stack inside a region: those of voxels as they are, never interpolated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom import GeometryError, UnreadableFramesError
from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.tolerances import PARALLEL
from napari_medscan.measure.quantity import MeasureError, Quantity
from napari_medscan.measure.regions import Region
from napari_medscan.measure.ruler import Point, check_across, length, length_unit, millimeters


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is inside a region.

    Parameters
    ----------
    count : int
        Pixels whose centers are inside.
    mean, sd, minimum, maximum, median : float
        Of their values; the standard deviation is that of the population, divided by the count.
        NaN without a pixel.
    unit : str
        Unit of the values, '' if unknown.
    area : Quantity
        Of the shape, not of the pixels.
    """

    count: int
    mean: float
    sd: float
    minimum: float
    maximum: float
    median: float
    unit: str
    area: Quantity

    def scaled(self, factor: float, unit: str) -> Statistics:
        """Return the statistics of values that are multiplied, by a SUV factor for instance."""
        names = ("mean", "sd", "minimum", "maximum", "median")
        return replace(self, unit=unit, **{name: getattr(self, name) * factor for name in names})


def measure_region(stack: Stack, region: Region, time: int = 0, slab: int = 1) -> Statistics:
    """Return the statistics of a region.

    Parameters
    ----------
    stack : Stack
        Grayscale.
    region : Region
        On its grid; see `transferred` for other series.
    time : int
        Index along t.
    slab : int
        How many planes, centered on that of the region, are measured together.

    Raises
    ------
    MeasureError
        If the region is outside of the stack, a slice cannot be read, or its plane cuts slices
        whose distance is unknown.
    """
    values = region_values(stack, region, time, slab)
    count = values.size
    steps = np.delete(millimeters(stack).T, region.axis, axis=0)
    unit = f"{length_unit(stack)}²"
    area = Quantity(region.area(steps), unit, stack.header.spacing_note)
    values = values.astype(np.float64) if values.size else np.array([np.nan])
    return Statistics(
        count=count,
        mean=float(values.mean()),
        sd=float(values.std()),
        minimum=float(values.min()),
        maximum=float(values.max()),
        median=float(np.median(values)),
        unit=stack.unit or "",
        area=area,
    )


def region_values(stack: Stack, region: Region, time: int = 0, slab: int = 1) -> NDArray[Any]:
    """Return the values inside a region, in one row; those that are no numbers are left out.

    Parameters and errors are those of `measure_region`.
    """
    if stack.is_rgb:
        raise MeasureError("Color images have no values to measure")
    if region.axis:
        check_across(stack)
    shape = stack.array.shape[-3:]
    first = region.index - (slab - 1) // 2
    planes = range(max(0, first), min(shape[region.axis], first + slab))
    if not planes:
        raise MeasureError("The region is outside of the series")
    plane_shape = [extent for axis, extent in enumerate(shape) if axis != region.axis]
    box, inside = region.mask((plane_shape[0], plane_shape[1]))
    if not inside.size:
        return np.empty(0, stack.array.dtype)
    found = [_plane(stack, time, region.axis, plane, box)[inside] for plane in planes]
    values = np.concatenate(found)
    finite: NDArray[Any] = values[np.isfinite(values)]
    return finite


def _plane(
    stack: Stack, time: int, axis: int, index: int, box: tuple[slice, slice]
) -> NDArray[Any]:
    """Read part of a plane; slices that are missing are not numbers."""
    key: list[int | slice] = list(box)
    key.insert(axis, index)
    lead = (time,) if stack.axes.startswith("t") else ()
    numbers = stack.array.places[(*lead, key[0])]
    present = (np.atleast_1d(numbers) >= 0) | stack.geometry.missing_are_empty
    try:
        if present.all():
            return np.asarray(stack.array[(*lead, *key)])
        shape = [part.stop - part.start for part in key if isinstance(part, slice)]
        values = np.full(shape, np.nan)
        first = 0 if isinstance(key[0], int) else key[0].start
        for row in np.flatnonzero(present).tolist():
            values[row] = stack.array[(*lead, first + row, *key[1:])]
    except UnreadableFramesError:
        bad = (stack.problems.get(number) for number in np.ravel(numbers).tolist())
        why = next(filter(None, bad), "unknown reason")
        raise MeasureError(f"A slice cannot be read ({why})") from None
    return values


def transferred(region: Region, stack: Stack, other: Stack) -> Region:
    """Return a region of one series as it lies on another, in the plane nearest to it.

    Raises
    ------
    MeasureError
        If one of them has no position, they have different frames of reference, their planes are
        not parallel, or the other does not reach there.
    """
    if stack is other:
        return region
    here, there = _affines(stack, other)
    points = _moved(region.points(), stack, other)
    normal = _normal(there, here, region.axis)
    axis = int(np.abs(normal).argmax())
    if np.abs(np.delete(normal, axis)).max() > PARALLEL:
        raise MeasureError("The planes of the series are not parallel")
    index = round(float(points[:, axis].mean()))
    if not 0 <= index < other.array.shape[-3:][axis]:
        raise MeasureError("The region is outside of the series")
    return replace(region, axis=axis, index=index, vertices=np.delete(points, axis, axis=1))


def transferred_point(point: Point, stack: Stack, other: Stack) -> NDArray[np.float64]:
    """Return a point of one series as slice, row and column of another, not rounded.

    Raises
    ------
    MeasureError
        If one of them has no position, or they have different frames of reference.
    """
    place = np.asarray(point, dtype=np.float64)
    if stack is other:
        return place
    _affines(stack, other)
    return _moved(place, stack, other)


def _moved(points: NDArray[np.float64], stack: Stack, other: Stack) -> NDArray[np.float64]:
    """Return points on another series; unevenly spaced slices each have a place of their own."""
    try:
        return other.to_index(stack.to_patient(points))
    except GeometryError as error:
        raise MeasureError(f"Not transferred: {error}") from None


def _affines(stack: Stack, other: Stack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    here, there = stack.geometry.affine, other.geometry.affine
    if here is None or there is None:
        raise MeasureError("The position of one of the series in the patient is unknown")
    if not same_frame_of_reference(stack, other):
        raise MeasureError("The series have different frames of reference")
    return here, there


def _normal(
    there: NDArray[np.float64], here: NDArray[np.float64], axis: int
) -> NDArray[np.float64]:
    """Return the cosines of a plane of one grid with the normals of the planes of another."""
    mine = np.delete(here[:3, :3].T, axis, axis=0)
    mine = np.cross(*(mine / np.linalg.norm(mine, axis=1, keepdims=True)))
    normals = []
    for i in range(3):
        edges = np.delete(there[:3, :3].T, i, axis=0)
        normals.append(np.cross(*(edges / np.linalg.norm(edges, axis=1, keepdims=True))))
    return np.array(normals) @ mine


def time_curve(stack: Stack, region: Region) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the values of the time axis and the mean inside a region at each.

    Raises
    ------
    MeasureError
        As `measure_region`; also if the series has no time axis.
    """
    axis = stack.axis_values
    if axis is None or not stack.axes.startswith("t"):
        raise MeasureError("The series has one time point")
    means = [measure_region(stack, region, time).mean for time in range(stack.array.shape[0])]
    texts = any(isinstance(value, str) for value in axis.values)
    places = np.arange(len(means)) if texts else axis.values
    return np.asarray(places, dtype=np.float64), np.array(means)


def profile(
    stack: Stack, start: Point, end: Point, time: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances from `start` and the values of the voxels that a line passes through.

    Each voxel counts once, at the place of the line that is nearest to its center; no value is
    interpolated.

    Raises
    ------
    MeasureError
        As `length`.
    """
    total = length(stack, start, end).value
    ends = np.array((start, end), dtype=np.float64)
    steps = 2 * int(np.ceil(np.abs(ends[1] - ends[0]).max())) + 1
    share = np.linspace(0, 1, steps)
    voxels = np.rint(ends[0] + share[:, None] * (ends[1] - ends[0])).astype(int)
    voxels = np.unique(voxels, axis=0)
    # Along the line, the centers' feet.
    across = (voxels - ends[0]) @ millimeters(stack).T
    line = millimeters(stack) @ (ends[1] - ends[0])
    feet = np.clip(across @ line / float(line @ line), 0, 1) if total else np.zeros(len(voxels))
    shape = np.array(stack.array.shape[-3:])
    is_inside = np.all((voxels >= 0) & (voxels < shape), axis=1)
    order = [i for i in np.argsort(feet, kind="stable").tolist() if is_inside[i]]
    values = [_value(stack, time, tuple(voxels[i].tolist())) for i in order]
    return feet[order] * total, np.array(values)


def value_at(stack: Stack, point: Point, time: int = 0) -> float:
    """Return the value of the voxel in which a point lies.

    Raises
    ------
    MeasureError
        If the point is outside of the series, or its slice is missing or cannot be read.
    """
    if stack.is_rgb:
        raise MeasureError("Color images have no values to measure")
    voxel = np.floor(np.asarray(point, dtype=np.float64) + 0.5).astype(int)
    if (voxel < 0).any() or (voxel >= stack.array.shape[-3:]).any():
        raise MeasureError("The point is outside of the series")
    value = _value(stack, time, tuple(voxel.tolist()))
    if not np.isfinite(value):
        raise MeasureError("No value at this point")
    return value


def _value(stack: Stack, time: int, voxel: tuple[int, int, int]) -> float:
    z, y, x = voxel
    return float(_plane(stack, time, 0, z, (slice(y, y + 1), slice(x, x + 1)))[0, 0])
