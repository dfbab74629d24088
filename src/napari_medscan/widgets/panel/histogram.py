"""A histogram with the window upon it, which can be dragged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from qtpy.QtWidgets import QSizePolicy

from napari_medscan.dicom.intensity.voi_lut import Curve
from napari_medscan.dicom.intensity.window import meaningful
from napari_medscan.widgets.theme import ThemedWidget

BINS = 128
MOST = 2**22
"""Most values counted; of more pixels, evenly spread ones are."""
_GRAB = 7
"""Pixels on either side of an edge of the window by which it is grabbed."""
_MARGIN = 10
_PLOT = 84
_NARROWEST = 1e-3
"""Least width by dragging, as a part of the range shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How many pixels have which values: bins of `width` from `start` on."""

    start: float
    width: float
    numbers: NDArray[np.intp]

    def plus(self, other: Counts) -> Counts:
        """Return both together; `other` has the same bins."""
        return Counts(self.start, self.width, self.numbers + other.numbers)


def count(
    pixels: NDArray[Any],
    padding: tuple[float, float] | None,
    low: float,
    high: float,
) -> Counts:
    """Count values from `low` to `high`.

    Parameters
    ----------
    pixels : ndarray
        After the modality transform.
    padding : tuple of float or None
        Lowest and highest value that mean "no data"; they do not count.
    low, high : float
        Ends of the range.

    Notes
    -----
    Bins of whole numbers hold the same number of values each: others would make a comb.
    """
    # Evenly spread ones of very many.
    values = np.ravel(pixels)[:: max(1, pixels.size // MOST)]
    width, start = (high - low) / BINS, low
    if values.dtype.kind in "iu":
        width, start = float(max(1, np.ceil(width))), float(np.floor(low)) - 0.5
    bins = max(1, int(np.ceil((high - start) / width)))
    numbers, _ = np.histogram(meaningful(values, padding), bins, (start, start + bins * width))
    return Counts(start, width, numbers)


class WindowHistogram(ThemedWidget):
    """Log counts of values, with the window's ramp and its two edges.

    The edges are dragged one by one, the span between them as a whole.
    """

    limits_changed = Signal(float, float)
    """The user dragged: lower and upper limit, in the unit of the values."""
    appeared = Signal()
    """It has become visible, for instance because its tab was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._range = (0.0, 1.0)
        self._limits = (0.0, 1.0)
        self._labels = ("", "")
        self._counts: Counts | None = None
        self._ramp: list[tuple[float, float]] = [(0, 0), (1, 1)]
        self._grip: tuple[str, float, tuple[float, float]] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return as wide as there is room, and high enough for the labels."""
        return QSize(240, _PLOT + self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least size in which it can be used."""
        return QSize(120, self.sizeHint().height())

    def show_counts(self, counts: Counts | None) -> None:
        """Show a histogram, None for none."""
        self._counts = counts
        self.update()

    def show_window(
        self,
        limits: tuple[float, float],
        span: tuple[float, float],
        labels: tuple[str, str],
        curve: Curve | None,
    ) -> None:
        """Show a window.

        Parameters
        ----------
        limits : tuple of float
            Its edges.
        span : tuple of float
            Least and greatest value of the axis.
        labels : tuple of str
            What to write under the edges.
        curve : Curve or None
            How gray rises between the edges, None for a straight line.
        """
        self._limits, self._range, self._labels = limits, span, labels
        self._ramp = [(0, 0), (1, 1)] if curve is None else _points(curve)
        self.update()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Tell that it is visible now."""
        super().showEvent(event)
        self.appeared.emit()

    # --- painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint bars, window and labels."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = self._plot()
        painter.fillRect(plot, self._color("foreground"))
        self._paint_bars(painter, plot)
        if self.isEnabled():
            self._paint_window(painter, plot)
            self._paint_edges(painter, plot)
            self._paint_labels(painter, plot)

    def _paint_bars(self, painter: QPainter, plot: QRectF) -> None:
        counts = self._counts
        if counts is None or not counts.numbers.any():
            return
        heights = np.log1p(counts.numbers) / np.log1p(counts.numbers.max())
        color = self._color("highlight")
        painter.save()
        painter.setClipRect(plot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for index, height in enumerate(heights.tolist()):
            if height:
                left = self._x(counts.start + index * counts.width)
                right = self._x(counts.start + (index + 1) * counts.width)
                top = plot.bottom() - height * (plot.height() - 4)
                painter.fillRect(QRectF(left, top, right - left + 0.5, plot.bottom() - top), color)
        painter.restore()

    def _paint_window(self, painter: QPainter, plot: QRectF) -> None:
        left, right = (self._x(limit) for limit in self._limits)
        shade = self._color("current")
        shade.setAlpha(46)
        painter.save()
        painter.setClipRect(plot)
        painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), shade)
        painter.setPen(QPen(self._color("text"), 1.5))
        height = plot.height() - 3
        ramp = [
            QPointF(left + x * (right - left), plot.bottom() - 1.5 - y * height)
            for x, y in self._ramp
        ]
        start, end = QPointF(plot.left(), ramp[0].y()), QPointF(plot.right(), ramp[-1].y())
        painter.drawPolyline(QPolygonF([start, *ramp, end]))
        painter.restore()

    def _paint_edges(self, painter: QPainter, plot: QRectF) -> None:
        color = self._color("current")
        for x in (self._x(limit) for limit in self._limits):
            if plot.left() <= x <= plot.right():
                painter.fillRect(QRectF(x - 1, plot.top(), 2, plot.height()), color)
                painter.setBrush(color)
                # The light theme's color of what is current is hardly darker than its ground.
                painter.setPen(QPen(self._color("text"), 1))
                painter.drawRoundedRect(QRectF(x - 3, plot.center().y() - 8, 6, 16), 3, 3)

    def _paint_labels(self, painter: QPainter, plot: QRectF) -> None:
        """Write the limits under their edges, side by side where these are too near."""
        painter.setPen(self._color("text"))
        metrics = self.fontMetrics()
        widths = [metrics.horizontalAdvance(text) for text in self._labels]
        places = [self._x(x) - w / 2 for x, w in zip(self._limits, widths, strict=True)]
        overlap = places[0] + widths[0] + 8 - places[1]
        if overlap > 0:
            places = [places[0] - overlap / 2, places[1] + overlap / 2]
        # Neither leaves the widget, nor pushes the other out of it.
        last = self.width() - 1 - widths[1]
        places[0] = min(max(places[0], 1), last - widths[0] - 8)
        places[1] = max(min(places[1], last), 1 + widths[0] + 8)
        base = plot.bottom() + metrics.ascent() + 3
        for place, text in zip(places, self._labels, strict=True):
            painter.drawText(QPointF(place, base), text)

    def _plot(self) -> QRectF:
        return QRectF(_MARGIN, 1, max(self.width() - 2 * _MARGIN, 1), _PLOT)

    def _x(self, value: float) -> float:
        low, high = self._range
        plot = self._plot()
        return plot.left() + (value - low) / (high - low) * plot.width()

    # --- dragging

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take hold of an edge or of the span between them."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        part = self._part(event.position().x())
        if part:
            self._grip = part, event.position().x(), self._limits

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move what is held, or show what can be."""
        if event is None:
            return
        x = event.position().x()
        if self._grip is None:
            shapes = {"low": Qt.CursorShape.SplitHCursor, "high": Qt.CursorShape.SplitHCursor}
            shapes["both"] = Qt.CursorShape.SizeHorCursor
            self.setCursor(shapes.get(self._part(x), Qt.CursorShape.ArrowCursor))
            return
        part, start, (low, high) = self._grip
        least, greatest = self._range
        moved = (x - start) / self._plot().width() * (greatest - least)
        gap = (greatest - least) * _NARROWEST
        if part == "low":
            low = min(max(low + moved, least), high - gap)
        elif part == "high":
            high = max(min(high + moved, greatest), low + gap)
        else:
            moved = min(max(moved, least - low), greatest - high)
            low, high = low + moved, high + moved
        self.limits_changed.emit(low, high)

    def mouseReleaseEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._grip = None

    def _part(self, x: float) -> str:
        """Return what can be grabbed at x: "low", "high", "both" or ""."""
        low, high = (self._x(limit) for limit in self._limits)
        if min(abs(x - low), abs(x - high)) <= _GRAB:
            return "low" if x < (low + high) / 2 else "high"
        return "both" if low < x < high else ""


def _points(curve: Curve) -> list[tuple[float, float]]:
    """Return at most some hundred points of a curve, from (0, …) to (1, …)."""
    places, grays = curve.places, curve.grays
    if curve.steps:
        places, grays = np.repeat(places, 2)[1:-1], np.repeat(grays, 2)
    step = max(1, len(places) // 256)
    chosen = [*range(0, len(places) - 1, step), len(places) - 1]
    return [(float(places[i]), float(grays[i])) for i in chosen]
