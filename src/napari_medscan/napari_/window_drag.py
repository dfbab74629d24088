"""The right mouse button on the canvas: sideways changes the width, up and down the center."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_ import settings
from napari_medscan.napari_.current_layer import has_tool
from napari_medscan.napari_.windowing import (
    center_width,
    current_windowed,
    is_windowed,
    set_center_width,
)

RIGHT = 2
FULL = 500
"""Pixels of the canvas by which the width grows by itself and the center moves by a width."""
NARROWEST = 1e-4
"""Least width by dragging, as a part of the range of the contrast slider."""
_LEAST_SPEED = 0.02
"""Least speed, as a part of the same range: a narrow window can be opened again."""


class WindowDrag:
    """Windowing by the right mouse button, unless the settings leave it to napari.

    Right is softer, left is harder; up is brighter, as the center falls. What is dragged over is
    the active layer if it is ours, else the topmost visible of ours; a layer of another kind
    keeps its right button but when it only pans and zooms.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas to listen to.
    targets : callable
        Called with the layer dragged over; returns all that change with it.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, targets: Callable[[Image], list[Image]]
    ) -> None:
        self._viewer = viewer
        self._targets = targets
        # The very object that is appended is what is removed: a bound method is made anew.
        self._callback = self._drag
        viewer.mouse_drag_callbacks.append(self._callback)

    def release(self) -> None:
        """Stop listening; the right button is napari's again."""
        if self._callback in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._callback)

    def _drag(self, _viewer: object, event: Any) -> Iterator[None]:  # noqa: ANN401
        layer = self._layer() if event.button == RIGHT and settings.current().right_drag else None
        if layer is None or event.modifiers:
            return
        event.handled = True
        start_x, start_y = event.pos
        center, width = center_width(layer)
        low, high = layer.contrast_limits_range
        reach = high - low
        speed = max(width, reach * _LEAST_SPEED) / FULL
        yield
        while event.type == "mouse_move":
            event.handled = True
            x, y = event.pos
            wider = max(width + (x - start_x) * speed * 2, reach * NARROWEST)
            for target in self._targets(layer):
                set_center_width(target, center + (y - start_y) * speed, wider)
            yield
        event.handled = True

    def _layer(self) -> Image | None:
        active = self._viewer.layers.selection.active
        if has_tool(active) and not is_windowed(active):
            return None
        return current_windowed(self._viewer)
