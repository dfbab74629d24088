"""Annotations, shutters and overlays of presentation states as layers on their own slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from napari.layers import Labels, Layer, Points, Shapes
from numpy.typing import NDArray

from napari_medscan.counted import counted
from napari_medscan.dicom import PresentationState, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.drawn_graphics import (
    DrawnPoint,
    DrawnShape,
    DrawnText,
    screen_pixel,
)
from napari_medscan.dicom.objects.graphic_styles import Across, Color, Down, Paint
from napari_medscan.dicom.objects.presentation_state import OnSlice, StateOnSeries
from napari_medscan.dicom.objects.segments import color_of
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.layer_transform import LayerPlace, layer_place
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.plane_layers import mask_colors
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object

_POINT, _DOT = 8, 1
_TEXT_SIZE = 10


def state_layers(state: PresentationState, stacks: Sequence[Stack]) -> list[Layer]:
    """Return the layers of a presentation state, from the bottom to the top.

    Its window, rotation and displayed area are not among them: see `applied_state`.

    Parameters
    ----------
    state : PresentationState
        What to show.
    stacks : sequence of Stack
        Series that are known; it has layers on those that have some of its images.

    Raises
    ------
    MedscanError, OSError
        If the file cannot be read.
    """
    found = state.draw(stacks)
    for note in _notes(state, stacks, found):
        tell(f"{state.name}: {note}.")
    return [layer for each in found for layer in _layers_on(state, each)]


def _notes(
    state: PresentationState, stacks: Sequence[Stack], found: Sequence[StateOnSeries]
) -> list[str]:
    notes = [*state.notes_on(stacks)]
    if not found:
        return notes
    left_out = found[0].content.left_out
    if left_out:
        objects = counted(left_out, "annotation", "is")
        notes.append(f"{objects} not shown (of an unknown type, or not complete)")
    if any(each.is_cut for each in found):
        notes.append("Only the first annotations are shown: there are too many")
    return notes


def _layers_on(state: PresentationState, found: StateOnSeries) -> list[Layer]:
    name = defuse(state.name)
    layers: list[Layer] = []
    if (closed := found.closed) is not None:
        layers.append(_mask(f"{name} (shutter)", found, closed, found.content.shutter.color))
    for number, plane in enumerate(found.overlays.values(), 1):
        layers.append(_mask(f"{name} (overlay {number})", found, plane, color_of(number)))
    place = layer_place(found.stack)
    if shapes := [each for each in found.drawn if isinstance(each.drawn, DrawnShape)]:
        layers.append(_shapes(shapes, name, place))
    if points := [each for each in found.drawn if isinstance(each.drawn, DrawnPoint)]:
        size = _POINT * screen_pixel(found.stack.header.shape)
        layers.append(_points(points, size, f"{name} (points)", place))
    if texts := [each for each in found.drawn if isinstance(each.drawn, DrawnText)]:
        layers += _texts(texts, f"{name} (text)", place)
    for layer in layers:
        orientation = found.stack.geometry.orientation
        data = layer.data if isinstance(layer, Labels) else None
        note_object(
            layer, ShownObject(state, found.stack, orientation, data, is_for_series_alone=True)
        )
    return layers


def _mask(name: str, found: StateOnSeries, plane: NDArray[np.bool_], color: Color) -> Labels:
    layer = Labels(
        EditableArray(found.mask(plane).display),
        name=name,
        colormap=mask_colors((*color, 1.0)),
        opacity=1.0,
        projection_mode="none",
        multiscale=False,
        **layer_place(found.stack),
    )
    layer.editable = False
    return layer


class _Drawn(NamedTuple):
    """Data of shapes for napari, by kind."""

    points: list[NDArray[np.float64]]
    kinds: list[str]
    edges: list[Paint]
    faces: list[Paint]
    widths: list[float]


def _shapes(shapes: Sequence[OnSlice], name: str, place: LayerPlace) -> Shapes:
    drawn = _Drawn([], [], [], [], [])
    for where, shape, _ in shapes:
        assert isinstance(shape, DrawnShape)  # noqa: S101 - for mypy
        leading = np.tile(np.array(where, float), (len(shape.points), 1))
        drawn.points.append(np.hstack((leading, shape.points)))
        drawn.kinds.append(shape.kind)
        drawn.edges.append(shape.line)
        drawn.faces.append(shape.fill)
        drawn.widths.append(shape.width)
    return Shapes(
        drawn.points,
        shape_type=drawn.kinds,
        edge_width=drawn.widths,
        edge_color=drawn.edges,
        face_color=drawn.faces,
        opacity=1.0,
        name=name,
        features={"layer": [each.layer for each in shapes]},
        **place,
    )


def _points(points: Sequence[OnSlice], size: float, name: str, place: LayerPlace) -> Points:
    layer: Points = Points(
        np.array([_at(each) for each in points], float),
        size=size,
        symbol="cross",
        face_color=[each.drawn.color for each in points if isinstance(each.drawn, DrawnPoint)],
        border_color="transparent",
        name=name,
        features={"layer": [each.layer for each in points]},
        **place,
    )
    return layer


def _texts(texts: Sequence[OnSlice], name: str, place: LayerPlace) -> Iterable[Points]:
    """Yield a layer for each look: napari gives all texts of a layer one color and one anchor."""
    found: dict[tuple[Color, str], list[tuple[OnSlice, DrawnText]]] = {}
    for each in texts:
        if isinstance(each.drawn, DrawnText):
            look = each.drawn.color, _anchor(each.drawn.across, each.drawn.down)
            found.setdefault(look, []).append((each, each.drawn))
    for (color, anchor), same in found.items():
        yield Points(
            np.array([_at(each) for each, _ in same], float),
            size=_DOT,
            face_color="transparent",
            border_color="transparent",
            features={
                "text": [drawn.text for _, drawn in same],
                "layer": [each.layer for each, _ in same],
            },
            text={
                "string": "{text}",
                "color": np.array((*color, 1.0)),
                "anchor": anchor,
                "size": _TEXT_SIZE,
            },
            name=name,
            **place,
        )


def _anchor(across: Across, down: Down) -> str:
    """Return what napari calls the part of a text that is at its place: down is up there."""
    if "center" in (across, down):
        return "center"
    return f"{'lower' if down == 'top' else 'upper'}_{across}"


def _at(each: OnSlice) -> tuple[float, ...]:
    assert isinstance(each.drawn, DrawnPoint | DrawnText)  # noqa: S101 - for mypy
    return (*map(float, each.place), *each.drawn.place)
