"""The data set of the frame on screen, as a tree to search, compare, copy and export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QKeySequence, QShortcut  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.dicom import CancelledError, MedscanError, Stack
from napari_medscan.dicom.tagtree.comparison import compare
from napari_medscan.dicom.tagtree.places import MAX_ROWS
from napari_medscan.dicom.tagtree.reading import differing_places, read_tree
from napari_medscan.dicom.tagtree.search import Found, find
from napari_medscan.dicom.tagtree.tree import TagTree
from napari_medscan.dicom.text import defuse
from napari_medscan.napari_ import settings
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.widgets.panel.tag_actions import TagActions
from napari_medscan.widgets.panel.tag_export import ExportButton
from napari_medscan.widgets.panel.tag_model import TagModel
from napari_medscan.widgets.panel.tag_view import TagView, Unfolded

_Paths = tuple[str | None, str | None]
"""A file, and the one that it is compared with."""

_SETTLE_MS = 80
_TYPING_MS = 150
_LATE_MS = 200
"""While the next file is read, the tags of the last slice stay under that slice's number for this
long. Then the tree is emptied."""
_KEPT_TREES = 8
_FIRST_ROWS = 3000
"""What is read of another stack's file before all of it is, to have something to show."""
_EMPTY = "Select a layer that MedScan opened to see the tags of its file."
_ONLY_SLICES = "Only what differs between slices"
_ONLY_COMPARED = "Only what differs between the two"


