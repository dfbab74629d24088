"""Whether one image plane lies on the pixel grid of another, and how it is turned there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.space.tolerances import PARALLEL, SAME_CORNER
from napari_medscan.dicom.space.vectors import Vector, normal_of, split_orientation

Orientation = tuple[float, ...]
Spacing = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """How the rows and columns of one image plane run along those of another.

    Parameters
    ----------
    transposed : bool
        Rows run along columns. Applied before the flips.
    flip_rows, flip_columns : bool
        The order of rows, of columns, is reversed.
    """

    transposed: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def apply(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return a view of (rows, columns) as they lie on the other plane."""
        turned = pixels.T if self.transposed else pixels
        return turned[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]


@dataclass(frozen=True, slots=True)
class Fit:
    """Where the pixels of one image plane lie on the grid of another.

    Parameters
    ----------
    turn : Turn
        How they are turned.
    row, column : int
        Place of the first pixel after turning.
    """

    turn: Turn
    row: int
    column: int


def turn_between(own: Orientation, other: Orientation) -> Turn | None:
    """Return how one plane is turned on another, None if it is not by flips and a transpose.

    Parameters
    ----------
    own, other : tuple of float
        Image Orientation (Patient): direction cosines of a row, then of a column.
    """
    cosines = np.array([[np.dot(a, b) for b in _axes(other)] for a in _axes(own)])
    signs = np.rint(cosines)
    if not np.allclose(abs(cosines[:2, :2]).sum(axis=0), 1, atol=PARALLEL) or not np.allclose(
        _axes(own), signs @ _axes(other), atol=PARALLEL
    ):
        return None
    (xx, xy, _), (yx, yy, _) = signs[:2]
    if xx:
        return Turn(False, flip_rows=yy < 0, flip_columns=xx < 0)
    # The own row runs along the other's column.
    return Turn(True, flip_rows=xy < 0, flip_columns=yx < 0)


@lru_cache(maxsize=1024)
def fit_plane(
    own: tuple[Vector, Orientation, Spacing],
    own_shape: tuple[int, int],
    other: tuple[Vector, Orientation, Spacing],
    other_shape: tuple[int, int],
) -> Fit | None:
    """Return where the pixels of a plane lie on the grid of another, None if they do not.

    Parameters
    ----------
    own, other : tuple
        Image position and orientation (LPS, mm); row and column spacing, mm. The distance along
        the normal does not matter.
    own_shape, other_shape : tuple of int
        Rows and columns.

    Notes
    -----
    All corners have to be within a tenth of a pixel of a pixel of the other plane. A segmentation
    has a frame for each of its segments on most of its planes, hence the cache.
    """
    turn = turn_between(own[1], other[1])
    if turn is None:
        return None
    row, column = (np.array(axis) for axis in split_orientation(other[1]))
    along = np.array(split_orientation(own[1]))
    first = np.array(own[0]) - other[0]
    last = first + along[0] * own[2][1] * (own_shape[1] - 1)
    last = last + along[1] * own[2][0] * (own_shape[0] - 1)
    corners = np.array(
        [[corner @ column / other[2][0], corner @ row / other[2][1]] for corner in (first, last)]
    )
    places = np.rint(corners)
    if abs(corners - places).max() > SAME_CORNER:
        return None
    low, high = places.min(axis=0).astype(int), places.max(axis=0).astype(int)
    shape = own_shape[::-1] if turn.transposed else own_shape
    if tuple(high - low + 1) != shape or (low < 0).any() or (high >= other_shape).any():
        return None
    return Fit(turn, int(low[0]), int(low[1]))


def _axes(orientation: Orientation) -> NDArray[np.float64]:
    return np.array([*split_orientation(orientation), normal_of(orientation)])
