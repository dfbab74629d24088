"""Reading frames before they are looked at."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.forking import reset_in_child

AHEAD = 4
"""Frames read ahead while scrolling."""
LONGEST_STEP = 4
"""A larger move of the slider is a jump, not scrolling."""
IDLE_SECONDS = 5.0


class Prefetcher:
    """Runs the newest list of jobs in one background thread.

    One thread, so that what is fetched ahead takes at most one worker and one
    disk read, and never competes much with the frame that is looked at. A new
    list replaces what is left of the old one: after a change of direction
    nothing is read in the old one.
    """

    def __init__(self) -> None:
        self.forget_threads()

    def forget_threads(self) -> None:
        """Begin anew, as nothing runs in a forked process."""
        self._changed = threading.Condition()
        self._jobs: list[Callable[[], object]] = []
        self._running = False

    def replace(self, jobs: Sequence[Callable[[], object]]) -> None:
        """Run these jobs, first to last, instead of those still waiting."""
        with self._changed:
            self._jobs = list(jobs)
            if self._jobs and not self._running:
                self._running = True
                threading.Thread(target=self._run, name="medscan-prefetch", daemon=True).start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._jobs and not self._changed.wait_for(lambda: self._jobs, IDLE_SECONDS):
                    self._running = False
                    return
                job = self._jobs.pop(0)
            # Whoever looks at the frame meets the same error, and is told.
            with contextlib.suppress(Exception):
                job()


prefetcher = Prefetcher()
"""The one of this process."""
reset_in_child(prefetcher.forget_threads)


class LookAhead:
    """Has the next frames read when someone scrolls: two steps one way along one axis.

    One step is not enough: when a layer is added, napari goes from where it stands to the middle,
    which may be next to it.

    Parameters
    ----------
    places : ndarray of int
        Frame number at each position, as of `LazyStack`.
    read : callable
        Reads the frame of a number into the cache.
    """

    def __init__(self, places: NDArray[np.intp], read: Callable[[int], object]) -> None:
        self._places = places
        self._read = read
        self._last: tuple[int, ...] = ()
        self._heading: tuple[int, int] | None = None

    def visit(self, here: tuple[int, ...]) -> None:
        """Note which position is looked at."""
        last, self._last = self._last, here
        if len(last) != len(here):
            return
        steps = [a - b for a, b in zip(here, last, strict=True)]
        moved = [axis for axis, step in enumerate(steps) if step]
        if not moved:
            return
        before, self._heading = self._heading, None
        if len(moved) != 1 or abs(steps[moved[0]]) > LONGEST_STEP:
            return
        axis, direction = moved[0], 1 if steps[moved[0]] > 0 else -1
        self._heading = axis, direction
        if before != self._heading:
            # After a turn nothing is read the old way.
            if before is not None:
                prefetcher.replace([])
            return
        ahead = []
        for distance in range(1, AHEAD + 1):
            place = here[axis] + direction * distance
            if 0 <= place < self._places.shape[axis]:
                ahead.append(int(self._places[(*here[:axis], place, *here[axis + 1 :])]))
        prefetcher.replace([partial(self._read, number) for number in ahead if number >= 0])
