"""Where the slices of one orientation stand: which of them share a position, and which moved."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.space.tolerances import (
    LARGEST_JITTER,
    LARGEST_LONE_JITTER,
    ONE_POSITION,
    ROUNDING,
    STATION,
    STATION_PIXELS,
)
from napari_medscan.dicom.space.vectors import Vector, normal_of, split_orientation

_DISTINCT = 3.0
"""Gaps between positions are so many times as large as those between the repeats of one."""
MAX_STATIONS = 16
"""Most stations into which slices are separated."""


def positions_of(slices: Iterable[SliceRef]) -> list[Vector | None]:
    """Return Image Position (Patient) of slices: no frame is made for it."""
    return [ref.header.position_of(ref.index) for ref in slices]


def points_of(slices: Sequence[SliceRef]) -> NDArray[np.float64]:
    """Return Image Position (Patient) of slices that all have one, n x 3."""
    return np.array(positions_of(slices), dtype=np.float64)


def axes_of(slices: Sequence[SliceRef]) -> NDArray[np.float64]:
    """Return normal, row direction and column direction of the first slice, 3 x 3."""
    orientation = slices[0].frame.orientation
    assert orientation is not None  # noqa: S101 - for the type checker
    return np.array([normal_of(orientation), *split_orientation(orientation)])


def distances_of(slices: Sequence[SliceRef]) -> NDArray[np.float64]:
    """Return where slices stand along the normal of the first one, mm."""
    distances: NDArray[np.float64] = points_of(slices) @ axes_of(slices)[0]
    return distances


def number_positions(
    slices: Sequence[SliceRef], distances: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return the number of the position of each slice, ascending along the normal from 0.

    Repeats of one position lie within a tenth of the slice step and thickness of their middle: of
    slices 1 mm thick, two that are 1 mm apart, 10 mm from the next two, are none. `distances` are
    those of the slices; see `distances_of`.
    """
    order = np.argsort(distances, kind="stable")
    ascending = distances[order]
    gaps = np.diff(ascending)
    numbers = np.empty(len(slices), dtype=np.intp)
    header = slices[0].header
    nominal = header.slice_spacing or header.slice_thickness
    nominal = nominal or min(slices[0].frame.spacing or (0.0,))
    lone = max(ROUNDING, 2 * min(LARGEST_LONE_JITTER, ONE_POSITION * nominal))
    if not gaps.size or ascending[-1] - ascending[0] <= lone:
        numbers[:] = 0
        return numbers
    limit = LARGEST_JITTER
    if header.slice_thickness:
        limit = min(limit, max(LARGEST_LONE_JITTER, ONE_POSITION * header.slice_thickness))
    largest = _largest_repeat_gap(ascending, gaps, limit)
    numbers[order] = np.concatenate(([0], np.cumsum(gaps > largest)))
    return numbers


def _largest_repeat_gap(
    ascending: NDArray[np.float64], gaps: NDArray[np.float64], limit: float
) -> float:
    """Return the largest gap between two slices at one position, at most `limit` off its middle."""
    sizes = np.sort(gaps)
    much_larger = sizes[1:] > _DISTINCT * sizes[:-1]
    for size in sizes[:-1][much_larger & (sizes[:-1] <= 2 * limit)][::-1]:
        first = np.flatnonzero(np.concatenate(([True], gaps > size)))
        last = np.concatenate((first[1:], [len(ascending)])) - 1
        lowest, highest = ascending[first], ascending[last]
        middles = (lowest + highest) / 2
        step = statistics.median_low(np.diff(middles).tolist())
        if (highest - lowest).max() <= 2 * min(limit, ONE_POSITION * step):
            return float(size)
    return 0.0


def middles_of(
    distances: NDArray[np.float64], numbers: NDArray[np.intp]
) -> tuple[NDArray[np.float64], float]:
    """Return the middle of each position along the normal, and the largest spread of one; mm."""
    count = int(numbers.max()) + 1
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, numbers, distances)
    np.maximum.at(highest, numbers, distances)
    return (lowest + highest) / 2, float((highest - lowest).max())


def mean_positions(columns: Sequence[Sequence[SliceRef]]) -> tuple[Vector, ...]:
    """Return the middle of the repeats of each position, mm, LPS."""
    middles: list[Vector] = []
    for column in columns:
        places = {place for place in positions_of(column) if place is not None}
        if len(places) == 1:
            # In every digit: a mean would round.
            middles += places
        else:
            x, y, z = points_of(column).mean(axis=0).tolist()
            middles.append((x, y, z))
    return tuple(middles)


def split_stations(slices: Sequence[SliceRef], numbers: NDArray[np.intp]) -> list[list[SliceRef]]:
    """Separate slices of one depth that stand side by side.

    The stations of a whole spine share their depths, and are no repeats of one another. The slices
    of a tilted stack, each of which is a little farther along its plane, are of one station.
    """
    depths, within = np.split(points_of(slices) @ axes_of(slices).T, [1], axis=1)
    limit = max(STATION_PIXELS * min(slices[0].frame.spacing or (0.0,)), STATION)
    _, first = np.unique(numbers, return_index=True)
    if (np.abs(within - within[first][numbers]) <= limit).all():
        return [list(slices)]
    found = _stations(slices, within, limit)
    if len(first) > 1:
        slopes = np.diff(within[first], axis=0) / np.diff(depths[first], axis=0)
        tilted = _stations(slices, within - depths * np.median(slopes, axis=0), limit)
        found = min(found, tilted, key=len)
    return found if len(found) <= MAX_STATIONS else [list(slices)]


def _stations(
    slices: Sequence[SliceRef], within: NDArray[np.float64], limit: float
) -> list[list[SliceRef]]:
    """Return the slices of each place within their plane; of more than allowed, not all."""
    stations: list[list[SliceRef]] = []
    corners: list[NDArray[np.float64]] = []
    for ref, place in zip(slices, within, strict=True):
        for station, corner in zip(stations, corners, strict=True):
            if (np.abs(place - corner) <= limit).all():
                station.append(ref)
                break
        else:
            if len(stations) > MAX_STATIONS:
                break
            stations.append([ref])
            corners.append(place)
    return stations
