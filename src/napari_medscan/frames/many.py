"""Reading many frames at a time, straight to their places."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from itertools import takewhile
from types import EllipsisType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[int, int], bool]
"""Called with (frames read, frames in all); False stops the reading."""
Index = int | slice | EllipsisType | NDArray[Any]

PARALLEL_FROM = 8
"""From so many frames on several are read at a time."""
MOST_TOGETHER = 16
"""Of small frames."""
THREADS = min(8, (os.cpu_count() or 1) + 1)
"""One more than there are cores: one waits for a disk or a worker while the others work."""

_REFRESH_SECONDS = 0.05


class StoppedError(Exception):
    """The user stopped the reading of a volume."""


class FrameSource(Protocol):
    """Whatever can read frames by number."""

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read one frame into an array of its shape and dtype; raise when it cannot be read."""
        ...


@runtime_checkable
class SourceOfMany(FrameSource, Protocol):
    """A frame source that is quicker with several frames at a time."""

    def together(self, indices: Sequence[int]) -> int:
        """Return how many of the first of `indices` are best read at a time."""
        ...

    def read_together(
        self, indices: Sequence[int], out: NDArray[Any]
    ) -> Sequence[Exception | None]:
        """Read frames into an array; return why each could not be read, None where it was."""
        ...


class ManyFrames:
    """Reads many frames of a source into one array, without filling the cache with them.

    Parameters
    ----------
    source : FrameSource
        Reads frame number `i` into an array of `frame_shape` and `dtype`.
    frame_shape : tuple of int
        (rows, columns) or (rows, columns, channels).
    dtype : dtype
        Type of all frames.
    fill : float
        Value of frames that cannot be read, and of numbers below 0.
    peek : callable
        Returns the frame of a number if it is in the cache, else None.
    tell : callable
        Called as ``tell(number, error)`` for a frame that cannot be read.
    """

    def __init__(
        self,
        source: FrameSource,
        frame_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: float,
        peek: Callable[[int], NDArray[Any] | None],
        tell: Callable[[int, Exception], None],
    ) -> None:
        self._source = source
        self._frame_shape = frame_shape
        self._dtype = dtype
        self._fill = fill
        self._peek = peek
        self._tell = tell

    def read(
        self,
        numbers: NDArray[np.intp],
        tail: tuple[Index, ...],
        reading: AbstractContextManager[Progress | None],
    ) -> NDArray[Any]:
        """Return the part `tail` of each of some frames; `reading` is entered meanwhile.

        Raises
        ------
        StoppedError
            When the user has had enough of it.
        """
        shape = np.broadcast_to(np.empty((), self._dtype), self._frame_shape)[tail].shape
        whole = all(
            isinstance(key, slice) and key.indices(extent) == (0, extent, 1)
            for key, extent in zip(tail, self._frame_shape, strict=False)
        )
        out = np.empty(numbers.shape + shape, dtype=self._dtype)
        wanted, parts = numbers.ravel().tolist(), out.reshape(numbers.size, *shape)
        source = self._source if whole and isinstance(self._source, SourceOfMany) else None
        places = deque(range(len(wanted)))
        taking = threading.Lock()

        def fill() -> None:
            while True:
                with taking:
                    if not places:
                        return
                    first = places[0]
                    end = first + self._together(source, wanted[first : first + MOST_TOGETHER])
                    for _ in range(first, end):
                        places.popleft()
                if source is not None and end > first + 1:
                    self._pass_together(source, wanted[first:end], parts[first:end])
                elif whole:
                    self._pass(wanted[first], parts[first])
                else:
                    frame = np.empty(self._frame_shape, dtype=self._dtype)
                    self._pass(wanted[first], frame)
                    parts[first] = frame[tail]

        if len(places) < PARALLEL_FROM:
            fill()
            return out
        total = len(places)
        with reading as report:
            with ThreadPoolExecutor(THREADS, "medscan-read") as pool:
                jobs = [pool.submit(fill) for _ in range(THREADS)]
                try:
                    while wait(jobs, _REFRESH_SECONDS if report else None).not_done:
                        if report is not None and not report(total - len(places), total):
                            raise StoppedError
                finally:
                    with taking:
                        places.clear()
            for job in jobs:
                job.result()
        return out

    def _pass(self, number: int, out: NDArray[Any]) -> None:
        """Read a frame that is not kept, or take it from the cache if it is there."""
        cached = self._peek(number) if number >= 0 else None
        if cached is not None:
            out[...] = cached
            return
        try:
            if number >= 0:
                self._source.read(number, out)
                return
        except Exception as error:  # noqa: BLE001 - a bad frame must never raise into napari
            self._tell(number, error)
        out[...] = self._fill

    def _together(self, source: SourceOfMany | None, numbers: list[int]) -> int:
        """Return how many of the first of some frames are read at a time."""
        missing = list(takewhile(self._is_to_be_read, numbers)) if source is not None else []
        return source.together(missing) if source is not None and len(missing) > 1 else 1

    def _is_to_be_read(self, number: int) -> bool:
        return number >= 0 and self._peek(number) is None

    def _pass_together(self, source: SourceOfMany, numbers: list[int], out: NDArray[Any]) -> None:
        """Read frames that are not kept."""
        try:
            errors = source.read_together(numbers, out)
        except Exception:  # noqa: BLE001 - one by one it shows which of them it is about
            for number, place in zip(numbers, out, strict=True):
                self._pass(number, place)
            return
        for number, place, error in zip(numbers, out, errors, strict=True):
            if error is not None:
                self._tell(number, error)
                place[...] = self._fill
