"""The Series section."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QMenu, QWidget

from napari_medscan.dicom import load
from napari_medscan.frames import shared_cache
from napari_medscan.napari_ import default_reader, menu, recent, settings
from napari_medscan.napari_.details import ReportDetails
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.widgets.panel import series_tab
from napari_medscan.widgets.panel.series_tab import SeriesSection
from napari_medscan.widgets.panel.series_tree import SeriesTree

from ...studies import HOSTILE, damage, write_many, write_series


@pytest.fixture
def viewer(model):
    """Return napari's viewer without its window, which takes seconds to open."""
    return model


@pytest.fixture
def section(viewer, qtbot):
    section = SeriesSection(viewer)
    qtbot.addWidget(section)
    section.resize(300, 800)
    section.show()
    yield section
    section.release()


def rows(section):
    """Return the texts of the tree: studies, with the first lines of their series below them."""
    model = section.tree.model()

    def text(index):
        return index.data().split("\n")[0]

    tops = [model.index(row, 0) for row in range(model.rowCount())]
    return {
        text(top): [text(model.index(row, 0, top)) for row in range(model.rowCount(top))]
        for top in tops
    }


def lines(section, stack):
    """Return the lines of one series."""
    return section.tree._items[stack].text().split("\n")


def click(qtbot, section, text):
    qtbot.mouseClick(section.buttons[text], Qt.MouseButton.LeftButton)


def center_of(section, stack):
    return section.tree.visualRect(section.tree._items[stack].index()).center()


def press_enter(qtbot, section):
    qtbot.keyClick(section.tree, Qt.Key.Key_Return)


@pytest.fixture
def three(section, viewer, tmp_path, qtbot, record):
    """Open three series in the viewer, and return their stacks."""
    write_many(tmp_path, 3)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 3)
    return record.stacks


def enabled(section):
    return [text for text, button in section.buttons.items() if button.isEnabled()]


# --- what is listed


def test_nothing_yet(section):
    assert rows(section) == {}
    assert enabled(section) == []
    assert section.details.placeholderText()


def test_series_by_patient_and_study(section, viewer, qtbot, tmp_path):
    write_series(tmp_path / "a", 3, series=1)
    write_series(tmp_path / "b", 2, series=2, StudyInstanceUID="1.2.99")
    write_series(tmp_path / "c", 2, series=3, PatientName="Canary^Bob", PatientID="2")
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(rows(section)) == 3)
    assert rows(section) == {
        "Patient 1 · Study 1": ["CT 1 · Chest"],
        "Patient 1 · Study 2": ["CT 2 · Chest"],
        "Patient 2 · Study 1": ["CT 3 · Chest"],
    }
    stack = stack_of(viewer.layers["CT 1 · Chest"])
    assert lines(section, stack) == ["CT 1 · Chest", "3 × 4 × 6 · 3 files", "● open"]


def test_series_found_before_the_panel_was_opened(viewer, qtbot, tmp_path):
    write_series(tmp_path)
    menu.open_paths(viewer, [tmp_path])
    section = SeriesSection(viewer)
    qtbot.addWidget(section)
    assert rows(section) == {"Patient 1 · Study 1": ["CT 3 · Chest"]}
    section.release()


def test_series_not_chosen_are_listed_and_can_be_opened(
    section, viewer, qtbot, tmp_path, monkeypatch, record
):
    write_many(tmp_path, 9)
    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", lambda stacks, _: list(stacks)[:2])
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 9)
    assert len(viewer.layers) == 2
    last = record.stacks[-1]
    assert lines(section, last)[2] == "not open"
    section.tree.select(last)
    click(qtbot, section, "Open")
    assert [stack_of(layer) for layer in viewer.layers][-1] is last
    qtbot.waitUntil(lambda: lines(section, last)[2] == "● open")


def test_layers_of_other_origin_are_listed_while_they_are_open(section, viewer, qtbot, tmp_path):
    write_series(tmp_path)
    (stack,) = load(tmp_path).stacks
    layer = viewer.add_layer(image_layer(stack))
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: rows(section) == {})


def test_layers_that_are_not_dicom_are_not(section, viewer, qtbot):
    import numpy as np

    viewer.add_image(np.zeros((4, 4)))
    qtbot.wait(50)
    assert rows(section) == {}


