"""What stands beside napari's canvas: its width, and letting go of the viewer when it is closed."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QCloseEvent, QHideEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

WIDTH = 310
"""Pixels that a dock asks for; what is in it works with 8 fewer."""

_docks: weakref.WeakSet[Docked] = weakref.WeakSet()


@atexit.register
def _release_all() -> None:
    """Let a script end with its window open: no thread may wake up a Qt that is being torn down."""
    for dock in list(_docks):
        dock.release()


class Docked(QWidget):
    """A dock widget that is released however napari closes it.

    Parameters
    ----------
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _docks.add(self)
        self._releases: list[Callable[[], object]] = []
        # Not a method: Qt calls none of an object that is going, but its children still stand.
        self.destroyed.connect(partial(_release, self._releases))
        self.setMinimumWidth(WIDTH - 8)
        # Else napari adds a stretch below it.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def on_release(self, *calls: Callable[[], object]) -> None:
        """Have these called once, when it is released; the last one first."""
        self._releases += calls

    def release(self) -> None:
        """Let go of the viewer; it is of no use after that."""
        _release(self._releases)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the width that it is made for."""
        return QSize(WIDTH, super().sizeHint().height())

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Notice that napari has taken it out of its place, which it does to close it."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ParentChange and not self.parent():
            self.release()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Release it when napari's window closes: it tells its docks nothing else."""
        super().hideEvent(event)
        window = self.window()
        if window is not None and window is not self and not window.isVisible():
            self.release()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Release it when it is a window of its own."""
        self.release()
        super().closeEvent(event)


def scrolling(part: QWidget) -> QScrollArea:
    """Let a part be scrolled when the window is too low for it; never sideways."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(part)
    return area


def _release(calls: list[Callable[[], object]], _dock: object = None) -> None:
    while calls:
        # At the end of the process Qt may have deleted a part's timers before its window.
        with suppress(RuntimeError):
            calls.pop()()
