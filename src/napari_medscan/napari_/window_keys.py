"""Keys 1 to 9 and 0 pick windows while a layer of ours is active."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.viewer
from napari.layers import Image, Layer

from napari_medscan.napari_.windowing import is_windowed

AUTO_KEY = 0
DIGITS = range(10)


class WindowKeys:
    """Binds the digits to our layers, one by one.

    napari asks the active layer for a key before it asks the viewer, and its images have keys
    1 and 2 for modes: bindings of the viewer would never be reached. Bound to the layers, the
    keys of labels, shapes and points stay theirs.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers get the keys, those added later too.
    pick : callable
        Called as ``pick(layer, digit)``.
    """

    def __init__(self, viewer: napari.viewer.Viewer, pick: Callable[[Image, int], object]) -> None:
        self._viewer = viewer
        self._pick = pick
        self._bound: list[tuple[Image, dict[Any, Any]]] = []
        for layer in viewer.layers:
            self._bind(layer)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)

    def release(self) -> None:
        """Give the keys back."""
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        while self._bound:
            self._unbind(*self._bound.pop())

    def _on_inserted(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        self._bind(event.value)

    def _on_removed(self, event: Any) -> None:  # noqa: ANN401
        for pair in [pair for pair in self._bound if pair[0] == event.value]:
            self._bound.remove(pair)
            self._unbind(*pair)

    def _bind(self, layer: Layer) -> None:
        if not is_windowed(layer):
            return
        before = dict(layer.keymap)
        for digit in DIGITS:
            layer.bind_key(str(digit), self._picker(digit), overwrite=True)
        self._bound.append((layer, before))

    def _unbind(self, layer: Image, before: dict[Any, Any]) -> None:
        for digit in DIGITS:
            layer.bind_key(str(digit), None)
        for key, function in before.items():
            layer.bind_key(key, function, overwrite=True)

    def _picker(self, digit: int) -> Callable[[Image], None]:
        def on_key(layer: Image) -> None:
            self._pick(layer, digit)

        return on_key
