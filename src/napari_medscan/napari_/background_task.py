"""Work off the GUI thread of which only the newest result counts."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_medscan.dicom import MedscanError

Then = Callable[[Any], None]
_LOG = logging.getLogger(__name__)


class Latest(QObject):
    """Runs one task at a time in a thread of its own.

    A task that is started makes the one before it stale: it is not begun any more, and if it is
    running its result is dropped.

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
        self._then: Then = lambda _: None
        self._finished.connect(self._deliver)

    def start(self, task: Callable[[Callable[[], bool]], object], then: Then) -> None:
        """Run a task; it is handed a function that says whether it has become stale.

        `then` is called in the GUI thread with what the task returned, or the MedscanError or
        OSError that it raised. Any other exception may quote anything: in its place comes a
        MedscanError that says nothing of it.
        """
        with self._changed:
            self._number += 1
            self._then, self._waiting = then, (self._number, task)
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
            try:
                result = task(lambda number=number: number != self._number)  # type: ignore[misc]
            except (MedscanError, OSError) as error:
                result = error
            except Exception as error:  # noqa: BLE001 - who waits must not wait for ever
                _LOG.error("a task failed: %s", type(error).__name__)
                result = MedscanError("something went wrong in napari-medscan")
            if number != self._number:
                # Nobody waits for it, and Qt itself may be gone by now.
                continue
            # The widget may be gone by now.
            with contextlib.suppress(RuntimeError):
                self._finished.emit(number, result)

    def _deliver(self, number: int, result: object) -> None:
        if number == self._number and not self._released:
            self._then(result)
