"""The Tags tab: the data set of the displayed slice, to search, compare, copy and export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.viewer
from magicgui.widgets import LineEdit, ProgressBar, Widget
from napari.layers import Layer
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut  # type: ignore[attr-defined]
from superqt.utils import qdebounced

from napari_medscan.dicom import CancelledError, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.tags.places import MAX_ROWS
from napari_medscan.dicom.tags.reading import differing_places
from napari_medscan.dicom.tags.search import Found, find
from napari_medscan.dicom.tags.tree import TagTree
from napari_medscan.napari_ import settings
from napari_medscan.napari_.active_viewer import active_viewer, watch_active
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import tagged_stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.widgets.panel.form import (
    Page,
    button,
    check,
    choice,
    holder,
    note,
    offer,
    put,
    row,
    toggle,
)
from napari_medscan.widgets.panel.tag_actions import TagActions
from napari_medscan.widgets.panel.tag_export import ExportButton
from napari_medscan.widgets.panel.tag_model import TagModel
from napari_medscan.widgets.panel.tag_reader import TagReader, tag_place
from napari_medscan.widgets.panel.tag_view import TagView, Unfolded

NO_OTHER = ""
"""Value of the box of series to compare with while nothing is compared."""
_Files = tuple[FileRef | None, FileRef | None]
"""A file, and the one that it is compared with."""
_SETTLE_MS = 80
_TYPING_MS = 150
_LATE_MS = 200
"""While the next file is read, the tags of the last slice stay under that slice's number for this
long. Then the tree is emptied."""
_FIRST_ROWS = 3000
"""What is read of another series' file before all of it is, to have something to show."""
_EMPTY = "Select a DICOM layer to see its tags."
_ONLY_SLICES = "Only differences between slices"
_ONLY_COMPARED = "Only differences between the two series"


