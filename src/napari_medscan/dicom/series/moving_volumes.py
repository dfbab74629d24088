"""Volumes that are repeats of one, though their positions move from one to the next."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.attributes import TEMPORAL, Attributes
from napari_medscan.dicom.series.grid import Grid, grid_of, volume_of
from napari_medscan.dicom.series.positions import (
    MAX_STATIONS,
    axes_of,
    distances_of,
    points_of,
)
from napari_medscan.dicom.series.repeats import label_rows, rank_rows
from napari_medscan.dicom.space.tolerances import LARGEST_MOTION, ONE_POSITION


def moved_volumes(parts: Sequence[Sequence[SliceRef]]) -> Grid:
    """Return the grid of volumes that are repeats of one, wherever motion has put them."""
    firsts = [part[0] for part in parts]
    alone = np.zeros(len(parts), dtype=np.intp)
    rows = label_rows(firsts, alone)
    if int(rows.row.max()) + 1 < len(parts):
        rows = rank_rows(firsts, alone, rows)
    volumes = [dict(enumerate(parts[i])) for i in np.argsort(rows.row).tolist()]
    grid = grid_of(volumes, rows)
    motion = _largest_motion(parts)
    if motion <= ONE_POSITION * float(np.median(np.diff(distances_of(parts[0])))):
        return grid
    note = f"Slices move by up to {motion:.1f} mm between time points; distances refer to the first"
    first = volume_of(list(volumes[0].values())).positions
    return replace(grid, positions=first, spread=0.0, notes=(*grid.notes, note))


def by_time_point(slices: Sequence[SliceRef], names: Sequence[str] = TEMPORAL) -> list[Grid]:
    """Return the grid of time points that one of `names` tells, though positions move."""
    told = slices[0].frame.dimensions
    names = [name for name in names if name in told or name == "AcquisitionTime"]
    if not names:
        return []
    attributes = Attributes(slices)
    for name in names:
        column = attributes.column(name)
        if None in column or len(set(column)) < 2:
            continue
        parts: dict[object, list[SliceRef]] = defaultdict(list)
        for ref, value in zip(slices, column, strict=True):
            parts[value].append(ref)
        found = families(list(parts.values()))
        if len(found) > 1:
            continue
        starts = distances_of([row[0] for row in found[0]])
        # Farther away, the positions are others of the same grid.
        if np.abs(starts - starts[0]).max() < np.ptp(distances_of(found[0][0][:2])):
            return [moved_volumes(found[0])]
    return []


def families(parts: Sequence[Sequence[SliceRef]]) -> list[list[list[SliceRef]]]:
    """Join the parts that are one volume, moved a little from one time point to the next.

    Parameters
    ----------
    parts : sequence of sequence of SliceRef
        Each the slices of one file or time point.

    Returns
    -------
    list of list of list of SliceRef
        Each family a list of parts, whose slices ascend along the normal of the first.
    """
    axes = axes_of(parts[0])
    found: list[tuple[NDArray[np.float64], list[list[SliceRef]]]] = []
    for part in parts:
        points = points_of(part) @ axes.T
        order = np.argsort(points[:, 0], kind="stable")
        points, slices = points[order], [part[i] for i in order]
        # Motion leaves one family, or a few: more are volumes that have nothing in common.
        for first, members in found[:MAX_STATIONS]:
            if _is_moved(first, points, members[0][0]):
                members.append(slices)
                break
        else:
            found.append((points, [slices]))
    return [members for _, members in found]


def _largest_motion(rows: Sequence[Sequence[SliceRef]]) -> float:
    """Return by how many mm the slices of the rows are off those of the first, at most."""
    first = points_of(rows[0])
    return max(float(np.linalg.norm(points_of(row) - first, axis=1).max()) for row in rows)


def _is_moved(one: NDArray[np.float64], other: NDArray[np.float64], ref: SliceRef) -> bool:
    """Whether two volumes are the same, moved by no more than a head moves."""
    if one.shape != other.shape or len(one) < 2:
        return False
    gaps, others = np.diff(one[:, 0]), np.diff(other[:, 0])
    step = statistics.median_low(gaps.tolist())
    # A direction that turns by its cosine shortens the gaps along the first one's normal.
    if min(gaps.min(), others.min()) <= 0 or np.abs(gaps - others).max() > 2 * ONE_POSITION * step:
        return False
    moved = np.abs((other - one).mean(axis=0))
    height, width = ref.frame.spacing or (1.0, 1.0)
    rows, columns = ref.header.shape
    limits = np.array((len(one) * step, columns * width, rows * height)) / 2
    return bool((moved < np.minimum(limits, LARGEST_MOTION)).all())
