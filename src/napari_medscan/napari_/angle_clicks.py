"""Angles end with their last click, as readers expect: nothing more has to be pressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from napari.layers import Shapes

from napari_medscan.measure.shapes import ANGLE, COBB_ANGLE
from napari_medscan.napari_.measurement_layers import tool_of_next

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
    if clicks and layer._is_creating and len(layer.data[-1]) > clicks:  # noqa: SLF001
        layer._finish_drawing()  # noqa: SLF001
