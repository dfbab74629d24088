"""The list of windows to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QFont
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.dicom.intensity.window import Voi, Window
from napari_medscan.dicom.series.presets import DisplayScale
from napari_medscan.napari_.table import plain_table, row
from napari_medscan.widgets.panel.number_text import short

FROM_FILE = "From file"
"""Heading of the windows that a file asks for."""
FILE_KEY = "F"
"""The key that shows them in turn."""
_ROWS = 9
_OWN = Qt.ItemDataRole.UserRole + 1


class PresetList(QWidget):
    """Windows in groups, with width, level and key; one click or Enter chooses."""

    chosen = Signal(object)
    """The window or VOI LUT that was clicked."""
    renamed = Signal(int, str)
    """Place of one of the user's presets, and its new name."""

    def __init__(self) -> None:
        super().__init__()
        self._tree = plain_table(["Preset", "W / L", "Key"])
        self._tree.setIndentation(0)
        self._tree.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self._tree.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setMinimumSectionSize(30)
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.itemClicked.connect(self._choose)
        self._tree.itemActivated.connect(self._choose)
        self._tree.itemChanged.connect(self._rename)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tree)
        self._shown: list[tuple[Voi, QTreeWidgetItem]] = []
        self._content: object = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for some rows; the panel gives more if it has more."""
        return QSize(240, _ROWS * (self.fontMetrics().height() + 8))

    def fill(
        self,
        groups: Sequence[tuple[str, Sequence[Voi]]],
        own: Sequence[Window],
        keys: Sequence[Voi],
        scale: DisplayScale,
    ) -> None:
        """Show presets.

        Parameters
        ----------
        groups : sequence of (str, sequence of Window or VoiLut)
            Headings and what stands under them.
        own : sequence of Window
            That of the groups which the user may rename.
        keys : sequence of Window or VoiLut
            What keys 1, 2, 3 … pick; F goes through the file's own.
        scale : DisplayScale
            How their numbers are shown.
        """
        content = (tuple((name, tuple(vois)) for name, vois in groups), tuple(keys), scale)
        if content == self._content:
            return
        self._content = content
        self._shown.clear()
        blocked = self._tree.blockSignals(True)
        self._tree.clear()
        for name, vois in groups:
            if vois:
                self._add_heading(name)
            for index, voi in enumerate(vois):
                key = str(keys.index(voi) + 1) if voi in keys else ""
                item = _item(voi, key or (FILE_KEY if name == FROM_FILE else ""), scale)
                if vois is own:
                    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                    item.setData(0, _OWN, index)
                self._tree.addTopLevelItem(item)
                self._shown.append((voi, item))
        self._tree.blockSignals(blocked)

    def vois(self) -> list[Voi]:
        """Return all that is listed, from above."""
        return [voi for voi, _ in self._shown]

    def mark(self, shown: Sequence[Voi]) -> None:
        """Select the preset that is drawn now, if it is one of them."""
        current = self._tree.currentItem()
        items = [item for voi, item in self._shown if voi in shown]
        if not items:
            self._tree.setCurrentItem(None)
        elif not any(item is current for item in items):
            self._tree.setCurrentItem(items[0])

    def own_index(self) -> int | None:
        """Return the place of the selected preset among the user's, None if it is not theirs."""
        item = self._tree.currentItem()
        index = None if item is None else item.data(0, _OWN)
        return index if isinstance(index, int) else None

    def select(self, index: int) -> None:
        """Select one of the user's presets."""
        for _, item in self._shown:
            if item.data(0, _OWN) == index:
                self._tree.setCurrentItem(item)
                self._tree.scrollToItem(item)

    def edit(self) -> None:
        """Let the user type a name for the preset that is selected."""
        item = self._tree.currentItem()
        if item is not None:
            self._tree.editItem(item, 0)

    def _add_heading(self, name: str) -> None:
        item = row([name, "", ""])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = QFont(self._tree.font())
        font.setBold(True)
        item.setFont(0, font)
        self._tree.addTopLevelItem(item)
        item.setFirstColumnSpanned(True)

    def _choose(self, item: QTreeWidgetItem) -> None:
        for voi, shown in self._shown:
            if shown is item:
                self.chosen.emit(voi)

    def _rename(self, item: QTreeWidgetItem) -> None:
        index = item.data(0, _OWN)
        if isinstance(index, int):
            # The list is filled anew, even if the name is refused.
            self._content = None
            self.renamed.emit(index, item.text(0))


def _item(voi: Voi, key: str, scale: DisplayScale) -> QTreeWidgetItem:
    is_window = isinstance(voi, Window)
    shown = (voi.width, voi.center) if isinstance(voi, Window) else voi.limits
    first, second = (short(number * scale.factor) for number in shown)
    item = row([voi.name, f"{first} / {second}" if is_window else "table", key])
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setTextAlignment(2, Qt.AlignmentFlag.AlignCenter)
    unit = f" {scale.unit}" if scale.unit else ""
    if isinstance(voi, Window):
        what = f"W {first}{unit}, L {second}{unit}"
        what += "" if voi.function == "LINEAR" else f", {voi.function}"
    else:
        what = f"lookup table from {first} to {second}{unit}"
    tip = f"{item.text(0)}: {what}." + (f" Key {key}" if key else "")
    for number in range(3):
        item.setToolTip(number, tip)
    return item
