"""Measuring the shapes of a Shapes layer on the series below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import napari.viewer
import numpy as np
from napari.layers import Image, Shapes
from numpy.typing import NDArray

from napari_medscan.dicom import MedscanError, Stack
from napari_medscan.measure import (
    Ellipse,
    MeasureError,
    Polygon,
    Quantity,
    Region,
    angle,
    cobb_angle,
    length,
    measure_region,
    transferred,
)
from napari_medscan.measure.table import Row
from napari_medscan.napari_.layer_identity import stack_of

LAYER_NAME: Final = "Measurements"
_IN_PLANE: Final = 1e-3
"""Voxels that the points of a shape may be apart from its plane."""
_REGIONS: Final[dict[str, type[Ellipse | Polygon]]] = {
    "ellipse": Ellipse,
    "rectangle": Polygon,
    "polygon": Polygon,
}
_EDGE: Final = "yellow"
_FEATURE: Final = "measurement"


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A shape, and where its points are on a series: plain data for another thread.

    Parameters
    ----------
    name, kind : str
        Its name in tables; napari's type of shape.
    series : str
        Name of the layer.
    stack : Stack
        The series.
    points : ndarray
        Shape (n, 3): slice, row, column.
    time : int
        Index along t.
    others : tuple of (str, Stack, int)
        Name, series and index along t of the further visible series.
    """

    name: str
    kind: str
    series: str
    stack: Stack
    points: NDArray[np.float64]
    time: int
    others: tuple[tuple[str, Stack, int], ...]


def new_layer(viewer: napari.viewer.Viewer, series: Image) -> Shapes:
    """Add a layer for measurements on the grid of a series, on top of all others."""
    layer = Shapes(
        ndim=series.ndim,
        name=LAYER_NAME,
        scale=series.scale,
        translate=series.translate,
        units=series.units,
        axis_labels=series.axis_labels,
        edge_color=_EDGE,
        face_color="transparent",
        edge_width=1,
        features={_FEATURE: []},
        text={"string": f"{{{_FEATURE}}}", "color": _EDGE, "size": 10, "anchor": "upper_left"},
    )
    viewer.add_layer(layer)
    return layer


def write_labels(layer: Shapes, rows: Iterable[Row]) -> None:
    """Write beside each shape of a layer what it measures on the first series."""
    texts: dict[str, str] = {}
    for row in rows:
        texts.setdefault(row.name, _label(row))
    # While a shape is being drawn, there is one more than was measured.
    if _FEATURE in layer.features and len(texts) == len(layer.data):
        layer.features = {_FEATURE: list(texts.values())}


def _label(row: Row) -> str:
    if row.quantity is None:
        return ""
    lines = [str(row.quantity)]
    found = row.statistics
    if found is not None and found.count:
        lines.append(f"{found.mean:.4g} ± {found.sd:.3g} {found.unit}")
    # What limits a value is beside it, and not in a table that may be closed.
    return "\n".join(filter(None, (*lines, row.quantity.note)))


def drawn_shapes(
    viewer: napari.viewer.Viewer, layer: Shapes, series: Sequence[Image]
) -> list[Drawn]:
    """Return the shapes of a layer, on the first of some series.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose sliders tell the time points.
    layer : Shapes
        Any Shapes layer.
    series : sequence of Image
        Visible series, the current one first.
    """
    known = [(each, stack) for each in series if (stack := stack_of(each)) is not None]
    if not known:
        return []
    first, stack = known[0]
    others = tuple((each.name, other, _time(viewer, each)) for each, other in known[1:])
    counts: dict[str, int] = {}
    drawn = []
    for kind, vertices in zip(layer.shape_type, layer.data, strict=True):
        title = _title(kind, len(vertices))
        counts[title] = counts.get(title, 0) + 1
        points = np.array([_index(layer, first, vertex) for vertex in vertices])
        time = round(float(points[0, 0])) if points.shape[1] > 3 else 0
        name = f"{title} {counts[title]}"
        drawn.append(Drawn(name, kind, first.name, stack, points[:, -3:], time, others))
    return drawn


def _index(layer: Shapes, series: Image, vertex: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a vertex is in the array of a series."""
    there = layer.data_to_world(vertex)  # type: ignore[no-untyped-call]
    world = np.asarray(there, dtype=np.float64)
    missing = series.ndim - len(world)
    return np.asarray(series.world_to_data((*np.zeros(max(0, missing)), *world)))


def _time(viewer: napari.viewer.Viewer, series: Image) -> int:
    if series.ndim < 4:
        return 0
    index = series.world_to_data(viewer.dims.point[-series.ndim :])[0]
    return int(np.clip(round(float(index)), 0, series.data.shape[0] - 1))


def _title(kind: str, points: int) -> str:
    if kind != "path":
        return {"line": "Length"}.get(kind, kind.capitalize())
    return {2: "Length", 3: "Angle", 4: "Cobb angle"}.get(points, "Path")


def measured(drawn: Iterable[Drawn]) -> Iterator[Row]:
    """Yield the rows of some shapes: of a region one for each series below it, and for SUV.

    May read slices: for a background thread.
    """
    for shape in drawn:
        if shape.kind in _REGIONS:
            yield from _region_rows(shape)
            continue
        row = Row(shape.name, shape.series, _place(shape.points))
        try:
            yield replace(row, quantity=_line(shape))
        except MedscanError as error:
            yield replace(row, note=str(error))


def _line(shape: Drawn) -> Quantity:
    stack, points = shape.stack, [tuple(point) for point in shape.points.tolist()]
    if shape.kind == "path" and len(points) == 3:
        return angle(stack, *points)
    if shape.kind == "path" and len(points) == 4:
        first, second, third, fourth = points
        return cobb_angle(stack, (first, second), (third, fourth))
    parts = [length(stack, a, b) for a, b in pairwise(points)]
    if not parts:
        raise MeasureError("A line needs two points")
    return replace(parts[0], value=sum(part.value for part in parts))


def _region_rows(shape: Drawn) -> Iterator[Row]:
    series = ((shape.series, shape.stack, shape.time), *shape.others)
    for number, (name, stack, time) in enumerate(series):
        row = Row(shape.name, name, _place(shape.points))
        try:
            region = _region(shape)
            here = transferred(region, shape.stack, stack)
            found = measure_region(stack, here, time)
        except MedscanError as error:
            # A series beside the region is no news; that on which it was drawn is.
            if number == 0:
                yield replace(row, note=str(error))
            continue
        row = replace(row, place=_place(here.points()), quantity=found.area)
        yield replace(row, statistics=found)
        if stack.suv is not None:
            yield replace(row, statistics=found.scaled(stack.suv.bw, "SUVbw"))


def _region(shape: Drawn) -> Region:
    axis = _plane_axis(shape.points)
    if axis is None:
        raise MeasureError("The region does not lie in a plane of the series")
    index = round(float(shape.points[0, axis]))
    return _REGIONS[shape.kind](axis, index, np.delete(shape.points, axis, axis=1))


def _plane_axis(points: NDArray[np.float64]) -> int | None:
    spread = np.ptp(points, axis=0)
    axis = int(spread.argmin())
    return axis if spread[axis] < _IN_PLANE else None


def _place(points: NDArray[np.float64]) -> str:
    axis = _plane_axis(points)
    if axis is None:
        return ""
    return f"{('slice', 'row', 'column')[axis]} {round(float(points[0, axis])) + 1}"
