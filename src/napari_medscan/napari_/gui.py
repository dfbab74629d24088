"""The running napari window, if there is one.

Readers also run without any GUI (``npe2.read``, scripts): everything here then
does nothing, and Qt is not even imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


def has_gui() -> bool:
    """Whether a Qt application is running in this process."""
    if "qtpy.QtWidgets" not in sys.modules:
        return False
    from qtpy.QtWidgets import QApplication

    return QApplication.instance() is not None


def main_window() -> QWidget | None:
    """Return napari's main window as a parent for dialogs.

    The active window is somebody else's while files are dragged from a file
    manager, and a dialog without a parent has neither napari's colours nor
    anyone to keep it alive.
    """
    if not has_gui():
        return None
    from qtpy.QtWidgets import QApplication, QMainWindow

    active: QWidget | None = QApplication.activeWindow()
    if isinstance(active, QMainWindow):
        return active
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    # The one made last, when there are several.
    return next((w for w in reversed(shown) if isinstance(w, QMainWindow)), active)
