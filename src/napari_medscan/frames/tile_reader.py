"""TileReader: the tiles of one array, from the cache or their source, several at a time.

Whoever draws may set a limit: listeners are told when tiles that were not there by then arrive.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.batch import THREADS
from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.many import (
    FrameSource,
    notes_problems,
    reads_many,
)

AGAIN_SECONDS = 5.0
"""A tile that cannot be read is tried again after so long: a disc may have been put back."""

_numbers = count()


_Future = Future[dict[int, NDArray[Any]]]


class Tiles(NamedTuple):
    """What was read of some tiles.

    Parameters
    ----------
    values : dict of int to ndarray
        By the number of the tile, read-only.
    bad : int
        How many cannot be read.
    late : int
        How many are not read yet.
    """

    values: dict[int, NDArray[Any]]
    bad: int
    late: int


class TileReader:
    """Reads tiles, keeps them in the cache, and knows which are being read.

    Safe to use from several threads.

    Parameters
    ----------
    source : FrameSource
        Reads tile number `i`.
    shape : tuple of int
        (rows, columns) or (rows, columns, channels) of a tile.
    dtype : dtype
        Type of all tiles.
    cache : FrameCache
        Shared by all arrays.
    """

    def __init__(
        self,
        source: FrameSource,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        cache: FrameCache,
    ) -> None:
        self._source, self._shape, self._dtype, self._cache = source, shape, dtype, cache
        self._many = source if reads_many(source) else None
        self._number = next(_numbers)
        self._lock = threading.Lock()
        self._reading: dict[int, _Future] = {}
        self._bad: dict[int, float] = {}
        self.on_arrival: list[Callable[[], object]] = []
        """Called in a background thread when tiles that were late are there."""
        self.on_problem: list[Callable[[int, Exception], object]] = (
            [source.note_problem] if notes_problems(source) else []
        )

    def read(
        self, numbers: Sequence[int], seconds: float | None = None, *, is_kept: bool = True
    ) -> Tiles:
        """Return tiles.

        Parameters
        ----------
        numbers : sequence of int
            Which, each once.
        seconds : float, optional
            What reading may take; without, all are waited for. Tiles that were late before and are
            not among these are given up.
        is_kept : bool
            Whether the cache takes them.
        """
        values = {n: tile for n in numbers if (tile := self._cache.peek(self._key(n))) is not None}
        missing = [n for n in numbers if n not in values and not self._is_bad(n)]
        if missing:
            futures = self._submit(missing, is_drawn=seconds is not None, is_kept=is_kept)
            done, late = wait(futures, seconds)
            for future in late:
                future.add_done_callback(self._tell_arrival)
            for future in done:
                values |= future.result()
        values = {n: values[n] for n in numbers if n in values}
        bad = sum(map(self._is_bad, numbers))
        return Tiles(values, bad, len(numbers) - len(values) - bad)

    def drop(self) -> None:
        """Forget the tiles in the cache."""
        self._cache.drop(lambda key: isinstance(key, tuple) and key[:2] == ("tile", self._number))

    def _key(self, number: int) -> tuple[str, int, int]:
        return "tile", self._number, number

    def _is_bad(self, number: int) -> bool:
        since = self._bad.get(number)
        return since is not None and time.monotonic() - since < AGAIN_SECONDS

    def _submit(self, numbers: Sequence[int], *, is_drawn: bool, is_kept: bool) -> set[_Future]:
        """Have tiles read that nobody reads yet; return what to wait for."""
        with self._lock:
            wanted = set(numbers)
            if is_drawn:
                unwanted = {f for n, f in self._reading.items() if n not in wanted}
                unwanted -= {self._reading[n] for n in wanted & self._reading.keys()}
                gone = {future for future in unwanted if future.cancel()}
                self._reading = {n: f for n, f in self._reading.items() if f not in gone}
            futures = {self._reading[n] for n in numbers if n in self._reading}
            batches = self._batches([n for n in numbers if n not in self._reading])
            if batches:
                pool = ThreadPoolExecutor(min(THREADS, len(batches)), "medscan-tiles")
                for batch in batches:
                    future = pool.submit(self._read_batch, batch, is_kept=is_kept)
                    self._reading |= dict.fromkeys(batch, future)
                    futures.add(future)
                # The threads end when they have read them.
                pool.shutdown(wait=False)
        return futures

    def _batches(self, numbers: Sequence[int]) -> list[list[int]]:
        batches, start = [], 0
        while start < len(numbers):
            rest = numbers[start:]
            size = max(1, self._many.together(rest)) if self._many is not None else 1
            batches.append(list(rest[:size]))
            start += size
        return batches

    def _read_batch(self, numbers: list[int], *, is_kept: bool) -> dict[int, NDArray[Any]]:
        found = {}
        out = np.empty((len(numbers), *self._shape), self._dtype)
        try:
            for number, tile, error in zip(numbers, out, self._errors(numbers, out), strict=True):
                if error is None:
                    self._bad.pop(number, None)
                    found[number] = (
                        self._cache.get(self._key(number), tile.copy) if is_kept else tile
                    )
                else:
                    self._bad[number] = time.monotonic()
                    for on_problem in self.on_problem:
                        on_problem(number, error)
        finally:
            with self._lock:
                for number in numbers:
                    self._reading.pop(number, None)
        return found

    def _errors(self, numbers: list[int], out: NDArray[Any]) -> Iterable[Exception | None]:
        if self._many is not None and len(numbers) > 1:
            return self._many.read_together(numbers, out)
        return [self._error(number, tile) for number, tile in zip(numbers, out, strict=True)]

    def _error(self, number: int, tile: NDArray[Any]) -> Exception | None:
        try:
            self._source.read(number, tile)
        except Exception as error:  # noqa: BLE001 - told like the others
            return error
        return None

    def _tell_arrival(self, future: _Future) -> None:
        if not future.cancelled():
            for on_arrival in list(self.on_arrival):
                on_arrival()
