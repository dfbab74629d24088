"""TimeView: part of a recording, which wheel, keys and drags move through."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from qtpy.QtCore import QEvent, QPointF, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from napari_medscan.widgets.span_view import ZOOM, SpanView

GUTTER: Final = 120
"""Pixels left of the recording, for the names of channels."""


class TimeView(SpanView):
    """Shows a span of time.

    The wheel zooms about the pointer, with Ctrl it changes the gain and with Shift it scrolls;
    dragging moves, a double click shows all.
    """

    pointed = Signal(str)
    """What is under the pointer: "Lead II 0.12 mV at 1.234 s"; '' when nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self._pointer: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @abstractmethod
    def reading(self, point: QPointF) -> str:
        """Return what is at a point of the widget."""

    @abstractmethod
    def change_gain(self, factor: float) -> None:
        """Draw values higher."""

    def width_of_time(self) -> float:
        """Return the pixels that the span takes."""
        return max(1.0, self.width() - GUTTER)

    def value_at(self, x: float) -> float:
        """Return the time at a place along x."""
        start, end = self._span
        return start + (x - GUTTER) / self.width_of_time() * (end - start)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move what is held, and tell what is under the pointer."""
        if event is None:
            return
        self._pointer = event.position()
        self.drag_to(self._pointer.x())
        self.pointed.emit(self.reading(self._pointer))
        self.update()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Point at nothing."""
        super().leaveEvent(event)
        self._pointer = None
        self.pointed.emit("")
        self.update()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Zoom in time; with Ctrl change the gain, with Shift scroll."""
        if event is None:
            return
        turned = event.angleDelta().y() or event.angleDelta().x()
        start, end = self._span
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.change_gain(ZOOM ** (turned / 120))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            step = -turned / 120 * (end - start) / 8
            self.show_span(start + step, end + step)
        else:
            self.zoom(ZOOM ** (-turned / 120), self.value_at(event.position().x()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Scroll with the arrow keys, zoom with + and -."""
        if event is None:
            return
        start, end = self._span
        step, middle = (end - start) / 4, (start + end) / 2
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step *= 1 if event.key() == Qt.Key.Key_Right else -1
            self.show_span(start + step, end + step)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1 / ZOOM, middle)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom(ZOOM, middle)
        else:
            super().keyPressEvent(event)
