"""Which time point, echo or b-value each of the slices at one position belongs to.

`Rows` give every slice a row: all slices of a row make one volume. Attributes with few values
come first; within what they leave, times are compared by their rank at each position, since they
differ from slice to slice; instance numbers are the last resort.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.files.walk import natural_key
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.attributes import (
    FOURTH_AXIS,
    PHYSICAL,
    RANKED,
    TEMPORAL,
    Attributes,
    Column,
)
from napari_medscan.dicom.space.tolerances import JITTERED_NUMBER

BY_NUMBER = "Time points sorted by instance number (no timing information)"
BY_FRAME = "Time points sorted by frame number (no timing information)"
REPEATED = "Repeats are sorted by {} (nothing else tells them apart)"
BY_ACQUISITION = "Time points sorted by acquisition number (no timing information)"
LEFT = "Some images lack what orders the others; they take the place that these leave"
NO_NUMBER = "Some images have no instance number; it is not certain which time point they are of"
BY_NAME = "Nothing orders the images that share a position; they are sorted by file name"
NUMBER = "InstanceNumber"
"""What orders images if no attribute tells what they are."""
FILE_NAME = "FileName"
"""What orders them if nothing does."""
FEW_HOLES = 0.1
"""Share of a grid that may be without a slice; one slice may be lost in any case."""
MOST_NAMED = 3
"""Attributes that a fourth axis is made of at most, if so many are enough."""

_TRIGGER, _ACQUISITION = "TriggerTime", "AcquisitionNumber"

Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rows:
    """The row of each slice.

    Parameters
    ----------
    row : array of int
        One for each slice, in the order of the fourth axis from 0.
    names : tuple of str
        Attributes that tell the rows apart.
    notes : tuple of str
        What the user should know.
    """

    row: Numbers
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def cells(*numbers: Numbers) -> Counter[tuple[int, ...]]:
    """Return how many slices there are for each combination of numbers."""
    return Counter(zip(*(n.tolist() for n in numbers), strict=True))


def sizes_of_cells(row: Numbers, position: Numbers) -> Numbers:
    """Return how many slices there are in each cell that has any."""
    # Not bincount: rows times positions may be a great number.
    key = row * (int(position.max()) + 1) + position
    sizes: Numbers = np.unique(key, return_counts=True)[1]
    return sizes


def label_rows(slices: Sequence[SliceRef], position: Numbers) -> Rows:
    """Return the rows by attributes with few values; several slices may be left in one cell.

    An attribute counts if it tells slices at one position apart and has no more values than
    there are repeats: each value then stands for whole volumes.

    Parameters
    ----------
    slices : sequence of SliceRef
        Of one plane.
    position : array of int
        Number of the position of each slice.
    """
    repeats = np.bincount(position)
    most, even = int(repeats.max()), bool((repeats == repeats[0]).all())
    row = np.zeros(len(slices), dtype=np.intp)
    sizes = sizes_of_cells(row, position)
    used: list[tuple[str, Numbers]] = []
    notes: tuple[str, ...] = ()
    for name, given in _named_columns(slices):
        if sizes.max() == 1:
            break
        column = _with_last_left(given, position)
        keys = _ranks(column, slices, position)
        if keys is None or keys.max() >= most:
            continue
        if name in RANKED and _stays_at_few(keys, position):
            continue
        joint = _joint(row, keys)
        if joint.max() >= most or joint.max() == row.max():
            continue
        smaller = sizes_of_cells(joint, position)
        if len(smaller) == len(sizes):
            continue
        is_told = name in PHYSICAL and not _jitters(column)
        if not is_told and (not _is_even(joint, position) if even else tears(joint, position)):
            continue
        row, sizes = joint, smaller
        used.append((name, keys))
        notes = notes if column is given else (LEFT,)
    return replace(_named(row, _by_acquisition(used, slices)), notes=notes)


def rank_rows(slices: Sequence[SliceRef], position: Numbers, rows: Rows) -> Rows:
    """Return rows of one slice a cell, from such that have equally many in all cells.

    Times are ranked within each cell, else instance numbers; else the slices stay in the order
    in which they are given, and a note says so.
    """
    row, names = rows.row, list(rows.names)
    for name, column in _ranked_columns(slices, position, row):
        joint = _joint(row, _ranks_in_cells(column, position, row))
        if joint.max() > row.max() and _is_even(joint, position):
            row = joint
            names.append(name)
        if sizes_of_cells(row, position).max() == 1:
            return Rows(row, tuple(names), (*rows.notes, *notes_of(name)))
    orders: Column = [ref.frame.order for ref in slices]
    is_ordered = len(set(zip(row.tolist(), position.tolist(), orders, strict=True))) == len(slices)
    keys: Column = orders if is_ordered else list(range(len(slices)))
    row = _joint(row, _ranks_in_cells(keys, position, row))
    last = NUMBER if is_ordered else FILE_NAME
    is_one = len({ref.header.object_name for ref in slices}) == 1
    if not is_ordered:
        notes = notes_of(last)
    elif len({ref.header.instance_number is None for ref in slices}) > 1:
        notes = (NO_NUMBER,)
    elif names:
        notes = (REPEATED.format("frame number" if is_one else "instance number"),)
    else:
        notes = (BY_FRAME if is_one else BY_NUMBER,)
    return Rows(row, (*names, last), (*rows.notes, *notes))


def ranking_columns(
    slices: Sequence[SliceRef], position: Numbers, row: Numbers
) -> Iterator[tuple[str, Column]]:
    """Yield name and values of what orders the slices of every cell."""
    numbers: Column = [ref.frame.order for ref in slices]
    for name, column in (*_ranked_columns(slices, position, row), (NUMBER, numbers)):
        cells_of = zip(row.tolist(), position.tolist(), column, strict=True)
        if len(set(cells_of)) == len(slices):
            yield name, column


def _ranked_columns(
    slices: Sequence[SliceRef], position: Numbers, row: Numbers
) -> Iterator[tuple[str, Column]]:
    """Yield name and values of attributes in `RANKED` that all slices have, and that differ.

    A trigger time is left out that jitters from beat to beat, and numbers that hardly differ.
    """
    attributes = Attributes(slices)
    for name in RANKED:
        column = attributes.column(name)
        if None in column or len(set(column)) == 1 or (name in PHYSICAL and _jitters(column)):
            continue
        if name == _TRIGGER:
            numbers: Column = [ref.frame.order for ref in slices]
            if _is_refuted(column, attributes, numbers, position, row):
                continue
        yield name, column


def _is_refuted(
    column: Column, attributes: Attributes, numbers: Column, position: Numbers, row: Numbers
) -> bool:
    """Whether times are not in the order of instance numbers, but those of a clock are."""
    numbered = _ranks_in_cells(numbers, position, row)
    if (_ranks_in_cells(column, position, row) == numbered).all():
        return False
    clocks = (attributes.column(name) for name in ("AcquisitionTime", "ContentTime"))
    return any(
        None not in clock and (_ranks_in_cells(clock, position, row) == numbered).all()
        for clock in clocks
    )


def notes_of(name: str) -> tuple[str, ...]:
    """Return what the user should know of an order by an attribute."""
    found = {FILE_NAME: BY_NAME, NUMBER: BY_NUMBER, "AcquisitionNumber": BY_ACQUISITION}
    return (found[name],) if name in found else ()


def _with_last_left(column: Column, position: Numbers) -> Column:
    """Return a column; slices that lack a value have the one that is left at their position.

    It is, if all positions whose slices have values have the same ones. Else the column as it is.
    """
    if None not in column or len(set(column)) < 2:
        return column
    at = defaultdict[int, list[int]](list)
    for index, place in enumerate(position.tolist()):
        at[place].append(index)
    found = [Counter(column[i] for i in indices) for indices in at.values()]
    whole = [values for values in found if None not in values]
    if not whole or any(values != whole[0] for values in whole):
        return column
    filled = list(column)
    for indices, values in zip(at.values(), found, strict=True):
        left = whole[0] - values
        if None in values and (len(left) != 1 or left.total() != values[None]):
            return column
        for index in indices:
            if column[index] is None:
                (filled[index],) = left
    return filled


def _named_columns(slices: Sequence[SliceRef]) -> Iterator[tuple[str, Column]]:
    attributes = Attributes(slices)
    for name in FOURTH_AXIS:
        for column in attributes.columns(name):
            yield name, column


def _ranks(column: Column, slices: Sequence[SliceRef], position: Numbers) -> Numbers | None:
    """Return the rank of each value along the fourth axis, None if there is one value only.

    Directions and image types have no natural order: they keep that in which the first complete
    position acquired them, which puts b = 0 and the magnitude first. File names decide nothing.
    """
    values = set(column)
    if len(values) < 2:
        return None
    natural = all(value is None or isinstance(value, int | float) for value in values) or all(
        value is None or isinstance(value, str) for value in values
    )
    if natural:
        ordered = sorted(values, key=_sortable)
    else:
        few = -np.bincount(position)[position]
        acquired = sorted(
            range(len(slices)),
            key=lambda i: (few[i], position[i], slices[i].frame.order, _sortable(column[i])),
        )
        ordered = list(dict.fromkeys(column[i] for i in acquired))
    places = {value: rank for rank, value in enumerate(ordered)}
    return np.array([places[value] for value in column], dtype=np.intp)


def _sortable(value: object) -> tuple[object, ...]:
    """Return what sorts numbers and texts ("TP20" before "TP100"), and tuples of them."""
    if isinstance(value, tuple):
        return (3, *map(_sortable, value))
    if isinstance(value, int | float):
        return (1, value)
    return (0,) if value is None else (2, *natural_key(str(value)))


def _stays_at_few(keys: Numbers, position: Numbers) -> bool:
    """Whether no value is met at more than half of the positions, as times of slices are."""
    cells_of = np.unique(np.stack((keys, position)), axis=1)[0]
    return 2 * int(np.bincount(cells_of).max()) <= int(position.max()) + 1


def _jitters(column: Column) -> bool:
    """Whether numbers are one number that was measured, or set, a little differently each time."""
    numbers = [value for value in column if isinstance(value, float)]
    if len(numbers) < len(column):
        return False
    return max(numbers) - min(numbers) <= JITTERED_NUMBER * max(numbers)


def _by_acquisition(
    used: Sequence[tuple[str, Numbers]], slices: Sequence[SliceRef]
) -> Sequence[tuple[str, Numbers]]:
    """Return attributes and ranks, acquisitions first if each has times of its own from the first.

    That is so if acquisition times of one are all before those of the next.
    """
    columns = dict(used)
    if _ACQUISITION not in columns or used[0][0] not in (*TEMPORAL, _TRIGGER):
        return used
    times = Attributes(slices).column("AcquisitionTime")
    if None in times:
        return used
    seconds, keys = np.array(times, np.float64), columns[_ACQUISITION]
    parts = [seconds[keys == key] for key in range(int(keys.max()) + 1)]
    if any(one.max() >= other.min() for one, other in pairwise(parts)):
        return used
    return [(_ACQUISITION, keys), *(each for each in used if each[0] != _ACQUISITION)]


def _is_even(row: Numbers, position: Numbers) -> bool:
    """Whether each row has as many slices at every position."""
    sizes = np.zeros((int(row.max()) + 1, int(position.max()) + 1), dtype=np.intp)
    np.add.at(sizes, (row, position), 1)
    return bool((sizes == sizes[:, :1]).all())


def tears(row: Numbers, position: Numbers) -> bool:
    """Return whether rows of nearly even repeats are less even than all slices are together.

    What tells such rows apart differs within the volumes, as where some of the images of a series
    were compressed or edited.
    """
    repeats = np.bincount(position)
    uneven = _unevenness(repeats)
    is_repeated = np.bincount(repeats).argmax() > 1
    if not is_repeated or uneven > max(1, FEW_HOLES * len(position)):
        return False
    sizes = np.zeros((int(row.max()) + 1, len(repeats)), dtype=np.intp)
    np.add.at(sizes, (row, position), 1)
    return sum(map(_unevenness, sizes)) > uneven


def _unevenness(repeats: Numbers) -> int:
    """Return how many slices are too many or too few for equal repeats from end to end."""
    own = np.trim_zeros(repeats)
    return int(np.abs(own - np.bincount(own).argmax()).sum())


def _named(row: Numbers, used: Sequence[tuple[str, Numbers]]) -> Rows:
    """Return the rows, named and ordered by the smallest set of attributes that tells them."""
    rows = int(row.max()) + 1
    for size in range(1, min(MOST_NAMED, len(used)) + 1):
        for chosen in combinations(used, size):
            keys = np.stack([keys for _, keys in chosen])
            found, inverse = np.unique(keys, axis=1, return_inverse=True)
            if found.shape[1] == rows:
                names = tuple(dict.fromkeys(name for name, _ in chosen))
                return Rows(inverse.reshape(-1).astype(np.intp), names)
    return Rows(row, tuple(dict.fromkeys(name for name, _ in used)))


def _joint(row: Numbers, keys: Numbers) -> Numbers:
    """Return the rows that two numbers make together, in their order."""
    both = np.unique(np.stack((row, keys)), axis=1, return_inverse=True)[1]
    return both.reshape(-1).astype(np.intp)


def _ranks_in_cells(keys: Column, position: Numbers, row: Numbers) -> Numbers:
    """Return the rank of each slice's key among those of its cell; equal keys share one."""
    members: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, cell in enumerate(zip(row.tolist(), position.tolist(), strict=True)):
        members[cell].append(index)
    ranks = np.zeros(len(keys), dtype=np.intp)
    for indices in members.values():
        ordered = sorted({keys[i] for i in indices})  # type: ignore[type-var]
        places = {key: rank for rank, key in enumerate(ordered)}
        ranks[indices] = [places[keys[i]] for i in indices]
    return ranks
