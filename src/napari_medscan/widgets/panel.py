"""The MedScan panel: one tab a section."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import cast

import napari.viewer
from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QCloseEvent, QHideEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from napari_medscan.widgets.series import SeriesSection
from napari_medscan.widgets.tags import TagsSection
from napari_medscan.widgets.views import Releasable, ViewsSection
from napari_medscan.widgets.window import WindowSection

WIDTH = 310
"""Pixels that the panel asks for; sections work with 8 fewer."""


SECTIONS: tuple[tuple[str, Callable[[napari.viewer.Viewer], Releasable]], ...] = (
    ("Series", SeriesSection),
    ("Window", WindowSection),
    ("Views", ViewsSection),
    ("Tags", TagsSection),
)
"""Title of each tab, and what makes it: a QWidget that lets go of the viewer when released."""


_panels: weakref.WeakSet[MedScanPanel] = weakref.WeakSet()


@atexit.register
def _release_all() -> None:
    """Let a script end with its window open: no thread may wake up a Qt that is being torn down."""
    for panel in list(_panels):
        panel.release()


class MedScanPanel(QWidget):
    """The plugin's dock widget.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        What its sections follow; napari hands it over by this name.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        _panels.add(self)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self._sections: list[Releasable] = []
        for title, make in SECTIONS:
            section = make(napari_viewer)
            self._sections.append(section)
            self.tabs.addTab(_scrolling(cast("QWidget", section)), title)
        # Not a method: Qt calls none of an object that is going, but its children still stand.
        self.destroyed.connect(partial(_release, self._sections))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self.setMinimumWidth(WIDTH - 8)
        # Else napari adds a stretch below it.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the width that sections are made for."""
        return QSize(WIDTH, super().sizeHint().height())

    def release(self) -> None:
        """Let the sections go of the viewer; they are of no use after that."""
        _release(self._sections)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Notice that napari has taken the panel out of its dock, which it does to close it."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ParentChange and not self.parent():
            self.release()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Release the sections when napari's window closes: it tells its docks nothing else."""
        super().hideEvent(event)
        window = self.window()
        if window is not None and window is not self and not window.isVisible():
            self.release()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Release the sections when the panel is a window of its own."""
        self.release()
        super().closeEvent(event)


def _release(sections: list[Releasable], _panel: object = None) -> None:
    while sections:
        # At the end of the process Qt may have deleted a section's timers before its window.
        with suppress(RuntimeError):
            sections.pop().release()


def _scrolling(section: QWidget) -> QScrollArea:
    """Let a section be scrolled when the window is too low for it; never sideways."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(section)
    return area
