"""Lengths and angles between voxels of a stack, anisotropic, oblique or reversed as it may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import ASSUMED_STEP
from napari_medscan.dicom.space.vectors import split_orientation
from napari_medscan.measure.quantity import MeasureError, Quantity

Point = Sequence[float]
"""Slice, row and column."""
_IN_ONE_SLICE = 1e-6


def length(stack: Stack, start: Point, end: Point) -> Quantity:
    """Return the distance of two points, in mm, or in pixels if the series is not calibrated.

    Raises
    ------
    MeasureError
        If they are in different slices and the distance between slices is unknown or uneven.
    """
    vector = _vectors(stack, (np.subtract(end, start),))[0]
    return Quantity(float(np.linalg.norm(vector)), length_unit(stack), stack.header.spacing_note)


def angle(stack: Stack, start: Point, vertex: Point, end: Point) -> Quantity:
    """Return the angle at `vertex` between two points, from 0 to 180 degrees.

    Raises
    ------
    MeasureError
        As `length`; also if a point is the vertex.
    """
    first, second = np.subtract(start, vertex), np.subtract(end, vertex)
    return Quantity(_between(*_vectors(stack, (first, second))), "°", _aspect_note(stack))


def cobb_angle(stack: Stack, first: tuple[Point, Point], second: tuple[Point, Point]) -> Quantity:
    """Return the angle between two lines that need not meet, from 0 to 90 degrees.

    Raises
    ------
    MeasureError
        As `length`; also if a line has no length.
    """
    ends = np.subtract(first[1], first[0]), np.subtract(second[1], second[0])
    found = _between(*_vectors(stack, ends))
    return Quantity(min(found, 180 - found), "°", _aspect_note(stack))


def length_unit(stack: Stack) -> str:
    """Return "mm", or "px" if the series is not calibrated."""
    return "mm" if stack.geometry.calibrated else "px"


def millimeters(stack: Stack) -> NDArray[np.float64]:
    """Return the 3x3 matrix from steps (slice, row, column) to mm, or to pixels if uncalibrated.

    It leads to LPS if the orientation is known, else to the stack's own axes.
    """
    geometry = stack.geometry
    z, y, x = geometry.spacing
    if geometry.orientation is None or geometry.step is None:
        return np.diag((z, y, x)).astype(np.float64)
    row, column = split_orientation(geometry.orientation)
    return np.column_stack((geometry.step, np.multiply(column, y), np.multiply(row, x)))


def check_across(stack: Stack) -> None:
    """Raise MeasureError unless distances between slices are known."""
    geometry = stack.geometry
    if stack.array.places.shape[-1] < 2:
        return
    if not geometry.calibrated or geometry.step_source in ASSUMED_STEP:
        raise MeasureError("The distance between slices is unknown: measure within a slice")
    if not geometry.measurable:
        raise MeasureError("Slice spacing is uneven: measure within a slice")
    if geometry.tilt:
        raise MeasureError("The slices are sheared: measure within a slice, or correct the tilt")


def _vectors(stack: Stack, steps: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    if any(abs(step[0]) > _IN_ONE_SLICE for step in steps):
        check_across(stack)
    matrix = millimeters(stack)
    return [matrix @ step for step in steps]


def _between(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    if not lengths:
        raise MeasureError("Two of the points are the same")
    # More precise than the arc cosine for small angles.
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second)))


def _aspect_note(stack: Stack) -> str:
    if stack.geometry.calibrated:
        return ""
    return "The series is not calibrated: pixels are taken to be as the file draws them"
