"""Frames that took too long to read: each is read once more, when nothing else is.

A deadline may be missed because the machine was busy, and a healthy frame would stay blank.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from napari_medscan.frames.forking import reset_in_child

IDLE_SECONDS = 5.0
MOST_TRIES = 2


class ReadingQueue:
    """Knows when no frame is being read, and then runs what has waited for it.

    One background thread runs it; it ends when nothing was asked of it for a while.
    """

    def __init__(self) -> None:
        self.forget_threads()

    def forget_threads(self) -> None:
        """Begin anew, as nothing runs in a forked process."""
        self._changed = threading.Condition()
        self._reading = 0
        self._waiting: deque[Callable[[], object]] = deque()
        self._running = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count as reading meanwhile."""
        with self._changed:
            self._reading += 1
        try:
            yield
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()

    def when_idle(self, job: Callable[[], object]) -> None:
        """Run a job when no frame is being read."""
        with self._changed:
            self._waiting.append(job)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="medscan-late", daemon=True).start()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(self._is_due, IDLE_SECONDS) and not self._waiting:
                    self._running = False
                    return
                if not self._is_due():
                    continue
                job = self._waiting.popleft()
            # The job tells those who look at the frame.
            with suppress(Exception):
                job()

    def _is_due(self) -> bool:
        return bool(self._waiting) and not self._reading


queue = ReadingQueue()
"""The one of this process."""
reset_in_child(queue.forget_threads)


class LateFrames:
    """Which frames of a stack were late, and how often.

    Safe to use from several threads.

    Parameters
    ----------
    is_late : callable
        Whether an error means that reading took too long. Frames that failed for another reason
        are read again whenever somebody looks at them: a disc may have been put back.
    """

    def __init__(self, is_late: Callable[[Exception], bool]) -> None:
        self._is_late = is_late
        self._lock = threading.Lock()
        self._errors: dict[int, list[Exception]] = {}

    def is_to_be_tried_again(self, number: int, error: Exception) -> bool:
        """Note that a frame could not be read; return whether it was late for the first time."""
        if not self._is_late(error):
            return False
        with self._lock:
            errors = self._errors.setdefault(number, [])
            errors.append(error)
            return len(errors) < MOST_TRIES

    def is_waiting(self, number: int) -> bool:
        """Whether a frame that was late is yet to be read once more."""
        return len(self._errors.get(number, ())) in range(1, MOST_TRIES)

    def given_up(self, number: int) -> Exception | None:
        """Return why a frame is not read any more, None if it is."""
        errors = self._errors.get(number, [])
        return errors[-1] if len(errors) >= MOST_TRIES else None
