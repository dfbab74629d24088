"""Work off the GUI thread of which only the newest result counts."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_medscan.dicom import MedscanError
from napari_medscan.napari_.failure_log import guarded, log_failure

Then = Callable[[Any], object]
"""Called with what a task returned."""
Failed = Callable[[Exception], object]
"""Called with the MedscanError or OSError that a task raised."""


class Latest(QObject):
    """Runs one task at a time in a thread of its own.

    A new task makes the one before it stale: if that one waits, it is not begun; if it runs, its
    result is dropped.

    Parameters
    ----------
    parent : QObject
        Lives in the GUI thread.
    """

    progressed = Signal(int, int)
    _finished = Signal(int, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._number = 0
        self._waiting: tuple[int, Callable[[Callable[[], bool]], object]] | None = None
        self._thread: threading.Thread | None = None
        self._released = False
        self._then: Then = _ignore
        self._failed: Failed = _ignore
        self._finished.connect(self._deliver)

    def start(
        self,
        task: Callable[[Callable[[], bool]], object],
        then: Then,
        failed: Failed | None = None,
    ) -> None:
        """Run a task; it is called with a function that returns whether it has become stale.

        Parameters
        ----------
        task : callable
            Runs in the thread.
        then : callable
            Called in the GUI thread with what the task returned.
        failed : callable, optional
            Called in the GUI thread with the MedscanError or OSError that the task raised. The
            message of any other exception may quote patient data: it is logged without its message,
            and a MedscanError takes its place.
        """
        with self._changed:
            self._number += 1
            self._then, self._failed = guarded(then), guarded(failed or _ignore)
            self._waiting = self._number, task
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="medscan-latest", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def cancel(self) -> None:
        """Drop whatever is running or waiting."""
        with self._changed:
            self._number += 1
            self._waiting = None

    def release(self) -> None:
        """Stop for good, without waiting."""
        self.cancel()
        with self._changed:
            self._released = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._waiting is None and not self._released:
                    self._changed.wait()
                if self._released or self._waiting is None:
                    return
                number, task = self._waiting
                self._waiting = None
            result = self._outcome(number, task)
            if number != self._number:
                # Nobody waits for it, and Qt itself may be gone by now.
                continue
            # The widget may be gone by now.
            with contextlib.suppress(RuntimeError):
                self._finished.emit(number, result)

    def _outcome(self, number: int, task: Callable[[Callable[[], bool]], object]) -> object:
        """Return what a task returned, or the exception that it raised."""
        try:
            return task(lambda: number != self._number)
        except (MedscanError, OSError) as error:
            return _Failure(error)
        except Exception as error:  # noqa: BLE001 - who waits must not wait for ever
            log_failure(error)
            return _Failure(MedscanError("something went wrong in napari-medscan"))

    def _deliver(self, number: int, result: object) -> None:
        if number != self._number or self._released:
            return
        if isinstance(result, _Failure):
            self._failed(result.error)
        else:
            self._then(result)


class _Failure:
    """The exception that a task raised, which tells it from a task that returns one."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _ignore(_result: object) -> None:
    pass
