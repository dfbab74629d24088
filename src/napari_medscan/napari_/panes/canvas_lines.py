"""Lines over a canvas, drawn by Qt: napari's own layers take two to six times as long."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import QEvent, QLineF, QObject, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.panes.canvas_plane import Segment

_SHADE = QColor(0, 0, 0, 130)
"""Beneath a line: it is seen on white bone and on the white canvas of the light theme."""

_MARGIN, _LEAST_LENGTH = 34, 100
"""Pixels at the edges of a canvas that belong to the letters of the orientation, and pixels of a
side below which lines go to its edges."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a canvas.

    Parameters
    ----------
    segment : tuple of float
        Its ends; pixels of the canvas.
    color : str
        Qt's name of its color.
    is_dashed : bool
        Whether it is dashed.
    """

    segment: Segment
    color: str
    is_dashed: bool = False


class CanvasLines(QWidget):
    """A transparent widget over a canvas that draws lines and lets every event through.

    Parameters
    ----------
    canvas : QWidget
        What to cover; the lines keep its size.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._lines: tuple[Line, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resize(canvas.size())
        canvas.installEventFilter(self)
        self.hide()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn."""
        return self._lines

    def draw(self, lines: tuple[Line, ...]) -> None:
        """Draw these lines instead of those before."""
        if lines == self._lines:
            return
        self._lines = lines
        # A hidden widget costs no compositing.
        self.setVisible(bool(lines))
        self.update()

    def eventFilter(self, canvas: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Keep the size of the canvas."""
        if event is not None and event.type() == QEvent.Type.Resize and isinstance(canvas, QWidget):
            self.resize(canvas.size())
        return False

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the lines."""
        painter = QPainter(self)
        margin = _MARGIN if min(self.width(), self.height()) > _LEAST_LENGTH + 2 * _MARGIN else 0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in self._lines:
            path = QLineF(*line.segment)
            # It ends before the letters at the edges; one along an edge is drawn at that edge.
            x, y = (0, margin) if abs(path.dx()) < abs(path.dy()) else (margin, 0)
            painter.setClipRect(self.rect().adjusted(x, y, -x, -y))
            for color, width in ((_SHADE, 3.0), (QColor(line.color), 1.2)):
                pen = QPen(color, width)
                if line.is_dashed:
                    pen.setDashPattern([8.0 / width, 5.0 / width])
                painter.setPen(pen)
                painter.drawLine(path)
        painter.end()
