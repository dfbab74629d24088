"""The middle mouse button on the canvas moves the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer, has_tool
from napari_medscan.napari_.directions import screen_signs
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.viewer_proxy import unwrapped

MIDDLE = 3


class MiddlePan:
    """Pans by dragging with the middle button, in 2-D, while a series is current.

    A layer of another kind keeps the button while it is edited: napari would paint with it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas to listen to; also the model of a pane.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._callbacks = unwrapped(viewer).mouse_drag_callbacks
        self._callbacks.append(_drag)

    def release(self) -> None:
        """Stop listening."""
        if _drag in self._callbacks:
            self._callbacks.remove(_drag)


def _drag(viewer: napari.viewer.Viewer, event: Any) -> Iterator[None]:  # noqa: ANN401
    if event.button != MIDDLE or event.modifiers or not _may_pan(viewer):
        return
    event.handled = True
    last_x, last_y = event.pos
    yield
    while event.type == "mouse_move":
        event.handled = True
        x, y = event.pos
        _move(viewer, x - last_x, y - last_y)
        last_x, last_y = x, y
        yield
    event.handled = True


def _may_pan(viewer: napari.viewer.Viewer) -> bool:
    active = viewer.layers.selection.active
    is_ours = isinstance(active, Image) and stack_of(active) is not None
    if not is_ours and has_tool(active):
        return False
    return viewer.dims.ndisplay == 2 and current_layer(viewer) is not None


def _move(viewer: napari.viewer.Viewer, x: float, y: float) -> None:
    """Move the image by pixels of the canvas, to the right and down."""
    camera = camera_of(viewer)
    down, right = screen_signs(viewer)
    *_, row, column = camera.center
    camera.center = (0.0, row - down * y / camera.zoom, column - right * x / camera.zoom)
