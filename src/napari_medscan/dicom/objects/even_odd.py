"""Filling contours by the even-odd rule: inner contours and keyholes make holes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def fill_even_odd(
    contours: Sequence[NDArray[np.float64]], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return which pixels have their center inside an odd number of closed contours.

    Parameters
    ----------
    contours : sequence of ndarray, shape (points, 2)
        Row and column of the points of each, in pixels; the centers of pixels are whole numbers.
    shape : tuple of int
        Rows and columns.

    Notes
    -----
    A center on a left or upper edge is inside, one on a right or lower edge is not: neighboring
    regions share no pixel and leave none out.
    """
    rows, columns = shape
    flips = np.zeros((rows, columns + 1), np.int32)
    for points in contours:
        y0, x0 = points.T
        y1, x1 = np.roll(points, -1, axis=0).T
        low, high = np.minimum(y0, y1), np.maximum(y0, y1)
        first = np.clip(np.ceil(low), 0, rows).astype(np.intp)
        last = np.clip(np.ceil(high), 0, rows).astype(np.intp)
        counts = last - first
        edges = np.repeat(np.arange(len(points)), counts)
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        at = first[edges] + np.arange(len(edges)) - starts
        slope = (x1 - x0)[edges] / (y1 - y0)[edges]
        crossing = x0[edges] + (at - y0[edges]) * slope
        places = np.clip(np.ceil(crossing), 0, columns).astype(np.intp)
        np.add.at(flips, (at, places), 1)
    inside: NDArray[np.bool_] = np.cumsum(flips[:, :columns], axis=1) % 2 == 1
    return inside
