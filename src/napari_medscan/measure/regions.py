"""Regions in a plane of a stack: which pixels are inside, and how large they are.

A pixel is inside if its center is. Both do not depend on the spacing of pixels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from napari_medscan.measure.quantity import MeasureError

Corners = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True, eq=False)
class Region(ABC):
    """A closed shape in a plane of a stack.

    Parameters
    ----------
    axis : int
        The axis that the plane is at right angles to: 0 for a slice, 1 for a plane along a row of
        every slice, 2 along a column.
    index : int
        Which plane along that axis.
    vertices : ndarray
        Shape (n, 2): indices along the other two axes, in the order of the axes.
    """

    axis: int
    index: int
    vertices: NDArray[np.float64]

    def __post_init__(self) -> None:
        vertices = np.array(self.vertices, dtype=np.float64)
        if vertices.ndim != 2 or vertices.shape[1] != 2 or not np.isfinite(vertices).all():
            raise MeasureError("A region needs points of two numbers")
        object.__setattr__(self, "vertices", vertices)

    @abstractmethod
    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points, shape (…, 2), are inside."""

    @abstractmethod
    def area(self, steps: NDArray[np.float64]) -> float:
        """Return the area.

        Parameters
        ----------
        steps : ndarray
            Shape (2, 3): the vector of a step along each of the two axes, mm.
        """

    @property
    def box(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """First and last pixel, along both axes, whose centers may be inside."""
        low, high = self.vertices.min(axis=0), self.vertices.max(axis=0)
        return np.ceil(low).astype(int), np.floor(high).astype(int)

    def points(self) -> NDArray[np.float64]:
        """Return the vertices as (slice, row, column), shape (n, 3)."""
        return np.insert(self.vertices, self.axis, float(self.index), axis=1)

    def mask(self, shape: tuple[int, int]) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """Return which pixels of a plane are inside: the box around the region, and a mask of it.

        Parameters
        ----------
        shape : tuple of int
            Pixels of the plane along both axes; what lies beyond is left out.
        """
        low, high = self.box
        low = np.clip(low, 0, shape)
        high = np.clip(high + 1, low, shape)
        rows, columns = np.meshgrid(*map(np.arange, low, high), indexing="ij")
        inside = self.contains(np.stack((rows, columns), axis=-1).astype(np.float64))
        return (slice(low[0], high[0]), slice(low[1], high[1])), inside


@dataclass(frozen=True, slots=True, eq=False)
class Polygon(Region):
    """A polygon; rectangles and freehand outlines are polygons.

    Where it crosses itself, what is inside twice is outside (even-odd rule).
    """

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points are inside. Of points on an edge, each belongs to one side of it."""
        y, x = points[..., 0], points[..., 1]
        inside = np.zeros(y.shape, bool)
        closed = [*self.vertices, self.vertices[0]]
        for (y0, x0), (y1, x1) in pairwise(closed):
            crosses = (y0 > y) != (y1 > y)
            if y0 != y1:
                inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return inside

    def area(self, steps: NDArray[np.float64]) -> float:
        """Return the area of the outline; of one that crosses itself it is not that of its inside.

        The shoelace formula, with the pixel's parallelogram as the unit.
        """
        y, x = self.vertices.T
        count = abs(float(np.dot(y, np.roll(x, -1)) - np.dot(x, np.roll(y, -1)))) / 2
        return count * float(np.linalg.norm(np.cross(*steps)))


@dataclass(frozen=True, slots=True, eq=False)
class Ellipse(Region):
    """An ellipse, given by the four corners of the parallelogram around it, in order."""

    @classmethod
    def of_box(cls, axis: int, index: int, corners: Corners) -> Ellipse:
        """Return the ellipse in a box with sides along the axes, given by opposite corners."""
        (y0, x0), (y1, x1) = corners
        return cls(axis, index, np.array([(y0, x0), (y0, x1), (y1, x1), (y1, x0)]))

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points are inside or on the outline."""
        center, axes = self._axes()
        if not np.linalg.det(axes):
            return np.zeros(points.shape[:-1], bool)
        found: NDArray[np.bool_] = (((points - center) @ np.linalg.inv(axes)) ** 2).sum(
            axis=-1
        ) <= 1
        return found

    def area(self, steps: NDArray[np.float64]) -> float:
        """Return the area."""
        _, axes = self._axes()
        return float(np.pi * np.linalg.norm(np.cross(*(axes @ steps))))

    def _axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the center and two conjugate half axes, one a row."""
        corners = self.vertices
        if len(corners) != 4:
            raise MeasureError("An ellipse needs four corners")
        halves = np.stack((corners[1] - corners[0], corners[3] - corners[0])) / 2
        return corners.mean(axis=0), halves
