"""The mouse wheel on the canvas: next and previous slice, zoom with Ctrl, time with Shift."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import napari.viewer
import numpy as np
from napari.layers import Image

from napari_medscan.napari_ import settings
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.scroll_axis import slice_axis, step, time_axis
from napari_medscan.napari_.viewer_proxy import unwrapped

_NAPARI_SCROLL = "dims_scroll"
"""Name of napari's callback that scrolls on Ctrl + wheel, and ignores `handled`."""
_ZOOM_PER_NOTCH = 1.007**30
"""As napari zooms in 2-D."""


class WheelScroll:
    """Scrolls the current series with the mouse wheel.

    Toward the user is the next slice. Ctrl + wheel zooms around the pointer, Shift + wheel
    changes the time point. While no series is current, in 3-D, with other modifiers, and while
    the setting ``wheel_scrolls`` is off, the wheel does what it does in napari.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas to listen to; also the model of a pane.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        viewer = unwrapped(viewer)
        self._progress = 0.0
        self._scrolled: tuple[weakref.ref[Image], int] | None = None
        # The list is edited in place: napari 0.6.6 refuses assignment.
        self._callbacks = viewer.mouse_wheel_callbacks
        self._napari_scroll: Callable[..., object] | None = next(
            (call for call in self._callbacks if getattr(call, "__name__", "") == _NAPARI_SCROLL),
            None,
        )
        if self._napari_scroll is not None:
            self._callbacks.remove(self._napari_scroll)
        # The very object that is inserted is what is removed: a bound method is made anew.
        self._callback = guarded(self._on_wheel)
        self._callbacks.insert(0, self._callback)
        self.enabled = True
        self._stop_settings = settings.on_change(self._on_settings)
        self._on_settings()

    def release(self) -> None:
        """Give the wheel back to napari."""
        self._stop_settings()
        if self._callback not in self._callbacks:
            return
        self._callbacks.remove(self._callback)
        if self._napari_scroll is not None:
            self._callbacks.insert(0, self._napari_scroll)

    def _on_settings(self) -> None:
        self.enabled = settings.current().wheel_scrolls

    def _on_wheel(self, viewer: napari.viewer.Viewer, event: Any) -> None:  # noqa: ANN401
        layer = current_layer(viewer) if self.enabled else None
        modifiers = set(event.modifiers)
        is_flat = viewer.dims.ndisplay == 2
        if layer is not None and is_flat and not modifiers:
            event.handled = True
            # Sideways motion of a trackpad is no scrolling.
            self._scroll(viewer, layer, slice_axis(viewer, layer), event.delta[1])
        elif layer is not None and is_flat and modifiers == {"Control"}:
            event.handled = True
            _zoom(viewer, event)
        elif layer is not None and modifiers == {"Shift"}:
            event.handled = True
            # Some systems turn the wheel sideways while Shift is held.
            self._scroll(viewer, layer, time_axis(viewer, layer), max(event.delta, key=abs))
        elif self._napari_scroll is not None:
            self._napari_scroll(viewer, event)

    def _scroll(
        self, viewer: napari.viewer.Viewer, layer: Image, axis: int | None, delta: float
    ) -> None:
        """Step by whole notches of the wheel, of which a trackpad sends parts."""
        if axis is None:
            return
        scrolled = (weakref.ref(layer), axis)
        if scrolled != self._scrolled or self._progress * -delta < 0:
            self._scrolled, self._progress = scrolled, 0.0
        self._progress -= delta
        # Parts like 0.1 do not add up to a whole number exactly.
        whole = int(np.trunc(np.round(self._progress, 6)))
        if whole:
            self._progress -= whole
            step(viewer, layer, axis, whole)


def _zoom(viewer: napari.viewer.Viewer, event: Any) -> None:  # noqa: ANN401
    """Zoom so that what lies below the pointer stays there."""
    factor = _ZOOM_PER_NOTCH ** event.delta[1]
    camera = camera_of(viewer)
    center = np.array(camera.center[-2:])
    pointer = np.array(event.position)[list(viewer.dims.displayed)]
    camera.zoom *= factor
    center += (pointer - center) * (1 - 1 / factor)
    camera.center = (0.0, float(center[0]), float(center[1]))
