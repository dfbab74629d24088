"""Asking which series to open, when a drop holds many."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
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
from napari_medscan.napari_.table import fill, plain_table, row, without_icons

ASK_ABOVE = 8
"""Series that are opened without asking."""

_COLUMNS = ("Modality", "Series", "Description", "Size", "Files", "Note")
_NUMBERS = (1, 3, 4)


class SeriesChooser(QDialog):
    """A list of series with a check box each.

    Parameters
    ----------
    stacks : sequence of Stack
        What the drop holds.
    parent : QWidget, optional
        napari's window.
    """

    def __init__(self, stacks: Sequence[Stack], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("MedScan: choose series")
        self._stacks = stacks
        self.list = plain_table(_COLUMNS, right=_NUMBERS)
        fill(self.list, map(_row, stacks))
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
        self.resize(900, 520)
        self._update()

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
        assert item is not None  # noqa: S101 - one row a stack
        return item

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
        found = f"{len(self._stacks)} series found"
        self.label.setText(
            f"{found}, {count} to be opened"
            if count
            else f"{found}. Check those to open, or double-click one to open only that."
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


def _row(stack: Stack) -> QTreeWidgetItem:
    shape = stack.array.shape[: len(stack.axes.rstrip("c"))]
    number = "" if stack.series_number is None else str(stack.series_number)
    files = len(stack.files)
    values = (
        stack.modality,
        number,
        stack.name.partition(" · ")[2],
        " × ".join(str(extent) for extent in shape),
        str(files),
        "; ".join(stack.warnings),
    )
    item = row(values, right=_NUMBERS)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    item.setCheckState(0, Qt.CheckState.Unchecked)
    return item
