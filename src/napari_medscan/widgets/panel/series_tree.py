"""The tree of studies and series, with a thumbnail each."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, cast

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import (
    QColor,
    QIcon,
    QImage,
    QKeyEvent,
    QPainter,
    QPixmap,
    QPolygonF,
    QStandardItem,
    QStandardItemModel,
)
from qtpy.QtWidgets import QAbstractItemView, QFrame, QTreeView, QWidget

from napari_medscan.dicom import Stack
from napari_medscan.dicom.text import defuse
from napari_medscan.napari_.session import record

ICON = 48
"""Side of a thumbnail as shown, in pixels."""
_LINES, _PADDING = 3, 2
_SELECTED = QIcon.Mode.Selected


class _SeriesItem(QStandardItem):
    """One series."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack = stack
        self._size = f"{size_of(stack)} · {_count(len(stack.files), 'file')}"
        self.image: QImage | None = None
        self.has_thumbnail = False
        self.noted = False
        self._icon: QIcon | None = None
        self.setEditable(False)

    def data(self, role: int = Qt.ItemDataRole.UserRole + 1) -> Any:  # noqa: ANN401 - Qt's
        """Paint the thumbnail, or the modality until there is one, once the row is seen."""
        if role != Qt.ItemDataRole.DecorationRole:
            return super().data(role)
        if self._icon is None:
            self._icon = _icon(self.image, self.stack.modality, marked=self.noted)
        return self._icon

    def describe(self, *, is_open: bool) -> None:
        """Say what it is in three lines: no more fits beside the thumbnail."""
        stack, notes = self.stack, len(notes_on(self.stack))
        state = ("● open" if is_open else "not open") + f" · {_count(notes, 'note')}" * bool(notes)
        text = "\n".join((defuse(stack.name), self._size, state))
        if text == self.text():
            return
        self.setText(text)
        self.setToolTip("\n".join([defuse(stack.name), *notes_on(stack)]))
        if self.noted != bool(notes):
            self.noted, self._icon = bool(notes), None

    def show_thumbnail(self, image: QImage | None) -> None:
        """Show a picture; None when there is none to be had."""
        self.has_thumbnail, self.image, self._icon = True, image, None
        self.emitDataChanged()


