"""Measurements in a viewer: what is drawn with, on, and read again when something is drawn."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import napari.viewer
from napari.layers import Image, Layer, Points, Shapes
from napari.layers.base import ActionType
from napari.utils.events import Event
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication

from napari_medscan.dicom import Stack
from napari_medscan.measure import Calibration, MeasureError
from napari_medscan.measure.shapes import POINT, Shape, measured
from napari_medscan.measure.table import Outline, Row
from napari_medscan.napari_.active_viewer import active_viewer, watch_active
from napari_medscan.napari_.current_layer import current_layer, visible_series, visible_stacks
from napari_medscan.napari_.diameters import square_up
from napari_medscan.napari_.drawing_ends import (
    end_drawing,
    end_with_escape,
    end_with_last_click,
    forget_dropped,
    lay_down,
    remove_half_angle,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import layer_of, stack_of
from napari_medscan.napari_.measurement_layers import (
    Drawing,
    crossing_diameters,
    digest,
    draw_again,
    drawn_on,
    drawn_shapes,
    go_to_shape,
    is_being_drawn,
    is_drawn_on,
    mark_key_image,
    new_layer,
    set_free,
    take_tool,
    with_its_pair,
    write_labels,
)
from napari_medscan.napari_.panes.drawing_twins import draw_in_pane
from napari_medscan.napari_.per_viewer import PerViewer
from napari_medscan.napari_.snapshot import slab_thickness
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.napari_.waiting_layers import show_beside_its_series

_SETTLED = (ActionType.ADDED, ActionType.CHANGED)


_calibrations: PerViewer[dict[Stack, Calibration]] = PerViewer(lambda _viewer: {})
"""Those made by hand, which outlive the panel."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A shape, and where it was drawn.

    Parameters
    ----------
    layer : Shapes or Points
        The layer.
    number : int
        Of the shape in its layer.
    shape : Shape
        What is measured.
    """

    layer: Drawing
    number: int
    shape: Shape


class MeasurementSession:
    """Draws measurements in one Shapes and one Points layer, and goes on with those of before.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where they are drawn.
    changed : callable
        Called when something was drawn, moved or removed.
    """

    def __init__(self, viewer: napari.viewer.Viewer, changed: Callable[[], object]) -> None:
        self._viewer = viewer = unwrapped(viewer)
        self._changed = changed
        self._layers: list[Drawing] = []
        self._digests: dict[Drawing, int] = {}
        self._is_turning = False
        self._calibrations = _calibrations(viewer)
        for stack in [each for each in self._calibrations if layer_of(viewer, each) is None]:
            del self._calibrations[stack]
        self._on_change = guarded(self._notify)
        self._on_moved = guarded(self._notify_if_moved)
        self._on_removed = guarded(self._forget)
        self._taken: tuple[Drawing | None, str, str] = None, "", ""
        self._focused = weakref.ref(active_viewer(viewer))
        self._focus = watch_active(viewer, self._follow_focus)
        self._seen: list[tuple[int, str, float]] = []
        self._watch = watch(viewer, self._measure_what_is_seen)
        viewer.layers.events.removed.connect(self._on_removed)
        for layer in viewer.layers:
            if isinstance(layer, Shapes | Points) and drawn_on(layer) is not None:
                self._follow(layer)

    def release(self) -> None:
        """Let go of the viewer; what was drawn stays."""
        self._focus.release()
        self._watch.release()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for layer in list(self._layers):
            self._leave(layer)

    def draw(self, mode: str, tool: str) -> None:
        """Let the user draw on the current series of the focused pane, and of others after that.

        Raises
        ------
        MeasureError
            If no series is visible.
        """
        layer = self._layer_for(Points if mode == "add" else Shapes, self._current())
        for each in self._layers:
            if isinstance(each, Shapes):
                end_drawing(each)
        self._viewer.layers.selection.active = layer
        take_tool(layer, mode, tool)
        self._taken = layer, mode, tool
        focused = active_viewer(self._viewer)
        self._focused = weakref.ref(focused)
        if focused is not self._viewer:
            if not any(is_drawn_on(layer, stack) for stack in visible_stacks(self._viewer)):
                show_beside_its_series(layer, is_in_view=False)
            draw_in_pane(focused, layer, mode, tool)

    def mark_key_image(self) -> None:
        """Mark the slice in view; raise as `draw`."""
        series = self._current()
        layer = self._layer_for(Points, series)
        if isinstance(layer, Points):
            pane = active_viewer(self._viewer)
            mark_key_image(pane, layer, current_layer(pane) or series)

    def draw_again(self, outlines: Iterable[Outline]) -> None:
        """Draw what was saved, each shape on the series of its name, or the current one.

        Raises
        ------
        MeasureError
            If no series is visible, or a shape has another number of axes than its series.
        """
        for outline in outlines:
            visible = list(visible_series(self._viewer))
            # A series that another one hides has its measurements in the table, too.
            hidden = (x for x in self._viewer.layers if isinstance(x, Image) and stack_of(x))
            named = (each for each in (*visible, *hidden) if each.name == outline.series)
            target = next(named, None) or self._current()
            if outline.points.shape[1] != target.ndim:
                raise MeasureError("A shape does not fit the series")
            layer = self._layer_for(Points if outline.kind == POINT else Shapes, target)
            draw_again(layer, outline, target)

    def drawn(self) -> list[Drawn]:
        """Return all shapes, each on the visible series that it lies on, or else on its own."""
        return [
            Drawn(layer, number, shape)
            for layer in self._layers
            for number, shape in enumerate(
                drawn_shapes(self._viewer, layer, self._series_of(layer), self._calibrations)
            )
        ]

    def last_drawn(self) -> Drawn | None:
        """Return what was drawn last on the active layer, or else on any visible one; or None."""
        drawn = [each for each in self.drawn() if each.layer.visible]
        active = self._viewer.layers.selection.active
        return next(reversed([each for each in drawn if each.layer is active] or drawn), None)

    def go_to(self, drawn: Drawn) -> None:
        """Show the slice of a shape, on its series if that is hidden."""
        series = layer_of(self._viewer, drawn.shape.targets[0].stack)
        if series is not None and not series.visible:
            bring_into_view(self._viewer, series)
        go_to_shape(self._viewer, drawn.layer, drawn.number)

    def remove(self, drawn: Drawn) -> None:
        """Remove a shape; two diameters go together, as each is measured across the other."""
        drawn.layer.selected_data = set(with_its_pair(drawn.layer, drawn.number))
        drawn.layer.remove_selected()

    def write_labels(self, drawn: Sequence[Drawn], found: Sequence[Sequence[Row]]) -> None:
        """Write beside each shape what it measures."""
        for layer in self._layers:
            pairs = zip(drawn, found, strict=True)
            write_labels(layer, [rows for each, rows in pairs if each.layer is layer])

    def calibrate(self, shape: Shape, millimeters: float) -> None:
        """Take a line for one of so many mm in truth; 0 ends the calibration of its series.

        Raises
        ------
        MeasureError
            If the line cannot be measured.
        """
        target = replace(shape.targets[0], calibration=None)
        self._calibrations.pop(target.stack, None)
        if millimeters:
            (row,) = measured(replace(shape, targets=(target,)))
            if row.quantity is None:
                raise MeasureError(row.note or "Calibration needs a line and its true length")
            self._calibrations[target.stack] = Calibration.of(row.quantity, millimeters)
        self._changed()

    def _current(self) -> Image:
        """Return the layer of the current series of the focused pane."""
        series = current_layer(active_viewer(self._viewer))
        if series is not None and series not in self._viewer.layers:
            # What a pane shows is a twin of it.
            series = layer_of(self._viewer, stack_of(series))
        if series is None:
            raise MeasureError("No DICOM series is visible")
        return series

    def _follow_focus(self) -> None:
        """Take the tool along to the pane that was clicked, unless it was laid down."""
        focused = active_viewer(self._viewer)
        if focused is self._focused():
            return
        self._focused = weakref.ref(focused)
        layer, mode, tool = self._taken
        if layer not in self._layers or layer is not self._viewer.layers.selection.active:
            return
        # napari lays down the tool of a layer that is hidden beside another study.
        is_held = not layer.visible or str(layer.mode) == mode
        if is_held and current_layer(focused) is not None:
            self.draw(mode, tool)

    def _measure_what_is_seen(self) -> None:
        """Measure again when other series, or another slab, have come into view."""
        series = visible_series(self._viewer)
        seen = [(id(x), x.name, slab_thickness(self._viewer, x)) for x in series]
        if seen != self._seen:
            self._seen = seen
            self._changed()

    def _layer_for(self, kind: type[Drawing], series: Image) -> Drawing:
        """Return the layer to draw on a series with, a new one if need be."""
        stack = stack_of(series)
        for layer in self._layers:
            is_like = isinstance(layer, kind) and layer.ndim == series.ndim
            if is_like and stack is not None and is_drawn_on(layer, stack):
                return layer
        layer = new_layer(self._viewer, series, kind)
        self._follow(layer)
        return layer

    def _follow(self, layer: Drawing) -> None:
        self._layers.append(layer)
        layer.events.data.connect(self._on_change)
        layer.events.set_data.connect(self._on_moved)
        end_with_escape(layer, partial(lay_down, self._viewer, layer))
        if isinstance(layer, Shapes) and end_with_last_click not in layer.mouse_drag_callbacks:
            layer.mouse_drag_callbacks.append(end_with_last_click)

    def _series_of(self, layer: Drawing) -> list[Image]:
        """Return the series that a layer measures on, the current one first."""
        visible = [
            series
            for series in visible_series(self._viewer)
            if (stack := stack_of(series)) is not None and is_drawn_on(layer, stack)
        ]
        own = None if visible else layer_of(self._viewer, drawn_on(layer))
        return visible if own is None else [own]

    def _notify(self, event: Event | None = None) -> None:
        if (
            event is not None
            and event.action in _SETTLED
            and isinstance(event.source, Shapes)
            and not self._is_turning
            and not forget_dropped(event.source)
        ):
            # Shift is napari's own key while drawing.
            is_free = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
            set_free(event.source, event.data_indices, is_free=is_free)
            # Not now: napari is still finishing what was drawn.
            QTimer.singleShot(0, guarded(partial(self._settle, event.source, event.action)))
        self._changed()

    def _settle(self, layer: Shapes, action: ActionType) -> None:
        """Put right what was drawn or moved: no half angle, and diameters at right angles."""
        if layer in self._layers and not is_being_drawn(layer):
            if action == ActionType.ADDED:
                remove_half_angle(layer)
            self._is_turning = True
            try:
                square_up(layer, crossing_diameters(layer))
            finally:
                self._is_turning = False

    def _notify_if_moved(self, event: Event) -> None:
        """Tell of a shape that is being dragged, which napari does not call a change of data."""
        layer: Drawing = event.source
        now = digest(layer)
        if self._digests.get(layer) != now:
            self._digests[layer] = now
            self._changed()

    def _forget(self, event: Event) -> None:
        removed: Layer = event.value
        stack = stack_of(removed)
        if stack is not None:
            self._calibrations.pop(stack, None)
        if removed in self._layers:
            self._leave(removed)
        self._changed()

    def _leave(self, layer: Drawing) -> None:
        layer.events.data.disconnect(self._on_change)
        layer.events.set_data.disconnect(self._on_moved)
        end_with_escape(layer, None)
        self._layers.remove(layer)
        self._digests.pop(layer, None)
        if self._taken[0] is layer:
            self._taken = None, "", ""
