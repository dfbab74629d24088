"""Layers that are switched on, but hidden as long as no series that they lie on is in view."""

from __future__ import annotations

import weakref

from napari.layers import Layer

from napari_medscan.napari_.current_layer import set_visible

_waiting: weakref.WeakSet[Layer] = weakref.WeakSet()


def is_on(layer: Layer) -> bool:
    """Return whether a layer is visible, or will be as soon as its series is in view."""
    return bool(layer.visible) or layer in _waiting


def show_beside_its_series(layer: Layer, *, is_in_view: bool) -> None:
    """Hide a layer whose series is not in view; show one again that was hidden for that.

    A layer that the user has hidden stays hidden.

    Parameters
    ----------
    layer : Layer
        What lies on a series: an object, or measurements.
    is_in_view : bool
        Whether a series that it lies on is in view.
    """
    if is_in_view and layer in _waiting:
        _waiting.discard(layer)
        set_visible(layer, visible=True)
    elif not is_in_view and layer.visible:
        _waiting.add(layer)
        set_visible(layer, visible=False)
