"""SpanView: part of an axis, which the wheel, drags and a double click change."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QSizePolicy

from napari_medscan.widgets.theme import ThemedWidget

ZOOM: Final = 1.25
"""For one notch of the wheel."""


class SpanView(ThemedWidget):
    """Shows a span of a horizontal axis; dragging moves, a double click shows all."""

    span_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._span = (0.0, 1.0)
        self._held: tuple[float, tuple[float, float]] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    @abstractmethod
    def whole(self) -> tuple[float, float]:
        """First and last value of the axis."""

    @property
    @abstractmethod
    def shortest(self) -> float:
        """Width of the span at least."""

    @abstractmethod
    def value_at(self, x: float) -> float:
        """Return the value at a place along x, in pixels."""

    @property
    def span(self) -> tuple[float, float]:
        """First and last value in view."""
        return self._span

    def show_all(self) -> None:
        """Show the whole axis."""
        self.show_span(*self.whole)

    def show_span(self, start: float, end: float) -> None:
        """Show part of the axis, as far as there is any."""
        first, last = self.whole
        width = min(max(end - start, self.shortest), last - first)
        start = min(max(start, first), last - width)
        self._span = start, start + width
        self.redraw()
        self.span_changed.emit()

    def zoom(self, factor: float, about: float) -> None:
        """Show `factor` times as much, with one value where it is."""
        start, end = self._span
        self.show_span(about + (start - about) * factor, about + (end - about) * factor)

    def drag_to(self, x: float) -> None:
        """Move what is held, if anything is, to a place along x."""
        if self._held is not None:
            start, self._span = self._held
            moved = self.value_at(start) - self.value_at(x)
            self.show_span(self._span[0] + moved, self._span[1] + moved)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take hold of the axis."""
        if event is not None:
            self._held = event.position().x(), self._span

    def mouseReleaseEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._held = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show all."""
        self.show_all()