class SeriesTree(QTreeView):
    """Series by patient and study; a last row counts the files that are not shown.

    Parameters
    ----------
    parent : QWidget, optional
        The section it is part of.
    """

    chosen = Signal()
    """A row was double-clicked, or Enter pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = QStandardItemModel(self)
        self._studies: dict[str, QStandardItem] = {}
        self._items: dict[Stack, _SeriesItem] = {}
        self._rest: QStandardItem | None = None
        self.setModel(self._model)
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(f"QTreeView::item {{ padding: {_PADDING}px; }}")
        self.setIconSize(QSize(ICON, ICON))
        self.setIndentation(12)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(3 * ICON)
        self.setAccessibleName("Series")
        self.doubleClicked.connect(self._on_double_click)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open what is selected with Enter, on every system."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
            return
        super().keyPressEvent(event)

    def show_series(
        self, stacks: Sequence[Stack], opened: AbstractSet[Stack], missing: int
    ) -> None:
        """Bring the tree up to date; rows that stay keep their place, picture and selection.

        Parameters
        ----------
        stacks : sequence of Stack
            All series.
        opened : set of Stack
            Those that a layer shows.
        missing : int
            Files that are not shown.
        """
        wanted = set(stacks)
        for stack in [stack for stack in self._items if stack not in wanted]:
            self._remove(stack)
        # Else Qt asks each row for its text and picture, to see how high it is.
        height = max(ICON, _LINES * self.fontMetrics().lineSpacing()) + 2 * _PADDING + 2
        for stack in stacks:
            item = self._items.get(stack) or self._add(stack)
            item.describe(is_open=stack in opened)
            item.setSizeHint(QSize(0, height))
        if self._rest is not None:
            self._model.removeRow(self._rest.row())
            self._rest = None
        if missing:
            self._rest = _plain_item(f"{_count(missing, 'file')} not shown…")
            self._model.appendRow(self._rest)

    def selected(self) -> list[Stack]:
        """Return the selected series, and those of selected studies, from top to bottom."""
        found = []
        for item in self._selected_items():
            if isinstance(item, _SeriesItem):
                found.append(item.stack)
            else:
                below = (item.child(row) for row in range(item.rowCount()))
                found.extend(i.stack for i in below if isinstance(i, _SeriesItem))
        picked = set(found)
        return [stack for stack in self._in_order() if stack in picked]

    @property
    def rest_selected(self) -> bool:
        """Whether the row of files that are not shown is selected."""
        return self._rest is not None and self._rest in self._selected_items()

    def select(self, stack: Stack) -> None:
        """Select one series."""
        item = self._items.get(stack)
        if item is not None:
            self.setCurrentIndex(item.index())

    def without_thumbnail(self) -> list[Stack]:
        """Return the series whose thumbnails have not been read."""
        return [stack for stack in self._in_order() if not self._items[stack].has_thumbnail]

    def set_thumbnail(self, stack: Stack, image: QImage | None) -> None:
        """Show a series' thumbnail; nothing for a series that has gone meanwhile."""
        item = self._items.get(stack)
        if item is not None:
            item.show_thumbnail(image)

    def _in_order(self) -> list[Stack]:
        studies = (self._model.item(row) for row in range(self._model.rowCount()))
        items = (s.child(row) for s in studies if s is not None for row in range(s.rowCount()))
        return [item.stack for item in items if isinstance(item, _SeriesItem)]

    def _selected_items(self) -> list[QStandardItem]:
        items = map(self._model.itemFromIndex, self.selectedIndexes())
        return [item for item in items if item is not None]

    def _add(self, stack: Stack) -> _SeriesItem:
        label = record.study_of(stack)
        study = self._studies.get(label)
        if study is None:
            study = self._studies[label] = _plain_item(label)
            rows = self._model.rowCount()
            self._model.insertRow(rows if self._rest is None else rows - 1, study)
            self.setExpanded(study.index(), True)
        item = self._items[stack] = _SeriesItem(stack)
        study.appendRow(item)
        return item

    def _remove(self, stack: Stack) -> None:
        item = self._items.pop(stack)
        study = cast("QStandardItem", item.parent())
        study.removeRow(item.row())
        if not study.rowCount():
            del self._studies[study.text()]
            self._model.removeRow(study.row())

    def _on_double_click(self) -> None:
        # A study only folds and unfolds: opening all of it is what the button is for.
        current = self._model.itemFromIndex(self.currentIndex())
        if isinstance(current, _SeriesItem) or current is self._rest:
            self.chosen.emit()


def size_of(stack: Stack) -> str:
    """Return the extents of a stack without colour: "120 × 512 × 512"."""
    return " × ".join(map(str, stack.array.shape[: len(stack.axes.rstrip("c"))]))


def notes_on(stack: Stack) -> list[str]:
    """Return what the user should know about a series: its warnings, and slices left blank."""
    notes = list(map(defuse, stack.warnings))
    problems = stack.problems.copy()
    if problems:
        blank = _count(len(problems), "slice")
        notes.append(f"{blank} left blank: {defuse(next(iter(problems.values())))}")
    return notes


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + "s" * (number != 1)


def _plain_item(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setEditable(False)
    return item


def _icon(image: QImage | None, modality: str, *, marked: bool) -> QIcon:
    """Return a black square with the picture, or the modality, and a warning sign."""
    side = 2 * ICON
    pixmap = QPixmap(side, side)
    pixmap.fill(QColor("black"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if image is None:
        painter.setPen(QColor("#9a9a9a"))
        font = painter.font()
        font.setPixelSize(side // 4)
        painter.setFont(font)
        painter.drawText(QRectF(0, 0, side, side), Qt.AlignmentFlag.AlignCenter, modality[:4])
    else:
        painter.drawImage((side - image.width()) // 2, (side - image.height()) // 2, image)
    if marked:
        _draw_warning(painter, QRectF(side - 40, side - 38, 36, 33))
    painter.end()
    pixmap.setDevicePixelRatio(2)
    icon = QIcon(pixmap)
    # Qt would tint the picture of a selected row.
    icon.addPixmap(pixmap, _SELECTED)
    return icon


def _draw_warning(painter: QPainter, place: QRectF) -> None:
    """Draw a triangle with an exclamation mark."""
    top = QPointF(place.center().x(), place.top())
    painter.setPen(QColor("black"))
    painter.setBrush(QColor("#ffcc33"))
    painter.drawPolygon(QPolygonF([top, place.bottomRight(), place.bottomLeft()]))
    font = painter.font()
    font.setPixelSize(24)
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(place.translated(0, 3), Qt.AlignmentFlag.AlignCenter, "!")
