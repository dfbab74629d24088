"""Displayed area, rotation and flip: from an image to the display (PS3.3 C.10.4 and C.10.6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted


class _Tag(IntEnum):
    DisplayedAreaTopLeft = 0x00700052
    DisplayedAreaBottomRight = 0x00700053
    ImageHorizontalFlip = 0x00700041
    ImageRotation = 0x00700042


WANTED_TURN: Final[Wanted] = {
    _Tag.ImageHorizontalFlip: b"CS",
    _Tag.ImageRotation: b"US",
}
WANTED_AREA: Final[Wanted] = {
    _Tag.DisplayedAreaTopLeft: b"SL",
    _Tag.DisplayedAreaBottomRight: b"SL",
}


@dataclass(frozen=True, slots=True)
class DisplayTurn:
    """How an image is turned for display: rotated first, then flipped.

    Parameters
    ----------
    rotation : int
        Degrees clockwise: 0, 90, 180 or 270.
    flip : bool
        Left and right change places.
    """

    rotation: int = 0
    flip: bool = False

    def to_image(self, display: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where parts of the displayed area lie in the area as stored.

        Parameters
        ----------
        display : ndarray, shape (points, 2)
            From the left and from the top of the display, between 0 and 1.

        Returns
        -------
        ndarray, shape (points, 2)
            From the first column and from the first row of the area, between 0 and 1.
        """
        across, down = display.T
        if self.flip:
            across = 1 - across
        turned = {
            0: (across, down),
            90: (down, 1 - across),
            180: (1 - across, 1 - down),
            270: (1 - down, across),
        }
        return np.column_stack(turned[self.rotation])


@dataclass(frozen=True, slots=True)
class Area:
    """The displayed area of an image: first and last column and row, from 1."""

    left: int
    top: int
    right: int
    bottom: int

    def points(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return columns and rows, from the corner of the image, of parts of the stored area."""
        low = np.array((self.left - 1, self.top - 1), float)
        found: NDArray[np.float64] = low + parts * (np.array((self.right, self.bottom)) - low)
        return found


def read_turn(data_set: DataSet) -> DisplayTurn:
    """Return how images are turned; those by other angles are not (PS3.3 C.10.6)."""
    rotation = data_set.integer(_Tag.ImageRotation) or 0
    is_right = rotation % 90 == 0
    flip = data_set.text(_Tag.ImageHorizontalFlip) == "Y"
    return DisplayTurn(rotation % 360 if is_right else 0, flip)


def read_area(item: DataSet) -> Area | None:
    """Return the displayed area of an item, None if it has none of at least one pixel.

    Its corners are those that are upper left and lower right on the display: either may come first
    in the image.
    """
    first = item.integers(_Tag.DisplayedAreaTopLeft)
    last = item.integers(_Tag.DisplayedAreaBottomRight)
    if len(first) != 2 or len(last) != 2:
        return None
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(first, last, strict=True))
    return Area(left, top, right, bottom)


def whole_area(shape: tuple[int, int]) -> Area:
    """Return the area of a whole image of so many rows and columns."""
    return Area(1, 1, shape[1], shape[0])
