"""A drag on a canvas ends where the mouse is let go, and a click is where it was pressed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from napari.qt import QtViewer
from vispy.app.canvas import MouseEvent

from napari_medscan.napari_.failure_log import guarded


class LastMove:
    """Delivers the last move before a press or a release, which may have been passed over.

    vispy drops each move that comes within 10 ms of the one before, and napari puts it off by up to
    5 ms: the last ones of a fast mouse, and all that waited while the window was busy. A line then
    ended where the mouse had been before, and the corner of an angle where the one before was.

    Parameters
    ----------
    canvas : QtViewer
        What the mouse is over.
    """

    def __init__(self, canvas: QtViewer) -> None:
        self._canvas = canvas.canvas
        events = self._canvas._scene_canvas.events  # noqa: SLF001
        self._emitters = events.mouse_press, events.mouse_release
        self._call = guarded(self._move_there)
        # Before napari's own, for which the drag ends, or the next corner begins, then.
        for emitter in self._emitters:
            emitter.connect(self._call, position="first")

    def release(self) -> None:
        """Leave drags to napari."""
        # Of a window that is being closed, vispy may have let go of it.
        for emitter in self._emitters:
            with suppress(RuntimeError, ValueError):
                emitter.disconnect(self._call)

    def _move_there(self, event: Any) -> None:  # noqa: ANN401 - of vispy
        pressed = event.press_event
        if event.type == "mouse_press":
            # It may have been passed over by napari alone.
            pressed = None
        elif pressed is None or tuple(pressed.pos) == tuple(event.pos):
            return
        move = MouseEvent(  # type: ignore[no-untyped-call]
            "mouse_move",
            pos=event.pos,
            button=None if pressed is None else pressed.button,
            buttons=[] if pressed is None else pressed.buttons,
            modifiers=event.modifiers,
            press_event=pressed,
            last_event=event.last_event,
            native=event.native,
        )
        self._canvas._on_mouse_move(move)  # noqa: SLF001
