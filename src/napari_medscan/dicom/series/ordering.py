"""Slices of one group to ordered grids: time x position.

Slices are sorted along their normal. Where several stand at one position, what tells them apart
becomes a fourth axis; volumes that overlap without being repeats of each other stay apart, and
no slice is lost.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.alike import kinds_of
from napari_medscan.dicom.series.attributes import TEMPORAL, UNNUMBERED, same_numbers
from napari_medscan.dicom.series.grid import Grid, grid_of, volume_of
from napari_medscan.dicom.series.hidden_diffusion import with_csa_diffusion
from napari_medscan.dicom.series.meaning import further_facts
from napari_medscan.dicom.series.moving_volumes import by_time_point, families, moved_volumes
from napari_medscan.dicom.series.overlaps import (
    rows_by_nearest,
    rows_by_pauses,
    rows_by_runs,
    rows_with_extras,
)
from napari_medscan.dicom.series.planes import is_volume, split_by_plane
from napari_medscan.dicom.series.positions import (
    distances_of,
    middles_of,
    number_positions,
    split_stations,
)
from napari_medscan.dicom.series.repeats import (
    FEW_HOLES,
    NUMBER,
    Numbers,
    Rows,
    cells,
    label_rows,
    rank_rows,
    sizes_of_cells,
    tears,
)
from napari_medscan.dicom.space.geometry import measure_gaps
from napari_medscan.dicom.space.tolerances import MULTIPLE_GAP, ROUNDING, THICKER

LATERALITY = "Laterality"
FILE = "file"
ACQUISITION = "AcquisitionNumber"
SPLITTERS = (
    FILE,
    LATERALITY,
    ACQUISITION,
    "ImageType",
    "EchoTime",
    "StackID",
    "SliceThickness",
)
"""What a group may be split by to mend its geometry."""

MAX_PARTS = 16
"""Most parts into which a group is split for its geometry's sake."""

MAX_FURTHER = 4
"""Most parts into which volumes are split by what need not change their meaning."""

INCOMPLETE = "Incomplete time points are shown as a separate series"


def arrange(slices: Sequence[SliceRef]) -> list[Grid]:
    """Order the slices of one group, all with positions and of parallel planes.

    Parameters
    ----------
    slices : sequence of SliceRef
        At least one.

    Returns
    -------
    list of Grid
        Usually one. No slice is lost: what does not fit becomes a grid of its own.
    """
    if not is_volume(slices[0]):
        return _arrange(slices)
    files: dict[str, list[SliceRef]] = defaultdict(list)
    for ref in slices:
        files[ref.header.object_name].append(ref)
    grids, rest = [], []
    for family in families(list(files.values())) if len(files) > 1 else [list(files.values())]:
        if len(family) > 1:
            grids.append(moved_volumes(family))
        else:
            rest += family[0]
    if rest:
        alike: dict[Hashable, list[SliceRef]] = defaultdict(list)
        for ref in rest:
            alike[ref.frame.orientation, ref.frame.spacing].append(ref)
        for plane in split_by_plane(alike.values(), may_turn=False):
            grids += [grid for part in _interleaved(plane) for grid in _arrange(part)]
    return grids


def _interleaved(slices: Sequence[SliceRef]) -> list[list[SliceRef]]:
    """Return the slices of each file if they lie between those of others, else all in one."""
    files = _split_by(slices, FILE)
    step = min(np.diff(_middles(part)[0]).min(initial=math.inf) for part in files)
    if not math.isfinite(step):
        return [list(slices)]
    is_finer = np.diff(_middles(slices)[0]).min() < (1 - MULTIPLE_GAP) * step
    return files if is_finer else [list(slices)]


