"""The splitters that hold the main canvas and the panes beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import napari.viewer
from napari.qt import QtViewer
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QLayout, QSplitter, QWidget

from napari_medscan.napari_.panes.pane_frame import PaneFrame
from napari_medscan.napari_.qt_canvas import canvas_of


class PaneGrid(QSplitter):
    """Two columns in the middle of napari's window; the main canvas is at the top of the left one.

    The main canvas is moved within its window and never hidden: napari could not take a
    screenshot of it, and its OpenGL context would be lost.

    Parameters
    ----------
    canvas : napari.qt.QtViewer
        The main canvas.
    layout : QLayout
        Where it stood, and will stand again.
    color : str
        Of the mark of the main canvas.

    Attributes
    ----------
    main : PaneFrame
        Holds the main canvas; it has a header while there are panes beside it.
    """

    def __init__(self, canvas: QtViewer, layout: QLayout, color: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._canvas = canvas
        self._home = layout
        self._minimum = canvas.minimumSize()
        self.main = PaneFrame(color)
        self._columns = [QSplitter(Qt.Orientation.Vertical) for _ in range(2)]
        # In the window before the canvas goes in: a change of window would reset OpenGL.
        layout.addWidget(self)
        for column in self._columns:
            self.addWidget(column)
            column.setChildrenCollapsible(False)
        self.setChildrenCollapsible(False)
        self._columns[0].addWidget(self.main)
        self.main.hold(canvas)
        self._columns[1].hide()

    def arrange(self, left: Sequence[QWidget], right: Sequence[QWidget]) -> None:
        """Put panes below the main canvas, and into the column beside it; hide all others.

        All panes are as large as each other, but a single column of several is narrower.
        """
        self.main.header.show()
        for column, panes in zip(self._columns, (left, right), strict=True):
            for pane in panes:
                column.addWidget(pane)
                pane.show()
            for number in range(column.count()):
                widget = column.widget(number)
                if widget is not None and widget is not self.main and widget not in panes:
                    widget.hide()
            column.setSizes([1000] * column.count())
        self._columns[1].setVisible(bool(right))
        is_wide = len(right) > 1 and not left
        self.setSizes([3000, 2000] if is_wide else [1000, 1000])

    def show_main_alone(self) -> None:
        """Give the main canvas all of the room."""
        self.main.header.hide()
        self._columns[1].hide()
        for number in range(self._columns[0].count()):
            widget = self._columns[0].widget(number)
            if widget is not None and widget is not self.main:
                widget.hide()

    def release(self) -> None:
        """Put the main canvas back."""
        self._canvas.setMinimumSize(self._minimum)
        self._canvas.dims.setStyleSheet("")
        self._home.addWidget(self._canvas)
        self.setParent(None)
        self.deleteLater()


class CloseWatch(QObject):
    """Notices that napari closes a canvas, or the window that it is in.

    Parameters
    ----------
    canvas : napari.qt.QtViewer
        The canvas.
    on_closed : callable
        Called then. napari tells nothing else to what is in its window.
    """

    def __init__(self, canvas: QtViewer, on_closed: Callable[[], object]) -> None:
        super().__init__()
        # Nothing that outlives the window may keep its canvas.
        self._canvas: QtViewer | None = canvas
        self._on_closed = on_closed
        canvas.installEventFilter(self)

    def release(self) -> None:
        """Leave the canvas alone."""
        canvas, self._canvas = self._canvas, None
        if canvas is not None:
            canvas.removeEventFilter(self)

    def eventFilter(self, canvas: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """See the class."""
        if event is None or not isinstance(canvas, QtViewer):
            return False
        is_closed = event.type() == QEvent.Type.Close
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            window = canvas.window()
            is_closed = window is not None and not window.isVisible()
        if is_closed:
            self._on_closed()
        return False


def home_of(viewer: napari.viewer.Viewer) -> tuple[QtViewer, QLayout]:
    """Return the main canvas of a viewer and the layout that it stands in."""
    canvas = canvas_of(viewer)
    center = None if canvas is None else canvas.parentWidget()
    layout = None if center is None else center.layout()
    if canvas is None or layout is None:
        raise RuntimeError("panes need a napari window")
    return canvas, layout
