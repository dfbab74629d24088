"""From the client's thread to the GUI thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_medscan.napari_.failure_log import guarded


class Relay(QObject):
    """Calls a function in the GUI thread with what is sent from any thread.

    Parameters
    ----------
    parent : QObject
        Lives in the GUI thread.
    receive : callable
        The function.
    """

    _sent = Signal(object)

    def __init__(self, parent: QObject, receive: Callable[..., object]) -> None:
        super().__init__(parent)
        self._receive: Callable[..., object] | None = receive
        self._sent.connect(self._deliver)

    def send(self, *args: object) -> None:
        """Have the function called with these."""
        # The dock may be gone by now.
        with contextlib.suppress(RuntimeError):
            self._sent.emit(args)

    def stop(self) -> None:
        """Call it no more, also with what waits in the queue."""
        self._receive = None

    def _deliver(self, args: tuple[object, ...]) -> None:
        if self._receive is not None:
            guarded(self._receive)(*args)
