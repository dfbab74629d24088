"""A flat list with columns, for dialogs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import napari
from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem

from napari_medscan.dicom.elements.text import defuse

_WIDEST = 280
"""Widest column at first, in pixels; the user may drag it wider."""

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

# Qt draws no more than a shadow of a check box in napari's dark theme, as that colors lists but
# not their check boxes. These are like napari's own.
_STYLE = """
QTreeWidget::item {{ padding: 3px; }}
QHeaderView::section {{ padding: 3px 5px; }}
QTreeWidget::indicator {{
  width: 14px; height: 14px; border-radius: 2px; background-color: {primary};
}}
QTreeWidget::indicator:hover {{ background-color: {highlight}; }}
QTreeWidget::indicator:checked {{
  background-color: {current}; image: url("theme_{id}:/check.svg");
}}
"""


def plain_table(headings: Sequence[str], *, right: Sequence[int] = ()) -> QTreeWidget:
    """Return an empty table; its last column takes the room left over.

    Parameters
    ----------
    headings : sequence of str
        One a column.
    right : sequence of int
        Columns of numbers, which are aligned to the right.
    """
    table = QTreeWidget()
    table.setHeaderLabels(list(headings))
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setStyleSheet(_STYLE.format(**_colors()))
    heading = table.headerItem()
    if heading is not None:
        for column in right:
            heading.setTextAlignment(column, _RIGHT)
    header = table.header()
    if header is not None:
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
    return table


def fill(table: QTreeWidget, rows: Iterable[QTreeWidgetItem]) -> None:
    """Put rows into a table and make its columns fit them."""
    table.addTopLevelItems(list(rows))
    for column in range(table.columnCount() - 1):
        table.resizeColumnToContents(column)
        table.setColumnWidth(column, min(table.columnWidth(column) + 10, _WIDEST))


def row(values: Iterable[str], *, right: Sequence[int] = ()) -> QTreeWidgetItem:
    """Return a row of text that is safe to show whatever a file says.

    What does not fit its column is shown in full when the pointer rests on it.
    """
    texts = [defuse(value) for value in values]
    item = QTreeWidgetItem(texts)
    for column, text in enumerate(texts):
        item.setToolTip(column, text)
    for column in right:
        item.setTextAlignment(column, _RIGHT)
    return item


def without_icons(buttons: QDialogButtonBox) -> QDialogButtonBox:
    """Take the desktop's icons off a row of buttons; napari's own buttons have none."""
    for button in buttons.buttons():
        button.setIcon(QIcon())
    return buttons


def _colors() -> dict[str, str]:
    """Return the colors of napari's theme by name."""
    viewer = napari.current_viewer()
    theme = get_theme(get_settings().appearance.theme if viewer is None else viewer.theme)
    names = ("primary", "highlight", "current")
    return {"id": theme.id, **{name: getattr(theme, name).as_hex() for name in names}}
