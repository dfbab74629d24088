"""Strips: the channels of a waveform below each other, over a grid like that of ECG paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)

from napari_medscan.dicom.objects.waveform import MultiplexGroup
from napari_medscan.widgets.plot import ticks
from napari_medscan.widgets.recording.envelope import envelope
from napari_medscan.widgets.recording.time_view import GUTTER, TimeView

LEAST_STRIP: Final = 34
"""Pixels of a strip: lower ones cannot be read."""
_AXIS: Final = 20
_ENOUGH: Final = 500_000
"""Samples by which the gain is chosen."""
_LEAST_SAMPLES: Final = 8
"""Samples that the window shows at least."""
_SMALL, _LARGE = (0.04, 0.1), (0.2, 0.5)
"""Seconds and millivolts of the squares of ECG paper: 1 mm and 5 mm."""
_LEAST_SQUARE: Final = 4
_MILLIVOLTS: Final = {"mV": 1.0, "uV": 1e-3, "V": 1e3, "nV": 1e-6}
_GRID: Final = "#e0605f"
MILLIMETERS_PER_SECOND, MILLIMETERS_PER_MILLIVOLT = 25.0, 10.0
"""Of ECG paper in its usual speed and gain."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in time with a text.

    Parameters
    ----------
    start, end : float
        Seconds; equal for a point.
    text : str
        What stands beside it.
    """

    start: float
    end: float
    text: str


class Strips(TimeView):
    """The channels of one multiplex group."""

    def __init__(self) -> None:
        super().__init__()
        self._group: MultiplexGroup | None = None
        self._marks: tuple[Mark, ...] = ()
        self._gains: dict[str, float] = {}
        self._middles: list[float] = []
        self._zoom = 1.0
        self._pixmap: QPixmap | None = None
        self.setAccessibleName("Waveform")

    # --- what is shown

    @property
    def whole(self) -> tuple[float, float]:
        """First and last time of the recording, seconds."""
        group = self._group
        return (0.0, 1.0) if group is None else (group.start, group.start + group.duration)

    @property
    def shortest(self) -> float:
        """Seconds that are in view at least: some samples."""
        return _LEAST_SAMPLES / self._group.frequency if self._group else 1.0

    def show_group(self, group: MultiplexGroup, marks: Sequence[Mark] = ()) -> None:
        """Show the channels of a group from the first sample to the last."""
        self._group, self._marks = group, tuple(marks)
        self._fit_gain()
        self.setMinimumHeight(LEAST_STRIP * len(group.channels) + _AXIS)
        self.show_all()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show other marks."""
        self._marks = tuple(marks)
        self.redraw()

    def show_all(self) -> None:
        """Show the whole recording, each channel in its strip."""
        self._zoom = 1.0
        super().show_all()

    def show_paper(self) -> None:
        """Show 25 mm a second and 10 mm a millivolt, as far as the screen knows its resolution."""
        millimeter = self.logicalDpiX() / 25.4
        start = self._span[0]
        self.show_span(start, start + self.width_of_time() / (MILLIMETERS_PER_SECOND * millimeter))
        gain = MILLIMETERS_PER_MILLIVOLT * millimeter
        volts = [each for each in self._gains if each in _MILLIVOLTS]
        if volts:
            self._zoom = gain * _MILLIVOLTS[volts[0]] / (self._gains[volts[0]] * self._strip())
        self.redraw()

    def samples_in_view(self) -> slice:
        """Return which samples of the group are in view."""
        group = self._group
        if group is None:
            return slice(0)
        first, last = ((at - group.start) * group.frequency for at in self._span)
        return slice(max(0, int(first)), min(len(group.stored), int(np.ceil(last)) + 1))

    def reading(self, point: QPointF) -> str:
        """Return name, value and time of the channel at a point of the widget."""
        group = self._group
        number = int(point.y() // self._strip()) if group is not None else -1
        if group is None or not 0 <= number < len(group.channels) or point.x() < GUTTER:
            return ""
        channel, at = group.channels[number], self.value_at(point.x())
        sample = round((at - group.start - channel.skew) * group.frequency)
        if not 0 <= sample < len(group.stored):
            return ""
        value = float(group.values(number, slice(sample, sample + 1))[0])
        text = "no data" if np.isnan(value) else f"{value:.5g} {_written(channel.unit)}".strip()
        return f"{channel.name}   {text}   at {at:.3f} s"

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size in which twelve channels can be read."""
        return QSize(800, 480)

    # --- places

    def _strip(self) -> float:
        count = 1 if self._group is None else max(1, len(self._group.channels))
        return max(1.0, (self.height() - _AXIS) / count)

    def _x(self, time: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        start, end = self._span
        return GUTTER + (time - start) / (end - start) * self.width_of_time()

    def _fit_gain(self) -> None:
        """Work out what fills a strip: its part that a unit takes, and the middle of each channel.

        All channels of a unit have one gain, as on paper.
        """
        group = self._group
        if group is None:
            return
        ranges: dict[str, float] = {}
        few = slice(None, None, 1 + len(group.stored) // _ENOUGH)
        self._middles = []
        for number, channel in enumerate(group.channels):
            values = group.values(number, few)
            finite = values[np.isfinite(values)]
            middle = float(np.median(finite)) if finite.size else 0.0
            reach = 2 * float(np.abs(finite - middle).max(initial=0.0))
            self._middles.append(middle)
            ranges[channel.unit] = max(ranges.get(channel.unit, 0.0), reach)
        self._gains = {unit: 0.92 / extent if extent else 1.0 for unit, extent in ranges.items()}
        self._zoom = 1.0

    def pixels_per(self, unit: str) -> float:
        """Return the pixels that one of a unit takes."""
        return self._gains[unit] * self._strip() * self._zoom

    # --- painting

    def redraw(self) -> None:
        """Paint strips anew."""
        self._pixmap = None
        self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint anew in another size."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._pixmap = None

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the strips, and a line at the pointer."""
        if self._pixmap is None:
            self._pixmap = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._pixmap)
        if self._pointer is not None and self._pointer.x() > GUTTER:
            painter.setPen(QPen(self._color("highlight"), 1))
            x = self._pointer.x()
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height() - _AXIS))

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self._color("canvas"))
        group = self._group
        if group is None:
            return pixmap
        painter = QPainter(pixmap)
        area = QRectF(GUTTER, 0, self.width_of_time(), self.height() - _AXIS)
        painter.setClipRect(area)
        self._paint_grid(painter, area)
        self._paint_marks(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color("text"), 0))
        for number in range(len(group.channels)):
            for line in self._lines(number):
                painter.drawPolyline(line)
        painter.setClipping(False)
        self._paint_names(painter)
        self._paint_axis(painter, area)
        painter.end()
        return pixmap

    def _paint_grid(self, painter: QPainter, area: QRectF) -> None:
        """Paint the squares of ECG paper, those that are large enough; of other units lines."""
        units = {channel.unit for channel in self._group.channels} if self._group else set()
        volts = next((unit for unit in units if unit in _MILLIVOLTS), None)
        start, end = self._span
        second = self.width_of_time() / (end - start)
        for (seconds, millivolts), alpha in ((_SMALL, 40), (_LARGE, 95)):
            color = QColor(_GRID)
            color.setAlpha(alpha)
            painter.setPen(color)
            if seconds * second >= _LEAST_SQUARE:
                for at in np.arange(np.ceil(start / seconds), end / seconds) * seconds:
                    x = float(self._x(float(at)))
                    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            step = millivolts / _MILLIVOLTS[volts] * self.pixels_per(volts) if volts else 0
            if step >= _LEAST_SQUARE:
                for y in np.arange(area.top() + self._strip() / 2 % step, area.bottom(), step):
                    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def _paint_marks(self, painter: QPainter, area: QRectF) -> None:
        metrics, free = self.fontMetrics(), area.left()
        for mark in sorted(self._marks, key=lambda mark: mark.start):
            if mark.end < self._span[0] or mark.start > self._span[1]:
                continue
            left, right = float(self._x(mark.start)), float(self._x(mark.end))
            color = self._color("highlight")
            if right > left:
                color.setAlpha(60)
                painter.fillRect(QRectF(left, area.top(), right - left, area.height()), color)
            color.setAlpha(200)
            painter.setPen(color)
            painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()))
            if left >= free:
                painter.setPen(self._color("text"))
                painter.drawText(QPointF(left + 3, area.bottom() - 4), mark.text)
                free = left + 9 + metrics.horizontalAdvance(mark.text)

    def _paint_names(self, painter: QPainter) -> None:
        group, metrics = self._group, self.fontMetrics()
        painter.setPen(self._color("text"))
        for number, channel in enumerate(group.channels if group else ()):
            middle = (number + 0.5) * self._strip()
            name = metrics.elidedText(channel.name, Qt.TextElideMode.ElideRight, GUTTER - 10)
            painter.drawText(QPointF(5, middle), name)
            if self._strip() > 2 * metrics.height():
                faint = self._color("text")
                faint.setAlpha(150)
                painter.setPen(faint)
                unit = metrics.elidedText(
                    _written(channel.unit), Qt.TextElideMode.ElideRight, GUTTER - 10
                )
                painter.drawText(QPointF(5, middle + metrics.height()), unit)
                painter.setPen(self._color("text"))

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(self._color("text"))
        metrics = self.fontMetrics()
        for at in ticks(*self._span, max(2, int(area.width() / 80))):
            x, text = float(self._x(at)), f"{at:.6g} s"
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3))
            left = min(x + 2, self.width() - metrics.horizontalAdvance(text))
            painter.drawText(QPointF(left, self.height() - 5), text)

    def _lines(self, number: int) -> list[QPolygonF]:
        """Return the line of a channel in view; several where values are missing."""
        group = self._group
        seen = self.samples_in_view()
        if group is None or seen.stop <= seen.start:
            return []
        channel = group.channels[number]
        values = group.values(number, seen)
        times = group.start + channel.skew + np.arange(seen.start, seen.stop) / group.frequency
        times, values = envelope(times, values, int(2 * self.width_of_time()))
        middle = (number + 0.5) * self._strip()
        y = middle - (values - self._middles[number]) * self.pixels_per(channel.unit)
        x = np.asarray(self._x(times))
        lines = []
        for part in np.split(np.arange(len(y)), np.flatnonzero(np.diff(np.isfinite(y))) + 1):
            if len(part) and np.isfinite(y[part[0]]):
                points = zip(x[part].tolist(), y[part].tolist(), strict=True)
                lines.append(QPolygonF([QPointF(*point) for point in points]))
        return lines

    def change_gain(self, factor: float) -> None:
        """Draw values higher."""
        self._zoom = min(max(self._zoom * factor, 1e-3), 1e3)
        self.redraw()


def _written(unit: str) -> str:
    """Return a unit as people write it: UCUM has "u" for micro."""
    return f"µ{unit[1:]}" if unit.startswith("u") and unit != "u" else unit
