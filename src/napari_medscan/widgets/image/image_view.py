"""Images as they would be sent, and the mouse on them."""

from __future__ import annotations

from magicgui.widgets import PushButton
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

from napari_medscan.privacy.sealed_image import SealedImage
from napari_medscan.privacy.text_check import Box
from napari_medscan.widgets.image.contact_sheet import Sheet
from napari_medscan.widgets.panel.form import button

_LEAST = 4.0
"""Pixels on screen; a shorter drag is a click."""
_WHOLE = QRectF(0, 0, 1, 1)
_MOST_BYTES = 2**27
"""Of images that are decoded for a look at several: those before the eyes, and some more."""


class ImageView(QWidget):
    """Shows the very bytes, decoded as they come into view; a rectangle can be drawn on one image.

    Attributes
    ----------
    seen : Signal
        When all of some images has been painted on screen: a tuple of SealedImage, and how many
        pixels of the screen each of theirs took.
    clicked : Signal
        An image was clicked, where the mouse does not draw: its number.
    left_out : Signal
        The user wants to leave an image out.
    drawn : Signal
        A rectangle was drawn on an image (QRectF), in shares of it before it was cropped.
    can_draw, can_leave_out : bool
        Whether the mouse draws, and whether each of several images can be left out.
    """

    seen = Signal(object, float)
    clicked = Signal(int)
    left_out = Signal(object)
    drawn = Signal(QRectF)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Image that will leave this program")
        self.sheet = Sheet()
        self._fixed: float | None = None
        self._scale = 0.0
        self._part = QRectF(_WHOLE)
        self._is_current = False
        self._places: list[QRectF] = []
        self._unseen: dict[int, QRegion] = {}
        self._decoded: dict[int, QImage] = {}
        self._buttons: dict[int, PushButton] = {}
        self._start: QPointF | None = None
        self._end = QPointF()
        self._at = 0
        self.can_draw = self.can_leave_out = False

    def show_sheet(
        self, sheet: Sheet, part: QRectF = _WHOLE, *, scale: float | None = None
    ) -> None:
        """Show images.

        Parameters
        ----------
        sheet : Sheet
            The very bytes that would leave, and what is outlined over them.
        part : QRectF
            What part of the image before it was cropped that is, in shares; of one image alone.
        scale : float, optional
            Pixels of the screen for each of an image, below which each one with suspected text can
            be left out; as large as there is room by default.
        """
        if sheet is not self.sheet:
            self._decoded.clear()
        self.sheet, self._part, self._fixed, self._is_current = sheet, part, scale, True
        for before in self._buttons.values():
            before.native.deleteLater()
        self._buttons = {}
        if self.can_leave_out and scale is not None:
            self._buttons = {
                number: self._leave_out_button(image)
                for number, image in enumerate(sheet.images)
                if image.is_suspected
            }
        self._lay_out()

    def fade(self) -> None:
        """Say that this is not what would be sent any more."""
        self._is_current, self._start = False, None
        self._unseen.clear()
        self.update()

    def clear(self) -> None:
        """Show none."""
        self.show_sheet(Sheet())
        self.fade()

    def place(self, number: int = 0) -> QRectF:
        """Return where in the widget an image is."""
        return QRectF(self._places[number]) if number < len(self._places) else QRectF()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint what is in view, and note what of it has been on screen."""
        if event is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(1.0 if self._is_current else 0.3)
        # Of what is painted for an image of the window, not all is on screen.
        on_screen, seen = event.region() & self.visibleRegion(), []
        for number, place in enumerate(self._places):
            if not event.region().intersects(place.toRect()):
                continue
            decoded, image = self._image(number), self.sheet.images[number]
            painter.drawImage(place, decoded)
            if not self._is_current or decoded.isNull():
                continue
            for outline in image.exposed:
                _outline(painter, _on_screen(place, image, outline.box), is_sure=outline.is_sure)
            if number in self._unseen:
                self._unseen[number] -= on_screen
                if self._unseen[number].isEmpty():
                    del self._unseen[number]
                    seen.append(image)
        if self._start is not None:
            painter.setPen(QPen(QColor(255, 255, 255), 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self._start, self._end).normalized())
        if seen:
            self.seen.emit(tuple(seen), self._scale)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Count as seen what is painted from now on: it lies elsewhere, and has another size."""
        super().resizeEvent(event)
        self._lay_out()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin a rectangle, or choose an image."""
        if event is None or event.button() != Qt.MouseButton.LeftButton or not self._is_current:
            return
        places = enumerate(self._places)
        at = next((number for number, place in places if place.contains(event.position())), None)
        if at is None:
            return
        if self.can_draw:
            self._at, self._start, self._end = at, event.position(), event.position()
        else:
            self.clicked.emit(at)

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Do nothing: its first click was taken."""

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw it on."""
        if event is not None and self._start is not None:
            place = self.place(self._at)
            x = min(max(event.position().x(), place.left()), place.right())
            y = min(max(event.position().y(), place.top()), place.bottom())
            self._end = QPointF(x, y)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End it."""
        if self._start is None:
            return
        self.mouseMoveEvent(event)
        drawn, place = QRectF(self._start, self._end).normalized(), self.place(self._at)
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

    def _lay_out(self) -> None:
        """Place the images, all of which have still to be seen where they are now."""
        self._places, below = [], 0
        if self.sheet.images:
            room = self.width(), self.height()
            self._scale = self._fixed or self.sheet.fitting(*room)
            if self._buttons:
                below = max(part.native.sizeHint().height() for part in self._buttons.values())
            self._places = self.sheet.places(self._scale, *room, below)
        self._unseen = {number: QRegion(p.toRect()) for number, p in enumerate(self._places)}
        for number, part in self._buttons.items():
            place = self._places[number].toRect()
            part.native.move(place.left(), place.bottom() + 1)
        if self._fixed and self._places:
            # What does not fit is scrolled.
            bottom = max(place.bottom() for place in self._places) + below
            self.setMinimumSize(round(self.sheet.largest[1] * self._scale), round(bottom))
        self.update()

    def _image(self, number: int) -> QImage:
        """Return an image, decoded as large as it is painted."""
        decoded, image = self.sheet.decoded[number], self.sheet.images[number]
        if decoded.width() >= min(self._places[number].width(), image.shape[1]):
            return decoded
        if number not in self._decoded:
            while sum(each.sizeInBytes() for each in self._decoded.values()) >= _MOST_BYTES:
                self._decoded.pop(next(iter(self._decoded)))
            return self._decoded.setdefault(number, QImage.fromData(image.data))
        return self._decoded[number]

    def _leave_out_button(self, image: SealedImage) -> PushButton:
        why = "Do not send this image, which may contain text"
        made = button("leave_out", "Leave out", why, lambda: self.left_out.emit((image,)))
        made.native.setParent(self)
        made.native.show()
        return made


def _on_screen(place: QRectF, image: SealedImage, box: Box) -> QRectF:
    """Return where a box of an image is on screen."""
    top, left = box.top, box.left
    if image.crop is not None:
        top, left = top - max(image.crop.top, 0), left - max(image.crop.left, 0)
    down, across = place.height() / image.shape[0], place.width() / image.shape[1]
    return QRectF(
        place.x() + left * across, place.y() + top * down, box.width * across, box.height * down
    )


def _outline(painter: QPainter, rectangle: QRectF, *, is_sure: bool) -> None:
    style = Qt.PenStyle.SolidLine if is_sure else Qt.PenStyle.DashLine
    for width, color in ((3, QColor(0, 0, 0)), (1, QColor(255, 190, 0))):
        painter.setPen(QPen(color, width, style))
        painter.drawRect(rectangle.adjusted(-2, -2, 2, 2))
