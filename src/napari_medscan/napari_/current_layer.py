"""The layer that texts, letters and views are about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.events import Event
from numpy.typing import NDArray

from napari_medscan.dicom.orientation import axis_vectors, film_vectors
from napari_medscan.napari_.layers import stack_of
from napari_medscan.napari_.slider_index import Follower, index_in_view, is_inside, shown_slice
from napari_medscan.napari_.soon import Soon

_LIST_EVENTS = ("inserted", "removed", "reordered", "active")
_LAYER_EVENTS = (
    "affine",
    "contrast_limits",
    "name",
    "rotate",
    "scale",
    "set_data",
    "shear",
    "translate",
    "visible",
)


def leading_layer(viewer: napari.viewer.Viewer) -> Image | None:
    """Return the layer in front of the user: the active one, else the topmost visible one.

    Only visible layers that this plugin opened count.
    """
    return next(_candidates(viewer), None)


def layer_in_picture(viewer: napari.viewer.Viewer) -> Image | None:
    """Return the layer that the picture is of: the leading one of those that are in it.

    A layer of which the sliders have left the volume is not, although it may be selected: its
    letters beside the picture of another one would be wrong.
    """
    inside = (x for x in _candidates(viewer) if is_inside(index_in_view(viewer, x), x.data.shape))
    return next(inside, None)


def _candidates(viewer: napari.viewer.Viewer) -> Iterator[Image]:
    for layer in (viewer.layers.selection.active, *reversed(viewer.layers)):
        if isinstance(layer, Image) and layer.visible and stack_of(layer) is not None:
            yield layer


def world_directions(viewer: napari.viewer.Viewer, layer: Layer) -> NDArray[np.float64] | None:
    """Return where the viewer's axes lead in the patient whom a layer shows.

    Whatever places the layer in the world counts: a negative scale, a rotation, an affine.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its dims are the axes.
    layer : Layer
        One that this plugin opened, or any other.

    Returns
    -------
    ndarray, shape (dims.ndim, 3), or None
        One unit vector an axis, LPS; zero for axes that are not of space. None when the
        orientation is unknown.
    """
    stack = stack_of(layer)
    vectors = None if stack is None else axis_vectors(stack.geometry)
    return None if vectors is None else _in_world(viewer, layer, vectors)


def _in_world(
    viewer: napari.viewer.Viewer, layer: Layer, vectors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the viewer's axes lead, by where those of a layer's array do."""
    origin = np.zeros(viewer.dims.ndim)
    start = np.asarray(layer.world_to_data(origin))
    moved = [np.asarray(layer.world_to_data(row)) - start for row in np.eye(viewer.dims.ndim)]
    directions = np.array(moved)[:, -3:] @ vectors
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    found: NDArray[np.float64] = np.divide(
        directions, lengths, out=np.zeros_like(directions), where=lengths > 0
    )
    return found


def screen_directions(
    viewer: napari.viewer.Viewer, layer: Layer
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return where "right" and "down" on the canvas lead in the patient, LPS.

    In 3-D: before the camera is turned. None when the orientation is unknown. Radiographs and
    films have one each, that of the one on screen counts.
    """
    directions = world_directions(viewer, layer)
    if directions is None:
        vectors = _film_on_screen(viewer, layer)
        if vectors is None:
            return None
        directions = _in_world(viewer, layer, vectors)
    vertical, horizontal = viewer.dims.displayed[-2:]
    downwards, rightwards = (str(way) for way in viewer.scene.camera.orientation2d)
    return (
        directions[horizontal] * (1 if rightwards == "right" else -1),
        directions[vertical] * (1 if downwards == "down" else -1),
    )


def _film_on_screen(viewer: napari.viewer.Viewer, layer: Layer) -> NDArray[np.float64] | None:
    stack, number = stack_of(layer), shown_slice(viewer, layer)
    if stack is None or number is None:
        return None
    return film_vectors(stack.slices[number].header)


class LeadFollower(Follower):
    """A follower that is also called when camera, canvas or the look of a layer change.

    The call comes before the canvas is painted, so that texts upon it do not have it painted twice;
    but after that when layers come or go.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What to follow.
    on_change : callable
        Called without arguments, from the event loop.
    """

    def __init__(self, viewer: napari.viewer.Viewer, on_change: Callable[[], object]) -> None:
        self._before_paint = Soon(self._changed)
        super().__init__(viewer, self._changed)
        self._viewer = viewer
        self._on_change = on_change
        self._layers: list[Layer] = []
        camera = viewer.scene.camera.events
        self._more = (
            camera.zoom,
            camera.orientation,
            viewer.dims.events.margin_left,
            viewer.canvas.events.size,
        )
        for event in self._more:
            event.connect(self._soon)
        self._changed()

    def release(self) -> None:
        """Stop calling."""
        super().release()
        self._before_paint.stop()
        for event in self._more:
            event.disconnect(self._soon)
        self._listen_to([])

    def _soon(self, event: object = None) -> None:
        if isinstance(event, Event) and event.type in _LIST_EVENTS:
            # napari itself takes long enough to add a layer; what is said of it can follow.
            self._before_paint.stop()
            super()._soon()
        elif not self._timer.isActive():
            self._before_paint.start()

    def _changed(self) -> None:
        layers = list(self._viewer.layers)
        if layers != self._layers:
            self._listen_to(layers)
        self._on_change()

    def _listen_to(self, layers: list[Layer]) -> None:
        for layer in self._layers:
            for name in _LAYER_EVENTS:
                if name in layer.events:
                    layer.events[name].disconnect(self._soon)
        self._layers = layers
        for layer in layers:
            for name in _LAYER_EVENTS:
                if name in layer.events:
                    layer.events[name].connect(self._soon)
