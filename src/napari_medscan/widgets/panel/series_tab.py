"""The Series section: what was opened, what was not, and dropping more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import napari.viewer
from napari.layers import Image
from qtpy.QtCore import QPoint, Qt, QTimer, QUrl
from qtpy.QtGui import QDesktopServices, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.dicom import LoadReport, Stack
from napari_medscan.dicom.files import shown_name
from napari_medscan.dicom.isolation import workers
from napari_medscan.dicom.remembering import forget
from napari_medscan.dicom.text import defuse
from napari_medscan.napari_ import default_reader, recent, settings
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.menu import open_folder, open_paths
from napari_medscan.napari_.notify import show_details, tell
from napari_medscan.napari_.session import record
from napari_medscan.napari_.thumbnails import Thumbnails
from napari_medscan.napari_.view import bring_into_view, show_only
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.widgets.panel.series_tree import SeriesTree, notes_on

_DETAILS_HEIGHT = 104
_WIDEST_PATH = 420
_BY_DEFAULT = (
    "napari asks which reader to use for every folder that is dropped on it. With this, folders "
    "come to MedScan without the question. napari knows folders by their names only, so this holds "
    "for all folders: for one without DICOM napari asks as before, after saying that MedScan could "
    "not open it. Listed in Preferences ▸ Plugins."
)


class SeriesSection(QWidget):
    """Studies and series of this session, with a place to drop more.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where series are opened.
    parent : QWidget, optional
        The panel.
    """

    def __init__(self, viewer: napari.viewer.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._active: Stack | None = None
        self._state: object = None
        self._dropped: list[Path] = []
        self.setAcceptDrops(True)
        self.drop_area = _DropArea(self)
        self.drop_area.open_button.clicked.connect(self._open_folder)
        self.tree = SeriesTree(self)
        self.tree.chosen.connect(self.open)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.actions_ = {
            "Open": (self.open, "Add the selected series as layers, or select the layer (Enter)"),
            "Close": (self.close_series, "Remove the layers and free their memory"),
            "Show only this": (self.show_only, "Hide the layers of all other series"),
            "Reveal folder": (self.reveal, "Show the folder in the file manager"),
        }
        self.buttons = {
            text: _button(text, tip, slot) for text, (slot, tip) in self.actions_.items()
        }
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        # What is dropped on it is for the section.
        self.details.setAcceptDrops(False)
        self.details.setFixedHeight(_DETAILS_HEIGHT)
        self.details.setPlaceholderText("Select a series to read about it.")
        self.details.setAccessibleName("About the selected series")
        self.by_default = QCheckBox("Open dropped folders with MedScan")
        self.by_default.setToolTip(_wrapped(_BY_DEFAULT))
        self.by_default.toggled.connect(default_reader.open_folders_by_default)
        self.clear_button = _button(
            "Clear disk cache",
            "Delete what MedScan keeps on this computer about opened folders",
            _clear_disk_cache,
        )
        self._lay_out()

        self._thumbnails = Thumbnails(self.tree.set_thumbnail, self)
        self._subscription = watch(viewer, self._update)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._update)
        record.changed.connect(self._on_record)
        selection = self.tree.selectionModel()
        if selection is not None:
            selection.selectionChanged.connect(self._on_selection)
        self._stops = [
            settings.on_change(self._on_settings),
            default_reader.on_change(self._on_settings),
        ]
        self._on_settings()
        self._update()

    def release(self) -> None:
        """Let go of the viewer, the record and the settings."""
        self._subscription.release()
        self._soon.stop()
        self._thumbnails.release()
        record.changed.disconnect(self._on_record, missing_ok=True)
        while self._stops:
            self._stops.pop()()

    def open(self) -> None:
        """Open the selected series, or select their layers; the list of files for the last row."""
        if self.tree.rest_selected:
            show_details(*record.reports)
        stacks = self.tree.selected()
        closed = [stack for stack in stacks if not self._layers_of([stack])]
        if any(stack.is_compressed for stack in closed):
            workers.warm_up()
        for stack in closed:
            record.watch(stack)
        # The ones that are visible are brought into view as they are added.
        for layer in image_layers(closed):
            self._viewer.add_layer(layer)
        if stacks and not closed:
            bring_into_view(self._viewer, self._layers_of(stacks)[-1])

    def close_series(self) -> None:
        """Remove the layers of the selected series, and free their frames."""
        stacks = self.tree.selected()
        for layer in self._layers_of(stacks):
            self._viewer.layers.remove(layer)
        for stack in stacks:
            stack.array.close()

    def show_only(self) -> None:
        """Show the selected series, opening them if need be, and hide all other series."""
        stacks = self.tree.selected()
        if not stacks:
            return
        self.open()
        show_only(self._viewer, self._layers_of(stacks))

    def reveal(self) -> None:
        """Show the folder of the first selected series in the file manager."""
        for stack in self.tree.selected()[:1]:
            folder = Path(stack.slices[0].path).parent
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
                tell("No file manager could be opened.")

    def forget(self) -> None:
        """Take the selected series, which must be closed, and the last row off the list."""
        if self.tree.rest_selected:
            record.forget_reports()
        record.forget([s for s in self.tree.selected() if not self._layers_of([s])])

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take local files and folders."""
        if event is not None and _local_paths(event):
            self.drop_area.mark(on=True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stop offering."""
        self.drop_area.mark(on=False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open what was dropped, after the file manager has its mouse back."""
        self.drop_area.mark(on=False)
        if event is None:
            return
        self._dropped += _local_paths(event)
        event.acceptProposedAction()
        QTimer.singleShot(0, self._open_dropped)

    def _open_folder(self) -> None:
        open_folder(self._viewer)

    def _open_dropped(self) -> None:
        paths, self._dropped = self._dropped, []
        open_paths(self._viewer, paths)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        for place, button in enumerate(self.buttons.values()):
            grid.addWidget(button, place // 2, place % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.drop_area)
        layout.addWidget(self.tree, 1)
        layout.addLayout(grid)
        layout.addWidget(self.details)
        layout.addWidget(self.by_default)
        layout.addWidget(self.clear_button)

    def _layers_of(self, stacks: Sequence[Stack]) -> list[Image]:
        """Return the layers that show these stacks; a duplicated layer is one more."""
        layers = (layer for layer in self._viewer.layers if isinstance(layer, Image))
        return [layer for layer in layers if stack_of(layer) in stacks]

    def _on_record(self) -> None:
        self._soon.start(0)

    def _on_settings(self) -> None:
        settings.apply()
        self.by_default.blockSignals(True)
        self.by_default.setChecked(default_reader.opens_folders())
        self.by_default.blockSignals(False)
        remembers = settings.current().recent_folders
        if not remembers:
            recent.clear()
        self.drop_area.show_recent(self._recent_menu if remembers else None)

    def _recent_menu(self) -> QMenu:
        menu = QMenu(self)
        folders = recent.folders()
        for folder in folders:
            path = menu.fontMetrics().elidedText(
                defuse(shown_name(str(folder))), Qt.TextElideMode.ElideMiddle, _WIDEST_PATH
            )
            action = menu.addAction(path.replace("&", "&&"))
            if action is not None:
                action.triggered.connect(
                    lambda _checked=False, folder=folder: open_paths(self._viewer, [folder])
                )
        if not folders:
            nothing = menu.addAction("No folder opened yet")
            if nothing is not None:
                nothing.setEnabled(False)
        menu.addSeparator()
        menu.addAction("Clear list", recent.clear)
        return menu

    def _update(self) -> None:
        """Show the series that were found, and those of layers of other origin (samples)."""
        shown = [s for s in map(stack_of, self._viewer.layers) if s is not None]
        stacks = list(dict.fromkeys([*record.stacks, *shown]))
        missing = sum(map(_missing, record.reports))
        state = stacks, set(shown), missing, [len(stack.problems) for stack in stacks]
        # Most calls are for a slider that moved: a hundred series are not gone through again then.
        if state != self._state:
            self._state = state
            self.tree.show_series(stacks, set(shown), missing)
            self._thumbnails.ask(self.tree.without_thumbnail())
            self._on_selection()
        active = stack_of(self._viewer.layers.selection.active)
        if active is not self._active:
            self._active = active
            if active is not None:
                self.tree.select(active)

    def _on_selection(self) -> None:
        stacks = self.tree.selected()
        is_open = bool(self._layers_of(stacks))
        self.buttons["Open"].setEnabled(bool(stacks) or self.tree.rest_selected)
        self.buttons["Close"].setEnabled(is_open)
        self.buttons["Show only this"].setEnabled(bool(stacks))
        self.buttons["Reveal folder"].setEnabled(bool(stacks))
        text = "\n".join(_about(stacks))
        if self.tree.rest_selected:
            text = "\n".join([text, *map(LoadReport.summary, record.reports)]).strip()
        if text != self.details.toPlainText():
            self.details.setPlainText(text)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        for text, (slot, _) in self.actions_.items():
            action = menu.addAction(text, slot)
            if action is not None:
                action.setEnabled(self.buttons[text].isEnabled())
        menu.addSeparator()
        menu.addAction("Remove from list", self.forget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.mapToGlobal(place))


class _DropArea(QFrame):
    """A frame that says where to drop, with a button for those who do not drag."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("medscan_drop")
        label = QLabel("Drop DICOM files or folders here")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton("Open folder…")
        self.recent_button = QPushButton("Recent ▾")
        self.recent_button.hide()
        row = QHBoxLayout()
        row.addWidget(self.open_button)
        row.addWidget(self.recent_button)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addLayout(row)
        self._make_menu: Callable[[], QMenu] | None = None
        self.recent_button.clicked.connect(self._pop_up)
        self.mark(on=False)

    def mark(self, *, on: bool) -> None:
        """Show that what is dragged will be taken."""
        # A grey that is seen on a dark and on a light window.
        fill = "rgba(128, 128, 128, 70)" if on else "transparent"
        self.setStyleSheet(
            "#medscan_drop { border: 1px dashed rgb(128, 128, 128); border-radius: 4px; "
            f"background-color: {fill}; }}"
        )

    def show_recent(self, make_menu: Callable[[], QMenu] | None) -> None:
        """Offer recent folders, or not."""
        self._make_menu = make_menu
        self.recent_button.setVisible(make_menu is not None)

    def _pop_up(self) -> None:
        if self._make_menu is not None:
            menu = self._make_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.recent_button.mapToGlobal(self.recent_button.rect().bottomLeft()))


def _button(text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(slot)
    return button


def _local_paths(event: QDropEvent) -> list[Path]:
    """Return the files and folders of a drag."""
    mime = event.mimeData()
    urls = [] if mime is None else mime.urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


def _missing(report: LoadReport) -> int:
    return len(report.skipped) + len(report.duplicates) + len(report.unreadable)


def _about(stacks: Sequence[Stack]) -> list[str]:
    """Describe one series in full, several in a line each."""
    if len(stacks) != 1:
        return [defuse(stack.name) for stack in stacks]
    (stack,) = stacks
    lines = [defuse(stack.name)]
    size = stack.voxel_size
    if size is None:
        lines.append("Size of a pixel unknown")
    else:
        spacing = " × ".join(f"{mm:.3g}" for mm in size)
        lines.append(f"{spacing} mm a {'voxel' if len(size) == 3 else 'pixel'}")
    return [*lines, *(f"Note: {note}" for note in notes_on(stack))]


def _wrapped(text: str) -> str:
    """Break a tooltip into lines: Qt wraps rich text only."""
    import textwrap

    return "\n".join(textwrap.wrap(text, 70))


def _clear_disk_cache() -> None:
    freed = forget()
    tell(f"{freed / 2**20:.1f} MB freed on this computer's disk.")
