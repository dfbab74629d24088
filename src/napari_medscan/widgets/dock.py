"""A dock beside napari's canvas: its width, its neighbor, and its release when it is closed."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from contextlib import suppress

import napari
from magicgui.widgets import Container, Widget
from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QDockWidget,
    QDoubleSpinBox,
    QFrame,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from napari_medscan.napari_.compat.dock_names import share_names
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.qt_canvas import focus_canvas

WIDTH = 310
"""Pixels that a dock asks for; its content works with 8 fewer."""

_TITLE_OVERLAP = 4
"""Pixels by which napari's title bar lies over the top of a dock's content."""

FOCUS = """
QPushButton:focus, QToolButton:focus, QCheckBox:focus { outline: 1px solid #3f7cf0; }
QComboBox:focus { border: 1px solid #3f7cf0; }
"""
"""napari's themes do not show which of these has the keyboard. The blue stands out in each."""

_open: set[DockRelease] = set()
"""Docks that have not been released."""


@atexit.register
def _release_all() -> None:
    """Let a script end with its window open: no thread may wake up a Qt that is being torn down."""
    for release in list(_open):
        release()


def _release_deleted(_dock: object = None) -> None:
    """Release docks that Qt has deleted with their window.

    A function of the module: Python collects others while Qt still calls them, and Qt crashes.
    """
    for release in list(_open):
        if release.is_dock_deleted:
            release()


class DockRelease(QObject):
    """Releases what a dock holds, once, however napari closes the dock.

    It also puts the docks of this plugin behind each other, as tabs: one above the other, neither
    has room.

    Parameters
    ----------
    dock : QWidget
        What napari puts into its dock.
    """

    def __init__(self, dock: QWidget) -> None:
        super().__init__(dock)
        self.calls: list[Callable[[], object]] = []
        self.dock = weakref.ref(dock)
        self._is_placed = False
        dock.destroyed.connect(_release_deleted)
        dock.installEventFilter(self)
        dock.setMinimumWidth(WIDTH - 8)
        dock.setStyleSheet(FOCUS)
        # Otherwise napari adds a stretch below it.
        dock.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        _open.add(self)

    def __call__(self) -> None:
        """Release everything; the dock is of no use after that."""
        _open.discard(self)
        dock = self.dock()
        with suppress(RuntimeError):
            # Python may collect this before Qt deletes the dock, and Qt would still call it.
            if dock is not None:
                dock.removeEventFilter(self)
        while self.calls:
            # At the end of the process Qt may have deleted a part's timers before its window.
            with suppress(RuntimeError):
                self.calls.pop()()

    @property
    def is_dock_deleted(self) -> bool:
        """Whether Qt has deleted the dock."""
        dock = self.dock()
        if dock is None:
            return True
        try:
            dock.objectName()
        except RuntimeError:
            return True
        return False

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Notice that napari closes the dock, that it shows it first, and the Escape key."""
        dock = self.dock()
        if dock is None or event is None or watched is not dock:
            return False
        kind = event.type()
        if kind == QEvent.Type.Show and not self._is_placed:
            self._is_placed = True
            if (mine := _dock_of(dock)) is not None:
                self.calls.insert(0, share_names(mine))
            # napari goes on to lay out its docks after it has shown this one.
            QTimer.singleShot(0, self._place)
        elif kind == QEvent.Type.ParentChange and dock.parent() is None:
            # napari takes a dock out of its place to close it, and forgets it.
            self()
            dock.deleteLater()
        elif kind == QEvent.Type.Close or (kind == QEvent.Type.Hide and _is_window_hidden(dock)):
            # When the window closes, napari tells its docks nothing.
            self()
        elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            # No part of the dock had a use for it. It goes on to napari, and ends a tool there.
            _undo_typing(dock.focusWidget())
            focus_canvas(napari.current_viewer())
        return False

    @guarded
    def _place(self) -> None:
        """Put the dock behind or before another one of this plugin, on top."""
        with suppress(RuntimeError):
            mine = _dock_of(self.dock())
            window = None if mine is None else mine.parent()
            if mine is None or not isinstance(window, QMainWindow) or mine.isFloating():
                return
            others = (_dock_of(release.dock()) for release in list(_open))
            for other in others:
                if other is None or other is mine or other.parent() is not window:
                    continue
                is_beside = window.dockWidgetArea(other) == window.dockWidgetArea(mine)
                if is_beside and not other.isFloating() and other.isVisible():
                    window.tabifyDockWidget(other, mine)
                    mine.show()
                    mine.raise_()


class Docked(QWidget):
    """A dock that is a plain QWidget."""

    def __init__(self) -> None:
        super().__init__()
        self.release = DockRelease(self)

    def on_release(self, *calls: Callable[[], object]) -> None:
        """Call these once when the dock is released; the last one first."""
        self.release.calls += calls

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the width that the dock is made for."""
        return QSize(WIDTH, super().sizeHint().height())


class DockContainer(Container[Widget]):
    """A dock that is a magicgui Container."""

    def __init__(self) -> None:
        super().__init__(labels=False)
        self.margins = (0, _TITLE_OVERLAP, 0, 0)
        self.release = DockRelease(self.native)

    def on_release(self, *calls: Callable[[], object]) -> None:
        """Call these once when the dock is released; the last one first."""
        self.release.calls += calls

    def reset_choices(self, *_: object) -> None:
        """Do nothing: napari calls this whenever its layers change.

        Each page offers what the current series has. Here, boxes would return to their first item.
        """


def scrolling(part: QWidget) -> QScrollArea:
    """Let a part be scrolled when the window is too low for it, or napari's font too large."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    # Tab would stop where nothing can be seen, and a click beside a button take the image's keys.
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setWidget(part)
    return area


def _undo_typing(field: QWidget | None) -> None:
    """Let a field have the number again that it had, which it else takes over as it loses focus."""
    if isinstance(field, QDoubleSpinBox):
        field.setValue(field.value())


def _dock_of(content: QWidget | None) -> QDockWidget | None:
    with suppress(RuntimeError):
        parent = None if content is None else content.parent()
        return parent if isinstance(parent, QDockWidget) else None
    return None


def _is_window_hidden(dock: QWidget) -> bool:
    window = dock.window()
    return window is not None and window is not dock and not window.isVisible()
