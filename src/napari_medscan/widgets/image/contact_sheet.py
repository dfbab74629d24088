"""Images of one question beside each other, the ones with suspected text first."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QImage

from napari_medscan.dicom import CancelledError
from napari_medscan.napari_.background_task import Latest
from napari_medscan.privacy.sealed_image import SealedImage
from napari_medscan.render.prepare import Look, Preparer, Wish

READABLE = 0.6
"""Pixels of the screen for each of an image at which burned-in text can be read: letters of 12
pixels, which scanners and workstations write, have 7."""
_SMALLEST = 240
"""Pixels of the screen that the largest image of a sheet takes at least."""
_GAP = 4
_REDUCED, _MOST_PIXELS = 160, 2**24
"""Pixels along the side of an image that stands for a larger one, and pixels of all of them."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Images in the order in which they are shown.

    Parameters
    ----------
    images : tuple of SealedImage
        What would leave.
    decoded : tuple of QImage
        Each of them decoded; where there are several, reduced.
    """

    images: tuple[SealedImage, ...] = ()
    decoded: tuple[QImage, ...] = ()

    def without(self, images: Collection[SealedImage]) -> Sheet:
        """Return a sheet that lacks some images."""
        kept = [number for number, image in enumerate(self.images) if image not in images]
        return Sheet(
            tuple(self.images[number] for number in kept),
            tuple(self.decoded[number] for number in kept),
        )

    @property
    def largest(self) -> tuple[int, int]:
        """Greatest height and greatest width of the images."""
        heights, widths = zip(*(image.shape for image in self.images), strict=True)
        return max(heights), max(widths)

    @property
    def readable(self) -> float:
        """Pixels of the screen for each of an image, for a look at all of them."""
        return max(READABLE, _SMALLEST / max(self.largest))

    def fitting(self, width: int, height: int) -> float:
        """Return the greatest scale at which all images have room in so many pixels."""
        (rows, columns), count, gap = self.largest, len(self.images), self._gap
        return max(
            min((width / across - gap) / columns, (height / down - gap) / rows)
            for across in range(1, count + 1)
            for down in (math.ceil(count / across),)
        )

    def places(self, scale: float, width: int, height: int, below: int = 0) -> list[QRectF]:
        """Return where each image is at a scale, in rows that are no wider than some pixels.

        Parameters
        ----------
        scale : float
            Pixels of the screen for each of an image.
        width, height : int
            Pixels, in the middle of which the images are; what has no room is beyond them.
        below : int
            Pixels that stay free below each image.
        """
        rows, columns = self.largest
        right = _pixels(columns, scale) + self._gap
        down = _pixels(rows, scale) + self._gap + below
        across = min(max(width // right, 1), len(self.images))
        left = max(width - across * right, 0) // 2
        top = max(height - math.ceil(len(self.images) / across) * down, 0) // 2
        found = []
        for number, image in enumerate(self.images):
            row, column = divmod(number, across)
            high, wide = (_pixels(extent, scale) for extent in image.shape)
            # On whole pixels: between them it would be blurred.
            x = left + column * right + (right - wide) // 2
            found.append(QRectF(x, top + row * down + self._gap // 2, wide, high))
        return found

    @property
    def _gap(self) -> int:
        """Pixels between images."""
        return _GAP if len(self.images) > 1 else 0


def prepare_sheet(
    work: Latest,
    preparer: Preparer,
    looks: Sequence[Look],
    wish: Wish,
    then: Callable[[tuple[SealedImage, ...], Sheet], object],
    failed: Callable[[Exception], object],
) -> None:
    """Make the images of looks, and their sheet, in a thread that says how far it is."""

    def task(is_stale: Callable[[], bool]) -> tuple[tuple[SealedImage, ...], Sheet]:
        def go_on(done: int, count: int) -> None:
            if is_stale():
                raise CancelledError("canceled")
            work.progressed.emit(done, count)

        images = preparer.prepare(looks, wish, go_on)
        return images, make_sheet(images)

    work.start(task, lambda made: then(*made), failed)


def make_sheet(images: Sequence[SealedImage]) -> Sheet:
    """Decode images and put them in order; takes its time, and may run in any thread."""
    if len(images) == 1:
        return Sheet(tuple(images), (QImage.fromData(images[0].data),))
    ordered = sorted(images, key=lambda image: (not image.exposed, not image.is_suspected))
    way = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    side = min(_REDUCED, math.isqrt(_MOST_PIXELS // len(images)))
    decoded = (QImage.fromData(image.data).scaled(side, side, *way) for image in ordered)
    return Sheet(tuple(ordered), tuple(decoded))


def _pixels(extent: int, scale: float) -> int:
    """Return whole pixels, no more than there is room for."""
    return max(math.floor(extent * scale + 1e-6), 1)
