"""What can be done with a row of the tree of tags: copied, or shown as a whole."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QModelIndex, QObject, QPoint, Qt
from qtpy.QtGui import QKeySequence, QShortcut  # type: ignore[attr-defined]
from qtpy.QtWidgets import QMenu

from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.tags.export import tabulated
from napari_medscan.dicom.tags.texts import WHOLE_VRS
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.clipboard import copy_text
from napari_medscan.widgets.panel.tag_model import TagModel
from napari_medscan.widgets.panel.tag_value import ValueWindow
from napari_medscan.widgets.panel.tag_view import TagView

_KEYS = {"Ctrl+C": "copy_value", "Return": "show_value", "Enter": "show_value"}


class TagActions(QObject):
    """The context menu of the tree and its keys; what is masked stays masked.

    Parameters
    ----------
    view : TagView
        Whose current row is meant.
    model : TagModel
        What it shows.
    file : callable
        Returns the file that a column of values comes from, None for none.
    """

    def __init__(
        self, view: TagView, model: TagModel, file: Callable[[int], FileRef | None]
    ) -> None:
        super().__init__(view)
        self._view, self._model, self._file = view, model, file
        self.window = ValueWindow(view)
        view.customContextMenuRequested.connect(guarded(self._on_menu))
        view.doubleClicked.connect(guarded(self._on_double_click))
        for key, name in _KEYS.items():
            shortcut = QShortcut(QKeySequence(key), view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(guarded(getattr(self, name)))

    def copy_value(self) -> None:
        """Copy the value of the current row."""
        if (row := self._view.row) >= 0:
            other = self._view.currentIndex().column() == 2
            copy_text(self._model.tree.text(row, shown=self._model.shown, other=other))

    def copy_row(self) -> None:
        """Copy the current row, its columns separated by tabs."""
        if (row := self._view.row) >= 0:
            copy_text(tabulated(self._model.tree, row, shown=self._model.shown))

    def copy_path(self) -> None:
        """Copy where the current row stands, as pydicom would be asked for it."""
        if (row := self._view.row) >= 0:
            copy_text(self._model.tree.path(row))

    def show_value(self) -> None:
        """Open a window with the full value of the current row."""
        row, tree = self._view.row, self._model.tree
        file = self._file(self._view.currentIndex().column())
        if file is not None and self._has_whole_value(row):
            self.window.show_value(
                tree.name(row),
                file,
                tree.steps(row),
                masked=bool(tree.masked[row]),
                shown=self._model.shown,
            )

    def menu(self) -> QMenu:
        """Return the context menu of the current row."""
        row = self._view.row
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, call in (
            ("Copy value\tCtrl+C", self.copy_value),
            ("Copy row", self.copy_row),
            ("Copy pydicom expression", self.copy_path),
            ("Show full value…\tReturn", self.show_value),
        ):
            if (action := menu.addAction(text, guarded(call))) is not None:
                action.setEnabled(call != self.show_value or self._has_whole_value(row))
        menu.setEnabled(row >= 0)
        return menu

    def _has_whole_value(self, row: int) -> bool:
        return row >= 0 and self._model.tree.what(row).vr in WHOLE_VRS

    def _on_menu(self, position: QPoint) -> None:
        self.menu().popup(self._view.mapToGlobal(position))

    def _on_double_click(self, _index: QModelIndex) -> None:
        self.show_value()
