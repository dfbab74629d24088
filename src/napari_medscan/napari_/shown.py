"""What the viewer shows: which slice of a stack, and when that changes."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
from napari.layers import Layer
from qtpy.QtCore import QTimer

from napari_medscan.napari_.layers import stack_of


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
    places, dims = stack.array.places, viewer.dims
    before = dims.ndim - layer.ndim
    if any(axis - before in range(places.ndim) for axis in dims.displayed):
        return None
    found = layer.world_to_data(dims.point)[: places.ndim]
    index = tuple(round(float(value)) for value in found)
    if not all(0 <= i < extent for i, extent in zip(index, places.shape, strict=True)):
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
