"""Reading frames before they are looked at."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence

IDLE_SECONDS = 5.0


class Prefetcher:
    """Runs the newest list of jobs in one background thread.

    One thread, so that what is fetched ahead takes at most one worker and one
    disk read, and never competes much with the frame that is looked at. A new
    list replaces what is left of the old one: after a change of direction
    nothing is read in the old one.
    """

    def __init__(self) -> None:
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
