"""Measuring a drawn shape: on the series it was drawn on, and on all others that lie below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom import MedscanError, Stack
from napari_medscan.measure.calibration import Calibration
from napari_medscan.measure.quantity import MeasureError, Quantity
from napari_medscan.measure.regions import Ellipse, Polygon, Region
from napari_medscan.measure.ruler import angle, cobb_angle, length, millimeters
from napari_medscan.measure.statistics import (
    Statistics,
    measure_region,
    transferred,
    transferred_point,
    value_at,
)
from napari_medscan.measure.table import Outline, Row

POINT: Final = "point"
ARROW: Final = "arrow"
ANGLE: Final = "angle"
COBB_ANGLE: Final = "Cobb angle"
KEY_IMAGE: Final = "key image"
DIAMETERS: Final = "diameters"
FREE_DIAMETER: Final = "free diameter"
"""One across the longest that stays as it was drawn, whatever its angle."""
_IN_PLANE: Final = 1e-3
"""Voxels that the points of a shape may be apart from its plane."""
_CROSSED: Final = 10.0
"""Degrees by which the angle between two diameters may differ from 90."""
REGIONS: Final[dict[str, type[Ellipse | Polygon]]] = {
    "ellipse": Ellipse,
    "rectangle": Polygon,
    "polygon": Polygon,
}
"""Kinds of shapes that enclose something."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A series that lies below a shape.

    Parameters
    ----------
    name : str
        Of its layer.
    stack : Stack
        The series.
    time : int
        Index along t.
    calibration : Calibration or None
        By hand.
    """

    name: str
    stack: Stack
    time: int = 0
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A drawn shape: plain data for another thread.

    Parameters
    ----------
    name : str
        Its name in tables.
    kind : str
        "point", or napari's type of shape: "line", "path", "ellipse", "rectangle", "polygon".
    tool : str
        `ARROW`, `KEY_IMAGE`, `DIAMETERS` or `FREE_DIAMETER` for what a kind alone does not tell,
        else ''.
    points : ndarray
        Shape (n, 3): slice, row and column on the first target.
    targets : tuple of Target
        The visible series, the one it was drawn on first.
    slab : float
        Millimeters across the plane that are shown together, 0 for one plane.
    across : ndarray or None
        The points of the longer diameter, if this is the one across it.
    """

    name: str
    kind: str
    tool: str
    points: NDArray[np.float64]
    targets: tuple[Target, ...]
    slab: float = 0.0
    across: NDArray[np.float64] | None = None


def measured(shape: Shape) -> tuple[Row, ...]:
    """Return the rows of a shape: of points and regions one a series, and one more for SUV.

    May read slices: for a background thread.
    """
    if shape.tool in (ARROW, KEY_IMAGE):
        rows = [_row(shape)]
    elif shape.kind == POINT:
        rows = list(_point_rows(shape))
    elif shape.kind in REGIONS:
        rows = list(_region_rows(shape))
    else:
        rows = [_line_row(shape)]
    return (replace(rows[0], outline=_outline(shape)), *rows[1:])


def _outline(shape: Shape) -> Outline:
    first, points = shape.targets[0], shape.points
    if first.stack.axes.startswith("t"):
        points = np.insert(points, 0, float(first.time), axis=1)
    return Outline(shape.kind, shape.tool, points, shape.name, first.name)


def region_of(shape: Shape) -> Region:
    """Return the region that a shape encloses.

    Raises
    ------
    MeasureError
        If it encloses none, or does not lie in a plane of the series.
    """
    axis = _plane_axis(shape.points)
    if axis is None or shape.kind not in REGIONS:
        raise MeasureError("The region does not lie in a plane of the series")
    index = round(float(shape.points[0, axis]))
    return REGIONS[shape.kind](axis, index, np.delete(shape.points, axis, axis=1))


def _row(shape: Shape) -> Row:
    return Row(shape.name, shape.targets[0].name, _place(shape.points))


