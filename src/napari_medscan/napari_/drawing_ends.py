"""How drawing ends: angles with their last click, anything with Esc or the next tool.

No half angle stays. Esc where nothing is being drawn lays the tool down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import napari.viewer
from napari.layers import Shapes

from napari_medscan.measure.shapes import ANGLE, COBB_ANGLE
from napari_medscan.napari_.current_layer import PAN, current_layer
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.measurement_layers import (
    Drawing,
    is_being_drawn,
    tool_of,
    tool_of_next,
)

_ESC: Final = "Escape"
CLICKS: Final = {ANGLE: 3, COBB_ANGLE: 4}
"""Points of what a tool draws."""


def end_with_last_click(layer: Shapes, event: Any) -> Iterator[None]:  # noqa: ANN401 - of napari
    """End an angle when the mouse is let go at its last point.

    One of ``layer.mouse_drag_callbacks``.

    Parameters
    ----------
    layer : Shapes
        Where it is drawn.
    event : MouseEvent
        The press, and what follows up to the release.
    """
    yield
    while event.type == "mouse_move":
        yield
    clicks = CLICKS.get(tool_of_next(layer), 0)
    # The path that is being drawn has one vertex more, which follows the mouse.
    if clicks and is_being_drawn(layer) and len(layer.data[-1]) > clicks:
        layer._finish_drawing()  # noqa: SLF001


def end_with_escape(layer: Drawing, lay_down: Callable[[], object] | None) -> None:
    """Let Esc end what is being drawn on a layer or, where nothing is, lay its tool down.

    Parameters
    ----------
    layer : Shapes or Points
        Where it is drawn.
    lay_down : callable or None
        What lays the tool down; None gives the key back to napari.
    """
    press = None if lay_down is None else guarded(partial(_end_or, lay_down))
    layer.bind_key(_ESC, press, overwrite=True)


def _end_or(lay_down: Callable[[], object], layer: Drawing) -> None:
    if is_being_drawn(layer):
        end_drawing(layer)
    else:
        lay_down()


def lay_down(viewer: napari.viewer.Viewer, layer: Drawing) -> None:
    """Give clicks and keys back to the current series."""
    layer.mode = PAN
    series = current_layer(viewer)
    if series is not None:
        viewer.layers.selection.active = series


def end_drawing(layer: Shapes) -> None:
    """End what is being drawn, before another tool is taken.

    napari would go on drawing it with the next tool, or end it by the rules of that tool.
    """
    if is_being_drawn(layer):
        layer._finish_drawing()  # noqa: SLF001
        remove_half_angle(layer)


def remove_half_angle(layer: Shapes) -> None:
    """Remove the last shape if it is an angle that ended before its last click."""
    last = len(layer.data) - 1
    if last >= 0 and len(layer.data[last]) < CLICKS.get(tool_of(layer, last), 0):
        layer.selected_data = {last}
        layer.remove_selected()


def forget_dropped(layer: Shapes) -> bool:
    """Forget features and colors of a shape that napari dropped, which had too few points.

    napari leaves them in its tables, where they would be those of the next shape.

    Returns
    -------
    bool
        Whether there were any.
    """
    count = len(layer.data)
    if len(layer.features) <= count:
        return False
    of_next = layer.feature_defaults
    layer.features = layer.features.iloc[:count]
    layer.feature_defaults = of_next
    view = layer._data_view  # noqa: SLF001
    view._edge_color = view._edge_color[:count]  # noqa: SLF001
    view._face_color = view._face_color[:count]  # noqa: SLF001
    return True
