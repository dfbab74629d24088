"""The Qt side of a pane: a canvas with its sliders below a header."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari.qt import QtViewer
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFrame, QVBoxLayout

from napari_medscan.napari_.panes.pane_header import PaneHeader

LEAST = 120
"""Pixels of a pane; a window of 1024 × 700 with both docks leaves little more."""

_SLIDER = 20
"""Pixels of a slider at least, beside its buttons and numbers."""


class PaneCanvas(QtViewer):
    """A canvas that leaves files dropped on it to whoever listens."""

    on_drop: Callable[[list[Path], QDropEvent], object] | None = None

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hand over what was dropped: by itself napari would open it in this canvas alone."""
        mime = None if event is None else event.mimeData()
        if event is None or mime is None or self.on_drop is None:
            return
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        self.on_drop(paths, event)


class PaneFrame(QFrame):
    """A canvas below a header.

    Parameters
    ----------
    color : str
        Of the pane's mark, its lines on other canvases, and its border while it is focused.
    """

    def __init__(self, color: str) -> None:
        super().__init__()
        self.setObjectName("medscan_pane")
        self._color = color
        self.header = PaneHeader(color)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self._column.addWidget(self.header)
        self.setMinimumSize(LEAST, LEAST)
        self.show_focus(focused=False)

    def hold(self, canvas: QtViewer) -> None:
        """Put a canvas below the header.

        Its sliders shrink, so that the numbers beside them stay in sight: napari asks for 150
        pixels each, and makes them anew when the number of axes changes.
        """
        canvas.setMinimumSize(1, 1)
        canvas.dims.setStyleSheet(f"QScrollBar {{ min-width: {_SLIDER}px; }}")
        self._column.addWidget(canvas, 1)

    def show_focus(self, *, focused: bool) -> None:
        """Draw the border that marks the pane which tools act on."""
        color = self._color if focused else "transparent"
        self.setStyleSheet(f"QFrame#medscan_pane {{ border: 1px solid {color}; }}")
