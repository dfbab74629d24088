"""Camera, canvas, grid and scale bar of a viewer, in any napari.

Before 0.9 the viewer has the camera and the grid itself, and size and overlays of the canvas are
private. All functions take the viewer itself, as napari's proxy of it guards what is private.
"""

from __future__ import annotations

import weakref
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, cast

import napari.viewer
from napari.utils.events import EmitterGroup, EventEmitter
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.qt_canvas import canvas_of

if TYPE_CHECKING:
    from napari.components.camera import Camera
    from napari.components.grid import GridCanvas


def camera_of(viewer: napari.viewer.Viewer) -> Camera:
    """Return the camera of a viewer."""
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def has_canvas_model(viewer: napari.viewer.Viewer) -> bool:
    """Return whether the canvas is a public model, with overlays at nine places."""
    return hasattr(viewer, "canvas")


def canvas_size(viewer: napari.viewer.Viewer) -> tuple[int, int]:
    """Return height and width of the canvas, in pixels."""
    return viewer.canvas.size if has_canvas_model(viewer) else _of_old(viewer, "_canvas_size")


def canvas_size_event(viewer: napari.viewer.Viewer) -> EventEmitter:
    """Return what emits an event when the size of the canvas has changed.

    Before 0.9 it needs the widget that draws the viewer: without one it stays silent until it is
    asked for again.
    """
    if has_canvas_model(viewer):
        return viewer.canvas.events.size
    resizes = _resizes.get(viewer)
    if resizes is None:
        resizes = _resizes[viewer] = _Resizes()
    widget = canvas_of(viewer)
    if widget is not None:
        resizes.follow(cast("QWidget", widget.canvas.native))
    return resizes.emitter


def grid_of(viewer: napari.viewer.Viewer) -> GridCanvas:
    """Return how a viewer divides its canvas into cells."""
    return viewer.canvas.grid if has_canvas_model(viewer) else viewer.grid


def grid_shape(viewer: napari.viewer.Viewer) -> tuple[int, int]:
    """Return how many rows and columns of cells the canvas has now; 1 and 1 without a grid."""
    layers: Any = viewer.layers if has_canvas_model(viewer) else len(viewer.layers)
    return grid_of(viewer).actual_shape(layers)


def overlays_of(viewer: napari.viewer.Viewer) -> MutableMapping[str, Any]:
    """Return the overlays of the canvas by their names."""
    has_model = has_canvas_model(viewer)
    return viewer.canvas.overlays if has_model else _of_old(viewer, "_overlays")


def show_unit(viewer: napari.viewer.Viewer, unit: str) -> None:
    """Let the scale bar show a unit, where napari does not take it from the layers (0.6)."""
    bar = overlays_of(viewer)["scale_bar"]
    fields = getattr(type(bar), "model_fields", None) or getattr(type(bar), "__fields__", {})
    if "unit" in fields and bar.unit != unit:
        bar.unit = unit


def _of_old(viewer: napari.viewer.Viewer, name: str) -> Any:  # noqa: ANN401
    """Return what is private before napari 0.9, and gone since."""
    return getattr(viewer, name)


class _Resizes(QObject):
    """Emits an event when a widget is resized.

    Attributes
    ----------
    emitter : EventEmitter
        Emits it after napari has taken note of the new size.
    """

    def __init__(self) -> None:
        super().__init__()
        self._events = EmitterGroup(source=None, size=None)
        self.emitter: EventEmitter = self._events.size
        self._widget: weakref.ref[QObject] | None = None

    def follow(self, widget: QObject) -> None:
        """Listen to a widget; calling it again with the same one changes nothing."""
        if self._widget is None or self._widget() is not widget:
            self._widget = weakref.ref(widget)
            widget.installEventFilter(self)

    def eventFilter(self, _widget: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Notice that the widget has another size."""
        if event is not None and event.type() == QEvent.Type.Resize:
            # The filter is asked before the widget, and napari, take the new size.
            QTimer.singleShot(0, self.emitter)
        return False


_resizes: weakref.WeakKeyDictionary[napari.viewer.Viewer, _Resizes] = weakref.WeakKeyDictionary()
