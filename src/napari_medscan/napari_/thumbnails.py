"""Thumbnails of series, read while nobody waits for them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QPointF, QRectF, QSize, Qt, QTimer
from qtpy.QtGui import QColor, QIcon, QImage, QPainter, QPixmap, QPolygonF

from napari_medscan.dicom import Stack
from napari_medscan.dicom.intensity.window import percentile_limits

ICON = 48
"""Side of a thumbnail on the screen, in pixels."""
SIDE = 2 * ICON
"""Longest side as read: twice what is on the screen, for screens with two pixels per point."""
_ENOUGH = 4 * SIDE
_LOOK_MS = 20
_START_MS = 150
"""A layer just opened is drawn first."""


def thumbnail(stack: Stack) -> QImage | None:
    """Return the middle slice as the first window of the file shows it.

    Parameters
    ----------
    stack : Stack
        What to show; its frame is read through its array, and so through the cache.

    Returns
    -------
    QImage or None
        At most `SIDE` pixels wide and high, in the proportions of the patient; None when the slice
        cannot be read.
    """
    number = stack.typical
    frame = stack.array.frame(number)
    if number in stack.problems:
        return None
    # Large images are thinned out first, so that smooth scaling stays cheap.
    rows, columns = (max(1, extent // _ENOUGH) for extent in frame.shape[:2])
    pixels = np.ascontiguousarray(_drawn(stack, frame[::rows, ::columns]))
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_RGB888 if stack.is_rgb else QImage.Format.Format_Grayscale8
    # Copied, since Qt would go on using bytes that Python gives away.
    image = QImage(pixels.tobytes(), width, height, pixels.strides[0], kind).copy()
    _, row_spacing, column_spacing = stack.geometry.spacing
    proportions = QSize(
        max(1, round(1000 * frame.shape[1] * column_spacing)),
        max(1, round(1000 * frame.shape[0] * row_spacing)),
    ).scaled(QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatio)
    return image.scaled(
        proportions.expandedTo(QSize(1, 1)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def _drawn(stack: Stack, frame: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return gray values or colors from 0 to 255."""
    values = np.nan_to_num(np.asarray(frame, dtype=np.float32))
    if stack.is_rgb:
        return np.clip(values, 0, 255).astype(np.uint8)
    windows = stack.windows
    low, high = windows[0].limits if windows else percentile_limits(frame, stack.padding)
    gray: NDArray[np.uint8] = np.clip(
        (values - low) * (255 / max(high - low, 1e-12)), 0, 255
    ).astype(np.uint8)
    return np.invert(gray) if stack.is_inverted else gray


def series_icon(image: QImage | None, modality: str, *, marked: bool = False) -> QIcon:
    """Return a black square with the thumbnail, or the modality, and a warning sign."""
    side = 2 * ICON
    pixmap = QPixmap(side, side)
    pixmap.fill(QColor("black"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if image is None:
        painter.setPen(QColor("#9a9a9a"))
        font = painter.font()
        font.setPixelSize(side // 4)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, side, side), Qt.AlignmentFlag.AlignCenter, modality[:4])
    else:
        painter.drawImage((side - image.width()) // 2, (side - image.height()) // 2, image)
    if marked:
        _draw_warning(painter, QRectF(side - 40, side - 38, 36, 33))
    painter.end()
    pixmap.setDevicePixelRatio(2)
    icon = QIcon(pixmap)
    # Qt would tint the image of a selected row.
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _draw_warning(painter: QPainter, place: QRectF) -> None:
    """Draw a triangle with an exclamation mark."""
    top = QPointF(place.center().x(), place.top())
    painter.setPen(QColor("black"))
    painter.setBrush(QColor("#ffcc33"))
    painter.drawPolygon(QPolygonF([top, place.bottomRight(), place.bottomLeft()]))
    font = painter.font()
    font.setPixelSize(24)
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(place.translated(0, 3), Qt.AlignmentFlag.AlignCenter, "!")


class Thumbnails(QObject):
    """Reads thumbnails one after the other in the background.

    One at a time, so that a list of a hundred series takes no more than one
    disk read or decoding process from the image that is looked at.

    Parameters
    ----------
    on_ready : callable
        Called in the GUI thread as ``on_ready(stack, image)``; the image is None when there is no
        image.
    parent : QObject
        Whatever shows them.
    """

    def __init__(
        self, on_ready: Callable[[Stack, QImage | None], object], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._on_ready: Callable[[Stack, QImage | None], object] | None = on_ready
        self._waiting: deque[Stack] = deque()
        self._reading: tuple[Stack, Future[QImage | None]] | None = None
        # Looking whether a thread is done needs no signal across threads, which could arrive
        # when its receiver is gone.
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def ask(self, stacks: Sequence[Stack]) -> None:
        """Read these next, instead of those still waiting."""
        now = None if self._reading is None else self._reading[0]
        self._waiting = deque(stack for stack in stacks if stack is not now)
        if self._waiting and not self._timer.isActive():
            self._timer.start(_START_MS)

    def release(self) -> None:
        """Read no more; what is being read is dropped."""
        self._timer.stop()
        self._waiting.clear()
        self._reading = None
        self._on_ready = None

    def _look(self) -> None:
        self._timer.setInterval(_LOOK_MS)
        if self._reading is not None:
            stack, future = self._reading
            if not future.done():
                return
            self._reading = None
            if self._on_ready is not None:
                self._on_ready(stack, future.result())
        if not self._waiting:
            self._timer.stop()
            return
        stack, future = self._waiting.popleft(), Future()
        self._reading = stack, future
        threading.Thread(
            target=_read, args=(stack, future), name="medscan-thumbnail", daemon=True
        ).start()


def _read(stack: Stack, future: Future[QImage | None]) -> None:
    try:
        future.set_result(thumbnail(stack))
    except Exception:  # noqa: BLE001 - no image is the worst that a thumbnail may come to
        future.set_result(None)
