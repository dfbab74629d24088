"""Work off the GUI thread of which only the last result counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]


class Latest(QObject):
    """Runs functions in a thread and hands on the result of the one that was asked for last.

    Parameters
    ----------
    on_result : callable
        Called in the GUI thread with what the function returned.
    """

    _done = Signal(int, object)

    def __init__(self, on_result: Callable[[Any], object]) -> None:
        super().__init__()
        self._on_result = on_result
        self._number = 0
        self._pool = ThreadPoolExecutor(1, "medscan-latest")
        self._done.connect(self._finish)

    def ask(self, work: Callable[[], object]) -> None:
        """Have `work` done; what was asked for before does not matter any more."""
        self._number += 1
        self._pool.submit(self._run, self._number, work)

    def forget(self) -> None:
        """Let the result of what was asked for not matter any more."""
        self._number += 1

    def release(self) -> None:
        """Take no more work and hand on no more results."""
        self.forget()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, number: int, work: Callable[[], object]) -> None:
        if number == self._number:
            self._done.emit(number, work())

    def _finish(self, number: int, result: object) -> None:
        if number == self._number:
            self._on_result(result)
