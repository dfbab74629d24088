"""The tags section in the real viewer."""

from __future__ import annotations

import csv
import gc
import threading
from collections import Counter

import numpy as np
import pytest
from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtGui import QShortcut
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_medscan.dicom import load
from napari_medscan.dicom.tags.search import Found
from napari_medscan.napari_.layers import image_layers
from napari_medscan.widgets.panel import tag_reader, tags_tab
from napari_medscan.widgets.panel.tags_tab import TagsTab

from ...dicom.headers.mosaics import csa, mosaic
from ...dicom.making import item, write
from ...studies import HOSTILE, write_series


@pytest.fixture
def viewer(make_napari_viewer, tmp_path):
    write_series(
        tmp_path,
        4,
        ImageType=[HOSTILE],
        Manufacturer="=HYPERLINK(1)",
        ReferencedStudySequence=[item(ReferencedSOPInstanceUID="1.2.3.77")],
    )
    return opened(make_napari_viewer, tmp_path)


@pytest.fixture
def section(viewer, qtbot):
    section = tags_of(viewer, qtbot)
    yield section
    section.release()


def opened(make_napari_viewer, folder):
    viewer = make_napari_viewer()
    for layer in image_layers(load(folder).stacks):
        viewer.add_layer(layer)
    return viewer


def tags_of(viewer, qtbot):
    section = TagsTab(viewer)
    qtbot.addWidget(section.native)
    qtbot.waitUntil(lambda: section.model.rowCount() > 0, timeout=20_000)
    return section


def rows(section):
    model = section.model
    return {model.index(i, 0).data(): model.index(i, 1).data() for i in range(model.rowCount())}


def test_it_follows_the_slider(section, viewer, qtbot):
    viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "1", timeout=10_000)
    viewer.dims.set_current_step(0, 3)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "4", timeout=10_000)
    assert section.file_note.value == "Slice 4 of 4"


def test_slow_file_empties_the_tree_before_another_slice_is_named(
    section, viewer, qtbot, monkeypatch
):
    choose(section, "Referenced Study Sequence")
    section.view.expand(section.view.currentIndex())
    viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "1", timeout=10_000)
    gate, notes, read = threading.Event(), set(), tag_reader.read_tree

    def slowly(*arguments, **changes):
        gate.wait(10)
        return read(*arguments, **changes)

    def is_empty():
        notes.add((section.file_note.value, rows(section).get("Instance Number")))
        return section.model.rowCount() == 0

    monkeypatch.setattr(tag_reader, "read_tree", slowly)
    viewer.dims.set_current_step(0, 3)
    qtbot.waitUntil(is_empty, timeout=10_000)
    assert section.file_note.value == "Slice 4 of 4: reading its tags…"
    gate.set()
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "4", timeout=10_000)
    assert section.file_note.value == "Slice 4 of 4"
    assert notes <= {("Slice 1 of 4", "1"), ("Slice 4 of 4: reading its tags…", None)}
    row = list(rows(section)).index("Referenced Study Sequence")
    assert section.view.isExpanded(section.model.index(row, 0))


def test_file_gone_has_a_sentence_in_place_of_tags(section, viewer, qtbot, tmp_path):
    viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "1", timeout=10_000)
    (tmp_path / "s3_4.dcm").unlink()
    viewer.dims.set_current_step(0, 3)
    told = "Slice 4 of 4: the tags of this slice cannot be read."
    qtbot.waitUntil(lambda: section.file_note.value == told, timeout=10_000)
    assert rows(section) == {}
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "3", timeout=10_000)
    assert section.file_note.value == "Slice 3 of 4"


def test_identifiers_are_masked_until_asked_for(section, qtbot):
    assert rows(section)["Patient's Name"] == "•••"
    qtbot.mouseClick(section.show_identifiers.native, Qt.MouseButton.LeftButton)
    assert rows(section)["Patient's Name"] == "Canary^Alice"


def test_search(section, qtbot):
    qtbot.keyClicks(section.search.native, "instance num")
    qtbot.waitUntil(lambda: list(rows(section)) == ["Instance Number"])
    assert section.count_of_tags.value.startswith("1 of ")


def test_only_what_differs(section, qtbot):
    section.only_differences.value = True
    qtbot.waitUntil(lambda: "Modality" not in rows(section), timeout=20_000)
    assert "Instance Number" in rows(section)


def choose(section, name, column=0):
    """Make a row of the top level the current one."""
    row = list(rows(section)).index(name)
    section.view.setCurrentIndex(section.model.index(row, column))


