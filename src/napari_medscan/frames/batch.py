"""Several threads that read frames to their places."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import Enum, auto
from statistics import median
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from napari_medscan.frames.errors import ReadCanceledError
from napari_medscan.frames.indexing import BasicIndex

if TYPE_CHECKING:
    from napari_medscan.frames.many import ManyFrames

Progress = Callable[[int, int], bool]
"""Called with (frames read, frames in all); False stops the reading."""

LEAST_TAKEN, MOST_TAKEN = 4, 16
"""Frames that a thread takes to read next: fewer make messages to workers dear, more leave the
other threads without work at the end."""
THREADS = min(8, (os.cpu_count() or 1) + 1)
"""One more than there are cores: one waits for a disk or a worker while the others work."""
THREADS_WAITING = 32
"""Where they wait for most of a frame's time, as for a network share or a disc."""
SLOW = 0.001
"""Seconds to wait for a frame from which on further threads save more than they cost."""

_REFRESH_SECONDS = 0.05


class Outcome(Enum):
    """What became of a frame."""

    READ = auto()
    BLANK = auto()
    AGAIN = auto()
    """It was late, and is to be read once more after the others: blank until then."""


class Batch:
    """Frames that several threads read to their places.

    Parameters
    ----------
    frames : ManyFrames
        Reads them.
    numbers : list of int
        Which.
    parts : ndarray
        Takes the part `tail` of each.
    """

    def __init__(
        self,
        frames: ManyFrames,
        numbers: list[int],
        parts: NDArray[Any],
        tail: tuple[BasicIndex, ...],
    ) -> None:
        self._frames, self._numbers, self._parts, self._tail = frames, numbers, parts, tail
        self._whole = frames.is_whole(tail)
        self._next, self._end, self._done = 0, len(numbers), 0
        self._threads = THREADS
        self._again: deque[int] = deque()
        self._blank: deque[int] = deque()
        self._waits: deque[float] = deque(maxlen=4 * THREADS)
        self._lock = threading.Lock()

    @property
    def blank(self) -> frozenset[int]:
        """Numbers of the frames that are blank."""
        return frozenset(self._blank)

    def fill_by_threads(self, report: Progress | None) -> None:
        """Read frames until none is left, several at a time.

        Raises
        ------
        ReadCanceledError
            When `report` returns False.
        """
        total, jobs = self._end, list[Future[None]]()
        with ThreadPoolExecutor(THREADS_WAITING, "medscan-read") as pool:
            try:
                while not jobs or wait(jobs, _REFRESH_SECONDS).not_done:
                    if self._mostly_waits():
                        self._threads = THREADS_WAITING
                    jobs += [pool.submit(self.fill) for _ in range(len(jobs), self._threads)]
                    if report is not None and not report(self._done, total):
                        raise ReadCanceledError
            finally:
                # When it was canceled, no further frame is begun.
                with self._lock:
                    self._end = 0
        for job in jobs:
            job.result()

    def fill(self) -> None:
        """Read frames until none is left."""
        while places := self._take():
            first = places.start
            while first < min(places.stop, self._end):
                began, computed = time.perf_counter(), time.thread_time()
                ahead = self._numbers[first : places.stop] if self._whole else []
                end = first + (self._frames.together(ahead) if ahead else 1)
                self._read(first, end)
                waited = time.perf_counter() - began - (time.thread_time() - computed)
                self._waits.append(waited / (end - first))
                with self._lock:
                    self._done += end - first
                first = end

    def _mostly_waits(self) -> bool:
        """Whether the last frames were waited for, as far as can be told by now."""
        waits = list(self._waits)
        return len(waits) >= THREADS and median(waits) > SLOW

    def _take(self) -> range:
        """Return the next places: fewer toward the end, so that no thread ends long after others.

        Which of them are read together is found out without the lock, as it may read headers.
        """
        with self._lock:
            left = max(0, self._end - self._next)
            taken = min(max(LEAST_TAKEN, left // (4 * self._threads)), MOST_TAKEN, left)
            self._next += taken
            return range(self._next - taken, self._next)

    def fill_late(self) -> None:
        """Read once more what was late."""
        while self._again:
            place = self._again.popleft()
            self._read(place, place + 1)

    def _read(self, first: int, end: int) -> None:
        numbers, parts = self._numbers[first:end], self._parts[first:end]
        if self._whole:
            outcomes = self._frames.read_whole(numbers, parts)
        else:
            outcomes = self._frames.read_part(numbers[0], self._tail, parts)
        for index, outcome in enumerate(outcomes):
            if outcome is Outcome.AGAIN:
                self._again.append(first + index)
            elif outcome is Outcome.BLANK:
                self._blank.append(numbers[index])
