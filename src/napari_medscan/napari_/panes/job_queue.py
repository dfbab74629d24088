"""Calls that are made one in each turn of the event loop, so that the window answers between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer

from napari_medscan.napari_.failure_log import guarded


class JobQueue(QObject):
    """Runs calls in order, each in a turn of its own; their errors are logged.

    Parameters
    ----------
    on_turn : callable
        Called after each.
    """

    def __init__(self, on_turn: Callable[[], object]) -> None:
        super().__init__()
        self._on_turn: Callable[[], object] | None = on_turn
        self._jobs: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        # A method, which Qt does not keep alive.
        self._timer.timeout.connect(self._run)

    @property
    def is_empty(self) -> bool:
        """Whether no call is waiting."""
        return not self._jobs

    def later(self, job: Callable[[], object]) -> None:
        """Make a call after those that are waiting."""
        self._jobs.append(job)
        self._timer.start(0)

    def clear(self) -> None:
        """Forget the calls that are waiting."""
        self._jobs.clear()
        self._timer.stop()

    def release(self) -> None:
        """Stop for good."""
        self.clear()
        self._on_turn = None

    def _run(self) -> None:
        if self._jobs:
            guarded(self._jobs.popleft())()
        if not self._jobs:
            self._timer.stop()
        if self._on_turn is not None:
            guarded(self._on_turn)()
