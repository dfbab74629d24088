"""Measurements and annotations of the main canvas in its panes: drawn in one place, seen in all."""

from __future__ import annotations

from collections.abc import Sequence

import napari.viewer
from napari.layers import Layer, Points, Shapes
from napari.layers.base import ActionType
from napari.utils.events import Event
from qtpy.QtCore import QObject, QTimer

from napari_medscan.dicom import Stack
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.measurement_layers import Drawing, is_drawn_on
from napari_medscan.napari_.objects.object_view import lies_on
from napari_medscan.napari_.objects.plane_cuts import is_contours
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.panes.pane_twins import PaneTwins

_DONE = (ActionType.ADDED, ActionType.CHANGED, ActionType.REMOVED)


class DrawingTwins(PaneTwins):
    """Shows copies of visible measurements and annotations in a pane whose series they lie on.

    They are drawn and changed on the main canvas; the copies follow.

    Parameters
    ----------
    main : napari.viewer.Viewer
        The viewer of the main canvas.
    model : napari.viewer.Viewer
        The model of the pane.
    parent : QObject
        Lives in the GUI thread.
    """

    def __init__(
        self, main: napari.viewer.Viewer, model: napari.viewer.Viewer, parent: QObject
    ) -> None:
        super().__init__(main, model)
        self._soon = QTimer(parent)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._follow_now)
        self._on_data = guarded(self._renew_when_done)
        self._on_features = guarded(self._take_features)

    def release(self) -> None:
        """Take the measurements out of the pane."""
        self._soon.stop()
        super().release()

    @guarded
    def _follow_now(self) -> None:
        self.follow()

    def _belongs(self, layer: Layer, stack: Stack) -> bool:
        return isinstance(layer, Shapes | Points) and _lies_on(layer, stack)

    def _add(self, layers: Sequence[Layer]) -> None:
        for layer in layers:
            twin = Layer.create(*layer.as_layer_data_tuple())  # type: ignore[no-untyped-call]
            # Its layer is hidden while the main canvas shows another patient or study.
            twin.visible = True
            self._show(layer, twin)
            layer.events.data.connect(self._on_data)
            layer.events.features.connect(self._on_features)

    def _remove(self, layer: Layer) -> Layer:
        layer.events.data.disconnect(self._on_data)
        layer.events.features.disconnect(self._on_features)
        return super()._remove(layer)

    def _take_features(self, event: Event) -> None:
        """Take over new labels: while a shape is dragged they change with every step."""
        layer: Drawing = event.source
        twin = self._twins.get(layer)
        if isinstance(twin, Shapes | Points) and len(twin.data) == len(layer.data):
            twin.features = layer.features
        else:
            self._renew(event)

    def _renew_when_done(self, event: Event) -> None:
        if getattr(event, "action", None) in _DONE:
            self._renew(event)

    def _renew(self, event: Event) -> None:
        """Copy a layer anew, not now: what is drawn is measured first."""
        layer = event.source
        if layer in self._twins:
            self._remove(layer)
        self._soon.start(0)


def _lies_on(layer: Drawing, stack: Stack) -> bool:
    """Return whether a measurement, an annotation or a point of a structure is on a series."""
    shown = object_of(layer)
    if shown is None:
        return is_drawn_on(layer, stack)
    return not is_contours(layer) and lies_on(shown, stack)
