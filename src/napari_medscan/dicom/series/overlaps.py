"""Volumes of one series that overlap: which slices are of which volume.

Positions that repeat unevenly are several volumes, or a dynamic series with a lost file. The
order in which the slices were made tells the volumes apart: a new one starts where the position
jumps back. It is never the lowest instance number at each position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.attributes import RANKED, Attributes, Column
from napari_medscan.dicom.series.positions import distances_of, middles_of
from napari_medscan.dicom.series.repeats import (
    FILE_NAME,
    NUMBER,
    Numbers,
    Rows,
    notes_of,
    ranking_columns,
    sizes_of_cells,
)
from napari_medscan.dicom.space.geometry import measure_gaps

BY_RUN = "Overlapping volumes separated by instance number (no other attribute tells them apart)"
EXTRAS = "Several slices share a position; the extras are shown as a separate series"
_SKIPPED: Final = 2
"""Positions by which one slice is ahead of the other in a run in which one slice is lost."""
_FEW: Final = 0.1
"""Share of the slices that may be extras, and be taken out of a run for that."""

_CLEAR: Final = 2.0
"""A pause between two volumes is so many times as long as any between two of their slices."""


@dataclass(slots=True)
class _Run:
    """The positions of a run so far, in order and as a set."""

    places: list[int] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    @property
    def last(self) -> int:
        return self.places[-1]


_Breaks = Callable[[_Run, int], bool]
_Values = NDArray[np.float64]


def rows_by_pauses(slices: Sequence[SliceRef], position: Numbers) -> Rows | None:
    """Return a row for each time point if their times are clearly apart, else None.

    Several slices of a row may share a position.
    """
    most = int(np.bincount(position).max())
    attributes = Attributes(slices)
    for name in RANKED:
        column = attributes.column(name)
        if not all(isinstance(value, int | float) for value in column):
            continue
        times = np.array(column, dtype=np.float64)
        order = np.argsort(times, kind="stable")
        gaps = np.diff(times[order])
        largest = np.sort(gaps)[::-1][: 2 * most]
        clear = np.flatnonzero(largest[:-1] > _CLEAR * largest[1:])
        for count in clear.tolist():
            row = np.empty(len(slices), dtype=np.intp)
            row[order] = np.concatenate(([0], np.cumsum(gaps >= largest[count])))
            sizes = sizes_of_cells(row, position)
            if sizes.max() == 1 or (count == clear[-1] and sizes.max() < most):
                return Rows(row, (name,), notes_of(name))
    return None


def rows_by_runs(slices: Sequence[SliceRef], position: Numbers) -> Rows | None:
    """Return a row for each run of slices, None if no order makes few and even runs.

    None, too, if it makes as few runs upward as downward: it does not tell the volumes apart.
    """
    most = int(np.bincount(position).max())
    for name, keys in _orders(slices, position):
        if len(set(keys)) < len(slices):
            continue
        order = sorted(range(len(slices)), key=lambda i: keys[i])  # type: ignore[arg-type,return-value]
        found = [
            row
            for breaks in (_jumps_down, _jumps_up, _falls, _rises, _jumps, _turns, _is_taken)
            if _is_good(row := _runs(order, position, breaks), slices, position, most)
        ]
        if len(slices) == int(position.max()) + 2:
            # One slice more than there are positions: none is lost.
            found = [row for row in found if not _has_holes(row, position)]
        if not found:
            continue
        row = min(found, key=lambda r: int(r.max()))
        upward, downward = (_runs(order, position, breaks) for breaks in (_falls, _rises))
        if row.max() == upward.max() == downward.max() and (upward != downward).any():
            continue
        return Rows(row, (name,), (BY_RUN,) if name == NUMBER else ())
    return None


def rows_by_nearest(slices: Sequence[SliceRef], position: Numbers) -> Rows | None:
    """Return the rows of slices some of which are lost, by those at complete positions.

    None if the values of what orders them do not tell which ones are lost.
    """
    counts = Counter(position.tolist())
    most = max(counts.values())
    complete = sorted(place for place, count in counts.items() if count == most)
    for name, keys in _orders(slices, position):
        numbers = np.array([key[0] if isinstance(key, tuple) else key for key in keys], np.float64)
        for given in (numbers, _without_trend(numbers, position, complete)):
            row = _nearest(given, position, complete)
            if row is not None:
                return Rows(row, (name,), notes_of(name))
    return None


def _without_trend(numbers: _Values, position: Numbers, complete: Sequence[int]) -> _Values:
    """Return numbers less what they grow by from position to position.

    They grow where all times of one position were made, or numbered, before those of the next. Two
    positions would always be in line.
    """
    if len(complete) == 2:
        return numbers
    first, last = (numbers[position == complete[end]].min() for end in (0, -1))
    trend: _Values = position * (last - first) / max(1, complete[-1] - complete[0])
    return numbers - trend


def _nearest(given: _Values, position: Numbers, complete: Sequence[int]) -> Numbers | None:
    """Return the rows of slices by the ranges that numbers have at complete positions."""
    ranked = np.array([np.sort(given[position == place]) for place in complete])
    lows, highs = ranked.min(axis=0), ranked.max(axis=0)
    if (lows[1:] <= highs[:-1]).any():
        return None
    row = np.searchsorted((highs[:-1] + lows[1:]) / 2, given).astype(np.intp)
    width = np.maximum(highs - lows, np.diff((lows + highs) / 2).min() / 4)
    beyond = np.maximum(lows[row] - given, given - highs[row])
    is_single = sizes_of_cells(row, position).max() == 1
    return row if (beyond <= width[row]).all() and is_single else None


def rows_with_extras(slices: Sequence[SliceRef], position: Numbers) -> Rows | None:
    """Return one row of a slice a position, and further ones of a few extras; None if many."""
    row = np.zeros(len(slices), dtype=np.intp)
    seen: Counter[int] = Counter()
    for index in sorted(range(len(slices)), key=lambda i: slices[i].frame.order):
        row[index] = seen[int(position[index])]
        seen[int(position[index])] += 1
    extras = int((row > 0).sum())
    is_one = extras == 1 and len(seen) > 2
    if not is_one and extras > _FEW * len(slices):
        return None
    seen_orders = {(int(p), ref.frame.order) for p, ref in zip(position, slices, strict=True)}
    notes = (EXTRAS,) if len(seen_orders) == len(slices) else (EXTRAS, *notes_of(FILE_NAME))
    return Rows(row, (NUMBER,), notes)


def _orders(slices: Sequence[SliceRef], position: Numbers) -> list[tuple[str, Column]]:
    """Return what orders the slices of each position: times, instance numbers only without."""
    columns = dict(ranking_columns(slices, position, np.zeros_like(position)))
    numbers = columns.pop(NUMBER, None)
    return [*columns.items()] or ([] if numbers is None else [(NUMBER, numbers)])


def _runs(order: Sequence[int], position: Numbers, breaks: _Breaks) -> Numbers:
    """Return the number of the run of each slice; a few extras are in rows after the runs."""
    row = np.full(len(order), -1, dtype=np.intp)
    run = _Run()
    number = 0
    extras: list[int] = []
    for index in order:
        place = int(position[index])
        repeats = bool(run.places) and place == run.last
        # A run that starts twice has lost its other slices the first time.
        if repeats and len(run.places) > 1 and len(extras) < max(1, _FEW * len(order)):
            extras.append(index)
            continue
        if repeats or (run.places and breaks(run, place)):
            number += 1
            run = _Run()
        run.places.append(place)
        run.taken.add(place)
        row[index] = number
    seen: Counter[int] = Counter()
    for index in extras:
        row[index] = number + 1 + seen[int(position[index])]
        seen[int(position[index])] += 1
    return row


def _falls(run: _Run, place: int) -> bool:
    """Whether the position jumps back in a series of ascending runs."""
    return place < run.last


def _rises(run: _Run, place: int) -> bool:
    """Whether the position jumps back in a series of descending runs."""
    return place > run.last


def _jumps_down(run: _Run, place: int) -> bool:
    """Whether the position jumps back, or far ahead, in a series of ascending runs."""
    return not 0 < place - run.last <= _SKIPPED


def _jumps_up(run: _Run, place: int) -> bool:
    """Whether the position jumps back, or far ahead, in a series of descending runs."""
    return not 0 < run.last - place <= _SKIPPED


def _turns(run: _Run, place: int) -> bool:
    """Whether the position jumps back, against the direction of the run."""
    return len(run.places) > 1 and (place - run.last) * (run.last - run.places[-2]) < 0


def _jumps(run: _Run, place: int) -> bool:
    """Whether the position jumps back, or far ahead."""
    return abs(place - run.last) > _SKIPPED or _turns(run, place)


def _is_taken(run: _Run, place: int) -> bool:
    """Whether the run has a slice at the position: slices may be made in any order."""
    return place in run.taken


def _is_good(row: Numbers, slices: Sequence[SliceRef], position: Numbers, most: int) -> bool:
    """Whether rows are few, of one slice a position, and even."""
    rows = int(row.max()) + 1
    few = rows <= most or (rows <= 2 * most and len(slices) >= 3 * rows)
    if sizes_of_cells(row, position).max() > 1 or not few:
        return False
    middles, spread = middles_of(distances_of(slices), position)
    return all(
        _is_on_a_grid(middles[np.sort(position[row == number])].tolist(), spread)
        for number in range(rows)
    )


def _has_holes(row: Numbers, position: Numbers) -> bool:
    """Whether a row lacks a position between others of its own."""
    own = (position[row == number] for number in range(int(row.max()) + 1))
    return any(np.ptp(places) >= len(places) for places in own)


def _is_on_a_grid(ascending: Sequence[float], spread: float) -> bool:
    """Whether slices have places on an even grid, some of which may be empty."""
    return len(ascending) < 3 or measure_gaps(ascending, spread).places is not None
