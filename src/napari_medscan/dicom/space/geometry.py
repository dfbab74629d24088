"""Where a stack lies in the patient, as its frames' positions say.

PS3.3 C.7.6.2.1.1 (Image Plane module). Coordinates are LPS: x to the patient's
left, y to the back, z to the head; millimeters.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.space import tolerances
from napari_medscan.dicom.space.vectors import (
    Vector,
    difference,
    dot,
    moved,
    norm,
    normal_of,
    split_orientation,
)

TILT, SHEAR = "Gantry tilt", "Sheared by"
"""How the warning about a tilted stack begins: of CT, and of modalities without a gantry."""

_MOST_BESIDE = 4
"""Slices at the ends of a stack that may stand beside its line at most."""

StepSource = Literal["positions", "locations", "spacing", "thickness", "assumed"]
ASSUMED_STEP: dict[StepSource, str] = {
    "thickness": "Slice spacing assumed equal to slice thickness",
    "assumed": "Slice spacing unknown",
}
"""Warnings about slices whose distance does not follow from positions or spacing."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a stack lies.

    Parameters
    ----------
    spacing : tuple of float
        Slice step, row spacing, column spacing; mm, or 1 (and the pixel
        aspect) where unknown.
    origin : tuple of float or None
        Center of the first voxel, LPS, mm; None when unknown.
    orientation : tuple of float or None
        Direction cosines of a row and of a column.
    step : tuple of float or None
        Vector from one slice to the next, LPS, mm; not along the slice
        normal when the gantry was tilted.
    regular : bool
        All slices are one step apart and none is missing.
    missing : tuple of int
        Indices along z at which there is no slice.
    missing_are_empty : bool
        The file leaves empty planes out, and none was lost.
    measurable : bool
        Index times step is the true place of every slice, so that distances
        along z are right.
    tilt : float
        Degrees between stacking direction and slice normal.
    calibrated : bool
        In-plane spacing is in millimeters.
    step_source : str
        What the slice step comes from.
    """

    spacing: tuple[float, float, float]
    origin: Vector | None
    orientation: tuple[float, ...] | None
    step: Vector | None
    regular: bool = True
    missing: tuple[int, ...] = ()
    missing_are_empty: bool = False
    measurable: bool = True
    tilt: float = 0.0
    calibrated: bool = True
    step_source: StepSource = "positions"

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """4x4 matrix from array index (z, y, x, 1) to LPS (x, y, z, 1) in mm.

        None when position, orientation or spacing is unknown.
        """
        if self.origin is None or self.orientation is None or self.step is None:
            return None
        if not self.calibrated:
            return None
        row, column = split_orientation(self.orientation)
        matrix = np.eye(4)
        matrix[:3, 0] = self.step
        matrix[:3, 1] = np.multiply(column, self.spacing[1])
        matrix[:3, 2] = np.multiply(row, self.spacing[2])
        matrix[:3, 3] = self.origin
        return matrix

    @property
    def translate(self) -> Vector:
        """Origin along the stack's own axes (normal, column, row), mm.

        Stacks of one orientation overlay exactly when drawn there, oblique or
        not. Zero when the position is unknown.
        """
        if self.origin is None or self.orientation is None:
            return (0.0, 0.0, 0.0)
        row, column = split_orientation(self.orientation)
        normal = normal_of(self.orientation)
        return dot(self.origin, normal), dot(self.origin, column), dot(self.origin, row)

    @property
    def scale(self) -> Vector:
        """Distance between slices along their normal, row and column spacing; mm."""
        if self.tilt and self.step is not None and self.orientation is not None:
            return (
                abs(dot(self.step, normal_of(self.orientation))),
                self.spacing[1],
                self.spacing[2],
            )
        return self.spacing


@dataclass(frozen=True, slots=True)
class Gaps:
    """How slices follow each other along the normal.

    Parameters
    ----------
    step : float
        Distance of neighboring slices, mm.
    regular : bool
        All gaps equal the step.
    missing : int
        How many slices are not there.
    places : tuple of int or None
        Index of each slice on an even grid; None when there is no such grid.
    """

    step: float
    regular: bool
    missing: int
    places: tuple[int, ...] | None


def measure_gaps(distances: Sequence[float], spread: float = 0.0) -> Gaps:
    """Judge ascending distances of slices along their normal.

    Gaps are equal when they are within 0.01 mm or 1 % of the median gap. Gaps
    within 20 % of a multiple of it mean missing slices. When every gap is that
    precise multiple, and no more slices are missing than present, all slices
    have a place on an even grid.

    Parameters
    ----------
    distances : sequence of float
        At least two, ascending, mm.
    spread : float
        How far the repeats of one position lie apart at most, mm: their middles, given as
        `distances`, are off by as much.
    """
    gaps = [b - a for a, b in pairwise(distances)]
    # The lower median: of two different gaps the shorter is the step.
    step = statistics.median_low(gaps)
    tolerance = max(tolerances.EVEN_GAP, tolerances.EVEN_GAP_SHARE * step)
    if spread > tolerances.EQUAL_DIGITS:
        jittered = max(tolerances.JITTERED_GAP, tolerances.JITTERED_GAP_SPREADS * spread)
        tolerance = max(tolerance, min(jittered, tolerances.MULTIPLE_GAP * step))
    if max(max(gaps) - step, step - min(gaps)) <= tolerance:
        # The mean step keeps the last slice as precise as the first.
        even = (distances[-1] - distances[0]) / len(gaps)
        return Gaps(even, True, 0, tuple(range(len(distances))))
    counts = [max(1, round(gap / step)) for gap in gaps]
    missing = sum(counts) - len(gaps)
    limit = tolerances.MULTIPLE_GAP * step
    if any(abs(gap - count * step) > limit for gap, count in zip(gaps, counts, strict=True)):
        return Gaps(step, False, 0, None)
    precise = all(
        abs(gap - count * step) <= tolerance for gap, count in zip(gaps, counts, strict=True)
    )
    if not precise or missing > len(distances):
        return Gaps(step, False, missing, None)
    places = [0]
    for count in counts:
        places.append(places[-1] + count)
    even = (distances[-1] - distances[0]) / places[-1]
    return Gaps(even, False, missing, tuple(places))


def uneven_gaps(distances: Sequence[float]) -> Gaps:
    """Return the gaps of slices of which none is missing, however far apart they are."""
    return Gaps(statistics.median_low(b - a for a, b in pairwise(distances)), False, 0, None)


def stack_geometry(
    positions: Sequence[Vector],
    orientation: tuple[float, ...],
    spacing: tuple[float, float] | None,
    spread: float = 0.0,
    judge: Callable[[Sequence[float]], Gaps] | None = None,
) -> Geometry:
    """Return the geometry of slices with known positions, two or more.

    Parameters
    ----------
    positions : sequence of tuple of float
        In the order of the stack.
    orientation : tuple of float
        Image Orientation (Patient).
    spacing : tuple of float or None
        Row and column spacing in mm; None when unknown.
    spread : float
        As in `measure_gaps`.
    judge : callable, optional
        Judges their distances in place of `measure_gaps`.
    """
    normal = normal_of(orientation)
    distances = [dot(position, normal) for position in positions]
    gaps = measure_gaps(distances, spread) if judge is None else judge(distances)
    first, last = _ends_of_line(positions, distances, spacing, spread)
    span = difference(positions[last], positions[first])
    along = distances[last] - distances[first]
    tilt = math.degrees(math.acos(min(1.0, abs(along) / norm(span))))
    if (
        spread > tolerances.EQUAL_DIGITS
        and norm(span) ** 2 - along**2 <= tolerances.JITTERED_GAP**2
    ):
        # Positions that are off by as much do not show a tilt.
        tilt = 0.0
    places = gaps.places or tuple(range(len(positions)))
    # Without an even grid the mean step at least puts both ends in place.
    steps = places[last] - places[first]
    step: Vector = (span[0] / steps, span[1] / steps, span[2] / steps)
    origin = moved(positions[first], step, -places[first]) if first else positions[0]
    straight = gaps.places is not None and _on_a_line(
        positions, origin, places, step, spacing, spread
    )
    taken = set(places)
    return Geometry(
        spacing=(norm(step), *(spacing or (1.0, 1.0))),
        origin=origin,
        orientation=orientation,
        step=step,
        regular=gaps.regular and straight,
        missing=tuple(i for i in range(places[-1]) if i not in taken) if gaps.missing else (),
        measurable=straight,
        tilt=tilt if tilt > tolerances.TILT else 0.0,
        calibrated=spacing is not None,
    )


def _ends_of_line(
    positions: Sequence[Vector],
    distances: Sequence[float],
    spacing: tuple[float, float] | None,
    spread: float,
) -> tuple[int, int]:
    """Return the two slices that show the direction of a stack: the first and the last one.

    Where these stand beside the line of most others, the nearest that do not stand for them: a few
    slices do not tilt a stack.
    """
    last = len(positions) - 1
    # An end that is off by the limit puts half of the slices off by half of it or more.
    limit = max(tolerances.SAME_CORNER * min(spacing or (1.0, 1.0)), 2 * spread) / 2
    across = norm(difference(positions[last], positions[0])) ** 2
    across -= (distances[last] - distances[0]) ** 2
    if last < 3 or across <= limit**2:
        return 0, last
    points, depths = np.array(positions), np.array(distances)

    def median_off(ends: tuple[int, int]) -> float:
        start, stop = ends
        parts = (depths - depths[start]) / (depths[stop] - depths[start])
        line = points[start] + np.outer(parts, points[stop] - points[start])
        return float(np.median(np.linalg.norm(points - line, axis=1)))

    for beside in range(max(3, 1 + min(_MOST_BESIDE, last // 4))):
        ends = min(((i, last - beside + i) for i in range(beside + 1)), key=median_off)
        if median_off(ends) <= limit:
            return ends
    return 0, last


def _on_a_line(
    positions: Sequence[Vector],
    origin: Vector,
    places: Sequence[int],
    step: Vector,
    spacing: tuple[float, float] | None,
    spread: float,
) -> bool:
    """Whether every slice stands where index times step says, within half a pixel."""
    pixel = min(spacing or (1.0, 1.0))
    limit = max(tolerances.line_tolerance(pixel, norm(step)), 2 * spread)
    line = np.array(origin) + np.outer(places, step)
    off = np.linalg.norm(np.array(positions) - line, axis=1)
    return bool((off <= limit).all())
