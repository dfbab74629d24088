"""The tree of studies and series, with a thumbnail each."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import (  # type: ignore[attr-defined]
    QItemSelectionModel,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import (
    QIcon,
    QImage,
    QKeyEvent,
    QStandardItem,
    QStandardItemModel,
)
from qtpy.QtWidgets import QAbstractItemView, QFrame, QTreeView

from napari_medscan.counted import counted
from napari_medscan.dicom import DicomObject, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.series.studies import Study
from napari_medscan.napari_ import settings
from napari_medscan.napari_.series_text import ended, first_words, size_text, warnings_of
from napari_medscan.napari_.thumbnails import ICON, series_icon
from napari_medscan.widgets.panel.object_rows import (
    INDICATOR_STYLE,
    ListedObjects,
    ObjectRows,
    RegionItem,
)

_LINES, _PADDING = 3, 2
_NO_OBJECTS = ListedObjects()


@dataclass(frozen=True)
class Thumbnail:
    """The thumbnail of a series.

    Parameters
    ----------
    image : QImage or None
        None while it was not read, or if it cannot be.
    is_read : bool
        Whether reading it was tried.
    """

    image: QImage | None = None
    is_read: bool = False


class _SeriesItem(QStandardItem):
    """One series."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack = stack
        self._size = size_text(stack)
        self.thumbnail = Thumbnail()
        self.warned = False
        self._icon: QIcon | None = None
        self.setEditable(False)

    def data(self, role: int = Qt.ItemDataRole.UserRole + 1) -> Any:  # noqa: ANN401 - Qt's
        """Paint the thumbnail, or the modality until there is one, when the row is painted."""
        if role != Qt.ItemDataRole.DecorationRole:
            return super().data(role)
        if self._icon is None:
            image = self.thumbnail.image
            self._icon = series_icon(image, self.stack.modality, marked=self.warned)
        return self._icon

    def describe(self, *, is_open: bool) -> None:
        """Write name, size, and the dot of an open series with the first warning.

        There is room for three lines beside the thumbnail.
        """
        warnings = warnings_of(self.stack)
        more = f" (+{len(warnings) - 1})" * (len(warnings) > 1)
        warning = f"{first_words(warnings[0])}{more}" if warnings else ""
        state = " · ".join(filter(None, ("● open" * is_open, warning)))
        text = "\n".join(filter(None, (defuse(self.stack.name), self._size, state)))
        if text == self.text():
            return
        self.setText(text)
        self.setToolTip("\n".join([defuse(self.stack.name), *map(ended, warnings)]))
        if self.warned != bool(warnings):
            self.warned, self._icon = bool(warnings), None

    def show_thumbnail(self, image: QImage | None) -> None:
        """Show an image; None when there is none to be had."""
        self.thumbnail, self._icon = Thumbnail(image, is_read=True), None
        self.emitDataChanged()


