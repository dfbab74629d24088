"""Tiles: all slices of a volume side by side in one stored image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, sqrt

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.space.vectors import Vector

MAX_TILES = 1024
NO_POSITIONS = "No slice positions: slices are in the order of the tiles"


@dataclass(frozen=True)
class Tiles:
    """The slices of a tiled sheet.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of one tile.
    corners : tuple of tuple of int
        First row and first column of each, in the order of the slices.
    positions : tuple of tuple of float
        Where each lies, as Image Position (Patient); () when that is not known.
    dimensions : mapping
        What the maker says of the whole volume, to be added to `FrameHeader.dimensions`.
    notes : tuple of str
        What was assumed.
    """

    shape: tuple[int, int]
    corners: tuple[tuple[int, int], ...]
    positions: tuple[Vector, ...] = ()
    dimensions: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def layout_of(count: float | None, sheet: tuple[int, int], *, square: bool) -> Tiles | None:
    """Return the layout of a sheet, without positions.

    The tiles stand row by row, ceil(sqrt(count)) of them in a row.

    Parameters
    ----------
    count : float or None
        Number of slices.
    sheet : tuple of int
        Rows and columns of the sheet.
    square : bool
        There are as many tiles in a column as in a row, the last ones empty; else as few as it
        takes.

    Returns
    -------
    Tiles or None
        None when the sheet cannot be divided so.
    """
    # Written this way round, the comparison refuses NaN as well.
    if count is None or not 1 <= count <= MAX_TILES:
        return None
    count = int(count)
    across = ceil(sqrt(count))
    down = across if square else ceil(count / across)
    if sheet[0] % down or sheet[1] % across:
        return None
    height, width = shape = sheet[0] // down, sheet[1] // across
    corners = tuple((i // across * height, i % across * width) for i in range(count))
    return Tiles(shape, corners)


def unfold(header: ImageHeader, tiles: Tiles) -> ImageHeader:
    """Replace the one frame of a sheet by its slices."""
    (sheet,) = header.frames
    positions: Sequence[Vector | None] = tiles.positions or [None] * len(tiles.corners)
    frames = tuple(
        replace(
            sheet,
            position=position,
            tile=corner,
            order=(*sheet.order, index),
            dimensions={**sheet.dimensions, **tiles.dimensions},
        )
        for index, (corner, position) in enumerate(zip(tiles.corners, positions, strict=True))
    )
    notes = tiles.notes if tiles.positions else (NO_POSITIONS,)
    # A single slice follows no other.
    notes = notes if len(frames) > 1 else ()
    return replace(header, frames=frames, tile_shape=tiles.shape, notes=(*header.notes, *notes))
