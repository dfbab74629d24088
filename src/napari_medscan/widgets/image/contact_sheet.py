"""Several images on one sheet, the ones with suspected text first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor, QImage, QPainter

from napari_medscan.privacy.sealed_image import Concern, SealedImage
from napari_medscan.privacy.text_check import Box

_GAP = 4
MOST_PIXELS = 72_000_000
"""Of a sheet: 85 images of 896 × 896 pixels, 216 MB."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Images as they are shown: decoded, beside each other.

    Parameters
    ----------
    images : tuple of SealedImage
        In the order in which they are shown.
    picture : QImage
        All of them.
    places : tuple of QRectF
        Where each is, in shares of the sheet.
    reduction : float
        Pixels of an image for each pixel of the sheet, 1 or more.
    """

    images: tuple[SealedImage, ...]
    picture: QImage
    places: tuple[QRectF, ...]
    reduction: float = 1.0

    @property
    def outlines(self) -> list[tuple[QRectF, bool]]:
        """Where text was found and is neither masked nor cropped away, and whether it is sure."""
        return [
            (_within(place, image, outline.box), outline.is_sure)
            for image, place in zip(self.images, self.places, strict=True)
            for outline in image.exposed
        ]


def make_sheet(images: Sequence[SealedImage]) -> Sheet:
    """Decode images and put them on a sheet; takes its time, and may run in any thread."""
    ordered = tuple(sorted(images, key=lambda image: Concern.TEXT not in image.concerns))
    if len(ordered) == 1:
        picture = QImage.fromData(ordered[0].data)
        return Sheet(ordered, picture, (QRectF(0, 0, 1, 1),))
    height = max(image.shape[0] for image in ordered)
    width = max(image.shape[1] for image in ordered)
    columns = math.ceil(math.sqrt(len(ordered)))
    rows = math.ceil(len(ordered) / columns)
    reduction = max(1.0, math.sqrt(rows * columns * height * width / MOST_PIXELS))
    across, down = math.ceil(width / reduction) + _GAP, math.ceil(height / reduction) + _GAP
    sheet = QImage(columns * across, rows * down, QImage.Format.Format_RGB888)
    sheet.fill(QColor(0, 0, 0))
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    places = []
    for number, image in enumerate(ordered):
        row, column = divmod(number, columns)
        size = image.shape[1] / reduction, image.shape[0] / reduction
        place = QRectF(column * across, row * down, *size)
        painter.drawImage(place, QImage.fromData(image.data))
        places.append(_share(place, sheet))
    painter.end()
    return Sheet(ordered, sheet, tuple(places), reduction)


def _share(place: QRectF, sheet: QImage) -> QRectF:
    width, height = sheet.width(), sheet.height()
    return QRectF(
        place.x() / width, place.y() / height, place.width() / width, place.height() / height
    )


def _within(place: QRectF, image: SealedImage, box: Box) -> QRectF:
    """Return where a box of an image is on the sheet."""
    top, left, height, width = box.top, box.left, box.height, box.width
    if image.crop is not None:
        top, left = top - max(image.crop.top, 0), left - max(image.crop.left, 0)
    across, down = place.width() / image.shape[1], place.height() / image.shape[0]
    return QRectF(place.x() + left * across, place.y() + top * down, width * across, height * down)