class TagsSection(QWidget):
    """The Tags part of the panel.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose selected layer is looked at.
    parent : QWidget, optional
        The panel.
    """

    def __init__(self, viewer: napari.viewer.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._stack: Stack | None = None
        self._frame: int | None = None
        self._screen: tuple[str, int | None] = "", None
        self._want: _Paths = None, None
        self._tree_paths: _Paths = None, None
        self._displayed: _Paths = None, None
        self._folds: tuple[Unfolded, int] | None = None
        self._read: dict[str, TagTree] = {}
        self._tree = TagTree()
        self._places: frozenset[str] | None = None
        self._build_filters()
        self._build_view()
        self._lay_out()
        self._reads, self._finds, self._scans = Latest(self), Latest(self), Latest(self)
        self._scans.progressed.connect(self._on_progress)
        self._settle = self._timer(_SETTLE_MS, self._look)
        self._typing = self._timer(_TYPING_MS, self._search)
        self._late = self._timer(_LATE_MS, self._on_late)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self._subscription = watch(viewer, self._settle.start)
        self._look()

    def release(self) -> None:
        """Stop following the viewer, all timers and all work."""
        self._subscription.release()
        self._settle.stop()
        self._typing.stop()
        self._late.stop()
        for work in (self._reads, self._finds, self._scans):
            work.release()
        self.export.release()
        self.row_actions.window.release()

    def _timer(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer

    def _build_filters(self) -> None:
        self.note = QLabel(_EMPTY)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search tag, name or value")
        self.search.setClearButtonEnabled(True)
        self.only = QCheckBox(_ONLY_SLICES)
        self.only.toggled.connect(self._on_only)
        self.progress = QProgressBar()
        self.progress.setFormat("Reading %v of %m files")
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(lambda: self.only.setChecked(False))
        self.other = QComboBox()
        self.other.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.other.addItem("Compare with…")
        self.other.setToolTip("Show the values of a second layer beside these")
        self.other.activated.connect(lambda _: self._look())

    def _build_view(self) -> None:
        self.model = TagModel(self)
        self.view = TagView(self.model)
        # A third column has the values of the file compared with.
        self.row_actions = TagActions(self.view, self.model, lambda at: self._displayed[at == 2])

    def _lay_out(self) -> None:
        self.count = QLabel()
        self.identifiers = QPushButton("Show identifiers")
        self.identifiers.setCheckable(True)
        self.identifiers.setToolTip("Names, dates, IDs and other values that tell who this is")
        self.identifiers.toggled.connect(self._on_identifiers)
        self.identifiers.setChecked(settings.current().show_identifiers)
        self.export = ExportButton(self.model)
        shortcut = QShortcut(QKeySequence("Ctrl+F"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._on_find)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        for part in (self.note, self.search, self.other, self.only):
            layout.addWidget(part)
        layout.addLayout(_row(self.progress, self.cancel))
        layout.addWidget(self.view, 1)
        layout.addWidget(self.count)
        layout.addLayout(_row(self.identifiers, self.export))
        self._show_progress(visible=False)

    # What is on screen.

    def _look(self) -> None:
        """See which file is on screen, and have it read if it is another one."""
        layer = current_layer(self._viewer)
        stack = stack_of(layer)
        another = stack is not self._stack
        if another:
            self._scans.cancel()
            self._show_progress(visible=False)
            self._stack, self._places = stack, None
        self._list_others(layer)
        for part in (self.search, self.other, self.only, self.view, self.identifiers, self.export):
            part.setEnabled(stack is not None)
        if stack is None or layer is None:
            self._reads.cancel()
            self._show_none(_EMPTY)
            return
        number = slice_in_view(self._viewer, layer)
        record = stack.slices[stack.typical if number is None else number]
        where = f"Slice {(stack.typical if number is None else number) + 1:,}"
        tile = record.tile is not None
        why = "in the middle: the view cuts across slices" if number is None else ""
        why = "; ".join(filter(None, (why, "a tile of a mosaic, one file for all" if tile else "")))
        note = f"{where} of {len(stack.slices):,}" + (f" ({why})" if why else "")
        self._screen = note, record.index if record.frames > 1 and not tile else None
        want = record.path, self._other_path()
        if want != self._want:
            self._want = want
            self._late.start()
            self._read_tree(_FIRST_ROWS if another or not len(self._tree) else MAX_ROWS)
        elif want == self._displayed and self._follow_screen():
            self._show(self.model.found)
        if self.only.isChecked():
            self._scan()

    def _follow_screen(self) -> bool:
        """Name the slice that the tags belong to; return whether it is another frame of the file.

        Number and tags change together: the tags of one slice never stand under another.
        """
        before = self._frame
        note, self._frame = self._screen
        self.note.setText(note)
        return self._frame != before

    def _show_none(self, why: str) -> None:
        """Show a sentence in place of tags; whatever is on screen next is read."""
        self._want, self._frame = (None, None), None
        self._late.stop()
        self._clear(why)

    def _on_late(self) -> None:
        self._clear(f"{self._screen[0]}: reading its tags…")

    def _clear(self, why: str) -> None:
        self._finds.cancel()
        if len(self._tree):
            self._folds = self.view.unfolded(), self.view.scrolled
        self._tree = TagTree()
        self._tree_paths = self._displayed = None, None
        self.model.show(self._tree, None, None)
        self.note.setText(why)
        self.count.setText("")

    def _list_others(self, layer: object) -> None:
        """Offer the other layers of ours for comparison, keeping the choice."""
        names = [x.name for x in self._viewer.layers if x != layer and stack_of(x) is not None]
        chosen = self.other.currentData()
        if [self.other.itemData(i) for i in range(1, self.other.count())] != names:
            self.other.clear()
            self.other.addItem("Compare with…")
            for name in names:
                self.other.addItem(f"≠ {defuse(name)}", name)
            self.other.setCurrentIndex(max(0, self.other.findData(chosen) if chosen else 0))
        compared = self.other.currentIndex() > 0
        self.only.setText(_ONLY_COMPARED if compared else _ONLY_SLICES)

    def _other_path(self) -> str | None:
        name = self.other.currentData()
        if not name or name not in self._viewer.layers:
            return None
        layer = self._viewer.layers[name]
        stack, number = stack_of(layer), slice_in_view(self._viewer, layer)
        if stack is None:
            return None
        return stack.slices[stack.typical if number is None else number].path

    def _read_tree(self, most: int) -> None:
        """Have the file on screen read, and the one it is compared with."""
        path, other = self._want

        def task(_: Callable[[], bool]) -> TagTree | None:
            if path is None:
                return None
            if other is not None:
                return compare(self._reading(path, MAX_ROWS), self._reading(other, MAX_ROWS))
            return self._reading(path, most)

        def then(result: Any) -> None:  # noqa: ANN401 - what the task returned or raised
            self._on_tree(result)
            if most < MAX_ROWS and len(self._tree) == most:
                self.count.setText(f"{self.count.text()}, reading the rest…")
                self._read_tree(MAX_ROWS)

        self._reads.start(task, then)

    def _reading(self, path: str, most: int) -> TagTree:
        """Read a file or remember it, in the thread."""
        if path in self._read:
            return self._read[path]
        tree = read_tree(path, most=most)
        if tree.complete or most == MAX_ROWS:
            while len(self._read) >= _KEPT_TREES:
                self._read.pop(next(iter(self._read)))
            self._read[path] = tree
        return tree

    def _on_tree(self, result: TagTree | MedscanError) -> None:
        self._late.stop()
        if not isinstance(result, TagTree):
            other = "" if self._want[1] is None else " or of the series compared with it"
            self._show_none(f"{self._screen[0]}: the tags of this slice{other} cannot be read.")
            return
        self._tree, self._tree_paths = result, self._want
        name = "" if self.other.currentIndex() <= 0 else str(self.other.currentData())
        self.model.titles = ("Name", "Value", defuse(name))
        if self._is_filtered():
            self._search()
        else:
            self._show(None)

    # Search and filters.

    def _is_filtered(self) -> bool:
        return bool(self.search.text().strip()) or self.only.isChecked()

    def _search(self) -> None:
        if not self._is_filtered():
            self._finds.cancel()
            self._show(None)
            return
        tree, query, shown = self._tree, self.search.text(), self.identifiers.isChecked()
        places = self._places if self.only.isChecked() else None

        def task(stale: Callable[[], bool]) -> Found:
            only = None
            if self_only and tree.others is not None:
                only = lambda row: bool(tree.differs[row])  # noqa: E731
            elif places is not None:
                keys = tree.places()
                only = lambda row: keys[row] in places  # noqa: E731
            return find(tree, query, shown=shown, only=only, stop=stale)

        self_only = self.only.isChecked()
        self._finds.start(
            task, lambda found: self._show(found if isinstance(found, Found) else None)
        )

    def _on_only(self, checked: bool) -> None:  # noqa: FBT001 - Qt's signal
        if checked:
            self._scan()
        else:
            self._scans.cancel()
            self._show_progress(visible=False)
        self._search()

    def _scan(self) -> None:
        """Have the headers of all slices read, once a stack."""
        stack = self._stack
        if stack is None or self.other.currentIndex() > 0 or self._places is not None:
            return
        if self.progress.isVisibleTo(self):
            return
        self._show_progress(visible=True)

        def task(stale: Callable[[], bool]) -> frozenset[str]:
            def report(done: int, total: int) -> None:
                if stale():
                    raise CancelledError("cancelled")
                self._scans.progressed.emit(done, total)

            return differing_places(stack.slices, report)

        def then(result: Any) -> None:  # noqa: ANN401 - what the task returned or raised
            self._show_progress(visible=False)
            if isinstance(result, frozenset):
                self._places = result
                self._search()
            else:
                self.only.setChecked(False)
                tell(f"The slices cannot be compared: {result}.")

        self._scans.start(task, then)

    def _on_progress(self, done: int, total: int) -> None:
        self.progress.setMaximum(total)
        self.progress.setValue(done)

    def _show_progress(self, *, visible: bool) -> None:
        self.progress.setVisible(visible)
        self.cancel.setVisible(visible)

    def _show(self, found: Found | None) -> None:
        unfolded, at = self._folds or (self.view.unfolded(), self.view.scrolled)
        tree = self._tree
        if len(tree):
            self._displayed, self._folds = self._tree_paths, None
            self._follow_screen()
        if not self.model.show(tree, self._frame, found):
            if found is None:
                self.view.unfold(unfolded)
                self.view.scrolled = at
            else:
                self.view.unfold_matches()
        total = f"{tree.elements:,}" + ("" if tree.complete else "+")
        matches = "" if found is None else f"{len(found.matches):,} of "
        self.count.setText(f"{matches}{total} elements" if len(tree) else "")

    def _on_find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_identifiers(self, shown: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.identifiers.setText("Hide identifiers" if shown else "Show identifiers")
        self.model.shown = shown
        self.model.refresh()
        self.row_actions.window.show_identifiers(shown=shown)
        if self._is_filtered():
            self._search()


def _row(*widgets: QWidget) -> QHBoxLayout:
    layout = QHBoxLayout()
    for widget in widgets:
        layout.addWidget(widget)
    return layout
