"""Two diameters stay at right angles: the one across turns with the longest one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from napari.layers import Shapes
from numpy.typing import NDArray

_POINT = 1e-6
"""mm: what is shorter has no direction."""
_STILL = 1e-3
"""mm: what would move less stays. napari's vertices have 32 bits: it would never be at rest."""


def crossed(
    longest: NDArray[np.float64], across: NDArray[np.float64], spacing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a line turned about its middle until it is at right angles to another.

    It keeps its length and its plane.

    Parameters
    ----------
    longest, across : ndarray
        Shape (2, n): ends of the lines, in pixels.
    spacing : ndarray
        Shape (n,): mm, or another unit, per pixel along each axis.

    Returns
    -------
    ndarray
        Shape (2, n); `across` itself if a line is a point, or the two are parallel.
    """
    along, line = ((ends[1] - ends[0]) * spacing for ends in (longest, across))
    length, reach = np.linalg.norm(line), np.linalg.norm(along)
    if min(length, reach) < _POINT:
        return across
    along = along / reach
    aside = line - (line @ along) * along
    if np.linalg.norm(aside) < _POINT:
        return across
    half = aside / np.linalg.norm(aside) * length / 2
    middle = across.mean(axis=0) * spacing
    return np.stack([middle - half, middle + half]) / spacing


def square_up(layer: Shapes, pairs: Iterable[tuple[int, int]]) -> None:
    """Turn the diameters across on a layer, where one was drawn or moved at a slant.

    Parameters
    ----------
    layer : Shapes
        Where they are drawn.
    pairs : iterable of (int, int)
        Numbers of the longest diameter and of that across it.
    """
    data = [np.asarray(vertices, np.float64) for vertices in layer.data]
    spacing = np.abs(np.asarray(layer.scale, np.float64))
    has_changed = False
    for first, second in pairs:
        turned = crossed(data[first], data[second], spacing)
        if np.abs((turned - data[second]) * spacing).max() > _STILL:
            data[second], has_changed = turned, True
    if has_changed:
        selected = set(layer.selected_data)
        layer.data = data
        layer.selected_data = selected