def press(section, start):
    """Choose from the context menu of the current row."""
    menu = section.row_actions.menu()
    (action,) = [action for action in menu.actions() if action.text().startswith(start)]
    action.trigger()
    menu.close()


def test_the_context_menu_copies_value_row_and_path(section):
    clipboard = QApplication.clipboard()
    choose(section, "Modality")
    press(section, "Copy value")
    assert clipboard.text() == "CT"
    press(section, "Copy row")
    assert clipboard.text().split("\t") == [
        *("Modality", "(0008,0060)", "CS", "Modality", "Modality", "", "CT")
    ]
    press(section, "Copy pydicom")
    assert clipboard.text() == "Modality"


def test_keys_copy_and_show(section, qtbot):
    keys = {key.key().toString(): key for key in section.view.findChildren(QShortcut)}
    assert all(
        key.context() == Qt.ShortcutContext.WidgetShortcut and key.parent() is section.view
        for key in keys.values()
    )
    choose(section, "Modality")
    keys["Ctrl+C"].activated.emit()
    assert QApplication.clipboard().text() == "CT"
    keys["Return"].activated.emit()
    qtbot.waitUntil(lambda: section.row_actions.window.text.toPlainText() == "CT", timeout=10_000)


def everything(section):
    """Yield all that the rows of the model say, in every role that is text."""
    model, left = section.model, [QModelIndex()]
    roles = Qt.ItemDataRole
    while left:
        parent = left.pop()
        for row in range(model.rowCount(parent)):
            left.append(model.index(row, 0, parent))
            for column in range(model.columnCount()):
                index = model.index(row, column, parent)
                for role in (roles.DisplayRole, roles.ToolTipRole, roles.AccessibleTextRole):
                    yield str(index.data(role))


CANARIES = ("Canary", "1.2.3.77")


def test_no_identifier_leaves_the_model_until_it_is_asked_for(section, qtbot):
    clipboard = QApplication.clipboard()
    said = "\n".join(everything(section))
    for name in rows(section):
        for column in (0, 1):
            choose(section, name, column)
            for copy in ("Copy value", "Copy row", "Copy pydicom"):
                press(section, copy)
                said += clipboard.text()
    choose(section, "Patient's Name")
    press(section, "Show full value")
    said += section.row_actions.window.text.toPlainText()
    assert "•••" in section.row_actions.window.text.toPlainText()
    assert not [canary for canary in CANARIES if canary in said]
    assert "Canary" not in section.row_actions.window._whole
    qtbot.mouseClick(section.show_identifiers.native, Qt.MouseButton.LeftButton)
    assert "Canary^Alice" in "\n".join(everything(section))
    window = section.row_actions.window
    qtbot.waitUntil(lambda: "Canary^Alice" in window.text.toPlainText(), timeout=10_000)
    qtbot.mouseClick(section.show_identifiers.native, Qt.MouseButton.LeftButton)
    assert "Canary" not in window.text.toPlainText()


