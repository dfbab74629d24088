"""Text and scale bar on the canvas."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import napari.viewer
from napari.components.overlays import TextOverlay
from napari.utils.color import ColorValue
from psygnal import EmitLoopError

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.compat.canvas_label import CanvasLabel
from napari_medscan.napari_.compat.viewer_model import (
    canvas_size,
    grid_shape,
    has_canvas_model,
    overlays_of,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.viewer_watch import Change, watch

# A warning has to be read in the light theme too, where the canvas is white.
_AMBER, _DARK = "#ffb347", (0, 0, 0, 0.8)
_BAR_FROM = 280
"""Pixels of a canvas on which the scale bar does not cover the letter amid the lower edge."""
_LINES_IN_BOX = 3
"""Lines that fit in the box that napari draws behind a text: it is about 7 % lower than they are.

Its margin makes up for that of three lines, an empty one for that of the next dozen.
"""
_SMALL_CANVAS = 360
"""Pixels of a canvas below which texts are small."""


def is_grid(viewer: napari.viewer.Viewer) -> bool:
    """Return whether the canvas is a grid of several cells, each with layers of its own.

    What stands at the edges of such a canvas would be read as being about all cells.
    """
    return grid_shape(viewer) != (1, 1)


def is_small_canvas(viewer: napari.viewer.Viewer) -> bool:
    """Return whether the canvas is too narrow for text of the usual size."""
    return bool(canvas_size(viewer)[1] < _SMALL_CANVAS)


def has_room_for_bar(viewer: napari.viewer.Viewer) -> bool:
    """Return whether the canvas is wide enough for the scale bar beside the letters."""
    _, width = canvas_size(viewer)
    return bool(width >= _BAR_FROM)


class CanvasText:
    """One text at an edge or in a corner of the canvas.

    It goes when a series comes into view, before that is drawn: it was about another one.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas it is on.
    key : str
        Its name among the canvas' overlays.
    position : str
        "top_left", "middle_right" …; texts in one place stand side by side.
    font_size : float
        In points.
    warning : bool
        Whether it warns of something.
    """

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        key: str,
        position: str,
        *,
        font_size: float = 10,
        warning: bool = False,
    ) -> None:
        self._overlays = overlays_of(viewer)
        self._key = key
        self._position = position
        self._text = ""
        self._overlay: TextOverlay | CanvasLabel
        self._on_inserted = guarded(self._make_way)
        self._inserted = viewer.layers.events.inserted
        self._inserted.connect(self._on_inserted)
        if not has_canvas_model(viewer):
            colors = (_AMBER, "rgba(0, 0, 0, 80%)") if warning else None
            self._overlay = CanvasLabel(viewer, position, font_size=font_size, colors=colors)
            return
        self._overlay = TextOverlay(
            position=position,
            font_size=font_size,
            color=ColorValue(_AMBER) if warning else None,
            box_color=ColorValue(_DARK) if warning else None,
        )
        self._overlays[key] = self._overlay

    @property
    def text(self) -> str:
        """What stands there."""
        return self._text if self._overlay.visible else ""

    @property
    def font_size(self) -> float:
        """Its size in points."""
        return float(self._overlay.font_size)

    @font_size.setter
    def font_size(self, points: float) -> None:
        # Setting it draws it anew.
        if points != self.font_size:
            self._overlay.font_size = points

    def show(self, text: str) -> None:
        """Show a text, none when it is empty; every line is defused."""
        text = "\n".join(defuse(line) for line in text.split("\n"))
        if text == self.text:
            return
        # Hidden before it is emptied, as an overlay of no text still has a box; and emptied, as a
        # name that is hidden is still there.
        if not text:
            self._overlay.visible = False
        self._text = text
        by_napari = not isinstance(self._overlay, CanvasLabel)
        self._overlay.text = _in_box(text, self._position) if by_napari else text
        self._overlay.visible = bool(text)

    def _make_way(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        if event.value.visible and stack_of(event.value) is not None:
            self.show("")

    def release(self) -> None:
        """Take it off the canvas."""
        self._inserted.disconnect(self._on_inserted)
        if isinstance(self._overlay, CanvasLabel):
            self._overlay.release()
            return
        if self._overlays.get(self._key) != self._overlay:
            return
        # When the window closes, what draws the overlays may be gone before they are.
        with suppress(EmitLoopError):
            self.show("")
        with suppress(EmitLoopError):
            del self._overlays[self._key]


def _in_box(text: str, position: str) -> str:
    """Return a text, with an empty line toward the middle of the canvas if its box is too low."""
    if text.count("\n") < _LINES_IN_BOX:
        return text
    return f" \n{text}" if position.startswith("bottom") else f"{text}\n "


class ScaleBar:
    """napari's own scale bar, shown for as long as this exists and the canvas has room for it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvas it is on.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._overlay = overlays_of(viewer)["scale_bar"]
        self._before = self._overlay.visible
        self._viewer = viewer
        self._has_room: bool | None = None
        self._subscription = watch(viewer, self._update, Change.CANVAS, before_paint=True)
        self._update()

    def _update(self) -> None:
        has_room = has_room_for_bar(self._viewer)
        # Otherwise it is the user's to show and hide, by the View menu.
        if has_room is not self._has_room:
            self._has_room = self._overlay.visible = has_room

    def release(self) -> None:
        """Hide it again, unless it was there before."""
        self._subscription.release()
        with suppress(EmitLoopError):
            self._overlay.visible = self._before
