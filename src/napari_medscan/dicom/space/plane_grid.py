"""The even grid of planes that a derived object leaves out where they are empty.

Segmentations (PS3.3 A.51) and parametric maps (A.75) hold the planes on which there is something.
Each lies at its own Plane Position; what is between two of them is empty, and was not lost.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from napari_medscan.dicom.space.geometry import Gaps, measure_gaps
from napari_medscan.dicom.space.tolerances import (
    OFF_GRID,
    OFF_GUESSED_GRID,
    PLANE_JITTER,
    SAME_PLANE,
)

MAX_PLANES: Final = 4096
"""Longest grid, empty planes included: a whole body at less than half a millimeter."""
_FRACTIONS = (2, 3, 4, 5)
"""Parts of the smallest gap that are tried as the step: no two neighbors may be left."""


def plane_step(planes: Sequence[float], hints: Sequence[float]) -> float | None:
    """Return the step of the even grid on which all planes of a file lie, None if there is none.

    Parameters
    ----------
    planes : sequence of float
        Where the planes of all segments lie along their normal, mm, in any order.
    hints : sequence of float
        Steps that attributes give, mm, the most trusted one first. Positions go before them, as
        long as three planes or more agree on a step.
    """
    places = _merged(sorted(planes))
    if len(places) < 2:
        return None
    smallest = min(b - a for a, b in pairwise(places))
    finer = [hint for hint in hints if hint <= smallest * (1 + OFF_GUESSED_GRID)]
    if len(places) == 2:
        guesses, last = finer, [smallest]
    else:
        guesses, last = [*finer, *(smallest / part for part in _FRACTIONS)], []
        if _fit(places, smallest, OFF_GRID) is not None:
            return _refined(places, smallest)
    for step in guesses:
        if _fit(places, step, OFF_GUESSED_GRID) is not None:
            return _refined(places, step)
    return last[0] if last else None


def sparse_gaps(distances: Sequence[float], step: float | None) -> Gaps:
    """Judge ascending distances of planes along their normal, of which empty ones are left out.

    Parameters
    ----------
    distances : sequence of float
        Planes of one segment; at least two, ascending, mm.
    step : float or None
        Distance of neighboring planes in the file, of which each has its place.
    """
    gaps = measure_gaps(distances)
    if step is None or _fit(distances, step, OFF_GRID) is None:
        # Off the grid, the nearest place is at most half a step away.
        step = step or gaps.step
        if gaps.regular or _length(distances, step) > MAX_PLANES:
            return gaps
        places = tuple(round((distance - distances[0]) / step) for distance in distances)
        if any(a == b for a, b in pairwise(places)):
            return gaps
        return Gaps(step, False, places[-1] + 1 - len(places), places)
    places = _counted(distances, step)
    even = (distances[-1] - distances[0]) / places[-1]
    missing = places[-1] + 1 - len(places)
    return Gaps(even, missing == 0, missing, places)


def _merged(places: Sequence[float]) -> list[float]:
    """Return ascending places, those that are one but for jitter as one."""
    gaps = [gap for a, b in pairwise(places) if (gap := b - a) > SAME_PLANE]
    if not gaps:
        return list(places[:1])
    limit = max(SAME_PLANE, min(PLANE_JITTER, OFF_GRID * statistics.median_low(gaps)))
    merged = [places[0]]
    for place in places[1:]:
        if place - merged[-1] > limit:
            merged.append(place)
    return merged


def _length(distances: Sequence[float], step: float) -> float:
    return (distances[-1] - distances[0]) / step + 1


def _counted(distances: Sequence[float], step: float) -> tuple[int, ...]:
    """Return the place of each plane, counted in steps that long gaps make more precise."""
    gaps = [b - a for a, b in pairwise(distances)]
    counts = [1] * len(gaps)
    length, steps = step, 1
    for number in sorted(range(len(gaps)), key=gaps.__getitem__):
        counts[number] = max(1, round(gaps[number] / step))
        length, steps = length + gaps[number], steps + counts[number]
        step = length / steps
    return (0, *accumulate(counts))


def _fit(distances: Sequence[float], step: float, tolerance: float) -> tuple[int, ...] | None:
    """Return the place of each plane on an even grid, None if one lies off it."""
    if step <= 0 or _length(distances, step) > MAX_PLANES:
        return None
    places = _counted(distances, step)
    even = (distances[-1] - distances[0]) / places[-1]
    start = distances[0]
    off = (
        abs(distance - start - place * even)
        for distance, place in zip(distances, places, strict=True)
    )
    # Of tiny steps, a hundredth of a millimeter is too much.
    limit = min(max(0.01, tolerance * even), 0.2 * even)
    return places if all(distance <= limit for distance in off) else None


def _refined(places: Sequence[float], step: float) -> float:
    return (places[-1] - places[0]) / _counted(places, step)[-1]
