"""TimeView: part of a recording, which wheel, keys and drags move through."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from qtpy.QtCore import QEvent, QPointF, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

GUTTER: Final = 120
"""Pixels left of the recording, for the names of channels."""
_ZOOM: Final = 1.25


class TimeView(QWidget):
    """Shows a span of time.

    The wheel zooms about the pointer, with Ctrl it changes the gain and with Shift it scrolls;
    dragging moves, a double click shows all.

    Parameters
    ----------
    parent : QWidget, optional
        Where it lies.
    """

    pointed = Signal(str)
    """What is under the pointer: "Lead II 0.12 mV at 1.234 s"; '' when nothing is."""
    span_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span = (0.0, 1.0)
        self._pointer: QPointF | None = None
        self._held: tuple[float, tuple[float, float]] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    @abstractmethod
    def whole(self) -> tuple[float, float]:
        """First and last time of the recording, seconds."""

    @property
    @abstractmethod
    def shortest(self) -> float:
        """Seconds that are in view at least."""

    @property
    def span(self) -> tuple[float, float]:
        """First and last time in view, seconds."""
        return self._span

    @abstractmethod
    def reading(self, point: QPointF) -> str:
        """Return what is at a point of the widget."""

    @abstractmethod
    def change_gain(self, factor: float) -> None:
        """Draw values higher."""

    @abstractmethod
    def redraw(self) -> None:
        """Paint anew what depends on the span."""

    def show_all(self) -> None:
        """Show the whole recording."""
        self.show_span(*self.whole)

    def show_span(self, start: float, end: float) -> None:
        """Show part of the time, as far as there is any."""
        first, last = self.whole
        width = min(max(end - start, self.shortest), last - first)
        start = min(max(start, first), last - width)
        self._span = start, start + width
        self.redraw()
        self.span_changed.emit()

    def zoom_time(self, factor: float, about: float) -> None:
        """Show `factor` times the time, with one moment where it is."""
        start, end = self._span
        self.show_span(about + (start - about) * factor, about + (end - about) * factor)

    def width_of_time(self) -> float:
        """Return the pixels that the span takes."""
        return max(1.0, self.width() - GUTTER)

    def time_at(self, x: float) -> float:
        """Return the time at a place along x."""
        start, end = self._span
        return start + (x - GUTTER) / self.width_of_time() * (end - start)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take hold of the recording."""
        if event is not None:
            self._held = event.position().x(), self._span

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move what is held, and tell what is under the pointer."""
        if event is None:
            return
        self._pointer = event.position()
        if self._held is not None:
            x, (start, end) = self._held
            moved = (x - self._pointer.x()) / self.width_of_time() * (end - start)
            self.show_span(start + moved, end + moved)
        self.pointed.emit(self.reading(self._pointer))
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._held = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show all."""
        self.show_all()

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
            self.change_gain(_ZOOM ** (turned / 120))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            step = -turned / 120 * (end - start) / 8
            self.show_span(start + step, end + step)
        else:
            self.zoom_time(_ZOOM ** (-turned / 120), self.time_at(event.position().x()))
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
            self.zoom_time(1 / _ZOOM, middle)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_time(_ZOOM, middle)
        else:
            super().keyPressEvent(event)