def test_a_long_value_is_shown_and_copied_as_a_whole(make_napari_viewer, tmp_path, qtbot):
    long = "ä" * 200_000 + "\n<img src=x>"
    write_series(tmp_path, 1, SpecificCharacterSet="ISO_IR 192", TextValue=long)
    section = tags_of(opened(make_napari_viewer, tmp_path), qtbot)
    section.show_identifiers.value = True
    choose(section, "Text Value")
    press(section, "Show full value")
    window = section.row_actions.window
    qtbot.waitUntil(lambda: "<img src=x>" in window.text.toPlainText(), timeout=20_000)
    assert window.text.toPlainText().count("ä") == 200_000
    assert window.text.isReadOnly()
    qtbot.mouseClick(window.copy.native, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == long
    window.close()
    assert window.text.toPlainText() == window._whole == ""
    section.release()


def test_bytes_have_no_whole_value(section):
    choose(section, "Pixel Data")
    menu = section.row_actions.menu()
    (action,) = [action for action in menu.actions() if "full" in action.text()]
    assert not action.isEnabled()
    section.row_actions.show_value()
    assert not section.row_actions.window.isVisible()


def test_export_by_the_dialog_is_safe_for_spreadsheets(section, qtbot, tmp_path, monkeypatch, told):
    def chosen(*_):
        return str(tmp_path / "out"), "CSV (*.csv)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    qtbot.mouseClick(section.export.native, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not section.export.is_writing, timeout=10_000)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        values = {record["path"]: record["value"] for record in csv.DictReader(file)}
    assert values["Manufacturer"] == "'=HYPERLINK(1)"
    assert values["PatientName"] == "•••"
    assert "exported" in told[-1].message


def test_no_file_chosen_exports_nothing(section, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    qtbot.mouseClick(section.export.native, Qt.MouseButton.LeftButton)
    assert not section.export.is_writing


def test_a_long_export_is_canceled(section, qtbot, tmp_path):
    begun, gate = threading.Event(), threading.Event()

    class Slow(list):
        def __iter__(self):
            for row in super().__iter__():
                begun.set()
                gate.wait(5)
                yield row

    section.model.found = Found(bytearray(), Slow(range(10)))
    path = tmp_path / "out.csv"
    path.write_text("as it was")
    section.export.write(path)
    assert begun.wait(5)
    assert section.export.text == "Cancel export"
    qtbot.mouseClick(section.export.native, Qt.MouseButton.LeftButton)
    gate.set()
    assert section.export.text == "Export…"
    qtbot.waitUntil(lambda: sorted(x.name for x in tmp_path.glob("*out*")) == ["out.csv"])
    assert path.read_text() == "as it was"
    section.model.found = None


def test_following_the_slider_keeps_nothing(section, viewer, qtbot):
    viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: rows(section).get("Instance Number") == "1", timeout=10_000)
    for slice_ in (1, 2, 3, 0):
        viewer.dims.set_current_step(0, slice_)
        number = str(slice_ + 1)
        qtbot.waitUntil(lambda n=number: rows(section)["Instance Number"] == n, timeout=10_000)
    gc.collect()
    before = Counter(type(found).__name__ for found in gc.get_objects())
    for turn in range(60):
        viewer.dims.set_current_step(0, turn % 4)
        section.follow_viewer()
        qtbot.wait(5)
    gc.collect()
    after = Counter(type(found).__name__ for found in gc.get_objects())
    for kind in ("TagTree", "TagModel", "Node", "Thread", "QTimer"):
        assert after[kind] <= before[kind] + 2, kind


def test_the_first_rows_come_before_the_rest(section, viewer, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(tags_tab, "_FIRST_ROWS", 10)
    folder = tmp_path / "more"
    folder.mkdir()
    write_series(folder, 2, series=7)
    counts = []
    show = section.model.show
    monkeypatch.setattr(
        section.model, "show", lambda tree, *rest: counts.append(len(tree)) or show(tree, *rest)
    )
    (layer,) = image_layers(load(folder).stacks)
    viewer.add_layer(layer)
    viewer.layers.selection.active = layer
    qtbot.waitUntil(lambda: counts[-1:] > [10], timeout=10_000)
    assert counts[0] == 10
    assert "rest" not in section.count_of_tags.value


def test_markup_is_shown_as_text(section):
    row = list(rows(section)).index("Image Type")
    tip = section.model.index(row, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert "‹img" in tip
    assert not Qt.mightBeRichText(tip)


def test_another_layer_active_keeps_the_tags_of_the_visible_series(section, viewer, qtbot):
    viewer.add_image(np.zeros((4, 4)))
    qtbot.wait(100)
    assert section.model.rowCount() > 0


def test_no_visible_series_shows_why_it_is_empty(section, viewer, qtbot):
    viewer.layers[0].visible = False
    qtbot.waitUntil(lambda: section.model.rowCount() == 0)
    assert "Select a DICOM layer" in section.file_note.value


def test_two_layers_side_by_side(section, viewer, qtbot, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    write_series(other, 4, series=5, Modality="MR")
    (layer,) = image_layers(load(other).stacks)
    first = viewer.layers[0]
    viewer.add_layer(layer)
    viewer.layers.selection.active = first
    section.compare_with.value = layer.name
    qtbot.waitUntil(lambda: section.model.columnCount() == 3, timeout=20_000)
    names = list(rows(section))
    assert section.model.index(names.index("≠ Modality"), 2).data() == "MR"


def test_nothing_happens_after_release(section, viewer, qtbot):
    section.release()
    looks = []
    section.model.show = lambda *_: looks.append(1)
    viewer.dims.set_current_step(0, 0)
    qtbot.wait(250)
    assert looks == []


def test_the_tiles_of_a_mosaic_have_one_file_and_no_frames(make_napari_viewer, tmp_path, qtbot):
    write(tmp_path / "a.dcm", mosaic(csa({"NumberOfImagesInMosaic": ("4",)})))
    section = tags_of(opened(make_napari_viewer, tmp_path), qtbot)
    assert section.file_note.value.endswith("of 4 (a tile of a mosaic, one file for all)")
    assert not [name for name in rows(section) if name.startswith("This frame")]
    section.release()
