"""From array indices to places in the patient and back, many at a time.

PS3.3 C.7.6.2.1.1: LPS, mm. Slices that are unevenly spaced, or not on a line, have the positions
that the files give them; between two of them, and beyond the ends, places are linear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_medscan.dicom.errors import GeometryError
from napari_medscan.dicom.series.slice_table import SliceTable
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.dicom.space.vectors import normal_of, split_orientation

_UNKNOWN = "the place of this series in the patient is not known"


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """Where the slices of a stack lie in the patient.

    Parameters
    ----------
    geometry : Geometry
        Of the stack.
    slices : SliceTable
        Its slices.
    places : ndarray of int
        Number of the slice at each place, (z,) or (t, z); -1 where there is none.
    """

    geometry: Geometry
    slices: SliceTable
    places: NDArray[np.intp]

    def position(self, place: tuple[int, ...]) -> NDArray[np.float64] | None:
        """Return Image Position (Patient) of the slice at a place, None without one.

        Where slices were placed by their locations, their files give all of them one position or
        none, and the geometry of the stack gives each its own.
        """
        number = int(self.places[place])
        if self.geometry.step_source == "locations":
            affine = self.geometry.affine
            if affine is None or number < 0:
                return None
            return np.asarray(affine[:3, 3] + affine[:3, 0] * (place[-1] if place else 0))
        position = self.slices[number].position if number >= 0 else None
        return None if position is None else np.array(position)

    def positions(self) -> NDArray[np.float64]:
        """Return Image Position (Patient) of every slice, (z, 3) or (t, z, 3); NaN without one."""
        found = np.full((*self.places.shape, 3), np.nan)
        for place in np.ndindex(self.places.shape):
            position = self.position(place)
            if position is not None:
                found[place] = position
        return found

    def to_patient(self, index: ArrayLike) -> NDArray[np.float64]:
        """Return the places of array indices in the patient; see `Stack.to_patient`."""
        affine, points = self._affine(), _points(index)
        if self.geometry.measurable:
            return np.asarray(points @ affine[:3, :3].T + affine[:3, 3])
        starts = self._starts()
        along = _line(starts, np.arange(len(starts)))(points[..., 0])
        return np.asarray(along + points[..., 1:] @ affine[:3, 1:3].T)

    def to_index(self, point: ArrayLike) -> NDArray[np.float64]:
        """Return the array indices of places in the patient; see `Stack.to_index`."""
        affine, points = self._affine(), _points(point)
        if self.geometry.measurable:
            return np.asarray((points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T)
        starts, orientation = self._starts(), self.geometry.orientation or ()
        normal = np.array(normal_of(orientation))
        distances = starts @ normal
        if distances[-1] < distances[0]:
            normal, distances = -normal, -distances
        if not (np.diff(distances) > 0).all():
            raise GeometryError("two slices of this series lie in one plane")
        numbers = np.arange(len(starts))
        z = _linear(points @ normal, distances, numbers)
        rest = points - _line(starts, numbers)(z)
        row, column = (np.array(vector) for vector in split_orientation(orientation))
        _, row_spacing, column_spacing = self.geometry.spacing
        return np.stack([z, rest @ column / row_spacing, rest @ row / column_spacing], axis=-1)

    def _affine(self) -> NDArray[np.float64]:
        affine = self.geometry.affine
        if affine is None:
            raise GeometryError(_UNKNOWN)
        return affine

    def _starts(self) -> NDArray[np.float64]:
        """Return the position of each slice along z, of the first time point that has it."""
        positions = self.positions()
        positions = positions.reshape(-1, *positions.shape[-2:])
        has = np.isfinite(positions).all(axis=-1)
        first = positions[has.argmax(axis=0), np.arange(positions.shape[1])]
        known = np.flatnonzero(has.any(axis=0))
        if len(known) < 2:
            raise GeometryError(_UNKNOWN)
        return _line(first[known], known)(np.arange(len(first)))


def _points(values: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(values, dtype=np.float64)
    if not points.shape or points.shape[-1] != 3:
        raise ValueError("three numbers are needed for each place")
    return points


def _line(
    points: NDArray[np.float64], numbers: NDArray[np.intp]
) -> Callable[[ArrayLike], NDArray[np.float64]]:
    """Return what gives the point at a number, on straight lines between the points given."""
    return lambda at: np.stack([_linear(at, numbers, axis) for axis in points.T], axis=-1)


def _linear(at: ArrayLike, x: NDArray[np.generic], y: NDArray[np.generic]) -> NDArray[np.float64]:
    """Interpolate linearly, and go on as straight beyond both ends."""
    at, x, y = (np.asarray(values, dtype=np.float64) for values in (at, x, y))
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    slope = (y[left + 1] - y[left]) / (x[left + 1] - x[left])
    return np.asarray(y[left] + (at - x[left]) * slope)
