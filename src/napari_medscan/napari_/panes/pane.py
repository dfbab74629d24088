"""One canvas of an arrangement: the main one, or one beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import napari.viewer
from napari.components import ViewerModel
from napari.layers import Image
from napari.qt import QtViewer
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_ import settings
from napari_medscan.napari_.active_viewer import (
    add_pane_model,
    remove_pane_model,
    viewers_of_window,
)
from napari_medscan.napari_.canvas_text import has_room_for_bar
from napari_medscan.napari_.compat.canvas_context import CanvasContext
from napari_medscan.napari_.compat.last_move import LastMove
from napari_medscan.napari_.compat.layer_drawing import LayerDrawing
from napari_medscan.napari_.compat.viewer_model import overlays_of
from napari_medscan.napari_.corner_text import CornerText
from napari_medscan.napari_.current_layer import current_layer, has_tool, set_visible
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.objects.plane_cuts import PlaneCuts
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.orientation_letters import OrientationLetters
from napari_medscan.napari_.panes.canvas_lines import CanvasLines
from napari_medscan.napari_.panes.dose_twins import DoseTwins
from napari_medscan.napari_.panes.drawing_twins import DrawingTwins
from napari_medscan.napari_.panes.object_twins import ObjectTwins
from napari_medscan.napari_.panes.pane_frame import PaneCanvas, PaneFrame
from napari_medscan.napari_.panes.pane_header import PaneHeader, Title
from napari_medscan.napari_.panes.twin_layer import twin_of
from napari_medscan.napari_.planes import Plane, show_plane
from napari_medscan.napari_.readout import cursor_text
from napari_medscan.napari_.releasable import Releasable
from napari_medscan.napari_.slider_label import SliderLabel
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.napari_.window_drag import WindowDrag
from napari_medscan.napari_.window_scope import window_targets

_NAPARI_ZOOM = "double_click_to_zoom"
_FOCUSES = (QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn)
_MOUSE_EVENTS = (QEvent.Type.MouseButtonPress, QEvent.Type.Enter)


def _nothing(*_: object) -> None:
    """Do nothing: nobody listens."""


class Pane(QObject):
    """A canvas that can be focused, double-clicked, Shift-clicked and drawn lines on.

    While it listens, a double click does not zoom as napari's does: in a coronal view that would
    go to the wrong place.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, or the model, that the canvas draws.
    canvas : napari.qt.QtViewer
        Its widget.
    color : str
        Of its lines on other canvases.
    """

    def __init__(self, viewer: napari.viewer.Viewer, canvas: QtViewer, color: str) -> None:
        super().__init__()
        self.viewer = viewer
        self.color = color
        # Not Qt's signals: what they hold is no garbage that Python finds.
        self.on_focused: Callable[[], object] = _nothing
        self.on_double_click: Callable[[], object] = _nothing
        self.on_pointed: Callable[[tuple[float, ...]], object] = _nothing
        """Called with a place in napari's world by Shift + click, or a drag with Shift."""
        self._native = cast("QWidget", canvas.canvas.native)
        self.lines = CanvasLines(self._native)
        # The very objects that are appended are what is removed: a bound method is made anew.
        self._on_double = guarded(self._double_click)
        self._on_drag = self._drag
        self._napari_zoom: list[tuple[int, Callable[..., object]]] = []
        self._listens = False
        self.header: PaneHeader | None = None
        """What heads the canvas, while there is an arrangement of several."""

    @property
    def layer(self) -> Image | None:
        """The layer of the current series in this pane."""
        return current_layer(self.viewer)

    def show_title(self, title: str | Title) -> None:
        """Head the pane with a text, if it has a header."""
        if self.header is not None:
            self.header.show_title(title)

    def listen(self) -> None:
        """Listen to clicks; calling it again changes nothing."""
        if self._listens:
            return
        self._listens = True
        self._native.installEventFilter(self)
        callbacks = self.viewer.mouse_double_click_callbacks
        for number, callback in reversed(list(enumerate(callbacks))):
            if getattr(callback, "__name__", "") == _NAPARI_ZOOM:
                self._napari_zoom.append((number, callback))
                del callbacks[number]
        callbacks.append(self._on_double)
        self.viewer.mouse_drag_callbacks.append(self._on_drag)

    def leave(self) -> None:
        """Leave clicks to napari again."""
        if not self._listens:
            return
        self._listens = False
        self._native.removeEventFilter(self)
        for callbacks, callback in (
            (self.viewer.mouse_double_click_callbacks, self._on_double),
            (self.viewer.mouse_drag_callbacks, self._on_drag),
        ):
            if callback in callbacks:
                callbacks.remove(callback)
        for number, callback in reversed(self._napari_zoom):
            self.viewer.mouse_double_click_callbacks.insert(number, callback)
        self._napari_zoom.clear()

    def release(self) -> None:
        """Leave the canvas as it was."""
        self.leave()
        self.on_focused = self.on_double_click = self.on_pointed = _nothing
        self.lines.draw(())
        self._native.removeEventFilter(self.lines)
        self.lines.setParent(None)
        self.lines.deleteLater()

    def eventFilter(self, _canvas: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Notice that the mouse enters the canvas, or that it is clicked or focused."""
        if event is not None and event.type() in _MOUSE_EVENTS:
            self._take_mouse()
        if event is not None and event.type() in _FOCUSES:
            self.on_focused()
        return False

    def _take_mouse(self) -> None:
        """Let the mouse be over this canvas alone.

        Qt does not always tell a canvas that the mouse has left it, and napari would go on to
        write what is under the cursor there.
        """
        for viewer in viewers_of_window(self.viewer):
            viewer.mouse_over_canvas = viewer is self.viewer

    def _double_click(self, _viewer: object, event: Any) -> None:  # noqa: ANN401
        if event.button == 1 and not event.modifiers and self._is_free():
            event.handled = True
            self.on_double_click()

    def _drag(self, _viewer: object, event: Any) -> Iterator[None]:  # noqa: ANN401
        """Go where the mouse is as long as Shift and the left button are down."""
        # vispy's keys compare with their names.
        if event.button != 1 or len(event.modifiers) != 1 or event.modifiers[0] != "Shift":
            return
        if not self._is_free() or self.viewer.dims.ndisplay == 3:
            return
        event.handled = True
        self.on_pointed(tuple(event.position))
        yield
        while event.type == "mouse_move":
            event.handled = True
            self.on_pointed(tuple(event.position))
            yield

    def _is_free(self) -> bool:
        """Return whether clicks have no other meaning, such as the end of a polygon."""
        return not has_tool(self.viewer.layers.selection.active)


class SidePane(Pane):
    """A pane beside the main canvas, with a model, layers and overlays of its own.

    Parameters
    ----------
    main : napari.viewer.Viewer
        The viewer of the main canvas: it has the status bar and the theme.
    color : str
        Of its mark and its lines.
    """

    def __init__(self, main: napari.viewer.Viewer, color: str) -> None:
        # Everything here takes a viewer without asking for its window.
        model = cast("napari.viewer.Viewer", ViewerModel())
        model.theme = main.theme
        self.canvas = PaneCanvas(model)
        self.frame = PaneFrame(color)
        self.frame.hold(self.canvas)
        follow_openings(model)
        super().__init__(model, self.canvas, color)
        self.header = self.frame.header
        self._main = main
        self.sources: list[tuple[Image, Image]] = []
        """Layers of the main viewer with their twins here, from the bottom to the top."""
        add_pane_model(main, model)
        self._drawing = (
            LayerDrawing(model, self.canvas),
            CanvasContext(model, self.canvas),
            LastMove(self.canvas),
        )
        self._parts: tuple[Releasable, ...] = (
            WindowDrag(model, partial(window_targets, model)),
            DoseTwins(main, model),
            ObjectTwins(main, model, self),
            PlaneCuts(main, model),
            DrawingTwins(main, model, self),
            SliderLabel(model, self.canvas),
        )
        self._letters: OrientationLetters | None = None
        self._text: CornerText | None = None
        self._names_series = True
        chosen = settings.current()
        self.show_overlays(letters=chosen.orientation_letters, corner_text=chosen.corner_text)
        self._on_status = guarded(self._forward_status)
        self._on_theme = guarded(self._follow_theme)
        self._subscription = watch(model, self._show_scale_bar, Change.CANVAS)
        model.events.status.connect(self._on_status)
        main.events.theme.connect(self._on_theme)

    @property
    def source(self) -> Image | None:
        """The layer of the main viewer whose series is current here."""
        layer = self.layer
        return next((source for source, twin in self.sources if twin is layer), None)

    def show_overlays(self, *, letters: bool, corner_text: bool) -> None:
        """Write the orientation letters and the corner text over the images, or neither."""
        if self._letters is not None and not letters:
            self._letters.release()
            self._letters = None
        elif self._letters is None and letters:
            self._letters = OrientationLetters(self.viewer)
        if self._text is not None and not corner_text:
            self._text.release()
            self._text = None
        elif self._text is None and corner_text:
            self._text = CornerText(self.viewer, names_series=self._names_series)

    def show(self, layers: list[Image], current: Image, plane: Plane | None = None) -> None:
        """Show the series of some layers of the main viewer.

        Parameters
        ----------
        layers : list of Image
            From the bottom to the top.
        current : Image
            The one of them whose series is current here.
        plane : {"axial", "coronal", "sagittal"}, optional
            The plane to show it in; as it was acquired if left out.
        """
        self.clear()
        # The header of a plane names the plane; the main canvas names the series.
        self._names_series = plane is None
        if self._text is not None:
            self._text.names_series = self._names_series
        twins = [twin_of(layer) for layer in layers]
        self.sources = list(zip(layers, twins, strict=True))
        for twin in twins:
            stack = stack_of(twin)
            if stack is not None and twin.name.startswith(name := defuse(stack.name)):
                # napari has numbered it to tell it from another study's in the layer list.
                twin.name = name
            self.viewer.add_layer(twin)
        twin = twins[layers.index(current)]
        # Hidden until the plane is turned: each plane that is shown is read.
        if plane is None:
            bring_into_view(self.viewer, twin, hide_others=False)
        else:
            show_plane(self.viewer, twin, plane)
        for each in twins:
            set_visible(each, visible=True)
        self.viewer.layers.selection.active = twin
        self._show_scale_bar()

    def clear(self) -> None:
        """Show nothing: a hidden pane, too, reads the slices of its layers."""
        self.sources.clear()
        self._show_scale_bar()
        self.lines.draw(())
        # napari collects all of Python's garbage then, which takes as long as ten slices.
        if self.viewer.layers:
            # napari does not annotate it.
            self.viewer.layers.clear()  # type: ignore[no-untyped-call]

    def release(self) -> None:
        """Close the pane for good."""
        self._main.events.theme.disconnect(self._on_theme)
        self.viewer.events.status.disconnect(self._on_status)
        self._subscription.release()
        for part in self._parts:
            part.release()
        self.show_overlays(letters=False, corner_text=False)
        remove_pane_model(self.viewer)
        self.clear()
        for part in self._drawing:
            part.release()
        super().release()
        self.canvas.on_drop = None
        self.canvas.close()
        self.canvas.setParent(None)
        self.frame.setParent(None)
        self.frame.deleteLater()

    def _show_scale_bar(self) -> None:
        """Show the scale bar of a series where there is room for it beside the letters."""
        bar = overlays_of(self.viewer)["scale_bar"]
        bar.visible = bool(self.sources) and has_room_for_bar(self.viewer)

    def _forward_status(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        if not self.viewer.mouse_over_canvas:
            return
        text = cursor_text(self.viewer)
        if not text:
            value = event.value
            text = value if isinstance(value, str) else str(value.get("coordinates", ""))
        self._main.status = text

    def _follow_theme(self, _event: object) -> None:
        self.viewer.theme = self._main.theme
