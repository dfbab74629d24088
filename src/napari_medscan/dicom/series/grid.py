"""Grid: slices in order, time x position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.positions import (
    distances_of,
    mean_positions,
    middles_of,
    positions_of,
)
from napari_medscan.dicom.series.repeats import Rows
from napari_medscan.dicom.space.vectors import Vector

Cells = tuple[SliceRef | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Slices in order: one row a time point, one column a position.

    Parameters
    ----------
    rows : tuple of tuple of SliceRef or None
        All of one length; None where a slice is missing at one time point.
    dimension : str
        Attributes that tell the rows apart, separated by ", "; '' when there is one row.
    notes : tuple of str
        What the user should know about the order.
    positions : tuple of tuple of float
        Where the columns lie, LPS, mm: the middles of their slices; () when unknown.
    spread : float
        How far the slices of one column lie apart along the normal at most, mm.
    """

    rows: tuple[Cells, ...]
    dimension: str = ""
    notes: tuple[str, ...] = ()
    positions: tuple[Vector, ...] = ()
    spread: float = 0.0

    @property
    def slices(self) -> tuple[SliceRef, ...]:
        """All slices, row by row."""
        return tuple(ref for row in self.rows for ref in row if ref is not None)


def grid_of(volumes: Sequence[dict[int, SliceRef]], rows: Rows) -> Grid:
    """Return the grid of volumes, each its slices by the number of their position."""
    places = sorted({place for volume in volumes for place in volume})
    table = tuple(tuple(volume.get(place) for place in places) for volume in volumes)
    columns = [[ref for ref in column if ref] for column in zip(*table, strict=True)]
    dimension = ", ".join(rows.names) if len(volumes) > 1 else ""
    slices = [ref for column in columns for ref in column]
    position = np.repeat(np.arange(len(columns)), list(map(len, columns)))
    _, spread = middles_of(distances_of(slices), position)
    return Grid(table, dimension, rows.notes, mean_positions(columns), spread)


def volume_of(slices: Sequence[SliceRef]) -> Grid:
    """Return the grid of one volume, in the order of its slices."""
    positions = tuple(place for place in positions_of(slices) if place is not None)
    return Grid((tuple(slices),), positions=positions)