def _arrange(slices: Sequence[SliceRef]) -> list[Grid]:
    if len(slices) == 1:
        return [volume_of(slices)]
    distances = distances_of(slices)
    position = number_positions(slices, distances)
    count = int(position.max()) + 1
    if count == len(slices):
        order = np.argsort(position)
        ascending = [slices[i] for i in order.tolist()]
        is_even = count < 3 or measure_gaps(distances[order].tolist()).regular
        names = TEMPORAL if is_even else (*TEMPORAL, *UNNUMBERED)
        moved = by_time_point(slices, names)
        if moved or not is_even:
            return moved or _repair(ascending)
        return [volume_of(run) for run in _overlapping_runs(ascending)]
    parts = _overlapping(slices, position)
    if len(parts) > 1:
        return [grid for part in parts for grid in _arrange(part)]
    stations = split_stations(slices, position)
    even = len(set(Counter(position.tolist()).values())) == 1
    middles, spread = middles_of(distances, position)
    gaps = measure_gaps(middles.tolist(), spread) if count > 2 else None
    # Volumes that move may lie on a fine grid by chance, most places of which have no slice.
    is_whole = gaps is None or (gaps.places is not None and not gaps.missing)
    moved = []
    if len(stations) > 1 or not even or not is_whole:
        moved = by_time_point(slices, TEMPORAL if is_whole else (*TEMPORAL, *UNNUMBERED))
    # Times of two volumes between whose slices the others lie are no repeats of one.
    is_whole |= any(_is_regular(list(filter(None, grid.rows[0]))) for grid in moved)
    parts = [] if is_whole or len(stations) > 1 else _even_parts(slices)
    if moved and not parts:
        return moved
    if len(stations) > 1:
        return [grid for station in stations for grid in _arrange(station)]
    if parts:
        return [grid for part in parts for grid in _arrange(part)]
    return _repeated(slices, position)


def _overlapping_runs(ascending: Sequence[SliceRef]) -> list[list[SliceRef]]:
    """Split an even volume into two acquisitions if each is one by itself, between the other's.

    The slices of each touch, or overlap, and instance numbers do not follow the positions: slices
    that were reconstructed to overlap are of one acquisition.
    """
    first, second = (ref.header.dimension_of(ref.index, ACQUISITION) for ref in ascending[:2])
    whole = [list(ascending)]
    if None in (first, second) or first == second:
        return whole
    runs = _split_by(ascending, ACQUISITION)
    if len(runs) != 2 or not all(map(_is_regular, runs)):
        return whole
    numbers = [ref.frame.order for ref in ascending]
    if len(set(numbers)) in (1, len(numbers)) and sorted(numbers) in (numbers, numbers[::-1]):
        return whole
    step = np.ptp(distances_of(ascending)) / (len(ascending) - 1)
    thicknesses = [further_facts(ref).thickness for ref in ascending]
    is_thick = all(isinstance(mm, float) and mm > THICKER * step for mm in thicknesses)
    return runs if is_thick else whole


def _overlapping(slices: Sequence[SliceRef], position: Numbers) -> list[list[SliceRef]]:
    """Split volumes that share positions, but not all of their further facts."""
    # Files that are alike have both in common.
    firsts, which = kinds_of(slices)
    of_kinds = [further_facts(ref) for ref in firsts]
    if len(set(of_kinds)) == 1:
        return [list(slices)]
    facts = [of_kinds[number] for number in which]
    types, thickness, frames, descriptions = map(_filled, zip(*facts, strict=True))
    thickness = same_numbers(thickness)
    for most, *columns in (
        (MAX_PARTS, descriptions),
        (MAX_FURTHER, types, thickness, frames),
        (MAX_FURTHER, types, thickness),
        (MAX_PARTS, types),
        (MAX_FURTHER, thickness),
        (MAX_FURTHER, frames),
    ):
        chosen = list(zip(*columns, strict=True))
        numbers = {key: number for number, key in enumerate(dict.fromkeys(chosen))}
        shared = len(set(zip(chosen, position.tolist(), strict=True))) > int(position.max()) + 1
        if 1 < len(numbers) <= most and shared:
            row = np.array([numbers[key] for key in chosen])
            if not tears(row, position) and not _cuts(row, slices, position):
                return _by_row(slices, Rows(row, ()))
    return [list(slices)]


def _cuts(row: Numbers, slices: Sequence[SliceRef], position: Numbers) -> bool:
    """Whether rows cut volumes that attributes tell."""
    told = label_rows(slices, position).row
    is_told = sizes_of_cells(told, position).max() == 1
    return bool(is_told) and len(cells(told, row)) > told.max() + 1


