"""Where planes cut a region that contours enclose: along its slices, and across them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.float64]
"""Shape (lines, 2 ends, 2): places along the two axes of a plane, the first axis first."""

_MISSING: Final = 1.5
"""Planes further apart than so many usual distances have a gap between them."""
_SHORTEST: Final = 1e-9


def spans_of_planes(heights: Sequence[float], usual: float) -> list[tuple[float, float]]:
    """Return how far a region reaches below and above each of its planes.

    Half-way to the next plane; at the ends, and where planes are missing, half the usual distance.

    Parameters
    ----------
    heights : sequence of float
        Of the planes, in ascending order.
    usual : float
        Distance of planes if there is one alone.
    """
    gaps = [high - low for low, high in pairwise(heights)]
    usual = statistics.median_low(gaps) if gaps else usual
    halves = [(gap if gap <= usual * _MISSING else usual) / 2 for gap in gaps]
    ends = [usual / 2, *halves, usual / 2]
    return list(pairwise(ends))


class CutRegion:
    """A region of contours on parallel slices, to be cut by planes along the axes of its grid.

    It is what its closed contours enclose by the even-odd rule, each plane of contours half-way
    to the next (PS3.3 C.8.8.6): what `StructureSet.labels` fills and histograms sample.

    Parameters
    ----------
    contours : iterable of (int, ndarray)
        Slice, and rows and columns of the points (points, 2), in pixels. The last point of a closed
        one equals the first.
    """

    def __init__(self, contours: Iterable[tuple[float, NDArray[np.float64]]]) -> None:
        drawn = [(slice_, points) for slice_, points in contours if len(points) > 1]
        edges = [np.stack((points[:-1], points[1:]), axis=1) for _, points in drawn]
        counts = [len(each) for each in edges]
        closed = [bool(np.array_equal(points[0], points[-1])) for _, points in drawn]
        self._edges = np.concatenate(edges) if edges else np.zeros((0, 2, 2))
        self._slices = np.repeat(np.array([slice_ for slice_, _ in drawn], float), counts)
        is_closed = np.repeat(np.array(closed, bool), counts)
        self._closed_edges = self._edges[is_closed]
        heights, self._planes = np.unique(self._slices[is_closed], return_inverse=True)
        spans = spans_of_planes(heights.tolist(), 1.0) if len(heights) else []
        below, above = np.array(spans).reshape(-1, 2).T
        # One face between planes that touch, two where one is missing.
        lower, upper = heights - below, heights + above
        touches = np.isclose(lower[1:], upper[:-1])
        self._lower = np.concatenate(([0], np.cumsum(np.where(touches, 1, 2)))).astype(np.intp)
        self._faces = np.zeros(self._lower[-1] + 2)
        if len(heights):
            self._faces[self._lower], self._faces[self._lower + 1] = lower, upper

    def lines(self, axis: int, at: float) -> Lines:
        """Return the outline of the cut by a plane.

        Parameters
        ----------
        axis : {0, 1, 2}
            The axis across the plane: 0 for a slice, on which open contours are drawn as well, 1
            for a plane along slices and columns, 2 along slices and rows.
        at : float
            Slice, row or column of the plane.

        Returns
        -------
        ndarray, shape (lines, 2 ends, 2)
            Places along the two axes within the plane, in pixels and slices.
        """
        if axis == 0:
            lines: Lines = self._edges[self._slices == np.round(at)]
            return lines
        return self._across(axis, at)

    def all_lines(self) -> Lines:
        """Return the contours of all slices, (lines, 2 ends, slice, row and column)."""
        at = np.broadcast_to(self._slices[:, None, None], (len(self._slices), 2, 1))
        return np.concatenate((at, self._edges), axis=-1)

    def _across(self, axis: int, at: float) -> Lines:
        (y0, x0), (y1, x1) = (self._closed_edges[:, end].T for end in (0, 1))
        if axis == 2:
            y0, x0, y1, x1 = x0, y0, x1, y1
        # As in `fill_even_odd`: an edge holds its lower end, and not its upper one.
        crossed = (y0 <= at) != (y1 <= at)
        y0, x0, y1, x1 = (each[crossed] for each in (y0, x0, y1, x1))
        places = x0 + (at - y0) * (x1 - x0) / (y1 - y0)
        lower = self._lower[self._planes[crossed]]
        sides = np.stack(
            (
                np.column_stack((self._faces[lower], places)),
                np.column_stack((self._faces[lower + 1], places)),
            ),
            axis=1,
        )
        # A face is seen where one of the planes beside it is filled and the other is not.
        faces, ends = np.concatenate((lower, lower + 1)), np.concatenate((places, places))
        order = np.lexsort((ends, faces))
        flat = np.column_stack((self._faces[faces[order]], ends[order])).reshape(-1, 2, 2)
        return np.concatenate((sides, flat[np.ptp(flat[..., 1], axis=1) > _SHORTEST]))
