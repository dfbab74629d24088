"""DVH: dose-volume histograms of the regions of a structure set, as a plot and a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeVar

import napari.viewer
import numpy as np
from magicgui.widgets import ComboBox, FloatSpinBox, Widget
from napari.layers import Layer
from qtpy.QtWidgets import QTreeWidget

from napari_medscan.dicom import MedscanError, Stack, StructureSet
from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.measure import DoseVolume, dose_volume_csv, dose_volumes
from napari_medscan.measure.dose_volume import FIGURES
from napari_medscan.napari_ import table
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.session import record
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.widgets.clipboard import copy_text
from napari_medscan.widgets.dock import WIDTH, DockContainer
from napari_medscan.widgets.panel.form import (
    button,
    choice,
    form,
    holder,
    note,
    number,
    offer,
    put,
    row,
    stretch,
)
from napari_medscan.widgets.plot import Line, Plot
from napari_medscan.widgets.save_bytes import save_bytes
from napari_medscan.widgets.theme import follow_theme

CUMULATIVE, DIFFERENTIAL = "Cumulative", "Differential"
PERCENT, CM3 = "%", "cm³"
HEADINGS: Final = ("Region", "cm³", *FIGURES)
_NUMBERS: Final = range(1, len(HEADINGS))
_Named = TypeVar("_Named", Stack, StructureSet)
_WIDEST_NAME: Final = WIDTH // 2
_POINTS: Final = 400
"""Of a line in the plot."""
_PROMPT: Final = "Open an RT Structure Set and an RT Dose of the same frame of reference."


class DoseVolumeDock(DockContainer):
    """Dose-volume histograms of a structure set and a dose that were opened.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer whose theme it has.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        self.histograms: tuple[DoseVolume, ...] = ()
        """What is listed."""
        self._of: tuple[StructureSet | None, Stack | None] = (None, None)
        self.structures = choice("structures", "RT Structure Set", self._sets, self._calculate)
        self.dose = choice("dose", "RT Dose", self._doses, self._calculate)
        kinds, units = [CUMULATIVE, DIFFERENTIAL], [PERCENT, CM3]
        self.kind = choice("kind", "What the plot shows", kinds, self._plot)
        self.volume = choice("volume", "Volume as", units, self._plot)
        tip = "Dose that is 100%. With 0, the plot is in the unit of the dose"
        self.reference: FloatSpinBox = number(
            "reference", tip, self._plot, limits=(0, 1000), value=0, unit=" Gy"
        )
        self.append(
            form(
                ("Structures", self.structures),
                ("Dose", self.dose),
                ("Plot", self.kind),
                ("Volume", self.volume),
                ("Reference", self.reference),
            )
        )
        self.graph = Plot()
        self.append(holder(self.graph))
        self.table = table.plain_table(HEADINGS, right=tuple(_NUMBERS))
        self.table.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self._on_selected = guarded(self._plot)
        self.table.itemSelectionChanged.connect(self._on_selected)
        self.append(holder(self.table))
        self.status = note("status", _PROMPT)
        self.append(self.status)
        self.copy = button("copy_table", "Copy", "Copy the table to the clipboard", self._copy)
        self.save = button(
            "save_table", "Save CSV…", "Save figures and cumulative curves", self._save
        )
        self.append(row(stretch(self.copy), stretch(self.save)))
        self._work = Latest(self.native)
        subscription = watch(self._viewer, self.refresh)
        self._on_record = guarded(self.refresh)
        record.changed.connect(self._on_record)
        theme = follow_theme(self._viewer, self.graph.set_theme)
        self.on_release(self._work.release, subscription.release, theme, self._leave)
        self.refresh()

    def refresh(self) -> None:
        """Offer what is open, and calculate if another pair is chosen."""
        self._offer(self.structures, self._of[0] and self.structures.value)
        self._calculate()

    def _offer(self, box: ComboBox, before: object) -> None:
        """Fill a box, and keep its value; where there was none, choose what is in view."""
        offer(box, before)
        if box.choices and before not in box.choices:
            seen = (_shown_by(layer) for layer in self._viewer.layers if layer.visible)
            put(box, next((each for each in seen if each in box.choices), box.value))

    def _leave(self) -> None:
        record.changed.disconnect(self._on_record, missing_ok=True)

    def _sets(self, _widget: Widget) -> list[tuple[str, StructureSet]]:
        shown = (what.source for layer in self._viewer.layers if (what := object_of(layer)))
        found = dict.fromkeys((*record.catalogue.objects, *shown))
        return _by_name(each for each in found if isinstance(each, StructureSet))

    def _doses(self, _widget: Widget) -> list[tuple[str, Stack]]:
        """Return the doses that can belong to the structures."""
        structures = self.structures.value
        shown = (stack.origin for layer in self._viewer.layers if (stack := stack_of(layer)))
        found = dict.fromkeys((*record.stacks, *shown))
        return _by_name(
            each
            for each in found
            if each.kind.measures == "dose"
            and (structures is None or same_frame_of_reference(structures, each))
        )

    def _calculate(self, _chosen: object = None) -> None:
        self._offer(self.dose, self._of[1] and self.dose.value)
        structures, dose = self.structures.value, self.dose.value
        if (structures, dose) == self._of:
            return
        self._of = structures, dose
        if structures is None or dose is None:
            self._work.cancel()
            self._show(())
            self.status.value = _PROMPT
            return
        self.status.value = "Calculating…"
        self._work.start(lambda _stale: dose_volumes(structures, dose), self._show, self._fail)

    def _fail(self, error: Exception) -> None:
        self._show(())
        # The text of an OSError has a path in it.
        why = error if isinstance(error, MedscanError) else "A file cannot be read"
        self.status.value = f"No histogram. {why}."

    def _show(self, histograms: tuple[DoseVolume, ...]) -> None:
        self.histograms = histograms
        self.table.clear()
        table.fill(
            self.table, [table.row(_cells(each), right=tuple(_NUMBERS)) for each in histograms]
        )
        # A long name would leave no room for the numbers; its tooltip has all of it.
        self.table.setColumnWidth(0, min(self.table.columnWidth(0), _WIDEST_NAME))
        self.status.value = _notes(histograms)
        self._plot()

    def _plot(self, _changed: object = None) -> None:
        chosen = {self.table.indexOfTopLevelItem(item) for item in self.table.selectedItems()}
        shown = [h for n, h in enumerate(self.histograms) if not chosen or n in chosen]
        reference, in_percent = self.reference.value, self.volume.value == PERCENT
        unit = "%" if reference else shown[0].unit if shown else "Gy"
        scale = 100 / reference if reference else 1.0
        lines = [
            _line(each, scale, is_cumulative=self.kind.value == CUMULATIVE, in_percent=in_percent)
            for each in shown
        ]
        volume = PERCENT if in_percent else CM3
        if self.kind.value == DIFFERENTIAL:
            volume = f"{volume} per {unit}"
        self.graph.show_lines(lines, f"Dose ({unit})", f"Volume ({volume})")

    def _copy(self) -> None:
        lines = [HEADINGS, *map(_cells, self.histograms)]
        copy_text("\n".join("\t".join(line) for line in lines))

    def _save(self) -> None:
        if not self.histograms:
            tell(_PROMPT)
            return
        text = dose_volume_csv(self.histograms, reference=self.reference.value)
        save_bytes(self.native, "histograms", text.encode("utf-8-sig"), "dvh.csv")


