"""Frames of one group to an ordered grid: time x slice.

Frames that share an orientation are sorted along its normal. Where several
stand at one position, an attribute that tells them apart becomes a fourth
axis; where that fails, a group is split no further than it must be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from napari_medscan.dicom.geometry import measure_gaps
from napari_medscan.dicom.header import FrameHeader, Header
from napari_medscan.dicom.vectors import dot, normal_of

FOURTH_AXIS = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "DiffusionBValue",
    "DiffusionGradient",
    "TriggerTime",
    "EchoTime",
    "EchoNumbers",
    "FrameReferenceTime",
    "AcquisitionNumber",
    "StackID",
    "ImageType",
    "ContentTime",
)
"""Attributes tried, in this order, to tell repeats at one position apart."""

SPLITTERS = ("AcquisitionNumber", "ImageType", "EchoTime", "StackID")
"""Attributes by which a group may be split to mend its geometry."""

MAX_PARTS = 16
"""Most parts into which a group is split for its geometry's sake."""

SAME_PLACE = 0.005
"""Slices closer than this along the normal, mm, stand at one position."""


@dataclass(frozen=True, slots=True)
class SliceRef:
    """One slice: which file, which of its frames."""

    header: Header
    index: int

    @property
    def frame(self) -> FrameHeader:
        """The slice's own attributes."""
        return self.header.frames[self.index]


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


def _four_dimensional(columns: Sequence[Sequence[SliceRef]]) -> Grid:
    """Return the grid of equally many slices at every position."""
    for name in FOURTH_AXIS:
        sets = [{ref.frame.dimensions.get(name) for ref in column} for column in columns]
        if (
            len(sets[0]) == len(columns[0])
            and None not in sets[0]
            and sets.count(sets[0]) == len(sets)
        ):
            ordered = [sorted(column, key=_by_dimension(name)) for column in columns]
            return Grid(tuple(zip(*ordered, strict=True)), name)
    note = "repeats are in the order of their instance numbers: no attribute tells them apart"
    return Grid(tuple(zip(*columns, strict=True)), "InstanceNumber", (note,))


def _by_dimension(name: str) -> Callable[[SliceRef], tuple[bool, object]]:
    def key(ref: SliceRef) -> tuple[bool, object]:
        value = ref.frame.dimensions[name]
        # Image types and gradients have no natural order: keep the order of
        # acquisition, which puts b = 0 and the magnitude first.
        return (False, value) if isinstance(value, int | float | str) else (True, ref.frame.order)

    return key


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
    parts: dict[Hashable, list[SliceRef]] = defaultdict(list)
    for ref in slices:
        value = ref.frame.dimensions.get(name)
        parts[value if isinstance(value, Hashable) else None].append(ref)
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
    note = "more than one slice at the same position: the others are shown as a stack of their own"
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
