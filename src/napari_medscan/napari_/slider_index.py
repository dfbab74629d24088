"""What the viewer shows: which slice of a stack, and when that changes."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
from napari.layers import Layer
from qtpy.QtCore import QTimer

from napari_medscan.napari_.layers import stack_of

Index = tuple[int | slice, ...]


def index_in_view(viewer: napari.viewer.Viewer, layer: Layer) -> Index:
    """Return the index of a layer's array at which the sliders stand.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the sliders stand.
    layer : Layer
        Any.

    Returns
    -------
    tuple of int or slice
        One an axis, without colour: a place, which may be outside of the array, along axes that
        have a slider; all of those that are displayed.
    """
    displayed = {axis - viewer.dims.ndim for axis in viewer.dims.displayed}
    places = layer.world_to_data(viewer.dims.point)
    return tuple(
        slice(None) if axis - layer.ndim in displayed else round(float(place))
        for axis, place in enumerate(places)
    )


def is_inside(index: Index, shape: tuple[int, ...]) -> bool:
    """Whether an index in view is one of an array: no slider stands beside it."""
    # The index knows no axis of colours.
    pairs = zip(index, shape, strict=False)
    return all(isinstance(place, slice) or 0 <= place < extent for place, extent in pairs)


def shown_slice(viewer: napari.viewer.Viewer, layer: Layer) -> int | None:
    """Return the number of the slice that a layer shows.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the sliders stand.
    layer : Layer
        One that this plugin opened, or any other.

    Returns
    -------
    int or None
        Index into ``Stack.slices``; None when the view cuts across slices, the slider stands
        outside of the stack or on a missing slice, or the layer is not ours.
    """
    stack = stack_of(layer)
    if stack is None:
        return None
    places = stack.array.places
    index = index_in_view(viewer, layer)[: places.ndim]
    if any(isinstance(place, slice) for place in index) or not is_inside(index, places.shape):
        return None
    number = int(places[index])
    return number if number >= 0 else None


class Follower:
    """Calls back when the viewer shows something else.

    That is: layers come, go or change places, another layer is selected, a slider moves, axes are
    rolled or transposed, 2-D becomes 3-D. Several of these at once give one call, from the event
    loop, so that whoever listens never slows down the slider.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What to follow.
    on_change : callable
        Called without arguments.
    """

    def __init__(self, viewer: napari.viewer.Viewer, on_change: Callable[[], object]) -> None:
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(on_change)
        dims, layers = viewer.dims.events, viewer.layers
        self._events = (
            dims.current_step,
            dims.order,
            dims.ndisplay,
            layers.events.inserted,
            layers.events.removed,
            layers.events.reordered,
            layers.selection.events.active,
        )
        for event in self._events:
            event.connect(self._soon)

    def release(self) -> None:
        """Stop calling."""
        self._timer.stop()
        for event in self._events:
            event.disconnect(self._soon)

    def _soon(self, _event: object = None) -> None:
        self._timer.start(0)
