"""Frames of one group to an ordered grid: time x slice.

Frames that share an orientation are sorted along its normal. Where several
stand at one position, an attribute that tells them apart becomes a fourth
axis; where that fails, a group is split no further than it must be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.space.geometry import measure_gaps
from napari_medscan.dicom.space.vectors import difference, dot, normal_of, split_orientation

FOURTH_AXIS = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TemporalPositionTimeOffset",
    "DiffusionBValue",
    "DiffusionGradient",
    "TriggerTime",
    "EchoTime",
    "EchoNumbers",
    "FrameReferenceTime",
    "TimeSlotVector",
    "TimeSliceVector",
    "PhaseVector",
    "RRIntervalVector",
    "EnergyWindowVector",
    "DetectorVector",
    "RotationVector",
    "AngularViewVector",
    "AcquisitionNumber",
    "StackID",
    "ImageType",
    "ContentTime",
    "DimensionIndexValues",
)
"""Attributes tried, in this order, to tell repeats at one position apart."""

SPLITTERS = ("AcquisitionNumber", "ImageType", "EchoTime", "StackID")
"""Attributes by which a group may be split to mend its geometry."""

MAX_PARTS = 16
"""Most parts into which a group is split for its geometry's sake."""

SAME_PLACE = 0.005
"""Slices closer than this along the normal, mm, stand at one position."""

SAME_CORNER = 0.1
"""Within the plane slices may be half a pixel apart, and so many mm in any case."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Slices in order: one row a time point, one column a position.

    Parameters
    ----------
    rows : tuple of tuple of SliceRef
        All of one length.
    dimension : str
        What tells the rows apart; '' when there is one row.
    notes : tuple of str
        What the user should know about the order.
    """

    rows: tuple[tuple[SliceRef, ...], ...]
    dimension: str = ""
    notes: tuple[str, ...] = ()


def arrange(slices: Sequence[SliceRef]) -> list[Grid]:
    """Order the slices of one group, all of one orientation and with positions.

    Parameters
    ----------
    slices : sequence of SliceRef
        At least one.

    Returns
    -------
    list of Grid
        Usually one. No slice is lost: what does not fit becomes a grid of
        its own.
    """
    columns = _columns(slices)
    counts = {len(column) for column in columns}
    if counts == {1}:
        return _repair([column[0] for column in columns])
    stations = _stations(slices, columns)
    if len(stations) > 1:
        return [grid for station in stations for grid in arrange(station)]
    if len(counts) == 1:
        return [_four_dimensional(columns)]
    return _uneven(slices, columns)


def _columns(slices: Sequence[SliceRef]) -> list[list[SliceRef]]:
    """Return the slices of each position, ascending along the normal."""
    orientation = slices[0].frame.orientation
    assert orientation is not None  # noqa: S101 - for the type checker
    normal = normal_of(orientation)

    def distance(ref: SliceRef) -> float:
        position = ref.frame.position
        assert position is not None  # noqa: S101 - for the type checker
        return dot(position, normal)

    placed = sorted(((distance(s), s.frame.order, s) for s in slices), key=lambda p: p[:2])
    columns: list[list[SliceRef]] = []
    start = 0.0
    for place, _, ref in placed:
        if not columns or place - start > SAME_PLACE:
            columns.append([])
            start = place
        columns[-1].append(ref)
    for column in columns:
        column.sort(key=lambda ref: ref.frame.order)
    return columns


def distances(slices: Sequence[SliceRef]) -> list[float]:
    """Return where slices stand along their normal, mm."""
    orientation = slices[0].frame.orientation
    assert orientation is not None  # noqa: S101 - for the type checker
    normal = normal_of(orientation)
    return [dot(ref.frame.position, normal) for ref in slices if ref.frame.position is not None]


def _stations(
    slices: Sequence[SliceRef], columns: Sequence[Sequence[SliceRef]]
) -> list[list[SliceRef]]:
    """Separate slices of one depth that stand side by side.

    The stations of a whole spine share their depths, and are no repeats of
    one another.
    """
    if all(_same_corner(column[0], ref) for column in columns for ref in column):
        return [list(slices)]
    stations: list[list[SliceRef]] = []
    for ref in slices:
        for station in stations:
            if _same_corner(station[0], ref):
                station.append(ref)
                break
        else:
            if len(stations) == MAX_PARTS:
                return [list(slices)]
            stations.append([ref])
    return stations


def _same_corner(a: SliceRef, b: SliceRef) -> bool:
    """Whether two slices lie over each other, seen along the normal."""
    first, second, orientation = a.frame.position, b.frame.position, a.frame.orientation
    if first == second or first is None or second is None or orientation is None:
        return True
    limit = max(0.5 * min(a.frame.spacing or (0.0,)), SAME_CORNER)
    apart = difference(second, first)
    return all(abs(dot(apart, direction)) <= limit for direction in split_orientation(orientation))


