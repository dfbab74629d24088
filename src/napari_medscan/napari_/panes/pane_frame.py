"""The Qt side of a pane: a canvas with its sliders, and a header to choose the series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import napari.viewer
from napari.qt import QtViewer
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.panes.pane_grid import LEAST, let_sliders_shrink

_NONE = "Choose a series…"
_TIP = "The series in this pane; drop files on it to open them here"


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
    model : napari.components.ViewerModel
        What the canvas draws.
    color : str
        Of the pane's mark, its lines on other canvases, and its border while it is focused.
    """

    def __init__(self, model: napari.viewer.Viewer, color: str) -> None:
        super().__init__()
        self.setObjectName("medscan_pane")
        self._color = color
        self.on_chosen: Callable[[int], object] | None = None
        """Called with the number of the entry that the user has chosen in the header."""
        self.canvas = PaneCanvas(model)
        let_sliders_shrink(self.canvas)
        self._mark = QLabel("■")
        self._mark.setStyleSheet(f"color: {color}; background: transparent;")
        self._title = QLabel()
        self._series = QComboBox()
        self._series.setToolTip(_TIP)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self._series.setSizeAdjustPolicy(policy)
        self._series.setMinimumContentsLength(6)
        self._series.activated.connect(self._on_activated)
        for part in (self._title, self._series):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        header = QHBoxLayout()
        header.setContentsMargins(4, 1, 4, 1)
        header.addWidget(self._mark)
        header.addWidget(self._title, 1)
        header.addWidget(self._series, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self.canvas, 1)
        self.setMinimumSize(LEAST, LEAST)
        self.show_focus(focused=False)
        self.show_title("")

    def show_title(self, text: str) -> None:
        """Head the pane with a text."""
        self._series.hide()
        self._title.show()
        self._title.setText(defuse(text))
        self._title.setToolTip(defuse(text))

    def show_choice(self, names: Sequence[str], chosen: int | None) -> None:
        """Head the pane with a list to choose from; the user's choice is an index of `names`."""
        self._title.hide()
        self._series.show()
        texts = [defuse(name) for name in names]
        if chosen is None:
            self._series.setPlaceholderText(_NONE)
        if texts != [self._series.itemText(i) for i in range(self._series.count())]:
            self._series.clear()
            self._series.addItems(texts)
            view = self._series.view()
            if view is not None:
                # The list may be wider than the pane: titles differ at their ends.
                view.setMinimumWidth(view.sizeHintForColumn(0))
        self._series.setCurrentIndex(-1 if chosen is None else chosen)
        self._series.setToolTip(_TIP if chosen is None else f"{texts[chosen]}\n{_TIP}")

    def _on_activated(self, number: int) -> None:
        if self.on_chosen is not None:
            self.on_chosen(number)

    def show_focus(self, *, focused: bool) -> None:
        """Draw the border that marks the pane which tools act on."""
        color = self._color if focused else "transparent"
        self.setStyleSheet(f"QFrame#medscan_pane {{ border: 1px solid {color}; }}")
