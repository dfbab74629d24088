"""A dock with a structured report as a tree that can be searched, and its numbers exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from magicgui.widgets import CheckBox, LineEdit, PushButton
from qtpy.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QTabWidget,
    QTreeView,
    QVBoxLayout,
)

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.key_images import referenced_images
from napari_medscan.dicom.objects.report import measurements_csv, measurements_of
from napari_medscan.dicom.objects.report_content import ContentItem, ReportContent
from napari_medscan.dicom.objects.report_tables import ReportTable, report_tables, tables_csv
from napari_medscan.dicom.tags.identifiers import MASK
from napari_medscan.napari_ import table
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.file_traces import ask_where_to_save
from napari_medscan.napari_.notify import tell
from napari_medscan.widgets.clipboard import copy_text
from napari_medscan.widgets.dock import Docked

_NAME_WIDTH = 300
_GO_TO = "Double-click to go to this image"
_KIND = {"CONTAINER": "", "UIDREF": "UID"}


class ReportDock(Docked):
    """Shows what a report says; names of persons only if they are asked for.

    Parameters
    ----------
    content : ReportContent
        What it says.
    go_to : callable, optional
        Called with SOP Instance UID and frame number of an image that was double-clicked.
    open_images : callable, optional
        Called to open all images that the report refers to, and nothing else.
    """

    def __init__(
        self,
        content: ReportContent,
        go_to: Callable[[str, int], object] | None = None,
        open_images: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self._content, self._go_to = content, go_to
        self.search = LineEdit(name="search", tooltip="Show the items that contain this text")
        self.show_names = CheckBox(name="show_names", text="Show names of persons", value=False)
        self.export = PushButton(name="export", text="Export measurements…")
        self.copy = PushButton(name="copy", text="Copy as text")
        self.open_images = PushButton(name="open_images", text="Open only key images")
        self.open_images.tooltip = "Show the images that this refers to, and hide all others"
        self.open_images.enabled = open_images is not None and bool(referenced_images(content))
        self.export.enabled = bool(measurements_of(content))
        self.tables = report_tables(content)
        """Measurement groups, irradiation events and other rows of numbers."""
        self.tabs = QTabWidget()
        self._model = QStandardItemModel(self)
        self.rows = QSortFilterProxyModel(self)
        self.rows.setSourceModel(self._model)
        self.rows.setRecursiveFilteringEnabled(True)
        self.rows.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.rows.setFilterKeyColumn(-1)
        self.tree = QTreeView()
        self.tree.setModel(self.rows)
        self.tree.setWordWrap(True)
        self.tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.tree.setAccessibleName("Report")
        self._lay_out()
        self.search.changed.connect(guarded(self._filter))
        self.show_names.changed.connect(guarded(self._fill))
        self._on_chosen = guarded(self._choose)
        self.tree.doubleClicked.connect(self._on_chosen)
        self.export.changed.connect(guarded(self._on_export))
        self.copy.changed.connect(guarded(self._on_copy))
        if open_images is not None:
            self._on_open_images = guarded(lambda _value=None: open_images())
            self.open_images.changed.connect(self._on_open_images)
        self._fill()

    @property
    def text(self) -> str:
        """The table in front, with tabs; else indented lines, with names masked as in the tree."""
        shown = self._table()
        if shown is not None:
            return "\n".join("\t".join(line) for line in (shown.headings, *shown.rows))
        lines = []
        for path, item in self._content.root.walk():
            line = ": ".join(filter(None, (item.name, self._value_of(item))))
            lines += ["  " * len(path) + line] if line else []
        return "\n".join(lines)

    def write_measurements(self, path: Path) -> None:
        """Write the table in front as CSV; of the tree, all numbers of the report."""
        shown = self._table()
        text = measurements_csv(self._content) if shown is None else tables_csv([shown])
        try:
            path.write_text(text, encoding="utf-8-sig", newline="")
        except OSError:
            tell("The measurements could not be written there.")
        else:
            tell("The measurements were exported.")

    def _lay_out(self) -> None:
        state = "complete" if self._content.is_complete else "partial"
        verified = "verified" if self._content.is_verified else "not verified"
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(QLabel("Search"))
        head.addWidget(self.search.native, 1)
        head.addWidget(self.show_names.native)
        foot.addWidget(QLabel(f"Report {state}, {verified}"), 1)
        for button in (self.open_images, self.copy, self.export):
            foot.addWidget(button.native)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        self.tabs.addTab(self.tree, "Report")
        for each in self.tables:
            part = table.plain_table(each.headings)
            table.fill(part, map(table.row, each.rows))
            self.tabs.addTab(part, defuse(each.title))
        layout.addWidget(self.tabs, 1)
        layout.addLayout(foot)

    def _table(self) -> ReportTable | None:
        """Return the table in front, None if the tree is."""
        number = self.tabs.currentIndex() - 1
        return self.tables[number] if 0 <= number < len(self.tables) else None

    def _fill(self) -> None:
        self._model.clear()
        self._model.setHorizontalHeaderLabels(["Item", "Value"])
        self._model.appendRow(self._row(self._content.root))
        self.tree.expandAll()
        self.tree.setColumnWidth(0, _NAME_WIDTH)

    def _row(self, item: ContentItem) -> list[QStandardItem]:
        name = item.name or _KIND.get(item.value_type, item.value_type.lower()) or "Section"
        cells = [QStandardItem(defuse(name)), QStandardItem(self._value_of(item))]
        for cell in cells:
            cell.setToolTip(_GO_TO if item.reference else defuse(cell.text()))
            cell.setData(item, Qt.ItemDataRole.UserRole)
        for child in item.children:
            cells[0].appendRow(self._row(child))
        return cells

    def _value_of(self, item: ContentItem) -> str:
        if item.is_identifying and not self.show_names.value:
            return MASK
        return " ".join(filter(None, (item.value, item.unit)))

    def _choose(self, index: QModelIndex) -> None:
        item = index.data(Qt.ItemDataRole.UserRole)
        if self._go_to is not None and isinstance(item, ContentItem) and item.reference:
            self._go_to(item.reference, item.frame)

    def _filter(self) -> None:
        self.rows.setFilterFixedString(self.search.value)
        self.tree.expandAll()

    def _on_export(self) -> None:
        title, name = "Export measurements", "measurements.csv"
        path = ask_where_to_save(self, title, name, "CSV (*.csv)")
        if path is not None:
            self.write_measurements(path)

    def _on_copy(self) -> None:
        copy_text(self.text)
