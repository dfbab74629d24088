"""Where slices lie along their normal when their positions in the patient are unknown.

Slice Location (PS3.3 C.7.6.2.1.2) is relative to a reference that each maker chooses, positions in
an ultrasound volume (C.8.24.3) to that volume, and numbers of slices say no more than their order.
Each is enough to order and space slices; none gives a place in the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import Literal, NamedTuple

from napari_medscan.dicom.space.geometry import measure_gaps
from napari_medscan.dicom.space.tolerances import OFF_LINE, SAME_LOCATION
from napari_medscan.dicom.space.vectors import (
    Vector,
    difference,
    dot,
    moved,
    norm,
    normal_of,
    toward_left_back_head,
)

LocationSource = Literal[
    "Slice Location",
    "Slice Location Vector",
    "Intravascular Longitudinal Distance",
    "ultrasound volume",
    "positions without orientation",
    "slice number",
]
FARTHEST = 1e7
"""Millimeters: no scanner is that long, and beyond it arithmetic may overflow."""
_UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


class Location(NamedTuple):
    """Where a slice lies relative to the others of its series.

    Parameters
    ----------
    distance : float
        Millimeters; the number of the slice if `source` is "slice number".
    source : str
        The attribute that says so.
    """

    distance: float
    source: LocationSource

    @property
    def note(self) -> str:
        """What the user should know of a series that is ordered by such locations."""
        if self.source == "slice number":
            return "No slice positions: sorted by slice number"
        if self.source == "ultrasound volume":
            return "Slice positions are relative to the ultrasound volume, not to the patient"
        if self.source == "positions without orientation":
            return "No slice orientation: slice spacing is measured along the line of positions"
        return f"Slice positions are from {self.source}"


def location_of(distance: float | None, source: LocationSource) -> Location | None:
    """Return a location, None when the distance is absent or cannot be one."""
    if distance is None or not isfinite(distance) or abs(distance) >= FARTHEST:
        return None
    return Location(distance, source)


def direction(orientation: tuple[float, ...] | None, source: LocationSource) -> Vector:
    """Return the unit vector along which locations grow.

    The normal of the slices; where Slice Location is a patient coordinate, as scanners write it,
    it grows toward the patient's left, back or head, whichever is nearest to the normal.
    """
    if orientation is None:
        return (0.0, 0.0, 1.0)
    normal = normal_of(orientation)
    is_coordinate = source in ("Slice Location", "Slice Location Vector")
    return toward_left_back_head(normal) if is_coordinate else normal


def plane_of(
    location: Location, orientation: tuple[float, ...] | None
) -> tuple[Vector, tuple[float, ...]]:
    """Return position and orientation that stand for a location when slices are ordered."""
    along = direction(orientation, location.source)
    return moved((0.0, 0.0, 0.0), along, location.distance), orientation or _UPRIGHT


def line_locations(positions: Sequence[Vector]) -> list[Location]:
    """Return where slices of unknown orientation lie, if their positions are all on one line.

    Parameters
    ----------
    positions : sequence of tuple of float
        At least two, not all the same.

    Returns
    -------
    list of Location
        Growing toward the patient's left, back or head, whichever is nearest to the line. Empty
        when the positions are not on a line.
    """
    start = positions[0]
    farthest = max(positions, key=lambda position: norm(difference(position, start)))
    span = difference(farthest, start)
    length = norm(span)
    if length <= SAME_LOCATION:
        return []
    along = toward_left_back_head((span[0] / length, span[1] / length, span[2] / length))
    distances = [dot(position, along) for position in positions]
    base = dot(start, along)
    for position, distance in zip(positions, distances, strict=True):
        if norm(difference(position, moved(start, along, distance - base))) > OFF_LINE:
            return []
    return [Location(distance, "positions without orientation") for distance in distances]


def distinct(locations: Sequence[Location]) -> list[float]:
    """Return the different distances, ascending."""
    different: list[float] = []
    for distance in sorted(location.distance for location in locations):
        if not different or distance - different[-1] > SAME_LOCATION:
            different.append(distance)
    return different


def are_even(distances: Sequence[float]) -> bool:
    """Whether two or more ascending distances lie on an even grid, some of which may be missing."""
    return len(distances) > 1 and measure_gaps(distances).places is not None


def is_monotonic(locations: Sequence[Location | None]) -> bool:
    """Whether two or more slices follow each other along their normal, one way or the other."""
    distances = [location.distance for location in locations if location is not None]
    if len(distances) < 2 or len(distances) < len(locations):
        return False
    pairs = list(pairwise(distances))
    return all(a < b for a, b in pairs) or all(a > b for a, b in pairs)