def test_warnings_are_an_icon_and_text(section, viewer, qtbot, tmp_path, record):
    places = [0, 2, 4, 8]
    write_series(tmp_path, 4, ImagePositionPatient=lambda i: [0, 0, places[i]])
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    (stack,) = record.stacks
    (warning,) = stack.warnings
    item = section.tree._items[stack]
    assert lines(section, stack)[2] == "● open · 1 note"
    assert warning in item.toolTip()
    assert warning in section.details.toPlainText()
    assert item.noted


@pytest.mark.parametrize(
    ("slices", "size"), [(3, "2 × 0.5 × 0.75 mm a voxel"), (1, "0.5 × 0.75 mm a pixel")]
)
def test_the_size_of_a_voxel_is_told(section, viewer, qtbot, tmp_path, slices, size):
    write_series(tmp_path, slices)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    assert section.details.toPlainText().splitlines()[1] == size


def test_a_slice_found_bad_while_looking_becomes_a_note(section, viewer, qtbot, tmp_path, record):
    paths = write_series(tmp_path, 5)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    (stack,) = record.stacks
    damage(paths[4])
    viewer.dims.set_current_step(0, 4)
    qtbot.waitUntil(lambda: lines(section, stack)[2] == "● open · 1 note")
    assert "1 slice left blank" in section.details.toPlainText()


def test_what_is_not_shown_is_counted_and_listed(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer(show=True)
    section = SeriesSection(viewer)
    qtbot.addWidget(section)
    write_series(tmp_path)
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "other.txt").write_text("hello")
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: "2 files not shown…" in rows(section))
    section.tree.setCurrentIndex(section.tree._rest.index())
    assert "2 non-DICOM files skipped" in section.details.toPlainText()
    press_enter(qtbot, section)
    (dialog,) = viewer.window._qt_window.findChildren(ReportDetails)
    assert dialog.list.topLevelItemCount() == 2
    dialog.close()
    section.release()


def test_hostile_text_is_shown_as_text(section, viewer, qtbot, tmp_path, record):
    write_series(tmp_path, SeriesDescription=HOSTILE)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    item = section.tree._items[record.stacks[0]]
    for text in (item.text(), item.toolTip(), section.details.toPlainText()):
        assert "‹img" in text
        assert not Qt.mightBeRichText(text)


def test_nobody_is_named(section, three):
    model = section.tree.model()
    texts = [str(rows(section)), section.details.toPlainText(), *map(str, three[0].warnings)]
    assert model.rowCount() == 1
    assert not any("Canary" in text or "MRN77X" in text for text in texts)


# --- thumbnails


def test_a_placeholder_first_then_the_picture_and_the_row_stays_in_place(
    section, viewer, qtbot, tmp_path, record
):
    write_series(tmp_path)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    (stack,) = record.stacks
    item = section.tree._items[stack]
    assert not item.has_thumbnail
    before = section.tree.visualRect(item.index())
    qtbot.waitUntil(lambda: item.has_thumbnail)
    assert item.image is not None
    assert section.tree.visualRect(item.index()) == before


def test_nothing_jumps_when_a_study_is_opened(section, viewer, qtbot, tmp_path):
    def places():
        return [child.geometry() for child in section.children() if isinstance(child, QWidget)]

    before = places()
    write_many(tmp_path, 3)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 3)
    qtbot.waitUntil(lambda: not section.tree.without_thumbnail())
    assert places() == before
    assert section.minimumSizeHint().width() <= 280


# --- opening and closing


def test_double_click_opens(section, viewer, qtbot, tmp_path, record):
    write_series(tmp_path)
    record.add(load(tmp_path))
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    (stack,) = record.stacks
    place = center_of(section, stack)
    viewport = section.tree.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert [stack_of(layer) for layer in viewer.layers] == [stack]


def test_enter_selects_the_layer_of_an_open_series(section, viewer, qtbot, three):
    section.tree.select(three[0])
    press_enter(qtbot, section)
    assert len(viewer.layers) == 3
    active = viewer.layers.selection.active
    assert stack_of(active) is three[0]
    assert active.visible


@pytest.mark.usefixtures("three")
def test_the_selected_layer_is_selected_here_too(section, viewer, qtbot):
    for layer in viewer.layers:
        viewer.layers.selection.active = layer
        qtbot.waitUntil(lambda layer=layer: section.tree.selected() == [stack_of(layer)])


