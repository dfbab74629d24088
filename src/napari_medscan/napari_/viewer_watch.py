"""One coalesced subscription per viewer: everything that follows a viewer listens here."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

import napari.viewer
from napari.layers import Layer
from qtpy.QtCore import QObject, Qt, QTimer, Signal  # type: ignore[attr-defined]

from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size_event, grid_of
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.viewer_proxy import unwrapped


class Change(Flag):
    """What has changed in a viewer."""

    SERIES = auto()
    """Layers, their order, visibility, names or place in the world, or which one is active."""
    VIEW = auto()
    """Sliders, slab, plane, mirroring, grid, 2-D or 3-D, or the pixels of the slice."""
    CANVAS = auto()
    """Zoom, center, or size of the canvas."""
    LOOK = auto()
    """Window or colors of a layer."""
    OTHER = auto()
    """Any other event of a layer or of the selection."""


_LAYER_EVENTS = {
    **dict.fromkeys(
        ("affine", "data", "name", "rotate", "scale", "shear", "translate", "visible"),
        Change.SERIES,
    ),
    "set_data": Change.VIEW,
    **dict.fromkeys(
        ("blending", "colormap", "contrast_limits", "contrast_limits_range", "gamma", "opacity"),
        Change.LOOK,
    ),
}


@dataclass(eq=False)
class Subscription:
    """One listener of a viewer.

    Parameters
    ----------
    callback : callable
        Called without arguments. Its errors are logged, never raised.
    changes : Change
        What it is called for.
    before_paint : bool
        Whether it is called before the canvas is painted.
    release : callable
        Ends the calls; may be called again.
    """

    callback: Callable[[], object]
    changes: Change
    before_paint: bool
    release: Callable[[], None]


def watch(
    viewer: napari.viewer.Viewer,
    callback: Callable[[], object],
    changes: Change = Change.SERIES | Change.VIEW,
    *,
    before_paint: bool = False,
) -> Subscription:
    """Call back after a viewer has changed, once for however many changes came together.

    Calls come from the event loop. A listener that draws on the canvas asks to be called before
    it is painted; all others are called afterwards, so that they never delay a slider step.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What to watch. Only napari's own events keep what this connects.
    callback : callable
        Called without arguments. Its errors are logged, never raised.
    changes : Change
        What to be called for.
    before_paint : bool
        Whether to be called before the canvas is painted.

    Returns
    -------
    Subscription
        Its ``release`` ends the calls.
    """
    viewer = unwrapped(viewer)
    known = _watches.get(viewer)
    if known is None:
        known = _watches[viewer] = _ViewerWatch(viewer)
    return known.subscribe(callback, changes, before_paint=before_paint)


class _ViewerWatch(QObject):
    """Collects the events of one viewer."""

    # Qt paints after whatever was posted, but before timers, even those of no time.
    _posted = Signal()

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = weakref.ref(viewer)
        self._subscriptions: list[Subscription] = []
        # Weak: a watch that held anything of its viewer would keep it alive.
        self._layers: weakref.WeakSet[Layer] = weakref.WeakSet()
        self._before = self._after = Change(0)
        self._list_changed = self._has_new_layer = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._deliver_all)
        self._posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)
        for emitter, callback in self._connections(viewer):
            emitter.connect(callback)
        self._follow_layers(list(viewer.layers))

    def subscribe(
        self, callback: Callable[[], object], changes: Change, *, before_paint: bool
    ) -> Subscription:
        subscription = Subscription(guarded(callback), changes, before_paint, lambda: None)
        subscription.release = lambda: self._unsubscribe(subscription)
        self._subscriptions.append(subscription)
        return subscription

    def _unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
        if not self._subscriptions:
            self._close()

    def _close(self) -> None:
        self._timer.stop()
        viewer = self._viewer()
        self._follow_layers([])
        if viewer is None or _watches.get(viewer) is not self:
            return
        del _watches[viewer]
        for emitter, callback in self._connections(viewer):
            emitter.disconnect(callback)

    def _connections(
        self, viewer: napari.viewer.Viewer
    ) -> Iterator[tuple[Any, Callable[..., None]]]:
        """Yield the emitters of a viewer that are listened to, with what they call."""
        dims, camera, layers = viewer.dims.events, camera_of(viewer).events, viewer.layers
        for emitter in (layers.events.inserted, layers.events.removed, layers.events.reordered):
            yield emitter, self._on_list
        yield layers.selection.events, self._on_selection
        for emitter in (
            dims.current_step,
            dims.order,
            dims.ndisplay,
            dims.margin_left,
            dims.margin_right,
            camera.orientation,
        ):
            yield emitter, self._on_view
        grid = grid_of(viewer).events
        for emitter in (grid.enabled, grid.shape, grid.stride):
            yield emitter, self._on_view
        # The center too: what is drawn over an image moves with it.
        for emitter in (camera.zoom, camera.center):
            yield emitter, self._on_canvas
        yield canvas_size_event(viewer), self._on_canvas

    def _on_list(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        viewer = self._viewer()
        self._follow_layers([] if viewer is None else list(viewer.layers))
        # napari takes long enough to add a layer: what is written about it can follow.
        self._list_changed = True
        self._has_new_layer |= event.type == "inserted"
        self._timer.start(0)
        self._note(Change.SERIES)

    def _on_selection(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        self._note(Change.SERIES if event.type == "active" else Change.OTHER)

    def _on_view(self, _event: object = None) -> None:
        self._note(Change.VIEW)

    def _on_canvas(self, _event: object = None) -> None:
        self._note(Change.CANVAS)

    def _on_layer(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        self._note(_LAYER_EVENTS.get(event.type, Change.OTHER))

    def _follow_layers(self, layers: list[Layer]) -> None:
        for layer in set(self._layers).difference(layers):
            layer.events.disconnect(self._on_layer)
        for layer in set(layers).difference(self._layers):
            layer.events.connect(self._on_layer)
        self._layers = weakref.WeakSet(layers)

    def _note(self, change: Change) -> None:
        wanted = {
            early: any(s.changes & change for s in self._subscriptions if s.before_paint is early)
            for early in (True, False)
        }
        if wanted[False]:
            self._after |= change
            if not self._timer.isActive():
                self._timer.start(0)
        if wanted[True]:
            if not self._before and not self._list_changed:
                self._posted.emit()
            self._before |= change

    def _on_posted(self) -> None:
        # A list that has changed since takes napari long enough.
        if not self._list_changed:
            self._deliver_before_paint()

    def _deliver_before_paint(self) -> None:
        change, self._before = self._before, Change(0)
        self._deliver(change, before_paint=True)

    def _deliver_all(self) -> None:
        self._list_changed = False
        if self._has_new_layer:
            # napari draws a new layer now, in one go with adding it. The window answers between.
            self._has_new_layer = False
            self._timer.start(0)
            return
        self._deliver_before_paint()
        change, self._after = self._after, Change(0)
        self._deliver(change, before_paint=False)

    def _deliver(self, change: Change, *, before_paint: bool) -> None:
        for subscription in tuple(self._subscriptions):
            wanted = subscription.changes & change and subscription.before_paint is before_paint
            # One that was called before may have released this one.
            if wanted and subscription in self._subscriptions:
                subscription.callback()


_watches: weakref.WeakKeyDictionary[napari.viewer.Viewer, _ViewerWatch] = (
    weakref.WeakKeyDictionary()
)
