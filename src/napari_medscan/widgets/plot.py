"""A plot of some lines over one axis: profiles, histograms, curves over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent

from napari_medscan.widgets.span_view import ZOOM, SpanView

COLORS: Final = ("#4f9cf5", "#f5a742", "#5bc47a", "#e06c9f", "#9d7fe0", "#45c1c9")
"""Of the lines in turn: told apart by most color-blind eyes."""
_LEAST_CONTRAST: Final = 4.5
"""Of lines, whose names are written in their colors, and the ground (WCAG 2.1, 1.4.3)."""
_HEIGHT: Final = 170
_GAP: Final = 4
_TICK_WIDTH: Final = 50
"""Pixels between two ticks of an axis, about."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of a plot.

    Parameters
    ----------
    name : str
        In the legend.
    x, y : ndarray
        Shape (n,), x ascending. What is no number in y is left out of the line.
    steps : bool
        Whether y holds from each x to the next, as counts of a histogram do.
    color : str
        "#rrggbb"; '' for the next of `COLORS`.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    steps: bool = False
    color: str = ""


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most so many round numbers, evenly spaced, from `low` to `high`."""
    span = high - low
    if not span > 0 or most < 1:
        return []
    power = 10.0 ** floor(log10(span / most))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if span / (factor * power) <= most)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


class Plot(SpanView):
    """Lines with axes, a legend, and the values under the pointer.

    The wheel zooms along x, dragging moves, a double click shows all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Line, ...] = ()
        self._labels = ("", "")
        self.is_reversed = False
        """Whether x ascends from right to left."""
        self._whole = (0.0, 1.0)
        self._pointer: float | None = None

    @property
    def whole(self) -> tuple[float, float]:
        """Least and greatest x."""
        return self._whole

    @property
    def shortest(self) -> float:
        """A ten-thousandth of the whole."""
        return (self._whole[1] - self._whole[0]) * 1e-4

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show_lines(
        self,
        lines: Sequence[Line],
        x_label: str = "",
        y_label: str = "",
        *,
        is_reversed: bool = False,
    ) -> None:
        """Show lines and what their axes mean, with the whole of x; reversed from right to left."""
        self.is_reversed = is_reversed
        self._lines = tuple(line for line in lines if len(line.x))
        self._labels = x_label, y_label
        ends = [(float(line.x[0]), float(line.x[-1])) for line in self._lines] or [(0.0, 1.0)]
        low, high = min(end[0] for end in ends), max(end[1] for end in ends)
        self._whole = self._span = (low, high if high > low else low + 1)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return as wide as there is room, and high enough to read it."""
        return QSize(240, _HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least size in which it can be read."""
        return QSize(140, _HEIGHT)

    def reading(self) -> str:
        """Return the values under the pointer: "12.5 mm: CT 2 41, PT 5 3.2"."""
        if self._pointer is None or not self._lines:
            return ""
        values = [(line.name, _value(line, self._pointer)) for line in self._lines]
        parts = [f"{name} {value:.4g}" if name else f"{value:.4g}" for name, value in values]
        unit = self._labels[0].rpartition("(")[2].rstrip(")") if "(" in self._labels[0] else ""
        return f"{self._pointer:.4g} {unit}".rstrip() + ": " + ", ".join(parts)

    # --- painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint axes, lines, legend and pointer."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        span = self._span_of_y()
        plot = self._plot(span)
        painter.fillRect(plot, self._color("foreground"))
        self._paint_axes(painter, plot, span)
        painter.setClipRect(plot)
        for number, line in enumerate(self._lines):
            painter.setPen(QPen(self._color_of(line, number), 1.5))
            for part in self._polylines(line, plot, span):
                painter.drawPolyline(part)
        if self._pointer is not None and self._lines:
            painter.setPen(QPen(self._color("text"), 1, Qt.PenStyle.DotLine))
            x = self._x(self._pointer, plot)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setClipping(False)
        self._paint_legend(painter, plot)

    def _paint_axes(self, painter: QPainter, plot: QRectF, span: tuple[float, float]) -> None:
        metrics = self.fontMetrics()
        grid = self._color("text")
        grid.setAlpha(40)
        for value in ticks(*self._span, max(2, int(plot.width() / _TICK_WIDTH))):
            x, text = self._x(value, plot), f"{value:.6g}"
            painter.setPen(grid)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            painter.setPen(self._color("text"))
            width = metrics.horizontalAdvance(text)
            left = min(max(x - width / 2, 0), self.width() - width)
            painter.drawText(QPointF(left, plot.bottom() + metrics.ascent() + 2), text)
        for value in self._ticks_of_y(span):
            y, text = _y(value, plot, span), f"{value:.6g}"
            painter.setPen(grid)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(self._color("text"))
            left = plot.left() - metrics.horizontalAdvance(text) - _GAP
            painter.drawText(QPointF(left, y + metrics.ascent() / 2 - 1), text)
        painter.setPen(self._color("text"))
        x_label, y_label = self._labels
        width = metrics.horizontalAdvance(x_label)
        low = plot.bottom() + metrics.height() + metrics.ascent() + 2
        painter.drawText(QPointF(plot.center().x() - width / 2, low), x_label)
        painter.drawText(QPointF(1, metrics.ascent()), y_label)

    def _paint_legend(self, painter: QPainter, plot: QRectF) -> None:
        """Write the values under the pointer, else the names of several lines."""
        metrics = self.fontMetrics()
        base = plot.top() + metrics.ascent() + 2
        room = int(plot.width()) - 2 * _GAP
        text = self.reading()
        if text:
            painter.setPen(self._color("text"))
            painter.drawText(QPointF(plot.left() + _GAP, base), self._elided(text, room))
        elif len(self._lines) > 1:
            for number, line in enumerate(self._lines):
                painter.setPen(self._color_of(line, number))
                name = self._elided(line.name, room)
                right = plot.right() - metrics.horizontalAdvance(name) - _GAP
                painter.drawText(QPointF(right, base + number * metrics.height()), name)

    def _polylines(self, line: Line, plot: QRectF, span: tuple[float, float]) -> list[QPolygonF]:
        """Return the parts of a line between which there are no numbers."""
        x, y = line.x, line.y
        if line.steps:
            x, y = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
        parts, points = [], []
        for at, value in zip(x.tolist(), y.tolist(), strict=True):
            if value == value:  # noqa: PLR0124 - NaN is not
                points.append(QPointF(self._x(at, plot), _y(value, plot, span)))
            elif points:
                parts.append(QPolygonF(points))
                points = []
        return [*parts, QPolygonF(points)]

    def _elided(self, text: str, room: int) -> str:
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)

    def _plot(self, span: tuple[float, float]) -> QRectF:
        metrics = self.fontMetrics()
        names = [f"{value:.6g}" for value in self._ticks_of_y(span)]
        left = max(map(metrics.horizontalAdvance, names), default=0) + 2 * _GAP
        # The highest number reaches above the plot.
        top = metrics.height() + metrics.ascent() // 2 if self._labels[1] else _GAP
        below = metrics.height() * (2 if self._labels[0] else 1) + 2
        width, height = self.width() - left - 2 * _GAP, self.height() - top - below
        return QRectF(left, top, max(width, 1), max(height, 1))

    def _ticks_of_y(self, span: tuple[float, float]) -> list[float]:
        return ticks(*span, max(2, self.height() // 40))

    def _span_of_y(self) -> tuple[float, float]:
        """Return the least and greatest y of what is shown, with some room."""
        low, high = self._span
        values = [
            line.y[(line.x >= low) & (line.x <= high) & np.isfinite(line.y)] for line in self._lines
        ]
        every = np.concatenate(values) if values else np.empty(0)
        if not every.size:
            return 0.0, 1.0
        least, greatest = float(every.min()), float(every.max())
        room = 0.06 * (greatest - least) or 0.5
        return (0.0 if least == 0 else least - room), greatest + room

    def _x(self, value: float, plot: QRectF) -> float:
        low, high = self._span[::-1] if self.is_reversed else self._span
        return plot.left() + (value - low) / (high - low) * plot.width()

    def _color_of(self, line: Line, number: int) -> QColor:
        color = QColor(line.color or COLORS[number % len(COLORS)])
        return readable(color, self._color("foreground"))

    # --- pointing, zooming and moving

    def value_at(self, x: float) -> float:
        """Return x of the lines at a place along x of the widget."""
        plot = self._plot(self._span_of_y())
        low, high = self._span[::-1] if self.is_reversed else self._span
        return low + (x - plot.left()) / plot.width() * (high - low)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move what is held, and read values under the pointer."""
        if event is None:
            return
        x = event.position().x()
        self.drag_to(x)
        self._pointer = min(max(self.value_at(x), self._whole[0]), self._whole[1])
        self.update()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the legend again."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Zoom along x, about the pointer."""
        if event is None or not event.angleDelta().y():
            return
        turned = event.angleDelta().y() / 120
        self.zoom(ZOOM**-turned, self.value_at(event.position().x()))
        event.accept()


def _y(value: float, plot: QRectF, span: tuple[float, float]) -> float:
    low, high = span
    return plot.bottom() - (value - low) / (high - low) * plot.height()


def _value(line: Line, x: float) -> float:
    """Return y at the nearest x; of steps, at the last one before."""
    place = int(np.searchsorted(line.x, x, side="right"))
    if line.steps:
        return float(line.y[min(max(place - 1, 0), len(line.y) - 1)])
    before, after = max(place - 1, 0), min(place, len(line.x) - 1)
    nearer = before if x - line.x[before] <= line.x[after] - x else after
    return float(line.y[nearer])


def _luminance(color: QColor) -> float:
    """Return the relative luminance of a color (WCAG 2.1)."""
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colors, 1 to 21 (WCAG 2.1)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable(color: QColor, ground: QColor) -> QColor:
    """Return a color as it is, or so much darker or lighter that it is seen on a ground."""
    black, white = QColor("black"), QColor("white")
    end = black if contrast(black, ground) > contrast(white, ground) else white
    mixed = color
    for part in np.linspace(0, 1, 21):
        mixed = QColor.fromRgbF(
            *(
                float((1 - part) * a + part * b)
                for a, b in zip(color.getRgbF()[:3], end.getRgbF()[:3], strict=True)
            )
        )
        if contrast(mixed, ground) >= _LEAST_CONTRAST:
            break
    return mixed
