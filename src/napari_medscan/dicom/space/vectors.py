"""Small vector arithmetic on tuples: quicker than numpy for three numbers."""

from __future__ import annotations

import math

Vector = tuple[float, float, float]


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the vector product."""
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def moved(start: Vector, direction: Vector, distance: float) -> Vector:
    """Return the point `distance` along `direction` from `start`."""
    return (
        start[0] + direction[0] * distance,
        start[1] + direction[1] * distance,
        start[2] + direction[2] * distance,
    )


def difference(a: Vector, b: Vector) -> Vector:
    """Return a - b."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def norm(a: Vector) -> float:
    """Return the length of a vector."""
    return math.sqrt(dot(a, a))


def toward_left_back_head(vector: Vector) -> Vector:
    """Return a vector, reversed if its largest component points to the right, front or feet.

    The standard's coordinates grow to the patient's left, back and head (PS3.3 C.7.6.2.1.1).
    """
    x, y, z = vector
    return (-x, -y, -z) if max(vector, key=abs) < 0 else vector


def split_orientation(orientation: tuple[float, ...]) -> tuple[Vector, Vector]:
    """Return the row's and the column's direction of Image Orientation (Patient)."""
    a, b, c, d, e, f = orientation
    return (a, b, c), (d, e, f)


def normal_of(orientation: tuple[float, ...]) -> Vector:
    """Return the unit normal of an image plane: row direction x column direction."""
    normal = cross(*split_orientation(orientation))
    length = norm(normal)
    return (normal[0] / length, normal[1] / length, normal[2] / length)