def test_a_study_opens_all_of_it(section, viewer, qtbot, three):
    viewer.layers.clear()
    qtbot.waitUntil(lambda: enabled(section) == ["Open", "Show only this", "Reveal folder"])
    section.tree.setCurrentIndex(section.tree.model().index(0, 0))
    click(qtbot, section, "Open")
    assert {stack_of(layer) for layer in viewer.layers} == set(three)


def test_close_removes_every_layer_of_it_and_frees_its_frames(section, viewer, qtbot, three):
    layer = next(layer for layer in viewer.layers if stack_of(layer) is three[0])
    viewer.add_layer(image_layer(three[0]))
    qtbot.waitUntil(lambda: not section._thumbnails._timer.isActive())
    number = three[0].array._number
    assert any(key[0] == number for key in shared_cache()._frames)
    section.tree.select(three[0])
    click(qtbot, section, "Close")
    assert layer not in viewer.layers
    assert {stack_of(layer) for layer in viewer.layers} == set(three[1:])
    assert not any(key[0] == number for key in shared_cache()._frames)
    qtbot.waitUntil(lambda: lines(section, three[0])[2] == "not open")


def test_show_only(section, viewer, qtbot, three):
    points = viewer.add_points()
    section.tree.select(three[1])
    click(qtbot, section, "Show only this")
    shown = [stack_of(layer) for layer in viewer.layers if layer.visible]
    assert shown == [three[1], None]
    assert points.visible


def test_reveal(section, three, qtbot, monkeypatch, told):
    urls = []

    def open_url(url):
        urls.append(url)
        return len(urls) == 1

    monkeypatch.setattr(series_tab.QDesktopServices, "openUrl", open_url)
    section.tree.select(three[1])
    click(qtbot, section, "Reveal folder")
    folder = Path(three[1].header.source.path).parent
    assert Path(urls[0].toLocalFile()) == folder
    told.clear()
    click(qtbot, section, "Reveal folder")
    assert [n.message for n in told] == ["No file manager could be opened."]


def test_a_bad_series_opened_from_here_says_so_once(section, qtbot, tmp_path, record, told):
    paths = write_series(tmp_path, 3)
    record.add(load(tmp_path))
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    for path in paths:
        path.unlink()
    section.tree.select(record.stacks[0])
    for _ in range(2):
        click(qtbot, section, "Open")
        section.close_series()
    (message,) = [notification.message for notification in told]
    assert message.startswith("CT 3 · Chest: a slice cannot be shown and is left blank")


def test_only_closed_series_can_be_taken_off_the_list(section, viewer, qtbot, three, record):
    section.tree.selectAll()
    section.forget()
    assert record.stacks == three
    viewer.layers.remove(next(x for x in viewer.layers if stack_of(x) is three[0]))
    section.tree.selectAll()
    section.forget()
    assert record.stacks == three[1:]
    qtbot.waitUntil(lambda: len(section.tree._items) == 2)


def test_the_context_menu_offers_the_same(section, qtbot, three):
    section.tree.select(three[0])
    section.tree.customContextMenuRequested.emit(QPoint(5, 5))
    (shown,) = section.findChildren(QMenu)
    texts = [(a.text(), a.isEnabled()) for a in shown.actions() if a.text()]
    assert texts == [
        *((text, True) for text in section.buttons),
        ("Remove from list", True),
    ]
    shown.close()
    qtbot.waitUntil(lambda: section.findChildren(QMenu) == [])


# --- dropping and opening more


