"""Directions and places in the patient: from array axes to R/L, A/P, S/I.

Coordinates are LPS, millimeters: x to the patient's left, y to the back, z to
the head (PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.series.slice_table import SliceRecord
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.dicom.space.vectors import normal_of, split_orientation

SIGNIFICANT = 0.1
"""Least part of a unit vector that gets a letter: 6 degrees off an axis."""

Index = Sequence[float] | NDArray[np.floating[Any]]

_TOWARD = ("LR", "PA", "SI")
_FILM = ("LR", "PA", "HF")
"""The same as Patient Orientation writes them."""


def letters(direction: ArrayLike) -> str:
    """Return where a direction points in a patient: "R", "RA", "RAS".

    PS3.3 C.7.6.1.1.1, Patient Orientation: the principal direction comes
    first, refinements follow in the order of their weight. S (superior) and I
    (inferior) are written for the standard's H (head) and F (feet), as
    radiologists read them.

    Parameters
    ----------
    direction : array_like, shape (3,)
        LPS, of any length.

    Returns
    -------
    str
        One to three letters, '' for a vector without length.

    Examples
    --------
    >>> letters((-1, 0, 0)), letters((0.9, -0.4, 0.05))
    ('R', 'LA')
    """
    vector = np.asarray(direction, dtype=np.float64)
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        return ""
    unit = vector / length
    # Stable, and to a millionth: of two equal parts the first axis leads whatever the rounding.
    by_weight = sorted(range(3), key=lambda axis: -round(abs(float(unit[axis])), 6))
    return "".join(
        _TOWARD[axis][int(unit[axis] < 0)] for axis in by_weight if abs(unit[axis]) >= SIGNIFICANT
    )


def axis_vectors(geometry: Geometry) -> NDArray[np.float64] | None:
    """Return how far one step along z, y and x leads in the patient.

    Unlike :attr:`Geometry.affine` this needs no position and no calibration.

    Returns
    -------
    ndarray, shape (3, 3), or None
        Rows are the axes z, y, x; columns L, P, S; None when the orientation
        is unknown.
    """
    if geometry.orientation is None:
        return None
    row, column = split_orientation(geometry.orientation)
    step = geometry.step
    if step is None:
        step = tuple(np.multiply(normal_of(geometry.orientation), geometry.spacing[0]))
    return np.array(
        [step, np.multiply(column, geometry.spacing[1]), np.multiply(row, geometry.spacing[2])]
    )


def film_vectors(image: ImageHeader | SliceRecord) -> NDArray[np.float64] | None:
    """Return where rows and columns of an image without a plane in the patient lead.

    PS3.3 C.7.6.1.1.1: Patient Orientation of radiographs and films says it in letters, the
    principal direction first. How far a refinement turns it is not known: only the order of the
    letters, which `letters` gives back, is that of the file.

    Parameters
    ----------
    image : ImageHeader or SliceRecord
        The file of the image, or its slice in a stack.

    Returns
    -------
    ndarray, shape (3, 3), or None
        As of `axis_vectors`; that of z is zero. None when the file does not say, or nonsense.
    """
    if len(image.patient_orientation) != 2:
        return None
    row, column = (_film_vector(written) for written in image.patient_orientation)
    if row is None or column is None or np.argmax(np.abs(row)) == np.argmax(np.abs(column)):
        return None
    return np.array([np.zeros(3), column, row])


def _film_vector(written: str) -> NDArray[np.float64] | None:
    vector = np.zeros(3)
    for letter, weight in zip(written, (1.0, 0.6, 0.3), strict=False):
        axis = next((axis for axis, pair in enumerate(_FILM) if letter in pair), None)
        if axis is None or vector[axis]:
            return None
        vector[axis] = weight if letter == _FILM[axis][0] else -weight
    return vector if 0 < len(written) <= 3 else None


def patient_point(stack: Stack, index: Index) -> NDArray[np.float64] | None:
    """Return the place of an array index in the patient.

    Parameters
    ----------
    stack : Stack
        The index is one of its array.
    index : sequence of float
        Along the axes of the array, without color; fractions are fine. An axis that the array has
        not counts as 0.

    Returns
    -------
    ndarray, shape (3,), or None
        LPS, mm; None when it is unknown, as between the slices of a stack
        whose slices are unevenly spaced.
    """
    affine = stack.geometry.affine
    if affine is None:
        return None
    z, y, x = (0.0,) * (3 - len(index)) + tuple(float(i) for i in index[-3:])
    if stack.geometry.measurable:
        found: NDArray[np.float64] = affine[:3] @ (z, y, x, 1.0)
        return found
    position = slice_position(stack, index)
    if position is None or abs(z - round(z)) > 1e-3:
        return None
    return np.asarray(position + affine[:3, 1] * y + affine[:3, 2] * x)


def slice_position(stack: Stack, index: Index) -> NDArray[np.float64] | None:
    """Return Image Position (Patient) of the slice nearest to an array index, None without one."""
    places = stack.array.places
    place = tuple(round(float(i)) for i in index[: places.ndim])
    if not all(0 <= i < extent for i, extent in zip(place, places.shape, strict=True)):
        return None
    return stack.coordinates.position(place)


def point_text(point: ArrayLike) -> str:
    """Return a place in words: "L 12.3 P 45.6 S 102.4 mm"."""
    parts = [
        f"{_TOWARD[axis][int(value < 0)]} {abs(value):.1f}"
        for axis, value in enumerate(np.round(np.asarray(point, dtype=np.float64), 1))
    ]
    return " ".join(parts) + " mm"


def plane_text(normal: ArrayLike, point: ArrayLike) -> str:
    """Return where a plane lies along its normal: "S 102.4 mm".

    Parameters
    ----------
    normal : array_like, shape (3,)
        Normal of the plane, LPS.
    point : array_like, shape (3,)
        Any point of the plane, LPS, mm.
    """
    unit = np.asarray(normal, dtype=np.float64)
    unit = unit / np.linalg.norm(unit)
    # Counted from the origin toward the patient's left, back and head, whichever leads.
    if unit[int(np.argmax(np.abs(unit)))] < 0:
        unit = -unit
    distance = round(float(unit @ np.asarray(point, dtype=np.float64)), 1)
    return f"{letters(-unit if distance < 0 else unit)} {abs(distance):.1f} mm"
