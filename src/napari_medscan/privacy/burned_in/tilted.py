"""Tilted strings: a small network on top of the other's middle says where, and tilted by how much.

The network knows strings that are level, on a side or on their head, tilted by some 15° at
most. Of any other angle, they are one of these when the part is turned, and it looks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import looks
from napari_medscan.privacy.burned_in.convolution import (
    Cells,
    Floats,
    convolve,
    convolve_some,
    positive,
)
from napari_medscan.privacy.burned_in.findings import Box
from napari_medscan.privacy.burned_in.network import STRIDE, layers_of, text_map

ANGLES = (30, 45, 60)
"""Degrees, counterclockwise, that the small network tells apart; a right angle more is the same."""
CELL = 2 * STRIDE
"""Pixels that its cells are high and wide."""
FAINTEST = -1.6
"""The log odds that something is tilted for it to be turned."""
BESIDE = 0.8
"""What the log odds of another angle may be below those of the likeliest for it to be tried."""
MOST, MOST_REDUCED = 5, 1
"""So many places are looked at turned, those with the best odds; of a reduced image, which is
smaller, fewer."""
APART = 7
"""Cells, odd: no two places are nearer."""
NEAR = 48
"""Pixels from a place that a first turned look sees."""
ACROSS, ALONG = 64, 128
"""The same across and along the string, of the second, which measures it."""
HINT = 0.3
"""What a first turned look must mark for the second to be taken."""

Gray = NDArray[np.uint8]
Place = tuple[int, int]


def boxes(gray: Gray, middle: Floats, cells: Cells, most: int = MOST) -> list[Box]:
    """Return boxes around tilted strings, in pixels.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    middle : ndarray of float32
        What `network.maps` makes of it.
    cells : ndarray of bool
        Where that looked.
    most : int
        So many places are looked at.
    """
    found: list[Box] = []
    for place, angles in places(tilts(middle, cells), most):
        if not any(_holds(box, place) for box in found):
            found += _at(gray, place, angles)
    return found


def tilts(middle: Floats, cells: Cells) -> Floats:
    """Return the log odds that a string is tilted by each of `ANGLES`, of every cell.

    Parameters
    ----------
    middle : ndarray of float32, shape (height, width, channels)
    cells : ndarray of bool, shape (up to 2 * height, up to 2 * width)

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
    """
    narrow, wide, last = layers_of("tilt_weights.npz")
    high, across, _ = middle.shape
    every = np.zeros((2 * high, 2 * across), bool)
    every[: cells.shape[0], : cells.shape[1]] = cells
    some = np.logical_or.reduce(every.reshape(high, 2, across, 2), axis=(1, 3))
    values = positive(convolve(middle, narrow))
    return convolve(convolve_some(values, wide, 1, some, 0), last)


def places(odds: Floats, most: int = MOST) -> Iterator[tuple[Place, list[int]]]:
    """Yield where something is likely to be tilted, in pixels, and the angles, the likeliest first.

    Parameters
    ----------
    odds : ndarray of float32, shape (height, width, 3)
        What `tilts` returns.
    most : int
        So many places.
    """
    from scipy import ndimage

    smooth = ndimage.uniform_filter(odds, (3, 3, 1))
    best = smooth.max(axis=2)
    peaks = (best > FAINTEST) & (best == ndimage.maximum_filter(best, APART))
    for row, column in sorted(np.argwhere(peaks).tolist(), key=lambda at: -best[*at])[:most]:
        order = np.argsort(smooth[row, column])[::-1]
        likely = order[smooth[row, column, order] >= best[row, column] - BESIDE]
        place = (CELL * row + CELL // 2, CELL * column + CELL // 2)
        yield place, [ANGLES[index] for index in likely]


def _holds(box: Box, place: Place) -> bool:
    row, column = place[0] - box.top, place[1] - box.left
    return 0 <= row < box.height and 0 <= column < box.width


def _at(gray: Gray, place: Place, angles: Iterable[int]) -> list[Box]:
    """Return boxes around the tilted strings near a place."""
    found = []
    for angle in angles:
        marks = text_map(turned(gray, place, angle, (NEAR, NEAR)))
        if looks.mean_of_best(marks.ravel()) < HINT:
            continue
        high, wide = np.ptp(np.argwhere(marks >= looks.EDGE), axis=0)
        reach = (ACROSS, ALONG) if wide >= high else (ALONG, ACROSS)
        part = turned(gray, place, angle, reach)
        for group, level in looks.judged(part, looks.groups(text_map(part))):
            corners = np.array(
                [(y, x) for y in (group.top, group.bottom) for x in (group.left, group.right)]
            )
            back = _turning(angle) @ (corners - reach).T + np.array(place)[:, np.newaxis]
            top, left = np.maximum(back.min(axis=1), 0).astype(int).tolist()
            end = np.minimum(back.max(axis=1), gray.shape).astype(int).tolist()
            if end[0] > top and end[1] > left:
                found.append(Box(top, left, end[0] - top, end[1] - left, level))
    return found


def turned(gray: Gray, place: Place, angle: float, reach: tuple[int, int]) -> Gray:
    """Return what is around a place, turned by an angle; beyond the image its edge goes on.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    place : (int, int)
        Row and column.
    angle : float
        Degrees: what rises to the right by so many is level afterwards.
    reach : (int, int)
        Half of the height and of the width, in pixels.

    Returns
    -------
    ndarray of uint8, of twice that shape
    """
    from scipy import ndimage

    around = ceil(np.hypot(*reach)) + 1
    top, left = (max(0, middle - around) for middle in place)
    part = gray[top : place[0] + around, left : place[1] + around].astype(np.float32)
    turning = _turning(angle)
    middle = np.array(place) - (top, left)
    offset = middle - turning @ np.array(reach)
    shape = (2 * reach[0], 2 * reach[1])
    values = ndimage.affine_transform(part, turning, offset, shape, order=1, mode="nearest")
    result: Gray = values.round().astype(np.uint8)
    return result


def _turning(angle: float) -> NDArray[np.float64]:
    """Return what takes rows and columns of a turned part to those of the image."""
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return np.array([[cosine, -sine], [sine, cosine]])
