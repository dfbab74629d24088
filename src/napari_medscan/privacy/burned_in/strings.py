"""The built-in check: strings of all sizes, in a picture and in the mean of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import looks, tilted
from napari_medscan.privacy.burned_in.findings import Box
from napari_medscan.privacy.burned_in.looks import reduced
from napari_medscan.privacy.burned_in.network import STRIDE, maps
from napari_medscan.privacy.burned_in.planes import edge_cells, edge_extent, planes
from napari_medscan.privacy.painting import LONGEST

REDUCED = (1, 4)
"""Times: what is seen are strings up to some 44 pixels high, these make it 176."""
LEAST_SIDE = 8
"""Pixels of a picture; a smaller one holds no string."""
LEAST_REDUCED = 160
"""Pixels of the longer side of one that is looked at reduced: in a smaller one, a string that is
too large to be seen as it is would be higher than a quarter of that."""
STILL = 6
"""Gray levels that lossy compression may change in what stays."""
MOST_STILL = 0.97
"""Share of the pixels: above it the pictures are copies of one another."""

Gray = NDArray[np.uint8]
Picture = NDArray[np.uint8]


def in_picture(picture: Picture) -> list[Box]:
    """Find strings in one picture, of one or three channels."""
    return [box for gray in planes(picture) for box in _boxes(gray, REDUCED, deblur=True)]


def in_stack(picture: Picture, others: Sequence[Picture]) -> list[Box] | None:
    """Find strings that are in all pictures while the rest moves.

    Returns
    -------
    list of Box, or None
        None when too little differs between the pictures to tell.
    """
    low = high = picture
    total = picture.astype(np.float32)
    for other in others:
        low, high = np.minimum(low, other), np.maximum(high, other)
        total += other
    apart = high - low
    if (apart <= STILL).mean() > MOST_STILL:
        return None
    # In the mean what stays is as it was, and what moves is blurred.
    mean = (total / (1 + len(others))).round().astype(np.uint8)
    # Neither reduced nor deblurred: what is left of anatomy is then much like letters.
    return [box for gray in planes(mean) for box in _boxes(gray, (1,), deblur=False)]


def _boxes(gray: Gray, reductions: Sequence[int], *, deblur: bool) -> Iterator[Box]:
    """Yield the boxes of small strings, and in reduced pictures of larger ones."""
    longer = max(gray.shape)
    down, right = edge_extent(gray)
    gray = gray[down, right]
    rows, columns = gray.shape
    if min(rows, columns) < LEAST_SIDE:
        return
    # A larger picture is looked at reduced, as it is sent.
    first = -(-max(rows, columns) // LONGEST)
    for times in reductions:
        factor = first * times
        if min(rows, columns) >= factor * LEAST_SIDE and (times == 1 or longer >= LEAST_REDUCED):
            part = reduced(gray, factor)
            cells = edge_cells(part, STRIDE)
            marks, middle = maps(part, cells)
            # Anatomy that is reduced is as sharp as what deblurring makes of letters.
            smaller = times > 1
            level = looks.boxes(part, marks, deblur=deblur and not smaller, reduced=smaller)
            most = tilted.MOST_REDUCED if smaller else tilted.MOST
            for box in chain(level, tilted.boxes(part, middle, cells, most)):
                found = _scaled(box, factor, rows, columns)
                yield replace(found, top=found.top + down.start, left=found.left + right.start)


def _scaled(box: Box, factor: int, rows: int, columns: int) -> Box:
    """Return a box of a reduced picture in pixels of the whole."""
    top, left = factor * box.top, factor * box.left
    height = min(factor * box.height, rows - top)
    return Box(top, left, height, min(factor * box.width, columns - left), box.level)