def drag(section, paths):
    """Drag local files onto the section and let go."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    common = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), *common, none)
    section.dragEnterEvent(enter)
    drop = QDropEvent(QPointF(20, 20), *common, none)
    section.dropEvent(drop)
    return enter.isAccepted(), drop.isAccepted()


def test_every_part_of_the_section_takes_drops(section):
    """Qt offers a drop to the innermost widget that accepts any."""
    for child in section.findChildren(QWidget):
        if child.isVisible():
            assert not child.acceptDrops(), child


def test_several_folders_are_dropped_at_once(section, viewer, qtbot, tmp_path):
    write_series(tmp_path / "a", series=1)
    write_series(tmp_path / "b", series=2)
    assert drag(section, [tmp_path / "a", tmp_path / "b"]) == (True, True)
    # Not before the file manager has its mouse back.
    assert not viewer.layers
    qtbot.waitUntil(lambda: len(viewer.layers) == 2)


def test_files_of_one_series_become_one_layer(section, viewer, qtbot, tmp_path):
    drag(section, write_series(tmp_path, 5))
    qtbot.waitUntil(lambda: len(viewer.layers) == 1)
    assert viewer.layers[0].data.shape[0] == 5


def test_what_is_no_dicom_is_left_out_with_one_sentence(section, viewer, qtbot, tmp_path, told):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("hello")
    drag(section, [tmp_path / "a.txt", tmp_path / "b.txt"])
    qtbot.waitUntil(lambda: bool(told))
    assert [n.message for n in told] == ["No DICOM image found there."]
    assert not viewer.layers


def test_text_dragged_in_is_not_taken(section):
    mime = QMimeData()
    mime.setText("hello")
    event = QDragEnterEvent(
        QPoint(20, 20),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    section.dragEnterEvent(event)
    assert not event.isAccepted()


def test_open_folder(section, viewer, qtbot, monkeypatch, chest):
    monkeypatch.setattr("qtpy.QtWidgets.QFileDialog.getExistingDirectory", lambda *_: str(chest))
    qtbot.mouseClick(section.drop_area.open_button, Qt.MouseButton.LeftButton)
    assert len(viewer.layers) == 1


# --- settings


def test_open_by_default_follows_the_preferences_both_ways(section):
    assert not section.by_default.isChecked()
    section.by_default.click()
    assert default_reader.opens_folders()
    default_reader.open_folders_by_default(False)
    assert not section.by_default.isChecked()


@pytest.fixture
def remembering(monkeypatch, tmp_path):
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "cfg")
    settings.change(recent_folders=True)
    yield
    settings.change(recent_folders=False)


def test_recent_folders_are_not_offered_until_switched_on(section):
    assert not section.drop_area.recent_button.isVisible()


@pytest.mark.usefixtures("remembering")
def test_recent_folders(section, viewer, qtbot, tmp_path):
    write_series(tmp_path / "a&b")
    assert section.drop_area.recent_button.isVisible()
    menu.open_paths(viewer, [tmp_path / "a&b"])
    viewer.layers.clear()
    qtbot.mouseClick(section.drop_area.recent_button, Qt.MouseButton.LeftButton)
    (shown,) = section.findChildren(QMenu)
    first, *_, clear = [action for action in shown.actions() if action.text()]
    assert first.text().endswith("a&&b")
    first.trigger()
    assert len(viewer.layers) == 1
    assert clear.text() == "Clear list"
    clear.trigger()
    assert recent.folders() == []
    shown.close()
    settings.change(recent_folders=False)
    assert not section.drop_area.recent_button.isVisible()
    assert not (tmp_path / "cfg" / "recent.json").exists()


def test_clear_disk_cache(section, qtbot, monkeypatch, told):
    monkeypatch.setattr(series_tab, "forget", lambda: 3 * 2**20)
    qtbot.mouseClick(section.clear_button, Qt.MouseButton.LeftButton)
    assert [n.message for n in told] == ["3.0 MB freed on this computer's disk."]


# --- the end


def test_after_release_nothing_is_followed(section, viewer, qtbot, tmp_path):
    section.release()
    section.release()
    write_series(tmp_path)
    menu.open_paths(viewer, [tmp_path])
    qtbot.wait(50)
    assert rows(section) == {}


@pytest.mark.usefixtures("three")
def test_scrolling_goes_through_no_list(section, viewer, qtbot, monkeypatch):
    qtbot.waitUntil(lambda: not section._thumbnails._timer.isActive())
    monkeypatch.setattr(section.tree, "show_series", lambda *_: pytest.fail("gone through"))
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(50)


def test_paths_are_local_ones():
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/a.dcm"), QUrl.fromLocalFile(os.sep + "a")])
    event = QDropEvent(
        QPointF(0, 0),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    assert series_tab._local_paths(event) == [Path(os.sep + "a")]


def test_only_rows_in_view_are_painted(qtbot, tmp_path):
    for number in range(60):
        write_series(tmp_path, 1, series=number)
    stacks = load(tmp_path).stacks
    tree = SeriesTree()
    qtbot.addWidget(tree)
    tree.resize(300, 300)
    with qtbot.waitExposed(tree):
        tree.show()
    tree.show_series(stacks, set(), 0)
    qtbot.wait(50)
    painted = [stack for stack in stacks if tree._items[stack]._icon is not None]
    assert 3 <= len(painted) <= 10
    heights = {tree.visualRect(tree._items[stack].index()).height() for stack in stacks}
    (height,) = heights
    assert height >= 3 * tree.fontMetrics().lineSpacing()
