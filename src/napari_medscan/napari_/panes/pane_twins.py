"""Layers of the main canvas that a pane shows as well, each by a twin in the pane's own model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import napari.viewer
from napari.layers import Layer

from napari_medscan.dicom import Stack
from napari_medscan.napari_.current_layer import add_inactive, current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.napari_.waiting_layers import is_on


class PaneTwins(ABC):
    """Keeps a twin in a pane for each layer of the main canvas that belongs there.

    Parameters
    ----------
    main : napari.viewer.Viewer
        The viewer of the main canvas.
    model : napari.viewer.Viewer
        The model of the pane.
    """

    def __init__(self, main: napari.viewer.Viewer, model: napari.viewer.Viewer) -> None:
        self._main, self._model = main, model
        self._twins: dict[Layer, Layer] = {}
        self._subscriptions = [
            watch(main, self.follow, before_paint=True),
            watch(model, self.follow, before_paint=True),
        ]

    def release(self) -> None:
        """Take the twins out of the pane."""
        for subscription in self._subscriptions:
            subscription.release()
        self._keep(())

    def follow(self) -> None:
        """Show what is switched on in the main viewer and lies on the pane's series."""
        stack = stack_of(current_layer(self._model))
        wanted = [
            layer
            for layer in self._main.layers
            if stack is not None and is_on(layer) and self._belongs(layer, stack)
        ]
        self._keep(wanted)
        missing = [layer for layer in wanted if layer not in self._twins]
        if missing:
            self._add(missing)

    @abstractmethod
    def _belongs(self, layer: Layer, stack: Stack) -> bool:
        """Return whether a layer has a twin where it lies on a series."""

    @abstractmethod
    def _add(self, layers: Sequence[Layer]) -> None:
        """Show twins of some layers, now or when they can be."""

    def _show(self, layer: Layer, twin: Layer) -> None:
        """Add a twin; the active layer of the pane stays active."""
        self._twins[layer] = twin
        add_inactive(self._model, twin)

    def _keep(self, wanted: Iterable[Layer]) -> None:
        """Remove all twins but those of some layers."""
        kept = set(wanted)
        for layer, twin in list(self._twins.items()):
            if layer not in kept or twin not in self._model.layers:
                self._remove(layer)

    def _remove(self, layer: Layer) -> None:
        """Remove the twin of a layer."""
        twin = self._twins.pop(layer)
        if twin in self._model.layers:
            self._model.layers.remove(twin)
