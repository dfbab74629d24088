"""The built-in check: boxes around what the network takes for strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in.findings import Box, Level
from napari_medscan.privacy.burned_in.network import STRIDE, text_map
from napari_medscan.privacy.picture import LONGEST

REDUCED = (1, 4)
"""Times: the network knows strings up to some 44 pixels high, these make it 176."""
LEAST_SIDE = 8
"""Pixels of a picture; a smaller one holds no string."""
EDGE = 0.25
"""What a cell's mark must be to belong to a string."""
SURE, MAYBE = (0.9, 4), (0.8, 4)
"""The mean mark of a string's best cells, and how many cells it must have."""
STILL = 6
"""Grey levels that lossy compression may change in what stays."""
MOST_STILL = 0.97
"""Share of the pixels: above it the pictures are copies of one another."""

Gray = NDArray[np.uint8]
Picture = NDArray[np.uint8]


def in_picture(picture: Picture) -> list[Box]:
    """Find strings in one picture, of one or three channels."""
    return list(_boxes(_gray(picture), REDUCED))


def in_stack(picture: Picture, others: Sequence[Picture]) -> list[Box] | None:
    """Find strings that are in all pictures while the rest moves.

    Returns
    -------
    list of Box, or None
        None when too little differs between the pictures to tell.
    """
    low = high = _gray(picture)
    for other in others:
        one = _gray(other)
        low, high = np.minimum(low, one), np.maximum(high, one)
    if (high - low <= STILL).mean() > MOST_STILL:
        return None
    # Of the smallest values bright strokes are left that stay, of the greatest dark ones.
    # Not reduced: what is left of anatomy is then much like large letters.
    return [*_boxes(low, (1,)), *_boxes(high, (1,))]


def _gray(picture: Picture) -> Gray:
    """Return the luminance (ITU-R BT.601), as JPEG has it."""
    if picture.ndim == 2:
        return picture
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return (picture.astype(np.float32) @ weights).round().astype(np.uint8)


def _boxes(gray: Gray, reductions: Sequence[int]) -> Iterator[Box]:
    """Yield the boxes of small strings, and in reduced pictures of larger ones."""
    rows, columns = gray.shape
    if min(rows, columns) < LEAST_SIDE:
        return
    # A larger picture is looked at reduced, as it is sent.
    first = -(-max(rows, columns) // LONGEST)
    for times in reductions:
        factor = first * times
        if min(rows, columns) >= factor * LEAST_SIDE:
            yield from marked(text_map(reduced(gray, factor)), factor * STRIDE, (rows, columns))


def reduced(gray: Gray, factor: int) -> Gray:
    """Return a picture a whole number of times smaller, each pixel a mean."""
    if factor == 1:
        return gray
    rows, columns = (-size % factor for size in gray.shape)
    whole = np.pad(gray, ((0, rows), (0, columns)), mode="edge")
    # A product of matrices would need the whole picture as float; sums of views do not.
    parts = [whole[y::factor, x::factor] for y in range(factor) for x in range(factor)]
    total = np.zeros(parts[0].shape, np.uint32)
    for part in parts:
        total += part
    return ((total + factor * factor // 2) // (factor * factor)).astype(np.uint8)


def marked(marks: NDArray[np.float32], cell: int, shape: tuple[int, int]) -> Iterator[Box]:
    """Yield a box for each group of marked cells that is large and sure enough.

    Parameters
    ----------
    marks : ndarray of float32, shape (rows, columns)
        From 0 to 1.
    cell : int
        Pixels of the picture that a cell is wide and high.
    shape : (int, int)
        Height and width of the picture, in pixels.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(marks >= EDGE, structure=np.ones((3, 3)))
    for index, place in enumerate(ndimage.find_objects(labels), 1):
        values = np.sort(marks[place][labels[place] == index])[::-1]
        level = _level(values)
        if level is None:
            continue
        # A cell that a string covers by less than half is not marked.
        top, left = (max(0, part.start * cell - cell // 2) for part in place)
        bottom, right = (
            min(size, part.stop * cell + cell // 2) for part, size in zip(place, shape, strict=True)
        )
        yield Box(top, left, bottom - top, right - left, level)


def _level(values: NDArray[np.float32]) -> Level | None:
    """Judge the marks of a group, the best of which come first."""
    for level, (least, fewest) in ((Level.FOUND, SURE), (Level.POSSIBLE, MAYBE)):
        if values.size >= fewest and float(values[:fewest].mean()) >= least:
            return level
    return None
