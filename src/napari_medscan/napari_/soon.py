"""Doing something once the present events are over, and before the window is painted."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, Qt, Signal  # type: ignore[attr-defined]


class Soon(QObject):
    """Calls a function from the event loop, once however often it was asked.

    Qt paints after all else that was posted, but before timers, even those of no time: what a timer
    changes on the canvas would have it drawn once more.

    Parameters
    ----------
    call : callable
        Called without arguments.
    """

    _asked = Signal()

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__()
        self._call = call
        self._wanted = False
        self._asked.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Ask for a call."""
        if not self._wanted:
            self._wanted = True
            self._asked.emit()

    def stop(self) -> None:
        """Call no more for what was asked so far."""
        self._wanted = False

    def _run(self) -> None:
        if self._wanted:
            self._wanted = False
            self._call()