def _filled(column: Sequence[object]) -> Sequence[object]:
    """Return a column of one value if all have it but a few that lack it, or lack it but a few."""
    given = [value for value in column if value]
    fewer = min(len(given), len(column) - len(given))
    is_one = len(set(given)) == 1 and fewer <= max(1, FEW_HOLES * len(column))
    return given[:1] * len(column) if is_one and 2 * fewer < len(column) else column


def _repeated(slices: Sequence[SliceRef], position: Numbers) -> list[Grid]:
    """Return the grids of slices some of which share a position."""
    rows = label_rows(slices, position)
    counts = cells(rows.row, position)
    if set(counts.values()) == {1}:
        return _grids_of(slices, position, rows)
    weighted = with_csa_diffusion(slices)
    if weighted is not slices:
        return _repeated(weighted, position)
    labels, places = int(rows.row.max()) + 1, int(position.max()) + 1
    sizes = {(label, count) for (label, _), count in counts.items()}
    if len(counts) == labels * places and len(sizes) == labels:
        return _grids_of(slices, position, rank_rows(slices, position, rows))
    if labels == 1:
        rows = rows_by_pauses(slices, position) or rows
        if sizes_of_cells(rows.row, position).max() == 1:
            return _grids_of(slices, position, rows)
    parts = _by_row(slices, rows)
    if len(parts) > 1:
        return _joined([_arrange(part) for part in parts], rows)
    for find_rows in (rows_by_runs, rows_by_nearest, rows_with_extras):
        found = find_rows(slices, position)
        if found is not None:
            return _grids_of(slices, position, found)
    return _by_count(slices, position)


def _joined(parts: Sequence[Sequence[Grid]], rows: Rows) -> list[Grid]:
    """Return one grid of parts that are alike but for a lost slice or a few, else all of them.

    A few slices that parts have beside their volumes stay apart.
    """
    grids = [grid for part in parts for grid in part]
    wholes = [max(part, key=lambda grid: len(grid.slices)) for part in parts]
    kept = set(map(id, wholes))
    extras = [ref for grid in grids if id(grid) not in kept for ref in grid.slices]
    rest = [ref for grid in wholes for ref in grid.slices]
    if extras and len(extras) <= max(1, FEW_HOLES * len(rest)):
        said = [note for grid in grids for note in grid.notes]
        found = [*_arrange(rest), *_arrange(extras)]
        return [replace(grid, notes=tuple(dict.fromkeys((*grid.notes, *said)))) for grid in found]
    first = grids[0]
    shapes = {(len(grid.rows), len(grid.rows[0]), grid.dimension) for grid in grids}
    if len(grids) > len(parts) or len(shapes) > 1 or len(first.rows) < 2 or not first.dimension:
        return grids
    apart = np.array(first.positions) - [grid.positions for grid in grids]
    if np.abs(apart).max() > ROUNDING:
        return grids
    dimension = ", ".join((*rows.names, first.dimension))
    notes = dict.fromkeys(note for grid in grids for note in (*rows.notes, *grid.notes))
    every = tuple(row for grid in grids for row in grid.rows)
    spread = max(grid.spread for grid in grids)
    return [Grid(every, dimension, tuple(notes), first.positions, spread)]


def _by_count(slices: Sequence[SliceRef], position: Numbers) -> list[Grid]:
    """Separate the positions by how often they repeat: nothing tells which slices are lost."""
    counts = Counter(position.tolist())
    grids = []
    for count in sorted(set(counts.values()), reverse=True):
        part = [
            ref
            for ref, place in zip(slices, position.tolist(), strict=True)
            if counts[place] == count
        ]
        grids += _arrange(part)
    return [replace(grid, notes=(*grid.notes, INCOMPLETE)) for grid in grids]