class TagsTab(Page):
    """The tags of the displayed slice.

    Scripts set what people set: ``search``, ``compare_with`` (name of a layer, "" for none),
    ``only_differences``, ``show_identifiers``; the buttons are ``cancel`` and ``export``.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the window: the series of its active pane is followed.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._stack: Stack | None = None
        self._frame: int | None = None
        self._screen: tuple[str, int | None] = "", None
        self._want: _Files = None, None
        self._tree_files: _Files = None, None
        self._displayed: _Files = None, None
        self._folds: tuple[Unfolded, int] | None = None
        self._tree = TagTree()
        self._places: frozenset[str] | None = None
        self._is_scanning = False
        self.model = TagModel(self.native)
        self.view = TagView(self.model)
        # A third column has the values of the file compared with.
        self.row_actions = TagActions(self.view, self.model, lambda at: self._displayed[at == 2])
        self._reads = TagReader(self.native)
        self._finds, self._scans = Latest(self.native), Latest(self.native)
        self._scans.progressed.connect(guarded(self._on_progress))
        self._look_soon = self._debounced(self.follow_viewer, _SETTLE_MS)
        self._search_soon = self._debounced(self._search, _TYPING_MS)
        self._late = self._debounced(self._on_late, _LATE_MS)
        self._build()
        self._subscription = watch_active(viewer, self._look_soon)
        self.follow_viewer()

    def release(self) -> None:
        """Stop following the viewer and stop all work."""
        self._subscription.release()
        for timer in (self._look_soon, self._search_soon, self._late):
            timer.cancel()
        for work in (self._reads, self._finds, self._scans, self._export):
            work.release()
        self.row_actions.window.release()

    def _debounced(self, call: Callable[[], object], timeout: int) -> Any:  # noqa: ANN401
        return qdebounced(guarded(call), timeout=timeout, parent=self.native)

    # --- widgets

    def _build(self) -> None:
        self._note = note("file_note", _EMPTY)
        self._search_field = LineEdit(name="search")
        self._search_field.native.setPlaceholderText("Search tag, name or value")
        self._search_field.native.setClearButtonEnabled(True)
        self._search_field.changed.connect(guarded(lambda _: self._search_soon()))
        tip = "Show the values of a second series beside these"
        self._other = choice(
            "compare_with",
            tip,
            self._offered_others,
            lambda _name: self.follow_viewer(),
            refresh=self._list_others,
        )
        self._only = check("only_differences", _ONLY_SLICES, "", self._on_only)
        self._bar = ProgressBar(name="progress", min=0, max=1)
        self._bar.native.setFormat("Reading %v of %m files")
        cancel = button("cancel", "Cancel", "", lambda: setattr(self._only, "value", False))
        self._scan_row = row(self._bar, cancel)
        self._count = note("count_of_tags")
        tip = "Names, dates, IDs and other identifying values"
        shown = settings.current().show_identifiers
        self._identifiers = toggle("show_identifiers", "", tip, self._on_identifiers, value=shown)
        self._export = ExportButton(self.model)
        self._show_masked(shown)
        self.extend(
            [
                self._note,
                self._search_field,
                self._other,
                self._only,
                self._scan_row,
                holder(self.view),
                self._count,
                row(self._identifiers, self._export),
            ]
        )
        self._show_progress(visible=False)
        shortcut = QShortcut(QKeySequence("Ctrl+F"), self.native)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(guarded(self._on_find))

    def _offered_others(self, _box: Widget) -> list[tuple[str, str]]:
        """Return the other series of the viewer, for comparison."""
        stack = tagged_stack_of(current_layer(active_viewer(self._viewer)))
        others = ((x, tagged_stack_of(x)) for x in self._viewer.layers)
        names = [x.name for x, other in others if other is not None and other is not stack]
        return [("Compare with…", NO_OTHER), *((f"≠ {defuse(name)}", name) for name in names)]

    # --- the displayed slice

    def follow_viewer(self) -> None:
        """See which file is displayed, and have it read if it is another one."""
        viewer = active_viewer(self._viewer)
        layer = current_layer(viewer)
        stack = tagged_stack_of(layer)
        another = stack is not self._stack
        if another:
            self._scans.cancel()
            self._show_progress(visible=False)
            self._stack, self._places = stack, None
        self._list_others()
        for part in (self._search_field, self._other, self._only, self._identifiers, self._export):
            part.enabled = stack is not None
        self.view.setEnabled(stack is not None)
        if stack is None or layer is None:
            self._reads.cancel()
            self._show_none(_EMPTY)
            return
        in_view = slice_in_view(viewer, layer)
        number = stack.typical if in_view is None else in_view
        place = tag_place(stack, number)
        whys = [
            *(["in the middle: the view cuts across slices"] if in_view is None else []),
            *(["a tile of a mosaic, one file for all"] if place.is_tile else []),
        ]
        why = f" ({'; '.join(whys)})" if whys else ""
        self._screen = f"Slice {number + 1:,} of {len(stack.slices):,}{why}", place.frame
        want = place.file, self._other_file()
        if want != self._want:
            self._want = want
            self._late()
            self._read_tree(_FIRST_ROWS if another or not len(self._tree) else MAX_ROWS)
        elif want == self._displayed and self._follow_screen():
            self._show(self.model.found)
        if self._only.value:
            self._scan()

    def _follow_screen(self) -> bool:
        """Name the slice that the tags belong to; return whether it is another frame of the file.

        Number and tags change together: the tags of one slice never stand under another.
        """
        before = self._frame
        self._note.value, self._frame = self._screen
        return self._frame != before

    def _show_none(self, why: str) -> None:
        """Show a sentence in place of tags; whatever is displayed next is read."""
        self._want, self._frame = (None, None), None
        self._late.cancel()
        self._clear(why)

    def _on_late(self) -> None:
        self._clear(f"{self._screen[0]}: reading its tags…")

    def _clear(self, why: str) -> None:
        self._finds.cancel()
        if len(self._tree):
            self._folds = self.view.unfolded(), self.view.scrolled
        self._tree = TagTree()
        self._tree_files = self._displayed = None, None
        self.model.show(self._tree, None, None)
        self._note.value = why
        self._count.value = ""

    def _list_others(self) -> None:
        offer(self._other, self._other.value)
        self._only.text = _ONLY_SLICES if self._other.value == NO_OTHER else _ONLY_COMPARED

    def _other_file(self) -> FileRef | None:
        named = (layer for layer in self._viewer.layers if layer.name == self._other.value)
        layer: Layer | None = next(named, None)
        stack = tagged_stack_of(layer)
        if layer is None or stack is None:
            return None
        number = slice_in_view(self._viewer, layer)
        return tag_place(stack, stack.typical if number is None else number).file

    def _read_tree(self, most: int) -> None:
        """Have the displayed file read, and the one it is compared with."""
        file, other = self._want
        if file is None:
            return

        def then(tree: TagTree) -> None:
            self._on_tree(tree)
            if most < MAX_ROWS and len(tree) == most:
                self._count.value = f"{self._count.value}, reading the rest…"
                self._read_tree(MAX_ROWS)

        self._reads.read(file, other, most, then, self._on_unreadable)

    def _on_tree(self, tree: TagTree) -> None:
        self._late.cancel()
        self._tree, self._tree_files = tree, self._want
        self.model.titles = ("Name", "Value", defuse(self._other.value))
        if self._is_filtered():
            self._search()
        else:
            self._show(None)

    def _on_unreadable(self, _error: Exception) -> None:
        other = "" if self._want[1] is None else " or of the series compared with it"
        self._show_none(f"{self._screen[0]}: the tags of this slice{other} cannot be read.")

    # --- search and filters

    def _is_filtered(self) -> bool:
        return bool(self._search_field.value.strip()) or bool(self._only.value)

    def _search(self) -> None:
        if not self._is_filtered():
            self._finds.cancel()
            self._show(None)
            return
        tree, query, shown = self._tree, self._search_field.value, self._identifiers.value
        only_differences = self._only.value
        places = self._places if only_differences else None

        def task(stale: Callable[[], bool]) -> Found:
            only: Callable[[int], bool] | None = None
            if only_differences and tree.others is not None:
                only = lambda row: bool(tree.differs[row])  # noqa: E731
            elif places is not None:
                keys = tree.places()
                only = lambda row: keys[row] in places  # noqa: E731
            return find(tree, query, shown=shown, only=only, stop=stale)

        self._finds.start(task, self._show, lambda _error: self._show(None))

    def _on_only(self, checked: bool) -> None:  # noqa: FBT001 - a signal's value
        if checked:
            self._scan()
        else:
            self._scans.cancel()
            self._show_progress(visible=False)
        self._search()

    def _scan(self) -> None:
        """Have the headers of all slices read, once per series."""
        stack = self._stack
        compares = self._other.value != NO_OTHER
        if stack is None or compares or self._places is not None or self._is_scanning:
            return
        self._show_progress(visible=True)

        def task(stale: Callable[[], bool]) -> frozenset[str]:
            def report(done: int, total: int) -> None:
                if stale():
                    raise CancelledError("canceled")
                self._scans.progressed.emit(done, total)

            return differing_places(stack.slices, report)

        self._scans.start(task, self._on_scanned, self._on_scan_failed)

    def _on_scanned(self, places: frozenset[str]) -> None:
        self._show_progress(visible=False)
        self._places = places
        self._search()

    def _on_scan_failed(self, error: Exception) -> None:
        self._show_progress(visible=False)
        put(self._only, False)
        self._search()
        tell(f"The slices cannot be compared: {error}.")

    def _on_progress(self, done: int, total: int) -> None:
        self._bar.native.setMaximum(total)
        self._bar.native.setValue(done)

    def _show_progress(self, *, visible: bool) -> None:
        self._is_scanning = visible
        self._scan_row.native.setVisible(visible)

    def _show(self, found: Found | None) -> None:
        unfolded, at = self._folds or (self.view.unfolded(), self.view.scrolled)
        tree = self._tree
        if len(tree):
            self._displayed, self._folds = self._tree_files, None
            self._follow_screen()
        if not self.model.show(tree, self._frame, found):
            if found is None:
                self.view.unfold(unfolded)
                self.view.scrolled = at
            else:
                self.view.unfold_matches()
        total = f"{tree.elements:,}" + ("" if tree.complete else "+")
        matches = "" if found is None else f"{len(found.matches):,} of "
        self._count.value = f"{matches}{total} elements" if len(tree) else ""

    def _on_find(self) -> None:
        self._search_field.native.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search_field.native.selectAll()

    def _on_identifiers(self, shown: bool) -> None:  # noqa: FBT001 - a signal's value
        self._show_masked(shown)
        if self._is_filtered():
            self._search()

    def _show_masked(self, shown: bool) -> None:  # noqa: FBT001
        """Show or mask identifying values, in the tree and in the window of a value."""
        self._identifiers.text = "Hide identifiers" if shown else "Show identifiers"
        self.model.shown = shown
        self.model.refresh()
        self.row_actions.window.show_identifiers(shown=shown)
