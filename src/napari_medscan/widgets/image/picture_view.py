"""The picture as it would be sent, and the mouse on it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QPointF, QRectF, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from qtpy.QtWidgets import QWidget

_LEAST = 4.0
"""Pixels on screen; a shorter drag is a click."""
_WHOLE = QRectF(0, 0, 1, 1)


class PictureView(QWidget):
    """Shows the very bytes, decoded; a rectangle can be drawn on them.

    Attributes
    ----------
    seen : Signal
        When all of the picture has been painted on screen, and whether that was at full size.
    drawn : Signal
        A rectangle was drawn (QRectF), in shares of the picture before it was cropped.
    double_clicked : Signal
        When the user wants to see more of it.
    """

    seen = Signal(bool)
    drawn = Signal(QRectF)
    double_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Image that will leave this program")
        self._image = QImage()
        self._reduction = 1.0
        self._part = QRectF(_WHOLE)
        self._outlines: tuple[tuple[QRectF, bool], ...] = ()
        self._is_current = False
        self._unseen: QRegion | None = None
        self._start: QPointF | None = None
        self._end = QPointF()
        self.can_draw = False

    @property
    def image(self) -> QImage:
        """What is painted: the decoded JPEG."""
        return self._image

    @property
    def is_full_size(self) -> bool:
        """Whether each of its pixels takes at least one of the screen."""
        least = self._image.width() * self._reduction
        return not self._image.isNull() and self.place().width() >= least

    def show_picture(
        self,
        image: QImage,
        outlines: Sequence[tuple[QRectF, bool]] = (),
        part: QRectF = _WHOLE,
        reduction: float = 1.0,
    ) -> None:
        """Show an image, or a sheet of several.

        Parameters
        ----------
        image : QImage
            The very bytes that would leave, decoded.
        outlines : sequence of (QRectF, bool)
            What is outlined over it, in shares of it, and whether that is sure.
        part : QRectF
            What part of the image before it was cropped that is, in shares.
        reduction : float
            How many times smaller than its images a sheet is.
        """
        self._image, self._reduction = image, reduction
        self._part, self._outlines, self._is_current = part, tuple(outlines), True
        self._unseen = QRegion(self.rect())
        self.update()

    def show_same(self, view: PictureView) -> None:
        """Show what another view shows."""
        self.show_picture(view._image, view._outlines, view._part, view._reduction)

    def fade(self) -> None:
        """Say that this is not what would be sent any more."""
        self._is_current, self._unseen, self._start = False, None, None
        self.update()

    def clear(self) -> None:
        """Show none."""
        self._image = QImage()
        self.fade()

    def place(self) -> QRectF:
        """Return where in the widget the picture is."""
        if self._image.isNull():
            return QRectF()
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        # On whole pixels: between them it would be blurred.
        left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
        return QRectF(left, top, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint it, and note what of it has been on screen."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        if self._image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = self.place()
        painter.setOpacity(1.0 if self._is_current else 0.3)
        painter.drawImage(place, self._image)
        if not self._is_current:
            return
        for rectangle, is_sure in self._outlines:
            self._outline(painter, self._on_screen(rectangle), is_sure=is_sure)
        if self._start is not None:
            painter.setPen(QPen(QColor(255, 255, 255), 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self._start, self._end).normalized())
        if self._unseen is not None and event is not None:
            # Of what is painted for a picture of the window, not all is on screen.
            self._unseen -= event.region() & self.visibleRegion()
            if self._unseen.isEmpty():
                self._unseen = None
                self.seen.emit(self.is_full_size)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Count as seen what is painted from now on: it lies elsewhere, and has another size."""
        super().resizeEvent(event)
        if self._is_current:
            self._unseen = QRegion(self.rect())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin a rectangle."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.can_draw and self._is_current and self.place().contains(event.position()):
            self._start = self._end = event.position()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ask for more of it, where the mouse is not to draw."""
        if self.can_draw:
            super().mouseDoubleClickEvent(event)
        elif event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw it on."""
        if event is not None and self._start is not None:
            place = self.place()
            x = min(max(event.position().x(), place.left()), place.right())
            y = min(max(event.position().y(), place.top()), place.bottom())
            self._end = QPointF(x, y)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End it."""
        if self._start is None:
            return
        self.mouseMoveEvent(event)
        drawn, place = QRectF(self._start, self._end).normalized(), self.place()
        self._start = None
        self.update()
        if drawn.width() >= _LEAST and drawn.height() >= _LEAST:
            across, down = self._part.width() / place.width(), self._part.height() / place.height()
            self.drawn.emit(
                QRectF(
                    self._part.left() + (drawn.left() - place.left()) * across,
                    self._part.top() + (drawn.top() - place.top()) * down,
                    drawn.width() * across,
                    drawn.height() * down,
                )
            )

    def _on_screen(self, rectangle: QRectF) -> QRectF:
        place = self.place()
        return QRectF(
            place.left() + rectangle.left() * place.width(),
            place.top() + rectangle.top() * place.height(),
            rectangle.width() * place.width(),
            rectangle.height() * place.height(),
        )

    @staticmethod
    def _outline(painter: QPainter, rectangle: QRectF, *, is_sure: bool) -> None:
        style = Qt.PenStyle.SolidLine if is_sure else Qt.PenStyle.DashLine
        for width, colour in ((3, QColor(0, 0, 0)), (1, QColor(255, 190, 0))):
            painter.setPen(QPen(colour, width, style))
            painter.drawRect(rectangle.adjusted(-2, -2, 2, 2))
