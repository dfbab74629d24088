"""Tilted strings: where the network faintly marks something, it looks again with the part turned.

It knows strings that are level, on a side or on their head, tilted by some 15° at most.
Turned by 30° and 60°, what is tilted by any other angle is one of these; at 45° just so.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import looks
from napari_medscan.privacy.burned_in.findings import Box
from napari_medscan.privacy.burned_in.network import text_map

ANGLES, BETWEEN = (30, 60), 45
"""Degrees, counterclockwise."""
FAINT, CLEARER = 0.01, 0.02
"""What a cell's mark must be for something tilted to be there, and to be turned between the two."""
MOST = 10
"""So many places are looked at turned, those with the best marks."""
NEAR, FAR = 48, 128
"""Pixels from a place: what a first turned look sees, and one that measures the string."""
HINT = 0.25
"""What a first turned look must mark for the second to be taken."""
SURE, MAYBE = 3.5, 2.5
"""What the log odds must be: more than of a part that is not turned, since so many are."""

Gray = NDArray[np.uint8]
Place = tuple[int, int]


def boxes(gray: Gray, marks: looks.Marks) -> list[Box]:
    """Return boxes around tilted strings, in pixels.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    marks : ndarray of float32
        What `text_map` makes of it.
    """
    found: list[Box] = []
    faint = sorted(looks.groups(marks, FAINT), key=lambda group: group.mark, reverse=True)
    places = [group for group in faint if group.mark < looks.SETTLED]
    for group in places[:MOST]:
        if not any(_holds(box, group.best) for box in found):
            angles = ANGLES if group.mark < CLEARER else (*ANGLES, BETWEEN)
            found += _at(gray, group.best, angles)
    return found


def _holds(box: Box, place: Place) -> bool:
    row, column = place[0] - box.top, place[1] - box.left
    return 0 <= row < box.height and 0 <= column < box.width


def _at(gray: Gray, place: Place, angles: Iterable[int]) -> list[Box]:
    """Return boxes around the tilted strings near a place."""
    found = []
    for angle in angles:
        if looks.mean_of_best(text_map(turned(gray, place, angle, NEAR)).ravel()) < HINT:
            continue
        part = turned(gray, place, angle, FAR)
        for group, level in looks.judged(part, looks.groups(text_map(part)), SURE, MAYBE):
            corners = np.array(
                [(y, x) for y in (group.top, group.bottom) for x in (group.left, group.right)]
            )
            back = _turning(angle) @ (corners - FAR).T + np.array(place)[:, np.newaxis]
            top, left = np.maximum(back.min(axis=1), 0).astype(int).tolist()
            end = np.minimum(back.max(axis=1), gray.shape).astype(int).tolist()
            if end[0] > top and end[1] > left:
                found.append(Box(top, left, end[0] - top, end[1] - left, level))
    return found


def turned(gray: Gray, place: Place, angle: float, reach: int) -> Gray:
    """Return the square around a place, turned by an angle; beyond the image its edge goes on.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    place : (int, int)
        Row and column.
    angle : float
        Degrees: what rises to the right by so many is level afterwards.
    reach : int
        Half of the side, in pixels.

    Returns
    -------
    ndarray of uint8, shape (2 * reach, 2 * reach)
    """
    from scipy import ndimage

    around = int(1.5 * reach)
    top, left = (max(0, middle - around) for middle in place)
    part = gray[top : place[0] + around, left : place[1] + around].astype(np.float32)
    turning = _turning(angle)
    middle = np.array(place) - (top, left)
    offset = middle - turning @ np.full(2, reach)
    side = (2 * reach, 2 * reach)
    values = ndimage.affine_transform(part, turning, offset, side, order=1, mode="nearest")
    result: Gray = values.round().astype(np.uint8)
    return result


def _turning(angle: float) -> NDArray[np.float64]:
    """Return what takes rows and columns of a turned part to those of the image."""
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return np.array([[cosine, -sine], [sine, cosine]])
