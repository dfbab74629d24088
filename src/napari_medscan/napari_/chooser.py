"""The dialog in which to choose the series to open, when a drop holds many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon, QImage
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.studies import first_to_show, studies_of
from napari_medscan.napari_ import settings
from napari_medscan.napari_.gui import size_on_screen
from napari_medscan.napari_.series_text import size_text, warnings_of
from napari_medscan.napari_.table import fill, plain_table, row, without_icons
from napari_medscan.napari_.thumbnails import ICON, Thumbnails, series_icon

ASK_ABOVE = 8
"""Series that are opened without asking."""

_COLUMNS = ("Study", "Date", "Series", "Size", "Warning")


class SeriesChooser(QDialog):
    """A list of series with a check box and a thumbnail each, the newest study first.

    Parameters
    ----------
    stacks : sequence of Stack
        What the drop holds.
    parent : QWidget, optional
        napari's window.
    """

    def __init__(self, stacks: Sequence[Stack], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose series to open")
        studies = studies_of(stacks)
        self._stacks = [stack for study in studies for stack in study.stacks]
        self.list = plain_table(_COLUMNS)
        self.list.setIconSize(QSize(ICON, ICON))
        with_date = settings.current().patient_in_corner
        # One for all of a kind: painting 500 of them takes longer than all else here.
        icon = cache(partial(series_icon, None))
        fill(
            self.list,
            [
                _row(stack, study.name, study.when(with_date=with_date), icon)
                for study in studies
                for stack in study.stacks
            ],
        )
        self.list.itemChanged.connect(self._update)
        self.list.itemDoubleClicked.connect(self._open_only)

        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        every, none = QPushButton("All"), QPushButton("None")
        every.clicked.connect(lambda: self._check_all(Qt.CheckState.Checked))
        none.clicked.connect(lambda: self._check_all(Qt.CheckState.Unchecked))
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

        top = QHBoxLayout()
        top.addWidget(self.label, 1)
        top.addWidget(every)
        top.addWidget(none)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.list)
        layout.addWidget(without_icons(self.buttons))
        size_on_screen(self, 900, 560)
        first = self._stacks.index(first_to_show(self._stacks))
        self._item(first).setCheckState(0, Qt.CheckState.Checked)
        self.list.setCurrentItem(self._item(first))
        self._update()
        self._thumbnails = Thumbnails(self._show_thumbnail, self)
        self._thumbnails.ask(self._stacks)
        self.finished.connect(self._thumbnails.release)

    @property
    def chosen(self) -> list[Stack]:
        """The stacks whose boxes are checked."""
        return [
            stack
            for index, stack in enumerate(self._stacks)
            if self._item(index).checkState(0) == Qt.CheckState.Checked
        ]

    def _item(self, index: int) -> QTreeWidgetItem:
        item = self.list.topLevelItem(index)
        assert item is not None  # noqa: S101 - one row per stack
        return item

    def _show_thumbnail(self, stack: Stack, image: QImage | None) -> None:
        icon = series_icon(image, stack.modality, marked=bool(warnings_of(stack)))
        self.list.blockSignals(True)
        self._item(self._stacks.index(stack)).setIcon(0, icon)
        self.list.blockSignals(False)
        viewport = self.list.viewport()
        if viewport is not None:
            viewport.update()

    def _check_all(self, state: Qt.CheckState) -> None:
        self.list.blockSignals(True)
        for index in range(len(self._stacks)):
            self._item(index).setCheckState(0, state)
        self.list.blockSignals(False)
        self._update()

    def _open_only(self, item: QTreeWidgetItem) -> None:
        self._check_all(Qt.CheckState.Unchecked)
        item.setCheckState(0, Qt.CheckState.Checked)
        self.accept()

    def _update(self) -> None:
        count = len(self.chosen)
        self.label.setText(
            f"{count} of {len(self._stacks)} series selected"
            if count
            else "Select the series to open, or double-click to open just one."
        )
        button = self.buttons.button(QDialogButtonBox.StandardButton.Open)
        if button is not None:
            button.setEnabled(count > 0)


def choose(stacks: Sequence[Stack], parent: QWidget | None = None) -> list[Stack]:
    """Return the stacks that the user wants to open; none after Cancel."""
    dialog = SeriesChooser(stacks, parent)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    chosen = dialog.chosen if accepted else []
    dialog.deleteLater()
    return chosen


def _row(stack: Stack, study: str, when: str, icon: Callable[..., QIcon]) -> QTreeWidgetItem:
    warnings = warnings_of(stack)
    item = row((study, when, stack.name, size_text(stack), "; ".join(warnings)))
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    item.setCheckState(0, Qt.CheckState.Unchecked)
    item.setIcon(0, icon(stack.modality, marked=bool(warnings)))
    return item
