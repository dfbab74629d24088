"""Rows of segmentations and other objects below their series, each with an eye."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon, QPixmap, QStandardItem, QStandardItemModel

from napari_medscan.dicom import DicomObject, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.series_text import ended

_SWATCH = 10
"""Pixels along a side of the color beside a region."""
INDICATOR_STYLE = (
    "QTreeView::indicator { width: 16px; height: 16px; }"
    'QTreeView::indicator:checked { image: url("theme_%s:/visibility.svg"); }'
    'QTreeView::indicator:unchecked { image: url("theme_%s:/visibility_off.svg"); }'
)
"""Draws check boxes as napari draws the eyes of its layer list; takes the theme twice."""


class ListedRegion(NamedTuple):
    """A region that shares its layer with others: its color, and whether it is drawn."""

    number: int
    name: str
    color: tuple[float, float, float]
    is_visible: bool


@dataclass(frozen=True, slots=True)
class ListedObjects:
    """The objects that the list shows.

    Parameters
    ----------
    below : mapping of Stack to sequence of DicomObject
        The objects of each series.
    others : sequence of DicomObject
        Those that belong to no series that is known.
    visible : frozenset of DicomObject
        Those of which a layer is visible.
    regions : mapping of DicomObject to sequence of ListedRegion
        The regions of structure sets that are switched one by one.
    """

    below: Mapping[Stack, Sequence[DicomObject]] = field(default_factory=dict)
    others: Sequence[DicomObject] = ()
    visible: frozenset[DicomObject] = frozenset()
    regions: Mapping[DicomObject, Sequence[ListedRegion]] = field(default_factory=dict)

    @property
    def all(self) -> list[DicomObject]:
        """All of them."""
        return [each for same in self.below.values() for each in same] + list(self.others)


class ObjectItem(QStandardItem):
    """One object, with an eye that is open while it is visible."""

    def __init__(self, source: DicomObject) -> None:
        super().__init__(f"{defuse(source.name)}\n{source.summary}")
        self.source = source
        self.setEditable(False)
        self.setCheckable(source.is_overlay)
        self.setToolTip("\n".join(object_details(source)))

    def show_visible(self, *, visible: bool) -> None:
        """Open or close the eye; what is read beside the images has none."""
        if not self.isCheckable():
            return
        state = Qt.CheckState.Checked if visible else Qt.CheckState.Unchecked
        if self.checkState() != state:
            self.setCheckState(state)


class RegionItem(QStandardItem):
    """One region of a structure set, with an eye that is open while it is drawn."""

    def __init__(self, source: DicomObject, region: ListedRegion) -> None:
        super().__init__(defuse(region.name))
        self.source, self.number = source, region.number
        self.setEditable(False)
        self.setCheckable(True)
        swatch = QPixmap(_SWATCH, _SWATCH)
        swatch.fill(QColor.fromRgbF(*region.color))
        self.setIcon(QIcon(swatch))


def object_details(source: DicomObject, stacks: Sequence[Stack] = ()) -> list[str]:
    """Return what the section of details says of an object among some series, line by line."""
    notes = (*source.warnings, *(source.notes_on(stacks) if stacks else ()))
    return [defuse(line) for line in (source.name, source.summary, *map(ended, notes))]


class ObjectRows:
    """The object rows of a model of series.

    Parameters
    ----------
    model : QStandardItemModel
        Takes objects without a series at its end.
    on_switched : callable
        Called with an object and whether its eye was opened by a click.
    on_region_switched : callable
        Called with an object, the number of a region, and the same.
    """

    def __init__(
        self,
        model: QStandardItemModel,
        on_switched: Callable[[DicomObject, bool], object],
        on_region_switched: Callable[[DicomObject, int, bool], object],
    ) -> None:
        self._model = model
        self._on_switched, self._on_region_switched = on_switched, on_region_switched
        self._items: dict[DicomObject, ObjectItem] = {}
        self._is_filling = False
        self._placed: object = None
        model.itemChanged.connect(self._on_changed)

    def show(
        self,
        objects: ListedObjects,
        parents: Mapping[Stack, QStandardItem],
        studies: Mapping[DicomObject, QStandardItem],
    ) -> None:
        """Bring the rows up to date.

        Parameters
        ----------
        objects : ListedObjects
            What to list.
        parents : mapping of Stack to QStandardItem
            The rows of the series.
        studies : mapping of DicomObject to QStandardItem
            The rows of the studies of objects without a series.
        """
        self._is_filling = True
        try:
            placed = {stack: list(each) for stack, each in objects.below.items()}
            rows = [*parents.values(), *studies.values()]
            state = placed, list(objects.others), list(map(id, rows))
            if state != self._placed:
                self._placed = state
                self._place(objects, parents, studies)
            for source, item in self._items.items():
                item.show_visible(visible=source in objects.visible)
                _show_regions(item, objects.regions.get(source, ()))
        finally:
            self._is_filling = False

    def forget(self) -> None:
        """Forget rows that the model no longer has."""
        self._items.clear()
        self._placed = None

    def source_of(self, item: QStandardItem | None) -> DicomObject | None:
        """Return the object of a row, None for a row of something else."""
        return item.source if isinstance(item, ObjectItem) else None

    def _place(
        self,
        objects: ListedObjects,
        parents: Mapping[Stack, QStandardItem],
        studies: Mapping[DicomObject, QStandardItem],
    ) -> None:
        for item in self._items.values():
            parent = item.parent()
            if parent is not None:
                parent.removeRow(item.row())
            elif item.row() >= 0:
                self._model.removeRow(item.row())
        self._items.clear()
        for stack, sources in objects.below.items():
            for source in sources:
                item = self._items[source] = ObjectItem(source)
                parents[stack].appendRow(item)
        for source in objects.others:
            item = self._items[source] = ObjectItem(source)
            study = studies.get(source)
            (self._model if study is None else study).appendRow(item)

    def _on_changed(self, item: QStandardItem) -> None:
        if not self._is_filling and isinstance(item, ObjectItem):
            self._on_switched(item.source, item.checkState() == Qt.CheckState.Checked)
        elif not self._is_filling and isinstance(item, RegionItem):
            is_on = item.checkState() == Qt.CheckState.Checked
            self._on_region_switched(item.source, item.number, is_on)


def _show_regions(item: ObjectItem, regions: Sequence[ListedRegion]) -> None:
    """Bring the rows of the regions of a structure set up to date."""
    if item.rowCount() != len(regions):
        item.removeRows(0, item.rowCount())
        item.appendRows([RegionItem(item.source, region) for region in regions])
    for row, region in enumerate(regions):
        child = item.child(row)
        if child is not None:
            on = Qt.CheckState.Checked if region.is_visible else Qt.CheckState.Unchecked
            child.setCheckState(on)
