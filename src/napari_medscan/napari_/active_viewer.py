"""Which canvas of a window is active: the one whose series tools act on."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import napari.viewer
from napari.layers import Layer
from psygnal import Signal

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import Change, Subscription, watch

_models: weakref.WeakKeyDictionary[napari.viewer.Viewer, weakref.WeakSet[napari.viewer.Viewer]] = (
    weakref.WeakKeyDictionary()
)
_mains: weakref.WeakKeyDictionary[napari.viewer.Viewer, weakref.ref[napari.viewer.Viewer]] = (
    weakref.WeakKeyDictionary()
)
_active: weakref.WeakKeyDictionary[napari.viewer.Viewer, weakref.ref[napari.viewer.Viewer]] = (
    weakref.WeakKeyDictionary()
)


class _Activity:
    """Tells when another canvas becomes active."""

    changed = Signal(object)
    """Another canvas of this viewer is active."""


_activity = _Activity()


def active_viewer(viewer: napari.viewer.Viewer) -> napari.viewer.Viewer:
    """Return the viewer, or the model of the pane beside it, that was clicked or focused last.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        A viewer or napari's proxy of it. The model of a pane is returned as it is.
    """
    viewer = unwrapped(viewer)
    model = _active[viewer]() if viewer in _active else None
    return viewer if model is None else model


def main_viewer(viewer: napari.viewer.Viewer) -> napari.viewer.Viewer:
    """Return the viewer of the window that the model of a pane is in; a viewer is its own."""
    viewer = unwrapped(viewer)
    main = _mains[viewer]() if viewer in _mains else None
    return viewer if main is None else main


def viewers_of_window(viewer: napari.viewer.Viewer) -> list[napari.viewer.Viewer]:
    """Return the main viewer of a window and the models of all panes beside it."""
    main = main_viewer(viewer)
    return [main, *_models.get(main, ())]


def viewer_with(viewer: napari.viewer.Viewer, layer: Layer) -> napari.viewer.Viewer:
    """Return the viewer or model of a window that has a layer; the given one if none has."""
    return next((v for v in viewers_of_window(viewer) if layer in v.layers), unwrapped(viewer))


def add_pane_model(viewer: napari.viewer.Viewer, model: napari.viewer.Viewer) -> None:
    """Note that a model is that of a pane beside a viewer's canvas, for as long as it lives."""
    viewer = unwrapped(viewer)
    _models.setdefault(viewer, weakref.WeakSet()).add(model)
    _mains[model] = weakref.ref(viewer)


def remove_pane_model(model: napari.viewer.Viewer) -> None:
    """Forget the model of a pane that is closed."""
    main = main_viewer(model)
    _mains.pop(model, None)
    if main in _models:
        _models[main].discard(model)
    if active_viewer(main) is model:
        activate(main, main)


def activate(viewer: napari.viewer.Viewer, model: napari.viewer.Viewer) -> None:
    """Make a viewer, or the model of a pane beside it, the one that tools act on."""
    viewer = unwrapped(viewer)
    if active_viewer(viewer) is not model:
        _active[viewer] = weakref.ref(model)
        _activity.changed.emit(viewer)


def watch_active(
    viewer: napari.viewer.Viewer,
    callback: Callable[[], object],
    changes: Change = Change.SERIES | Change.VIEW,
    *,
    before_paint: bool = False,
) -> ActiveWatch:
    """Call back after the active viewer has changed, or another one became active.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of a window.
    callback, changes, before_paint
        As for `viewer_watch.watch`.

    Returns
    -------
    ActiveWatch
        Its ``release`` ends the calls.
    """
    guarded_callback = guarded(callback)

    def subscribe(active: napari.viewer.Viewer) -> Subscription:
        return watch(active, guarded_callback, changes, before_paint=before_paint)

    return ActiveWatch(unwrapped(viewer), guarded_callback, subscribe)


class ActiveWatch:
    """A subscription that moves to whichever canvas of a window is active.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the window.
    callback : callable
        Called when another canvas becomes active.
    subscribe : callable
        Returns the subscription to a viewer.
    """

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        callback: Callable[[], object],
        subscribe: Callable[[napari.viewer.Viewer], Subscription],
    ) -> None:
        self._viewer = weakref.ref(viewer)
        self._callback = callback
        self._subscribe = subscribe
        self._subscription = subscribe(active_viewer(viewer))
        self._move = guarded(self._on_changed)
        _activity.changed.connect(self._move)

    def release(self) -> None:
        """End the calls; may be called again."""
        _activity.changed.disconnect(self._move, missing_ok=True)
        self._subscription.release()

    def _on_changed(self, viewer: napari.viewer.Viewer) -> None:
        if viewer is self._viewer():
            self._subscription.release()
            self._subscription = self._subscribe(active_viewer(viewer))
            self._callback()
