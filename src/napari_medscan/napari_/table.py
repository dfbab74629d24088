"""A flat list with columns, for dialogs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qtpy.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from napari_medscan.dicom.text import defuse


def plain_table(headings: Sequence[str], *, stretched: int) -> QTreeWidget:
    """Return an empty table whose columns fit their contents.

    Parameters
    ----------
    headings : sequence of str
        One a column.
    stretched : int
        The column that takes the room left over.
    """
    table = QTreeWidget()
    table.setHeaderLabels(list(headings))
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setAlternatingRowColors(True)
    header = table.header()
    if header is not None:
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    return table


def row(values: Iterable[str]) -> QTreeWidgetItem:
    """Return a row of text that is safe to show whatever a file says."""
    return QTreeWidgetItem([defuse(value) for value in values])
