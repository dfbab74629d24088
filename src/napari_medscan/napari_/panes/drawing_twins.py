"""Measurements and annotations in the panes beside the main canvas: drawn in one, seen in all."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import partial
from typing import cast

import napari.viewer
from napari.layers import Layer, Points, Shapes
from napari.layers.base import ActionType
from napari.utils.events import Event
from qtpy.QtCore import QObject, QTimer

from napari_medscan.dicom import Stack
from napari_medscan.napari_.current_layer import PAN, has_tool
from napari_medscan.napari_.drawing_ends import (
    end_with_escape,
    end_with_last_click,
    lay_down,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.measurement_layers import (
    Drawing,
    draw_alike,
    is_being_drawn,
    is_drawn_on,
    take_over,
    take_tool,
)
from napari_medscan.napari_.objects.object_view import lies_on
from napari_medscan.napari_.objects.plane_cuts import is_contours
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.panes.pane_twins import PaneTwins

_of_models: weakref.WeakKeyDictionary[napari.viewer.Viewer, DrawingTwins] = (
    weakref.WeakKeyDictionary()
)
_DONE = (ActionType.ADDED, ActionType.CHANGED, ActionType.REMOVED)


class DrawingTwins(PaneTwins):
    """Shows copies of visible measurements and annotations in a pane whose series they lie on.

    The layers of the main viewer have them; the copies follow. What is drawn on a copy, with a tool
    that its layer has, too, is added to the layer.

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
        self._pending: weakref.WeakSet[Layer] = weakref.WeakSet()
        self._drawn_on: Layer | None = None
        self._tool = PAN, ""
        self._on_mode = guarded(self._follow_mode)
        _of_models[model] = self

    def release(self) -> None:
        """Take the measurements out of the pane."""
        self._soon.stop()
        _of_models.pop(self._model, None)
        super().release()

    def draw_on(self, layer: Drawing, mode: str, tool: str) -> None:
        """Let the user draw in the pane, for a layer of the main viewer."""
        self._tool = mode, tool
        self.follow()
        self._arm(layer)

    def _arm(self, layer: Layer) -> None:
        twin = self._twins.get(layer)
        if isinstance(twin, Shapes | Points):
            self._model.layers.selection.active = twin
            draw_alike(cast("Drawing", layer), twin)
            take_tool(twin, *self._tool)

    def follow(self) -> None:
        """As others; without its tool in the layer list, nothing is drawn in the pane."""
        super().follow()
        for layer, twin in self._twins.items():
            if self._main.layers.selection.active is not layer:
                self._lay_down(twin)

    def _follow_mode(self, event: Event) -> None:
        twin = self._twins.get(event.source)
        # napari lays down the tool of a layer that is hidden beside another study.
        if twin is not None and event.source.visible and not has_tool(event.source):
            self._lay_down(twin)

    def _lay_down(self, twin: Layer) -> None:
        """Give clicks on the pane back to its series."""
        if self._model.layers.selection.active is twin:
            lay_down(self._model, cast("Drawing", twin))

    def _take_over(self, layer: Drawing, event: Event) -> None:
        """Add what was drawn on a copy to its layer; not now: napari is still finishing it."""
        if getattr(event, "action", None) == ActionType.ADDED:
            self._pending.add(event.source)
            QTimer.singleShot(0, guarded(partial(self._take_over_now, layer, event.source)))

    def _take_over_now(self, layer: Drawing, twin: Drawing) -> None:
        self._pending.discard(twin)
        if self._twins.get(layer) is twin:
            take_over(layer, twin)

    @guarded
    def _follow_now(self) -> None:
        self.follow()

    def _belongs(self, layer: Layer, stack: Stack) -> bool:
        return isinstance(layer, Shapes | Points) and _lies_on(layer, stack)

    def _add(self, layers: Sequence[Layer]) -> None:
        for layer in layers:
            drawing = cast("Drawing", layer)
            data, attributes, kind = layer.as_layer_data_tuple()  # type: ignore[no-untyped-call]
            if isinstance(layer, Points) and not len(layer.data):
                # napari takes the size of the next point from the last one.
                attributes["size"] = float(layer.current_size)
            twin = Layer.create(data, attributes, kind)
            # Its layer is hidden while the main canvas shows another patient or study.
            twin.visible = True
            self._show(layer, twin)
            twin.events.data.connect(guarded(partial(self._take_over, drawing)))
            end_with_escape(cast("Drawing", twin), partial(lay_down, self._main, drawing))
            if isinstance(twin, Shapes):
                twin.mouse_drag_callbacks.append(end_with_last_click)
            if layer is self._drawn_on:
                self._arm(layer)
            layer.events.mode.connect(self._on_mode)
            layer.events.data.connect(self._on_data)
            layer.events.features.connect(self._on_features)

    def _remove(self, layer: Layer) -> None:
        layer.events.data.disconnect(self._on_data)
        layer.events.features.disconnect(self._on_features)
        layer.events.mode.disconnect(self._on_mode)
        super()._remove(layer)

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
        twin = self._twins.get(layer)
        if twin is not None and (twin in self._pending or is_being_drawn(twin)):
            # What is drawn on it is added first, and it is renewed then.
            return
        if twin is not None:
            self._drawn_on = layer if self._model.layers.selection.active is twin else None
            self._remove(layer)
        self._soon.start(0)


def draw_in_pane(model: napari.viewer.Viewer, layer: Drawing, mode: str, tool: str) -> None:
    """Let the user draw in the pane of a model, for a layer of the main viewer.

    Parameters
    ----------
    model : napari.viewer.Viewer
        That of the pane.
    layer : Shapes or Points
        Has what is drawn.
    mode : str
        Of napari's layer.
    tool : str
        As for `take_tool`.
    """
    twins = _of_models.get(model)
    if twins is not None:
        twins.draw_on(layer, mode, tool)


def _lies_on(layer: Drawing, stack: Stack) -> bool:
    """Return whether a measurement, an annotation or a point of a structure is on a series."""
    shown = object_of(layer)
    if shown is None:
        return is_drawn_on(layer, stack)
    return not is_contours(layer) and lies_on(shown, stack)
