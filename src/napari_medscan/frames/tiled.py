"""TiledArray: one level of a pyramid, of which only the tiles that are asked for are read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.array_face import ArrayFace
from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.display import DisplayArray
from napari_medscan.frames.errors import UnreadableTilesError
from napari_medscan.frames.indexing import (
    BasicIndex,
    entries_of,
    gather,
    is_basic,
    padded,
    plain_key,
    split_newaxes,
)
from napari_medscan.frames.many import FrameSource
from napari_medscan.frames.tile_reader import TileReader, Tiles

DRAW_SECONDS = 0.07
"""What drawing may wait for tiles in the GUI thread; later ones are drawn when they are there."""
Combine = Callable[[NDArray[Any]], NDArray[Any]]
"""Makes an array of (rows, columns[, channels]) of squares of (rows, y, columns, x[, channels])."""
_AT_ONCE = 512
"""Tiles that are held at a time while a larger region is put together."""


@dataclass(frozen=True, slots=True, eq=False)
class TilePlane:
    """The tiles of one plane.

    Parameters
    ----------
    numbers, tops, lefts : ndarray of int
        Number of each tile in its source, first row and first column. Later tiles cover earlier
        ones.
    is_gapless : bool
        Where there is no tile, one is missing; else the plane is empty there.
    """

    numbers: NDArray[np.intp]
    tops: NDArray[np.int64]
    lefts: NDArray[np.int64]
    is_gapless: bool = False


class TiledArray(ArrayFace):
    """A read-only array of tiles, with numpy's semantics.

    It is strict: a tile that is missing or cannot be read raises `UnreadableTilesError` when it
    is among those that were asked for. `display` is what a layer draws.

    Parameters
    ----------
    source : FrameSource
        Reads tile number `i` into an array of `tile_shape` and `dtype`.
    planes : sequence of TilePlane
        Where the tiles lie, for each position along the first axis; one if there is none.
    shape : tuple of int
        ([planes,] rows, columns[, channels]).
    tile_shape : tuple of int
        (rows, columns[, channels]).
    dtype : dtype
        Type of all tiles.
    fill : array_like
        Value, or channels, where there is no tile.
    cache : FrameCache
        Shared by all arrays.
    """

    def __init__(
        self,
        source: FrameSource,
        planes: Sequence[TilePlane],
        shape: tuple[int, ...],
        tile_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: object,
        cache: FrameCache,
    ) -> None:
        self._made_of = source, planes, shape, tile_shape, dtype, fill, cache
        self._planes, self._shape, self._tile_shape = tuple(planes), shape, tile_shape
        self._dtype = dtype
        self._fill = np.asarray(fill, dtype)
        self._lead = len(shape) - len(tile_shape)
        self._tiles = TileReader(source, tile_shape, dtype, cache)
        self.display = DisplayArray(self)
        """The face of this array that a layer draws."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._dtype

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle where the tiles are."""
        return TiledArray, self._made_of

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every tile into one new array."""
        if copy is False:
            raise ValueError("an array of tiles has no memory to share")
        values: NDArray[Any] = self[...]
        return values.astype(dtype or self._dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes and gives
        """Read what `key` selects, as numpy.

        Raises
        ------
        IndexError
            As numpy.
        UnreadableTilesError
            If a tile in the box around what `key` selects is missing or cannot be read.
        """
        plain = plain_key(key)
        if plain is not None:
            return self._select(padded(plain, self.ndim), is_strict=True)
        entries = entries_of(key)
        if is_basic(entries):
            keys, axes = split_newaxes(entries, self.ndim)
            return np.asarray(self._select(keys, is_strict=True))[(*axes, ...)]
        plan = gather(entries, self._shape, ())
        box = tuple(
            slice(int(axis.min()), int(axis.max()) + 1) if axis.size else slice(0)
            for axis in plan.axes
        )
        block = self._select(box, is_strict=True)
        places = [axis - part.start if part.start else axis
                  for axis, part in zip(plan.axes, box, strict=True)]  # fmt: skip
        return block[np.ix_(*places)][plan.key]

    def look(self, key: tuple[BasicIndex, ...]) -> Any:  # noqa: ANN401 - an array or a value
        """Return what integers and slices select, for drawing: it never raises because of a tile.

        Blank is what is missing or cannot be read. In the GUI thread, what takes longer than
        `DRAW_SECONDS` is blank until those who `watch_arrival` draw it again.
        """
        return self._select(padded(key, self.ndim), is_strict=False)

    def pass_through(self, key: tuple[BasicIndex, ...]) -> Any:  # noqa: ANN401 - as `look`
        """Return the same once: the cache takes none of the tiles, and all are waited for."""
        return self._select(padded(key, self.ndim), is_strict=False, is_kept=False)

    def watch_arrival(self, on_arrival: Callable[[], object]) -> None:
        """Call `on_arrival` in a background thread when tiles that were drawn blank are there."""
        self._tiles.on_arrival.append(on_arrival)

    def watch(self, on_problem: Callable[[int, Exception], object]) -> None:
        """Call `on_problem` for tiles that cannot be read, in a background thread."""
        self._tiles.on_problem.append(on_problem)

    def close(self) -> None:
        """Forget the tiles in the cache."""
        self._tiles.drop()

    def _select(
        self, keys: tuple[BasicIndex, ...], *, is_strict: bool, is_kept: bool = True
    ) -> Any:  # noqa: ANN401
        parts = [_part(key, extent) for key, extent in zip(keys, self._shape, strict=True)]
        ranges = [range(extent)[part] for part, extent in zip(parts, self._shape, strict=True)]
        single = tuple(0 if not isinstance(key, slice) else slice(None) for key in keys)
        planes = ranges[0] if self._lead else range(1)
        rows, columns, *channels = ranges[self._lead :]
        box_rows, box_columns = _span(rows), _span(columns)
        out = np.empty(
            (len(planes), len(box_rows), len(box_columns), *self._tile_shape[2:]), self._dtype
        )
        out[...] = self._fill
        if box_rows and box_columns:
            read = partial(self._tiles.read, is_kept=is_kept)
            if not is_strict and is_kept and self._is_watched():
                read = partial(read, seconds=DRAW_SECONDS)
            for place, plane in zip(out, planes, strict=True):
                self._draw(read, self._planes[plane], (box_rows, box_columns), place, is_strict)
        found = out[:, :: rows.step, :: columns.step]
        if channels:
            found = found[..., parts[-1]]
        return found[single if self._lead else (0, *single)]

    def _draw(
        self,
        read: Callable[[list[int]], Tiles],
        plane: TilePlane,
        box: tuple[range, range],
        out: NDArray[Any],
        is_strict: bool,  # noqa: FBT001 - private
    ) -> None:
        """Draw the tiles of a plane into the box of rows and columns that `out` is."""
        rows, columns = box
        height, width = self._tile_shape[:2]
        inside = (plane.tops < rows.stop) & (plane.tops > rows.start - height)
        inside &= (plane.lefts < columns.stop) & (plane.lefts > columns.start - width)
        chosen = np.flatnonzero(inside)
        if is_strict and plane.is_gapless:
            whole = _tiles_along(rows, height) * _tiles_along(columns, width)
            if len(chosen) < whole:
                raise UnreadableTilesError(whole - len(chosen), whole)
        for first in range(0, len(chosen), _AT_ONCE):
            part = chosen[first : first + _AT_ONCE]
            numbers = plane.numbers[part].tolist()
            tiles = read(numbers)
            if is_strict and tiles.bad + tiles.late:
                raise UnreadableTilesError(tiles.bad + tiles.late, len(chosen))
            places = zip(plane.tops[part].tolist(), plane.lefts[part].tolist(), strict=True)
            for number, (top, left) in zip(numbers, places, strict=True):
                if number in tiles.values:
                    _paste(tiles.values[number], out, top - rows.start, left - columns.start)

    def _is_watched(self) -> bool:
        """Whether what is late can be drawn again."""
        in_window = threading.current_thread() is threading.main_thread()
        return in_window and bool(self._tiles.on_arrival)


def _part(key: BasicIndex, extent: int) -> slice:
    """Return a key as a slice; raise IndexError for a place outside."""
    if isinstance(key, slice):
        return key
    place = range(extent)[key]
    return slice(place, place + 1)


def _span(places: range) -> range:
    """Return all places from the lowest to the highest of some."""
    if not places:
        return range(0)
    low, high = sorted((places[0], places[-1]))
    return range(low, high + 1)


def _tiles_along(span: range, extent: int) -> int:
    """Return how many tiles of a grid a span touches."""
    return ceil(span.stop / extent) - span.start // extent


def _paste(tile: NDArray[Any], out: NDArray[Any], top: int, left: int) -> None:
    """Draw as much of a tile as lies on `out`."""
    rows = slice(max(0, top), min(out.shape[0], top + tile.shape[0]))
    columns = slice(max(0, left), min(out.shape[1], left + tile.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        out[rows, columns] = tile[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]


@dataclass(frozen=True, slots=True)
class ReducedSource:
    """Reads the tiles of a smaller level: each pixel is made of a square of a larger one.

    Parameters
    ----------
    level : TiledArray
        The larger one.
    combine : callable
        `mean_of` or `highest_of`.
    factor : int
        Pixels of it along each side of the square.
    tile : int
        Rows and columns of a tile.
    """

    level: TiledArray
    combine: Combine
    factor: int
    tile: int

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read tile number `index`; beyond the larger level are its last pixels."""
        lead = self.level.ndim - out.ndim
        rows, columns = self.level.shape[lead : lead + 2]
        across, per_plane = self.grid(rows, columns)
        plane, place = divmod(index, per_plane)
        step = self.tile * self.factor
        top, left = place // across * step, place % across * step
        key = (slice(top, min(rows, top + step)), slice(left, min(columns, left + step)))
        block = self.level.pass_through((plane, *key) if lead else key)
        out[...] = self.combine(_squares(block, self.factor, out.shape))

    def grid(self, rows: int, columns: int) -> tuple[int, int]:
        """Return how many tiles stand in a row, and how many a plane has."""
        step = self.tile * self.factor
        across = ceil(columns / step)
        return across, across * ceil(rows / step)


def _squares(block: NDArray[Any], factor: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the squares of a block, padded with its edge to a shape; axes 1 and 3 are theirs."""
    wanted = [extent * factor for extent in shape[:2]]
    pads = [(0, most - have) for most, have in zip(wanted, block.shape, strict=False)]
    block = np.pad(block, [*pads, *[(0, 0)] * (block.ndim - 2)], mode="edge")
    rows, columns = shape[:2]
    return block.reshape(rows, factor, columns, factor, *block.shape[2:])


def mean_of(squares: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of each square."""
    mean: NDArray[Any] = squares.mean(axis=(1, 3), dtype=np.float32)
    return np.rint(mean) if squares.dtype.kind in "iu" else mean


def highest_of(squares: NDArray[Any]) -> NDArray[Any]:
    """Return the highest value of each square: a small label does not vanish."""
    highest: NDArray[Any] = squares.max(axis=(1, 3))
    return highest


def reduced(
    level: TiledArray, factor: int, tile: int, cache: FrameCache, combine: Combine = mean_of
) -> TiledArray:
    """Return a level of which each pixel is made of `factor` x `factor` pixels of another."""
    source = ReducedSource(level, combine, factor, tile)
    channels = level._tile_shape[2:]  # noqa: SLF001 - of this module
    lead = level.ndim - 2 - len(channels)
    rows, columns = level.shape[lead : lead + 2]
    across, per_plane = source.grid(rows, columns)
    places = np.arange(per_plane)
    planes = [
        TilePlane(places + plane * per_plane, places // across * tile, places % across * tile)
        for plane in range(level.shape[0] if lead else 1)
    ]
    shape = (*level.shape[:lead], ceil(rows / factor), ceil(columns / factor), *channels)
    fill = level._fill  # noqa: SLF001 - of this module
    return TiledArray(source, planes, shape, (tile, tile, *channels), level.dtype, fill, cache)