class SeriesTree(QTreeView):
    """Series by study, the newest study first; a last row counts the skipped files."""

    chosen = Signal()
    """A row was double-clicked, or Enter pressed."""
    switched = Signal(object, bool)
    """The eye of an object was clicked: the object, and whether it is to be visible."""
    region_switched = Signal(object, int, bool)
    """The eye of a region was clicked: its structure set, its number, and the same."""
    region_chosen = Signal(object, int)
    """A region was double-clicked: its structure set and its number."""
    selection_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._model = QStandardItemModel(self)
        self._studies: dict[tuple[bytes, str], QStandardItem] = {}
        self._placed: list[tuple[tuple[bytes, str], tuple[Stack, ...]]] = []
        self._items: dict[Stack, _SeriesItem] = {}
        self._rest: QStandardItem | None = None
        self._unfolded: set[Stack] = set()
        self._objects = ObjectRows(self._model, self.switched.emit, self.region_switched.emit)
        self.setModel(self._model)
        self.setHeaderHidden(True)
        self.setExpandsOnDoubleClick(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.show_theme("dark")
        self.setIconSize(QSize(ICON, ICON))
        self.setIndentation(12)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(3 * ICON)
        self.setAccessibleName("Series")
        self.doubleClicked.connect(self._on_double_click)
        model = self.selectionModel()
        if model is not None:
            model.selectionChanged.connect(self.selection_changed)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open what is selected with Enter, on every system."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
            return
        super().keyPressEvent(event)

    def show_theme(self, theme: str) -> None:
        """Draw the eyes of objects as they are in one of napari's themes."""
        eyes = INDICATOR_STYLE % (theme, theme)
        self.setStyleSheet(f"QTreeView::item {{ padding: {_PADDING}px; }} {eyes}")

    def show_studies(
        self,
        studies: Sequence[Study],
        opened: AbstractSet[Stack],
        skipped: int,
        objects: ListedObjects = _NO_OBJECTS,
    ) -> None:
        """Bring the tree up to date; rows that stay keep their thumbnail and selection.

        Parameters
        ----------
        studies : sequence of Study
            Studies and their series, from top to bottom.
        opened : set of Stack
            Series that a layer shows.
        skipped : int
            Number of files that are not images.
        objects : ListedObjects
            Segmentations and others, which get rows below their series.
        """
        # Else Qt asks each row for its text and image, to see how high it is.
        height = max(ICON, _LINES * self.fontMetrics().lineSpacing()) + 2 * _PADDING + 2
        self._place_studies(studies)
        for study in studies:
            for stack in study.stacks:
                item = self._items[stack]
                item.describe(is_open=stack in opened)
                item.setSizeHint(QSize(0, height))
        if self._rest is not None:
            self._model.removeRow(self._rest.row())
            self._rest = None
        parents = {each: self._studies[s.key] for s in studies for each in s.objects}
        self._objects.show(objects, self._items, parents)
        for stack in objects.below.keys() - self._unfolded:
            self._unfolded.add(stack)
            self.setExpanded(self._items[stack].index(), True)
        if skipped:
            self._rest = _plain_item(f"{counted(skipped, 'file')} skipped…")
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

    def selected_objects(self) -> list[DicomObject]:
        """Return the selected objects."""
        found = map(self._objects.source_of, self._selected_items())
        return [source for source in found if source is not None]

    @property
    def rest_selected(self) -> bool:
        """Whether the row of skipped files is selected."""
        return self._rest is not None and self._rest in self._selected_items()

    def select(self, *stacks: Stack) -> None:
        """Select some series, and nothing else."""
        model = self.selectionModel()
        items = [self._items[stack] for stack in stacks if stack in self._items]
        if model is None:
            return
        model.clearSelection()
        if items:
            self.setCurrentIndex(items[0].index())
        for item in items[1:]:
            model.select(item.index(), QItemSelectionModel.SelectionFlag.Select)

    def without_thumbnail(self) -> list[Stack]:
        """Return the series whose thumbnails have not been read."""
        return [stack for stack in self._in_order() if not self._items[stack].thumbnail.is_read]

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

    def _place_studies(self, studies: Sequence[Study]) -> None:
        """Give the model a row per study and series, in their order."""
        wanted = [(study.key, study.stacks) for study in studies]
        if wanted == self._placed:
            for study in studies:
                _head(self._studies[study.key], study)
            return
        self._placed = wanted
        selected = self.selected()
        folded = {k for k, item in self._studies.items() if not self.isExpanded(item.index())}
        # Series come and go in drops, not while somebody scrolls: the rows are simply made anew,
        # and only the thumbnails are kept.
        known = {stack: item.thumbnail for stack, item in self._items.items()}
        self._model.clear()
        self._objects.forget()
        self._unfolded.clear()
        self._items, self._studies, self._rest = {}, {}, None
        for study in studies:
            parent = self._studies[study.key] = _head(_plain_item(""), study)
            self._model.appendRow(parent)
            for stack in study.stacks:
                item = self._items[stack] = _SeriesItem(stack)
                if stack in known:
                    item.thumbnail = known[stack]
                parent.appendRow(item)
            self.setExpanded(parent.index(), study.key not in folded)
        self.select(*selected)

    def _on_double_click(self) -> None:
        # A study only folds and unfolds: opening all of it is what the button is for.
        current = self._model.itemFromIndex(self.currentIndex())
        if isinstance(current, RegionItem):
            self.region_chosen.emit(current.source, current.number)
            return
        is_object = self._objects.source_of(current) is not None
        if isinstance(current, _SeriesItem) or is_object or current is self._rest:
            self.chosen.emit()
        else:
            self.setExpanded(self.currentIndex(), not self.isExpanded(self.currentIndex()))


def _head(item: QStandardItem, study: Study) -> QStandardItem:
    """Write the name of a study and, in a second line, when it was: one is too long for a dock."""
    with_date = settings.current().patient_in_corner
    item.setText("\n".join(filter(None, (study.name, study.when(with_date=with_date)))))
    item.setToolTip(study.title(with_date=with_date))
    return item


def _plain_item(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setEditable(False)
    return item