def _line_row(shape: Shape) -> Row:
    row, target = _row(shape), shape.targets[0]
    try:
        quantity = _line(shape, target.stack)
        note = _not_crossed(shape, target.stack)
    except MedscanError as error:
        return replace(row, note=str(error))
    if target.calibration is not None:
        quantity = target.calibration.applied(quantity)
    return replace(row, quantity=quantity, note=note)


def _line(shape: Shape, stack: Stack) -> Quantity:
    points = [tuple(point) for point in shape.points.tolist()]
    if shape.kind == "path" and len(points) == 3:
        return angle(stack, *points)
    if shape.kind == "path" and len(points) == 4:
        first, second, third, fourth = points
        return cobb_angle(stack, (first, second), (third, fourth))
    parts = [length(stack, a, b) for a, b in pairwise(points)]
    if not parts:
        raise MeasureError("A line needs two points")
    return replace(parts[0], value=sum(part.value for part in parts))


def _not_crossed(shape: Shape, stack: Stack) -> str:
    """Return what is amiss if two diameters are not at right angles."""
    if shape.across is None:
        return ""
    pair = [(tuple(ends[0]), tuple(ends[-1])) for ends in (shape.across, shape.points)]
    between = cobb_angle(stack, pair[0], pair[1])
    if 90 - between.value <= _CROSSED:
        return ""
    return f"The diameters are not at right angles ({between})"


def _point_rows(shape: Shape) -> Iterator[Row]:
    first = shape.targets[0]
    for target in shape.targets:
        row = replace(_row(shape), series=target.name)
        try:
            here = transferred_point(shape.points[0].tolist(), first.stack, target.stack)
            value = value_at(target.stack, here.tolist(), target.time)
        except MedscanError as error:
            # A series beside the shape is no news; that on which it was drawn is.
            if target is first:
                yield replace(row, note=str(error))
            continue
        row = replace(row, place=_place(here[np.newaxis]))
        unit = target.stack.unit or ""
        yield replace(row, quantity=Quantity(value, unit))
        suv = target.stack.suv
        if suv is not None:
            yield replace(row, quantity=Quantity(value * suv.bw, suv.unit))


def _region_rows(shape: Shape) -> Iterator[Row]:
    first = shape.targets[0]
    for target in shape.targets:
        stack, row = target.stack, replace(_row(shape), series=target.name)
        try:
            here = transferred(region_of(shape), first.stack, stack)
            slab = _planes(stack, here.axis, shape.slab)
            found = measure_region(stack, here, target.time, slab)
        except MedscanError as error:
            if target is first:
                yield replace(row, note=str(error))
            continue
        if target.calibration is not None:
            found = replace(found, area=target.calibration.applied(found.area))
        row = replace(row, place=_place(here.points(), slab), quantity=found.area)
        yield from _with_suv(row, found, stack)


def _with_suv(row: Row, found: Statistics, stack: Stack) -> Iterator[Row]:
    yield replace(row, statistics=found)
    if stack.suv is not None:
        yield replace(row, statistics=found.scaled(stack.suv.bw, stack.suv.unit))


def _planes(stack: Stack, axis: int, slab: float) -> int:
    """Return how many planes across an axis a slab has."""
    step = float(np.linalg.norm(millimeters(stack)[:, axis]))
    return max(1, round(slab / step)) if slab and step else 1


def _plane_axis(points: NDArray[np.float64]) -> int | None:
    spread = np.ptp(points, axis=0)
    axis = int(spread.argmin())
    return axis if spread[axis] < _IN_PLANE else None


def _place(points: NDArray[np.float64], slab: int = 1) -> str:
    axis = _plane_axis(points)
    if axis is None:
        return ""
    place = f"{('slice', 'row', 'column')[axis]} {round(float(points[0, axis])) + 1}"
    return place if slab == 1 else f"{place}, slab of {slab}"
