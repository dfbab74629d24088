"""The running napari window, if there is one.

Readers also run without any GUI (``npe2.read``, scripts): everything here then
does nothing, and Qt is not even imported.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from qtpy.QtWidgets import QWidget

_CONSOLE = "IPython.core.interactiveshell"
_EVENT_LOOP = "napari._qt.qt_event_loop"
"""Where `napari.run` waits."""
_SCRIPT = "execute_python_code"
"""napari's function for a script that starts with it, or that is opened like an image."""
_OPEN = "_qt_open"
"""napari's function for what is dropped, or named on its command line; scripts do not call it."""

MOST_OF_SCREEN = 0.9
"""What a window takes of the screen at most: it has a frame, and there may be bars."""

_person: ContextVar[bool] = ContextVar("person", default=False)


def has_gui() -> bool:
    """Whether a Qt application is running in this process."""
    if "qtpy.QtWidgets" not in sys.modules:
        return False
    from qtpy.QtWidgets import QApplication

    return QApplication.instance() is not None


def is_interactive() -> bool:
    """Return whether a person works in a window, as against a script that calls napari.

    So it is under `person_acts`, while ``napari PATH`` opens its paths, and while Qt's event loop
    runs in this thread, except under a script that napari runs or a statement that was typed into
    a console: napari's own runs statements from within the event loop.
    """
    if not has_gui():
        return False
    if _person.get():
        return True
    by_person = _is_called_by_person()
    if by_person is not None:
        return by_person
    from qtpy.QtCore import QThread

    thread = QThread.currentThread()
    return thread is not None and thread.loopLevel() > 0


def is_opening() -> bool:
    """Whether napari opens what a person dropped, or named on its command line."""
    return has_gui() and _is_called_by_person() is True


@contextmanager
def person_acts(*, acts: bool = True) -> Iterator[None]:
    """Mark what is done here as a person's: a drop on the panel, a choice from a menu."""
    token = _person.set(acts or _person.get())
    try:
        yield
    finally:
        _person.reset(token)


def _is_called_by_person() -> bool | None:
    """Return who called first: a person by napari (True) or a script (False); None if neither."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        module, function = frame.f_globals.get("__name__"), frame.f_code.co_name
        if module == _CONSOLE or function == _SCRIPT:
            return False
        if function == _OPEN:
            return True
        if module == _EVENT_LOOP:
            # Whatever called napari.run() is no longer at work.
            return None
        frame = frame.f_back
    return None


def size_on_screen(window: QWidget, width: int, height: int) -> None:
    """Give a window a size, or as much of it as the screen has room for."""
    from qtpy.QtCore import QSize

    screen = window.screen()
    wanted = QSize(width, height)
    if screen is not None:
        wanted = wanted.boundedTo(screen.availableGeometry().size() * MOST_OF_SCREEN)
    window.resize(wanted)


def main_window() -> QWidget | None:
    """Return napari's main window as a parent for dialogs.

    The active window is somebody else's while files are dragged from a file
    manager, and a dialog without a parent has neither napari's colors nor
    anyone to keep it alive.
    """
    if not has_gui():
        return None
    from qtpy.QtWidgets import QApplication, QMainWindow

    active: QWidget | None = QApplication.activeWindow()
    if isinstance(active, QMainWindow):
        return active
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow)]
    # The one made last, when there are several. `napari PATH` shows its window after reading.
    return max(reversed(windows), key=lambda window: window.isVisible(), default=active)