def _shown_by(layer: Layer) -> object:
    what, stack = object_of(layer), stack_of(layer)
    return what.source if what is not None else stack and stack.origin


def _by_name(found: Iterable[_Named]) -> list[tuple[str, _Named]]:
    """Return choices, those of the same name numbered: a box has one choice of each name."""
    names: Counter[str] = Counter()
    choices = []
    for each in found:
        names[each.name] += 1
        number = names[each.name]
        choices.append((f"{each.name} ({number})" if number > 1 else each.name, each))
    return choices


def _line(each: DoseVolume, scale: float, *, is_cumulative: bool, in_percent: bool) -> Line:
    """Return a histogram as a line of a plot; scale makes its doses those of the axis."""
    factor = 100 / each.volume if in_percent and each.volume else 1.0
    color = "#{:02x}{:02x}{:02x}".format(*(round(255 * part) for part in each.color))
    step = max(1, (len(each.edges) - 1) // _POINTS)
    edges = each.edges[::step]
    if is_cumulative:
        return Line(each.name, edges * scale, each.cumulative[::step] * factor, color=color)
    volumes = -np.diff(each.cumulative[::step]) * factor / (np.diff(edges) * scale)
    return Line(each.name, edges[:-1] * scale, volumes, steps=True, color=color)


def _cells(each: DoseVolume) -> tuple[str, ...]:
    return (each.name, f"{each.volume:.2f}", *(f"{f(each):.2f}" for f in FIGURES.values()))


def _notes(histograms: tuple[DoseVolume, ...]) -> str:
    if not histograms:
        return "No region has closed contours."
    beyond = [
        f"{each.name} ({100 * each.outside:.0f}%)" for each in histograms if each.outside > 0.005
    ]
    if not beyond:
        return f"Doses in {histograms[0].unit}."
    return (
        f"Doses in {histograms[0].unit}. Beyond the dose grid, counted as 0: {', '.join(beyond)}."
    )