def _four_dimensional(columns: Sequence[Sequence[SliceRef]]) -> Grid:
    """Return the grid of equally many slices at every position."""
    for name in FOURTH_AXIS:
        values = [[ref.frame.dimensions.get(name) for ref in column] for column in columns]
        if name == "DimensionIndexValues":
            values = _without_place(values)
        sets = [set(column) for column in values]
        # Only b = 0 tells something by what it lacks: a gradient.
        absent = None in sets[0] and name != "DiffusionGradient"
        if len(sets[0]) == len(columns[0]) and not absent and sets.count(sets[0]) == len(sets):
            ranks = _ranks(values[0])
            ordered = [
                _sorted_by(column, keys, ranks)
                for column, keys in zip(columns, values, strict=True)
            ]
            return Grid(tuple(zip(*ordered, strict=True)), name)
    note = "Time points sorted by instance number (no timing information)"
    return Grid(tuple(zip(*columns, strict=True)), "InstanceNumber", (note,))


def _without_place(values: list[list[object]]) -> list[list[object]]:
    """Take the components that number positions out of dimension index values."""
    flat = [value for column in values for value in column]
    if not all(isinstance(value, tuple) for value in flat) or len({len(v) for v in flat}) > 1:  # type: ignore[arg-type]
        return [[None] * len(column) for column in values]
    columns: list[list[tuple[object, ...]]] = values  # type: ignore[assignment]
    kept = []
    for component in range(len(columns[0][0])):
        sets = [{value[component] for value in column} for column in columns]
        if sets.count(sets[0]) == len(sets):
            kept.append(component)
    return [[tuple(value[i] for i in kept) for value in column] for column in columns]


def _sorted_by(
    column: Sequence[SliceRef], keys: Sequence[object], ranks: dict[object, int]
) -> list[SliceRef]:
    order = sorted(range(len(column)), key=lambda index: ranks[keys[index]])
    return [column[index] for index in order]


def _ranks(values: list[object]) -> dict[object, int]:
    """Return the place of each value along the fourth axis.

    Image types and gradients have no natural order: they keep the order in
    which the first position acquired them, which puts b = 0 and the magnitude
    first. All positions follow it, or a time point would mix values.
    """
    numbers = [value for value in values if isinstance(value, int | float)]
    texts = [value for value in values if isinstance(value, str)]
    natural = sorted(numbers) if len(numbers) == len(values) else sorted(texts)
    ordered = natural if len(natural) == len(values) else values
    return {value: rank for rank, value in enumerate(ordered)}


def _repair(slices: Sequence[SliceRef]) -> list[Grid]:
    """Split a volume with uneven gaps where that makes every part even."""
    whole = [Grid((tuple(slices),))]
    if len(slices) < 3 or measure_gaps(distances(slices)).regular:
        return whole
    for name in SPLITTERS:
        parts = _parts(slices, name)
        if len(parts) > 1 and all(
            len(part) > 2 and measure_gaps(distances(part)).regular for part in parts
        ):
            return [Grid((tuple(part),)) for part in parts]
    return whole


def _parts(slices: Sequence[SliceRef], name: str) -> list[list[SliceRef]]:
    parts: dict[object, list[SliceRef]] = defaultdict(list)
    for ref in slices:
        parts[ref.frame.dimensions.get(name)].append(ref)
    return list(parts.values()) if len(parts) <= MAX_PARTS else []


def _uneven(slices: Sequence[SliceRef], columns: Sequence[Sequence[SliceRef]]) -> list[Grid]:
    """Order slices that repeat more often at some positions than at others."""
    complete, rest = _complete_repeats(slices, len(columns))
    if complete:
        return [*arrange(complete), *(arrange(rest) if rest else [])]
    for name in SPLITTERS:
        parts = _parts(slices, name)
        if len(parts) > 1 and all(len({len(c) for c in _columns(part)}) == 1 for part in parts):
            return [grid for part in parts for grid in arrange(part)]
    first = [column[0] for column in columns]
    chosen = {id(ref) for ref in first}
    rest = [ref for ref in slices if id(ref) not in chosen]
    note = "Several slices share a position; the extras are shown as a separate series"
    grids = _repair(first)
    grids[0] = Grid(grids[0].rows, grids[0].dimension, (*grids[0].notes, note))
    return [*grids, *arrange(rest)]


def _complete_repeats(
    slices: Sequence[SliceRef], positions: int
) -> tuple[list[SliceRef], list[SliceRef]]:
    """Separate whole repeats from an unfinished one: a run that was stopped."""
    for name in FOURTH_AXIS:
        groups: dict[object, list[SliceRef]] = defaultdict(list)
        for ref in slices:
            groups[ref.frame.dimensions.get(name)].append(ref)
        if None in groups:
            continue
        whole = [g for g in groups.values() if len(g) == positions == len(_columns(g))]
        if len(whole) >= 2:
            kept = {id(ref) for group in whole for ref in group}
            return (
                [ref for ref in slices if id(ref) in kept],
                [ref for ref in slices if id(ref) not in kept],
            )
    return [], []
