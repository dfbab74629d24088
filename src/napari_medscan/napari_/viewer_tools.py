"""What a viewer with DICOM in it has, panel or not: overlays, wheel, buttons and keys."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import napari.viewer
from napari.layers import Image
from napari.qt import QtViewer
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_ import settings
from napari_medscan.napari_.canvas_text import ScaleBar
from napari_medscan.napari_.compat.canvas_context import CanvasContext
from napari_medscan.napari_.compat.last_move import LastMove
from napari_medscan.napari_.compat.layer_drawing import LayerDrawing
from napari_medscan.napari_.corner_text import CornerText
from napari_medscan.napari_.identity_text import IdentityText
from napari_medscan.napari_.keys import SeriesKeys
from napari_medscan.napari_.middle_drag import MiddlePan
from napari_medscan.napari_.objects.applied_state import StateView
from napari_medscan.napari_.objects.object_view import ObjectView
from napari_medscan.napari_.objects.plane_cuts import PlaneCuts
from napari_medscan.napari_.orientation_letters import OrientationLetters
from napari_medscan.napari_.panes import on_pane_created
from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.napari_.readout import CursorReadout
from napari_medscan.napari_.releasable import Releasable
from napari_medscan.napari_.slider_label import SliderLabel
from napari_medscan.napari_.slider_range import SliderRange
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.wheel import WheelScroll
from napari_medscan.napari_.window_drag import WindowDrag
from napari_medscan.napari_.window_scope import window_targets

OVERLAYS: dict[str, Callable[[napari.viewer.Viewer], Releasable]] = {
    "letters": OrientationLetters,
    "corner_text": CornerText,
    "patient_name": IdentityText,
    "scale_bar": ScaleBar,
    "cursor_values": CursorReadout,
}
"""What is written over the images, by the names that the panel's switches have."""


class Hands:
    """The mouse wheel, the middle button and the keys of a canvas, until they are released.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Any viewer, or the model of a pane.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._parts: list[Releasable] = [
            WheelScroll(viewer),
            MiddlePan(viewer),
            SeriesKeys(viewer),
        ]

    def release(self) -> None:
        """Give them back to napari; may be called again."""
        while self._parts:
            self._parts.pop().release()


_tools: weakref.WeakSet[ViewerTools] = weakref.WeakSet()


class ViewerTools(QObject):
    """The overlays and hands of one viewer, for as long as its canvas lives.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    canvas : QWidget or None
        The widget that draws it; None for a viewer without a window.
    """

    switched = Signal(str, bool)
    """An overlay was switched on or off: its name, and whether it is on."""

    def __init__(self, viewer: napari.viewer.Viewer, canvas: QWidget | None) -> None:
        super().__init__(canvas)
        _tools.add(self)
        self.stays = False
        """Whether they outlive the panel: once a series was opened."""
        self._viewer = viewer
        self._overlays: dict[str, Releasable] = {}
        targets: Callable[[Image], list[Image]] = partial(window_targets, viewer)
        self._hands: list[Releasable] = [
            Hands(viewer),
            WindowDrag(viewer, targets),
            ObjectView(viewer),
            PlaneCuts(viewer, viewer),
            StateView(viewer),
            SliderLabel(viewer, canvas),
            SliderRange(viewer),
        ]
        if isinstance(canvas, QtViewer):
            self._hands += [LayerDrawing(viewer, canvas), CanvasContext(viewer, canvas)]
            self._hands.append(LastMove(canvas))
        # Not a method: Qt calls none of an object that is going, but its parts still stand.
        self.destroyed.connect(partial(_release, self._overlays, self._hands))
        window = None if canvas is None else canvas.window()
        if window is not None:
            window.installEventFilter(self)
        chosen = settings.current()
        wanted = {
            "letters": chosen.orientation_letters,
            "corner_text": chosen.corner_text,
            "patient_name": chosen.patient_in_corner,
        }
        for name in OVERLAYS:
            self.switch(name, on=wanted.get(name, True))

    def is_on(self, name: str) -> bool:
        """Return whether an overlay is on."""
        return name in self._overlays

    def switch(self, name: str, *, on: bool) -> None:
        """Switch one of the overlays on or off."""
        if on is self.is_on(name):
            return
        if on:
            self._overlays[name] = OVERLAYS[name](self._viewer)
        else:
            self._overlays.pop(name).release()
        self.switched.emit(name, on)

    def release(self) -> None:
        """Take everything off the canvas, and give wheel, buttons and keys back to napari."""
        _release(self._overlays, self._hands)
        # The next who ask get new ones.
        self.setParent(None)

    def bind_pane(self, model: napari.viewer.Viewer) -> Hands:
        """Return wheel, buttons and keys of a pane, which are released with it."""
        hands = Hands(model)
        self._hands.append(hands)
        return hands

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Release everything when the window closes, before what draws it is deleted."""
        hides = event is not None and event.type() == QEvent.Type.Hide
        if hides and isinstance(watched, QWidget) and not watched.isVisible():
            watched.removeEventFilter(self)
            self.release()
        return False


def _release(
    overlays: dict[str, Releasable], hands: list[Releasable], _destroyed: object = None
) -> None:
    parts = [*overlays.values(), *hands]
    overlays.clear()
    hands.clear()
    for part in parts:
        # At the end of the process Qt may have deleted a part's timers before its window.
        with suppress(RuntimeError):
            part.release()


def _on_pane_created(viewer: napari.viewer.Viewer, model: napari.viewer.Viewer) -> object:
    canvas = canvas_of(viewer)
    tools = None if canvas is None else canvas.findChild(ViewerTools)
    return tools.bind_pane(model) if isinstance(tools, ViewerTools) else None


on_pane_created.append(_on_pane_created)


@atexit.register
def _release_all() -> None:
    """Let a script end with its window open, before Qt deletes what the parts are made of."""
    for tools in list(_tools):
        with suppress(RuntimeError):
            tools.release()


def tools_of(viewer: napari.viewer.Viewer, *, stays: bool = True) -> ViewerTools:
    """Return the tools of a viewer, which are made when they are first asked for.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas. The tools of a viewer without a window live as long as they are referred to.
    stays : bool
        Whether they stay until the window closes: false for the panel alone, which releases them
        with itself if no series was opened.
    """
    viewer = unwrapped(viewer)
    canvas = canvas_of(viewer)
    tools = None if canvas is None else canvas.findChild(ViewerTools)
    if not isinstance(tools, ViewerTools):
        tools = ViewerTools(viewer, canvas)
    tools.stays = tools.stays or stays
    return tools
