"""Noticing that the viewer shows another picture than the one that was previewed."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
from napari.layers import Layer

from napari_medscan.napari_.slider_index import Follower


class PictureFollower(Follower):
    """A follower that is also called for whatever else a picture depends on.

    Called too often rather than too seldom: for every event of a layer, of which few matter.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What to follow.
    on_change : callable
        Called without arguments, from the event loop.
    """

    def __init__(self, viewer: napari.viewer.Viewer, on_change: Callable[[], object]) -> None:
        super().__init__(viewer, self._changed)
        self._viewer = viewer
        self._on_change = on_change
        self._layers: list[Layer] = []
        self._more = (
            viewer.scene.camera.events.orientation,
            viewer.layers.selection.events,
            viewer.dims.events.margin_left,
            viewer.dims.events.margin_right,
        )
        for event in self._more:
            event.connect(self._soon)
        self._listen_to(list(viewer.layers))

    def release(self) -> None:
        """Stop calling."""
        super().release()
        for event in self._more:
            event.disconnect(self._soon)
        self._listen_to([])

    def _changed(self) -> None:
        layers = list(self._viewer.layers)
        if layers != self._layers:
            self._listen_to(layers)
        self._on_change()

    def _listen_to(self, layers: list[Layer]) -> None:
        for layer in self._layers:
            layer.events.disconnect(self._soon)
        self._layers = layers
        for layer in layers:
            layer.events.connect(self._soon)
