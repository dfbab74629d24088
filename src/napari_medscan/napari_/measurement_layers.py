"""Layers of drawn measurements: ordinary Shapes and Points of napari, on the series below them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeGuard

import napari.viewer
import numpy as np
from napari.layers import Image, Layer, Points, Shapes
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.measure.calibration import Calibration
from napari_medscan.measure.quantity import number_text
from napari_medscan.measure.shapes import (
    ARROW,
    DIAMETERS,
    FREE_DIAMETER,
    KEY_IMAGE,
    POINT,
    REGIONS,
    Shape,
    Target,
)
from napari_medscan.measure.table import Outline, Row
from napari_medscan.napari_.current_layer import add_inactive
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.slider_index import axes_on_screen, index_in_view, point_at
from napari_medscan.napari_.snapshot import slab_thickness
from napari_medscan.napari_.world_units import note_new

Drawing = Shapes | Points
_drawn_on: weakref.WeakKeyDictionary[Layer, Stack] = weakref.WeakKeyDictionary()
"""The series that layers of ours were made for."""
Calibrations = Mapping[Stack, Calibration]

VALUE, TOOL, TITLE = "measurement", "tool", "title"
"""Features of each shape: what it measures, what drew it, and the name that the user gave it."""
_COLOR: Final = "yellow"
_TEXT: Final = {
    "string": f"{{{VALUE}}}",
    "color": _COLOR,
    "size": 12,
    "anchor": "upper_left",
}
_POINT_SIZE: Final = 0.02
_LINE: Final = 0.003
"""Sizes of a point and of a line as parts of the width of the image."""
_KEY_IMAGE: Final = 0.3
"""Where a key image is marked, as a part of the height of the image."""


def new_layer(viewer: napari.viewer.Viewer, series: Image, kind: type[Shapes | Points]) -> Drawing:
    """Add an empty layer for measurements on the grid of a series, on top of all others.

    The active layer stays active: keys are those of the series until something is to be drawn.
    """
    common: dict[str, Any] = {
        "ndim": series.ndim,
        "scale": series.scale,
        "translate": series.translate,
        "units": series.units,
        "axis_labels": series.axis_labels,
        "features": {name: np.empty(0, dtype=object) for name in (VALUE, TOOL, TITLE)},
        "text": dict(_TEXT),
    }
    if issubclass(kind, Points):
        common |= {
            "name": "Measured points",
            "symbol": "cross",
            "size": max(1.0, _POINT_SIZE * max(series.data.shape[-2:])),
            "face_color": _COLOR,
            "border_width": 0,
        }
    else:
        common |= {
            "name": "Measurements",
            "edge_color": _COLOR,
            "face_color": "transparent",
            "edge_width": _LINE * max(series.data.shape[-2:]),
            "opacity": 1.0,
        }
    layer = kind(**common)
    stack = stack_of(series)
    if stack is not None:
        _drawn_on[layer] = stack
    note_new(layer)
    add_inactive(viewer, layer)
    return layer


def drawn_on(layer: Layer) -> Stack | None:
    """Return the series on which a layer measures, None for a layer that does not."""
    return _drawn_on.get(layer)


def is_drawn_on(layer: Layer, stack: Stack) -> bool:
    """Return whether a layer measures on a series, or on one that it may be drawn over."""
    own = drawn_on(layer)
    return own is not None and are_overlayable(own, stack)


def take_tool(layer: Drawing, mode: str, tool: str) -> None:
    """Let the user draw; what is drawn from now on remembers the tool."""
    layer.mode = mode
    _remember(layer, tool)


def take_over(layer: Drawing, twin: Drawing) -> None:
    """Add what was drawn on a copy of a layer since, with the tool that drew each."""
    first = len(layer.data)
    kinds = twin.shape_type if isinstance(twin, Shapes) else [POINT] * len(twin.data)
    drawn = list(zip(twin.data, kinds, _texts(twin, TOOL), strict=False))[first:]
    if is_being_drawn(twin):
        drawn = drawn[:-1]
    for points, kind, tool in drawn:
        _remember(layer, tool)
        if isinstance(layer, Shapes):
            layer.add(points, shape_type=kind)  # type: ignore[no-untyped-call]
        else:
            layer.add(points)


def is_being_drawn(layer: Layer) -> TypeGuard[Shapes]:
    """Return whether the last shape of a layer is not complete."""
    return isinstance(layer, Shapes) and bool(layer._is_creating)  # noqa: SLF001


def draw_alike(layer: Drawing, twin: Drawing) -> None:
    """Let a copy draw with the colors and sizes of a layer."""
    if isinstance(layer, Shapes) and isinstance(twin, Shapes):
        twin.current_edge_width = layer.current_edge_width
        twin.current_edge_color = layer.current_edge_color
    elif isinstance(layer, Points) and isinstance(twin, Points):
        twin.current_size = float(layer.current_size)
        twin.current_symbol = layer.current_symbol
    twin.current_face_color = layer.current_face_color


def tool_of_next(layer: Drawing) -> str:
    """Return the tool of what is drawn next on a layer; '' for one that another program made."""
    defaults = layer.feature_defaults
    return str(defaults[TOOL].iloc[0]) if TOOL in defaults else ""


def tool_of(layer: Drawing, number: int) -> str:
    """Return the tool that drew a shape; '' for one that another program made."""
    return _texts(layer, TOOL)[number]


def drawn_shapes(
    viewer: napari.viewer.Viewer,
    layer: Drawing,
    series: Sequence[Image],
    calibrations: Calibrations | None = None,
) -> list[Shape]:
    """Return what is drawn on a layer, on the first of some series.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose sliders tell the time points, and the slab.
    layer : Shapes or Points
        Any such layer.
    series : sequence of Image
        Visible series, the current one first.
    calibrations : mapping, optional
        Those made by hand.
    """
    by_hand = calibrations or {}
    # Projections and single slices without an axis of slices are not measured on.
    known = [
        (each, stack)
        for each in series
        if (stack := stack_of(each)) is not None and "z" in stack.axes
    ]
    targets = tuple(
        Target(each.name, stack, _time(viewer, each), by_hand.get(stack)) for each, stack in known
    )
    if not targets:
        return []
    first = known[0][0]
    slab = slab_thickness(viewer, first)
    counts: dict[str, int] = {}
    shapes: list[Shape] = []
    tools, titles = _texts(layer, TOOL), _texts(layer, TITLE)
    longest = {across: first for first, across in _diameters(tools)}
    for number, (kind, vertices) in enumerate(_figures(layer)):
        tool = tools[number]
        points = np.array([_index(layer, first, vertex) for vertex in vertices])
        across = shapes[longest[number]].points if number in longest else None
        title = _title(kind, tool, len(vertices), is_second=across is not None)
        counts[title] = counts.get(title, 0) + 1
        name = titles[number] or f"{title} {counts[title]}"
        here = targets
        if points.shape[1] > 3:
            # Where it was drawn, not where the slider is now.
            at = round(float(points[0, 0]))
            here = (Target(here[0].name, here[0].stack, at, here[0].calibration), *here[1:])
        shapes.append(Shape(name, kind, tool, points[:, -3:], here, slab, across))
    return shapes


def write_labels(layer: Drawing, rows: Sequence[Sequence[Row]]) -> None:
    """Write beside each shape of a layer what it measures, given the rows of each.

    Two diameters have one label, beside the longest: theirs would lie on each other.
    """
    texts = [_label(of_shape) for of_shape in rows]
    for first, across in _diameters(_texts(layer, TOOL)[: len(texts)]):
        texts[first], texts[across] = _label_of_both(rows[first][0], rows[across][0]), ""
    # While a shape is being drawn, there is one more than was measured, or than has features.
    is_settled = len(texts) == len(layer.data) == len(layer.features)
    if is_settled and texts != _texts(layer, VALUE):
        _write(layer, VALUE, texts)


def rename(layer: Drawing, number: int, title: str) -> None:
    """Give a shape a name."""
    titles = _texts(layer, TITLE)
    titles[number] = title
    _write(layer, TITLE, titles)


def mark_key_image(viewer: napari.viewer.Viewer, layer: Points, series: Image) -> None:
    """Add a key image: a point at the edge of the slice in view, beside no corner text."""
    index = index_in_view(viewer, series)
    vertical = axes_on_screen(viewer, series)[0]
    corner = tuple(
        (int(_KEY_IMAGE * series.data.shape[axis]) if axis == vertical else 0)
        if isinstance(at, slice)
        else at
        for axis, at in enumerate(index)
    )
    world = series.data_to_world(corner)  # type: ignore[no-untyped-call]
    _remember(layer, KEY_IMAGE)
    layer.add(np.array([layer.world_to_data(world)]))


def draw_again(layer: Drawing, outline: Outline, series: Image) -> None:
    """Add a shape that was saved as points on a series."""
    world = [series.data_to_world(point) for point in outline.points]  # type: ignore[no-untyped-call]
    points = np.array([layer.world_to_data(point) for point in world])
    _remember(layer, outline.tool, outline.name)
    if isinstance(layer, Shapes):
        if outline.kind in ("line", "path", *REGIONS):
            layer.add(points, shape_type=outline.kind)  # type: ignore[no-untyped-call]
    else:
        layer.add(points)


def go_to_shape(viewer: napari.viewer.Viewer, layer: Drawing, number: int) -> None:
    """Move the sliders to where a shape is."""
    _, vertices = _figures(layer)[number]
    viewer.dims.point = point_at(viewer, layer, np.asarray(vertices).mean(axis=0))


def digest(layer: Drawing) -> int:
    """Return a number that changes as soon as a shape is moved, even while it is dragged."""
    return hash(tuple(np.asarray(vertices).tobytes() for _, vertices in _figures(layer)))


def crossing_diameters(layer: Shapes) -> list[tuple[int, int]]:
    """Return the numbers of diameters that are to be at right angles, the longest first."""
    tools = _texts(layer, TOOL)
    return [(first, across) for first, across in _diameters(tools) if tools[across] == DIAMETERS]


def with_its_pair(layer: Drawing, number: int) -> tuple[int, ...]:
    """Return the number of a shape, and of the other of two diameters."""
    pairs = _diameters(_texts(layer, TOOL))
    return next((pair for pair in pairs if number in pair), (number,))


def set_free(layer: Shapes, numbers: Iterable[int], *, is_free: bool) -> None:
    """Let those of some shapes that are diameters across stay as they are, or turn again."""
    tools = _texts(layer, TOOL)
    moved = {number % len(tools) for number in numbers} if tools else set()
    for _, across in _diameters(tools):
        if across in moved:
            tools[across] = FREE_DIAMETER if is_free else DIAMETERS
    if tools != _texts(layer, TOOL):
        _write(layer, TOOL, tools)


def _write(layer: Drawing, feature: str, texts: list[str]) -> None:
    """Write a feature of each shape."""
    # napari would give what is drawn next the features of the last shape.
    of_next = layer.feature_defaults
    layer.features = layer.features.assign(**{feature: texts})
    layer.feature_defaults = of_next


def _remember(layer: Drawing, tool: str, title: str = "") -> None:
    """Give what is drawn next a tool and a name."""
    layer.feature_defaults = {VALUE: [""], TOOL: [tool], TITLE: [title]}


def _figures(layer: Drawing) -> list[tuple[str, NDArray[np.float64]]]:
    """Return kind and vertices of each shape."""
    if isinstance(layer, Shapes):
        return list(zip(layer.shape_type, layer.data, strict=True))
    return [(POINT, np.asarray(point)[np.newaxis]) for point in layer.data]


def _texts(layer: Drawing, feature: str) -> list[str]:
    """Return a feature of each shape; '' for those of a layer that another program made."""
    if feature not in layer.features:
        return [""] * len(layer.data)
    return [value if isinstance(value, str) else "" for value in layer.features[feature]]


def _label(rows: Sequence[Row]) -> str:
    # As people read PET, its first series is labeled in SUV.
    row = [each for each in rows if each.series == rows[0].series][-1]
    if row.quantity is None:
        # An arrow and a key image measure nothing; what cannot be measured has a note in the table.
        return "" if row.note else row.name
    found, values = row.statistics, ""
    if found is not None and found.count:
        values = f"{number_text(found.mean)} ± {number_text(found.sd, 3)} {found.unit}"
    # What limits a value is beside it, and not in a table that may be closed.
    return "\n".join(filter(None, (str(row.quantity), values, row.note or row.quantity.note)))


def _label_of_both(longest: Row, across: Row) -> str:
    """Return the label of two diameters: "37.4 × 26.2 mm"."""
    parts = [row.quantity for row in (longest, across) if row.quantity is not None]
    numbers = " × ".join(number_text(part.value) for part in parts)
    notes = dict.fromkeys(row.note or (row.quantity.note if row.quantity else "")
                          for row in (longest, across))  # fmt: skip
    return "\n".join(filter(None, (f"{numbers} {parts[0].unit}" if parts else "", *notes)))


def _index(layer: Drawing, series: Image, vertex: NDArray[np.float64]) -> NDArray[np.float64]:
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


def _diameters(tools: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the shapes that are pairs of diameters, the longest first."""
    numbers = [n for n, tool in enumerate(tools) if tool in (DIAMETERS, FREE_DIAMETER)]
    return zip(numbers[::2], numbers[1::2], strict=False)


def _title(kind: str, tool: str, points: int, *, is_second: bool) -> str:
    if tool in (DIAMETERS, FREE_DIAMETER):
        return "Diameter across" if is_second else "Longest diameter"
    if tool in (ARROW, KEY_IMAGE):
        return tool.capitalize()
    if kind != "path":
        return {"line": "Length"}.get(kind, kind.capitalize())
    return {2: "Length", 3: "Angle", 4: "Cobb angle"}.get(points, "Path")