def _grids_of(slices: Sequence[SliceRef], position: Numbers, rows: Rows) -> list[Grid]:
    """Return the grids of rows of one slice a position at most.

    Rows that lack a slice or a few have holes. Rows that lack more are volumes of their own.
    """
    places = int(position.max()) + 1
    volumes: list[dict[int, SliceRef]] = [{} for _ in range(int(rows.row.max()) + 1)]
    for ref, row, place in zip(slices, rows.row.tolist(), position.tolist(), strict=True):
        volumes[row][place] = ref
    lost = max(1, int(FEW_HOLES * places))
    near = [volume for volume in volumes if places - len(volume) <= lost]
    holes = len(near) * places - sum(map(len, near))
    if holes > max(1, FEW_HOLES * len(near) * places) or places < 2:
        near = [volume for volume in volumes if len(volume) == places]
    if len(near) == len(volumes):
        return [grid_of(volumes, rows)]
    kept = set(map(id, near))
    rest = [volume for volume in volumes if id(volume) not in kept]
    if len(near) > 1:
        return [grid_of(near, rows), *_alone(rest, replace(rows, notes=(*rows.notes, INCOMPLETE)))]
    return _alone(volumes, rows)


def _alone(volumes: Sequence[dict[int, SliceRef]], rows: Rows) -> list[Grid]:
    """Return the grids of volumes that overlap; those at the same positions are repeats."""
    alike: dict[tuple[int, ...], list[dict[int, SliceRef]]] = defaultdict(list)
    for volume in volumes:
        alike[tuple(sorted(volume))].append(volume)
    sizes = list(map(len, alike.values()))
    grids: list[Grid] = []
    for group in alike.values():
        if len(group) > 2 or (len(group) > 1 and min(sizes) > 1):
            grids.append(grid_of(group, rows))
            continue
        for volume in group:
            parts = _repair([volume[place] for place in sorted(volume)])
            grids += [replace(part, notes=(*part.notes, *rows.notes)) for part in parts]
    return grids


def _repair(slices: Sequence[SliceRef]) -> list[Grid]:
    """Split a volume with uneven gaps where that makes every part even."""
    whole = [volume_of(slices)]
    if len(slices) < 3 or measure_gaps(distances_of(slices).tolist()).regular:
        return whole
    split = _even_parts(slices)
    if split:
        return [volume_of(part) for part in split]
    runs = rows_by_runs(slices, np.arange(len(slices)))
    if runs is None or runs.names != (NUMBER,):
        return whole
    parts = _by_row(slices, runs)
    if len(parts) == 1 or not all(map(_is_regular, parts)):
        return whole
    return [replace(volume_of(part), notes=runs.notes) for part in parts]


def _even_parts(slices: Sequence[SliceRef]) -> list[list[SliceRef]]:
    """Return what slices are split into so that each part is even, in places of its own."""
    places = len(_middles(slices)[0])
    for name in SPLITTERS:
        parts = _split_by(slices, name)
        is_split = 1 < len(parts) <= MAX_PARTS and all(map(_is_regular, parts))
        if is_split and sum(len(_middles(part)[0]) for part in parts) == places:
            return parts
    return []


def _split_by(slices: Sequence[SliceRef], name: str) -> list[list[SliceRef]]:
    """Return the slices that have each value of what may split a volume."""
    parts: dict[object, list[SliceRef]] = defaultdict(list)
    for ref in slices:
        parts[_splitting_value(ref, name)].append(ref)
    return list(parts.values())


def _splitting_value(ref: SliceRef, name: str) -> object:
    dimensions = ref.frame.dimensions
    if name == FILE:
        return ref.header.object_name
    if name == LATERALITY:
        return dimensions.get("FrameLaterality") or ref.header.laterality
    return dimensions.get(name)


def _is_regular(slices: Sequence[SliceRef]) -> bool:
    middles, spread = _middles(slices)
    return len(middles) > 2 and measure_gaps(middles.tolist(), spread).regular


def _middles(slices: Sequence[SliceRef]) -> tuple[NDArray[np.float64], float]:
    """Return the positions of slices along their normal, and their spread; see `middles_of`."""
    distances = distances_of(slices)
    return middles_of(distances, number_positions(slices, distances))


def _by_row(slices: Sequence[SliceRef], rows: Rows) -> list[list[SliceRef]]:
    count = int(rows.row.max()) + 1
    return [[slices[i] for i in np.flatnonzero(rows.row == n).tolist()] for n in range(count)]
