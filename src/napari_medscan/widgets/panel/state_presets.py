"""The windows that presentation states have for a series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qtpy.QtCore import QObject

from napari_medscan.dicom import MedscanError, PresentationState, Stack
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.napari_ import session
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded

_MOST = 20
"""States whose windows are offered."""


class StatePresets:
    """Reads the windows of the presentation states that are known, in a thread.

    Parameters
    ----------
    parent : QObject
        Lives in the GUI thread.
    on_read : callable
        Called without arguments when ``vois`` has changed.
    """

    def __init__(self, parent: QObject, on_read: Callable[[], object]) -> None:
        self.vois: tuple[Voi, ...] = ()
        """Windows and lookup tables of the states for the series, each named after its state."""
        self._stack: Stack | None = None
        self._on_read = on_read
        self._reader = Latest(parent)
        self._on_record = guarded(self._read)
        session.record.changed.connect(self._on_record)

    def release(self) -> None:
        """Stop listening."""
        session.record.changed.disconnect(self._on_record, missing_ok=True)
        self._reader.release()

    def follow(self, stack: Stack | None) -> None:
        """Read those of another series; `vois` is empty until then."""
        if stack is not self._stack:
            self._stack, self.vois = stack, ()
            self._read()

    def _read(self) -> None:
        stack = self._stack
        states = [x for x in session.record.catalogue.objects if isinstance(x, PresentationState)]
        if stack is None or not (states or self.vois):
            self._reader.cancel()
            return
        self._reader.start(lambda _: _windows_of(states[:_MOST], stack), self._take)

    def _take(self, vois: tuple[Voi, ...]) -> None:
        if vois != self.vois:
            self.vois = vois
            self._on_read()


def _windows_of(states: Sequence[PresentationState], stack: Stack) -> tuple[Voi, ...]:
    found: dict[Voi, None] = {}
    for state in states:
        try:
            windows = state.windows_on(stack)
        except (MedscanError, OSError):
            # Its eye says so.
            continue
        for number, voi in enumerate(windows, 1):
            name = state.name if len(windows) == 1 else f"{state.name} ({number})"
            found[replace(voi, name=name)] = None
    return tuple(found)
