"""The Series tab: studies and series of the session, and opening more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import napari.viewer
from magicgui.widgets import CheckBox, Container, PushButton
from napari.layers import Image
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QGridLayout, QMenu, QPlainTextEdit, QWidget
from superqt.utils import qdebounced

from napari_medscan.dicom import LoadReport, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.report import EncapsulatedDocument
from napari_medscan.napari_ import default_reader, recent, settings
from napari_medscan.napari_.dicom_panel import note_open
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.file_manager import show_folder
from napari_medscan.napari_.layer_identity import series_of, stack_of
from napari_medscan.napari_.listed_series import (
    layers_of_stacks,
    listed_stacks,
    listed_studies,
    open_stacks,
)
from napari_medscan.napari_.load_into_memory import load_layer
from napari_medscan.napari_.menu import open_folder, open_paths
from napari_medscan.napari_.notify import show_details
from napari_medscan.napari_.objects.shown_object import layers_of
from napari_medscan.napari_.qt_canvas import focus_canvas
from napari_medscan.napari_.series_text import details_of
from napari_medscan.napari_.session import record
from napari_medscan.napari_.thumbnails import Thumbnails
from napari_medscan.napari_.view import show_only
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.widgets.panel.object_rows import object_details
from napari_medscan.widgets.panel.object_switches import (
    close_objects,
    listed_objects,
    open_region,
    switch_object,
    switch_region,
)
from napari_medscan.widgets.panel.series_drop import DropArea, DropTarget
from napari_medscan.widgets.panel.series_tree import SeriesTree
from napari_medscan.widgets.theme import follow_theme

_DETAILS_HEIGHT = 92
_DEFAULT_TIP = (
    'Skips napari\'s "Choose reader" dialog for DICOM files and for folders.\n'
    "Folders without DICOM are still offered to other readers.\n"
    "Change it under Preferences ▸ Plugins."
)
_BUTTONS = (
    ("open_button", "Open", "Open the selected series; if already open, go to it (Enter)"),
    ("show_only_button", "Show only this series", "Hide all other series"),
    ("close_button", "Close", "Remove the layers of the selected series and free their memory"),
    (
        "reveal_button",
        "Show in file manager",
        "Show the folder of the selected series in the file manager",
    ),
)


class SeriesTab(Container):  # type: ignore[type-arg]
    """Studies and series of this session, with a place to drop more.

    What a person does here a script can do, too::

        panel.series.open_paths(["/data/disc"])
        panel.series.names  # ["CT 3 · Chest 1.0 B30f", …]
        panel.series.open("CT 3 · Chest 1.0 B30f")
        panel.series.show_only("CT 3 · Chest 1.0 B30f")
        panel.series.always_open.value = True

    Series are given by name or as `Stack`. Without any, methods act on the selected ones.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where series are opened.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        buttons = self.open_button, self.show_only_button, self.close_button, self.reveal_button = (
            tuple(PushButton(name=name, text=text, tooltip=tip) for name, text, tip in _BUTTONS)
        )
        self.always_open = CheckBox(
            name="always_open",
            text="Always open DICOM with MedScan",
            tooltip=_DEFAULT_TIP,
        )
        super().__init__(name="series", widgets=[*buttons, self.always_open], labels=False)
        self._viewer = unwrapped(viewer)
        self._active: Stack | None = None
        self._state: object = None
        self.drop_area = DropArea(
            lambda: open_folder(self._viewer), lambda folder: open_paths(self._viewer, [folder])
        )
        self.tree = SeriesTree()
        self.details = _details()
        self._lay_out(buttons)
        self._drop_target = DropTarget(
            self.native,
            partial(open_paths, self._viewer),
            lambda on: self.drop_area.mark(on=on),
        )
        self._connect(buttons)

        self._thumbnails = Thumbnails(self.tree.set_thumbnail, self.native)
        self._subscription = watch(self._viewer, self.follow_viewer)
        self._update_soon = qdebounced(guarded(self.follow_viewer), timeout=0, parent=self.native)
        record.changed.connect(self._on_record)
        self._stops = [
            note_open(self._viewer),
            settings.on_change(self._on_settings),
            default_reader.on_change(self._on_settings),
            follow_theme(self._viewer, self.tree.show_theme),
        ]
        self._on_settings()
        self.follow_viewer()

    def release(self) -> None:
        """Let go of the viewer, the record and the settings."""
        self._subscription.release()
        self._update_soon.cancel()
        # Qt keeps what its signals call, and that keeps the tab.
        for signal in (
            self.tree.chosen,
            self.tree.doubleClicked,
            self.tree.selection_changed,
            self.tree.switched,
            self.tree.region_switched,
            self.tree.region_chosen,
            self.tree.customContextMenuRequested,
        ):
            with suppress(TypeError):
                signal.disconnect()
        self._drop_target.release()
        self._thumbnails.release()
        record.changed.disconnect(self._on_record, missing_ok=True)
        while self._stops:
            self._stops.pop()()

    @property
    def stacks(self) -> list[Stack]:
        """All listed series, from top to bottom."""
        return listed_stacks(self._viewer)

    @property
    def names(self) -> list[str]:
        """The names of all listed series, from top to bottom."""
        return [defuse(stack.name) for stack in self.stacks]

    @property
    def selected(self) -> list[Stack]:
        """The selected series, and those of selected studies."""
        return self.tree.selected()

    def select(self, *series: Stack | str) -> None:
        """Select series in the list, and nothing else."""
        self.follow_viewer()
        self.tree.select(*self._resolved(series))

    def open(self, *series: Stack | str) -> None:
        """Open series as layers; go to a series that is open."""
        stacks = self._resolved(series) if series else self.selected
        open_stacks(self._viewer, stacks)
        for source in () if series else self.tree.selected_objects():
            switch_object(self._viewer, source, visible=True)

    def close_series(self, *series: Stack | str) -> None:
        """Remove the layers of series, and free their memory."""
        stacks = self._resolved(series) if series else self.selected
        for layer in self._layers_of(stacks):
            self._viewer.layers.remove(layer)
        for stack in stacks:
            stack.array.close()
        if not series:
            close_objects(self._viewer, self.tree.selected_objects())

    def show_only(self, *series: Stack | str) -> None:
        """Show series, opening them if need be, and hide all other series."""
        stacks = self._resolved(series) if series else self.selected
        if stacks:
            self.open(*stacks)
            show_only(self._viewer, self._layers_of(stacks))

    def open_paths(self, paths: Iterable[Path | str]) -> None:
        """Open every series of files and folders."""
        open_paths(self._viewer, [Path(path) for path in paths], by_person=False)

    def show_in_file_manager(self, *series: Stack | str) -> None:
        """Show the folder of a series in the file manager."""
        for stack in (self._resolved(series) if series else self.selected)[:1]:
            show_folder(stack)

    def remove_from_list(self) -> None:
        """Take the selected series that are closed, and the skipped files, off the list."""
        if self.tree.rest_selected:
            record.forget_reports()
        objects = [x for x in self.tree.selected_objects() if not layers_of(self._viewer, x)]
        record.forget([s for s in self.selected if not self._layers_of([s])], objects)

    def reset_choices(self, *_: object) -> None:
        """Do nothing: napari calls it when layers come and go, and nothing here has choices."""

    def _resolved(self, series: Sequence[Stack | str]) -> list[Stack]:
        """Return the stacks of series given by name; raise ValueError for an unknown name."""
        by_name = {defuse(stack.name): stack for stack in reversed(self.stacks)}
        found = []
        for one in series:
            if isinstance(one, str) and one not in by_name:
                # The name that was asked for may be a patient's.
                raise ValueError("No series of that name is listed.")
            found.append(by_name[one] if isinstance(one, str) else one)
        return found

    def _layers_of(self, stacks: Sequence[Stack]) -> list[Image]:
        return layers_of_stacks(self._viewer, stacks)

    def _lay_out(self, buttons: Sequence[PushButton]) -> None:
        column = self.native.layout()
        self.margins = (8, 8, 8, 8)
        grid = QGridLayout()
        for place, button in enumerate(buttons):
            grid.addWidget(button.native, place // 2, place % 2)
        column.insertWidget(0, self.drop_area.frame)
        column.insertWidget(1, self.tree, 1)
        column.insertLayout(2, grid)
        column.insertWidget(3, self.details)
        # Qt would go by when they were made.
        parts: list[QWidget] = [
            *self.drop_area.frame.findChildren(QWidget),
            self.tree,
            *(button.native for button in buttons),
        ]
        for part, following in pairwise(parts):
            QWidget.setTabOrder(part, following)
        # Qt puts nothing behind a text that scrolls: the text goes before what is below it.
        for below in (self.always_open.native, self.details):
            QWidget.setTabOrder(parts[-1], below)

    def _connect(self, buttons: Sequence[PushButton]) -> None:
        slots = self._on_open, self.show_only, self.close_series, self.show_in_file_manager
        self._slots: tuple[Callable[[], None], ...] = tuple(map(guarded, slots))
        for button, slot in zip(buttons, self._slots, strict=True):
            button.changed.connect(lambda _value=None, slot=slot: slot())
        self._buttons = tuple(buttons)
        self.tree.chosen.connect(self._slots[0])
        self.tree.doubleClicked.connect(guarded(self._focus_canvas))
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.always_open.changed.connect(guarded(default_reader.make_default))
        self.tree.selection_changed.connect(guarded(self._on_selection))
        self.tree.switched.connect(guarded(partial(switch_object, self._viewer)))
        self.tree.region_switched.connect(guarded(partial(switch_region, self._viewer)))
        self.tree.region_chosen.connect(guarded(partial(open_region, self._viewer)))

    def _on_open(self) -> None:
        """Open the selected series; the list of skipped files for the last row."""
        if self.tree.rest_selected:
            show_details(*record.reports)
        self.open()

    def _focus_canvas(self, _index: object) -> None:
        """Let the keys of presets and slices act after a double-click, not search the list."""
        focus_canvas(self._viewer)

    def _on_record(self) -> None:
        self._update_soon()

    def _on_settings(self) -> None:
        settings.apply()
        with self.always_open.changed.blocked():
            self.always_open.value = default_reader.is_default()
        remembers = settings.current().recent_folders
        if not remembers:
            recent.clear()
        self.drop_area.offer_recent(on=remembers)
        self._state = None
        self._on_record()

    def follow_viewer(self) -> None:
        """Show what is listed, and select the series of the active layer."""
        opened = {s for s in map(series_of, self._viewer.layers) if s is not None}
        skipped = sum(map(_skipped, record.reports))
        stacks = list(dict.fromkeys([*record.stacks, *opened]))
        objects = listed_objects(self._viewer)
        state = stacks, opened, skipped, [len(stack.problems) for stack in stacks], objects
        # Most calls are for a slider that moved: a hundred series are not gone through again then.
        if state != self._state:
            self._state = state
            studies = listed_studies(self._viewer, objects.others)
            self.tree.show_studies(studies, opened, skipped, objects)
            self._thumbnails.ask(self.tree.without_thumbnail())
            self._on_selection()
        shown = stack_of(self._viewer.layers.selection.active)
        active = None if shown is None else shown.origin
        if active is not self._active:
            self._active = active
            if active is not None:
                self.tree.select(active)

    def _on_selection(self) -> None:
        stacks = self.selected
        objects = self.tree.selected_objects()
        self.open_button.enabled = bool(stacks or objects) or self.tree.rest_selected
        is_file = not stacks and any(isinstance(x, EncapsulatedDocument) for x in objects)
        self.open_button.text = "Save as file…" if is_file else "Open"
        self.close_button.enabled = bool(
            self._layers_of(stacks) or any(layers_of(self._viewer, x) for x in objects)
        )
        self.show_only_button.enabled = self.reveal_button.enabled = bool(stacks)
        lines = details_of(stacks[0]) if len(stacks) == 1 else [defuse(s.name) for s in stacks]
        lines += [line for source in objects for line in object_details(source, record.stacks)]
        if self.tree.rest_selected:
            lines += map(LoadReport.summary, record.reports)
        text = "\n".join(lines)
        if text != self.details.toPlainText():
            self.details.setPlainText(text)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self.tree)
        for button, slot in zip(self._buttons, self._slots, strict=True):
            action = menu.addAction(button.text, slot)
            if action is not None:
                action.setEnabled(button.enabled)
        layers = self._layers_of(self.selected)
        if len(layers) == 1:
            menu.addAction("Load into memory", guarded(partial(load_layer, layers[0])))
        menu.addSeparator()
        menu.addAction("Remove from list", guarded(self.remove_from_list))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.mapToGlobal(place))


def _details() -> QPlainTextEdit:
    """Return the text about the selected series.

    Not magicgui's TextEdit: that would take text of a file for rich text.
    """
    text = QPlainTextEdit()
    text.setReadOnly(True)
    # What is dropped on it is for the tab.
    text.setAcceptDrops(False)
    text.setFixedHeight(_DETAILS_HEIGHT)
    text.setPlaceholderText("Select a series to see its details.")
    text.setAccessibleName("Details of the selected series")
    return text


def _skipped(report: LoadReport) -> int:
    return len(report.skipped) + len(report.duplicates) + len(report.unreadable)
