"""The gray images in which strings are looked for: the luminance, and what differs in color.

Letters of the luminance of what is behind them, red on green, are seen in color alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

APART = 4
"""Pixels over which an edge is measured, so that a blurred one counts too."""
LEAST_EDGE = 6
"""Gray levels: the edge of a letter differs by more."""
LEAST_COLOR = 24
"""Levels over which the difference of two channels varies; lossy compression makes less."""
MARGIN = 16
"""Pixels around what has edges."""
LEAST_RANGE = 10
"""Gray levels: the cells of a letter, and those that touch them, differ by more."""
BESIDE = 3
"""Cells around one with an edge that are looked at too."""

Gray = NDArray[np.uint8]
Picture = NDArray[np.uint8]
Values = NDArray[np.float32]


def planes(picture: Picture) -> list[Gray]:
    """Return the luminance of an image, and if it has colors, what differs most in them.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)

    Returns
    -------
    list of ndarray of uint8, shape (height, width)
    """
    if picture.ndim == 2:
        return [picture]
    red, green, blue = (np.ascontiguousarray(picture[..., index]) for index in range(3))
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return [green]
    light, colors = luminance(picture), colors_apart(red, green, blue)
    if colors is None or _is_colormap(light, colors):
        return [light]
    return [light, colors]


def _is_colormap(light: Gray, colors: Gray) -> bool:
    """Whether each luminance has one color, so that colors show nothing more."""
    pairs = np.bincount(light.ravel().astype(np.intp) * 256 + colors.ravel(), minlength=1 << 16)
    present = pairs.reshape(256, 256) > 0
    spread = 255 - present[:, ::-1].argmax(axis=1) - present.argmax(axis=1)
    return bool((spread[present.any(axis=1)] < LEAST_COLOR).all())


def luminance(picture: Picture) -> Gray:
    """Return the luminance (ITU-R BT.601), as JPEG has it."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return (picture.astype(np.float32) @ weights).round().astype(np.uint8)


def colors_apart(red: Gray, green: Gray, blue: Gray) -> Gray | None:
    """Return the one color difference whose edges are the strongest, or None without color.

    It is the first principal component of the edges of R - G and B - G.
    """
    differences = [one.astype(np.float32) - green for one in (red, blue)]
    if max(float(np.ptp(one)) for one in differences) < LEAST_COLOR:
        return None
    edges = np.stack([np.concatenate([part.ravel() for part in _edges(d)]) for d in differences])
    share = np.linalg.eigh(edges @ edges.T)[1][:, -1]
    share = share * np.sign(share[np.abs(share).argmax()])
    values = share[0] * differences[0] + share[1] * differences[1]
    low, high = float(values.min()), float(values.max())
    scaled: Gray = ((values - low) * (255 / max(high - low, 255))).round().astype(np.uint8)
    return scaled


def _edges(values: Values) -> tuple[Values, Values]:
    """Return how far values are from those some pixels below, and to the right."""
    return values[APART:] - values[:-APART], values[:, APART:] - values[:, :-APART]


def edge_extent(gray: Gray) -> tuple[slice, slice]:
    """Return rows and columns around all that has edges; empty ones if nothing has."""
    rows, columns = (np.zeros(size, bool) for size in gray.shape)
    for axis in (0, 1):
        if gray.shape[axis] <= APART:
            continue
        moved = np.moveaxis(gray, axis, 0)
        one, two = moved[APART:], moved[:-APART]
        marks = np.maximum(one, two) - np.minimum(one, two) > LEAST_EDGE
        along, across = (rows, columns) if axis == 0 else (columns, rows)
        along[APART:] |= marks.any(axis=1)
        across |= marks.any(axis=0)
    return _around(rows), _around(columns)


def edge_cells(gray: Gray, size: int) -> NDArray[np.bool_]:
    """Return which cells have an edge, or are near one.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    size : int
        Pixels that a cell is high and wide.

    Returns
    -------
    ndarray of bool, shape (ceil(height / size), ceil(width / size))
    """
    from scipy import ndimage

    rows, columns = (-length % size for length in gray.shape)
    highest = lowest = np.pad(gray, ((0, rows), (0, columns)), mode="edge")
    for axis in (0, 1):
        steps = [
            np.s_[start::size] if axis == 0 else np.s_[:, start::size] for start in range(size)
        ]
        highest = np.maximum.reduce([highest[step] for step in steps])
        lowest = np.minimum.reduce([lowest[step] for step in steps])
    apart = ndimage.maximum_filter(highest, 3) - ndimage.minimum_filter(lowest, 3)
    near: NDArray[np.bool_] = ndimage.maximum_filter(apart > LEAST_RANGE, 2 * BESIDE + 1)
    return near


def _around(marks: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(marks)
    if not places.size:
        return slice(0, 0)
    return slice(max(int(places[0]) - APART - MARGIN, 0), int(places[-1]) + MARGIN + 1)
