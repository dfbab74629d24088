"""The Series tab."""

from __future__ import annotations

import os
from pathlib import Path

import napari
import platformdirs
import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QMenu, QWidget

from napari_medscan.dicom import load
from napari_medscan.dicom.series.studies import studies_of
from napari_medscan.frames import shared_cache
from napari_medscan.napari_ import default_reader, menu, recent, settings
from napari_medscan.napari_.details import ReportDetails
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.series_text import first_words
from napari_medscan.widgets.panel import series_drop
from napari_medscan.widgets.panel.series_tab import SeriesTab
from napari_medscan.widgets.panel.series_tree import SeriesTree

from ...napari_.test_gui import from_the_event_loop
from ...studies import HOSTILE, damage, write_many, write_series


@pytest.fixture
def viewer(model):
    """Return napari's viewer without its window, which takes seconds to open."""
    return model


@pytest.fixture
def section(viewer, qtbot):
    section = SeriesTab(viewer)
    qtbot.addWidget(section.native)
    section.native.resize(300, 800)
    section.native.show()
    yield section
    section.release()


def rows(section):
    """Return the texts of the tree: studies with the first lines of their series below them."""
    model = section.tree.model()

    def text(index):
        return index.data().split("\n")[0]

    tops = [model.index(row, 0) for row in range(model.rowCount())]
    return {
        top.data(): [text(model.index(row, 0, top)) for row in range(model.rowCount(top))]
        for top in tops
    }


def lines(section, stack):
    """Return the lines of one series."""
    return section.tree._items[stack].text().split("\n")


def click(qtbot, section, text):
    button = next(b for b in section._buttons if b.text == text)
    qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)


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
    return [button.text for button in section._buttons if button.enabled]


# --- what is listed


def test_nothing_yet(section):
    assert rows(section) == {}
    assert enabled(section) == []
    assert section.details.placeholderText()


def test_studies_newest_first_by_patient_with_interval(section, viewer, qtbot, tmp_path):
    chest = {"BodyPartExamined": "CHEST"}
    newer = {"StudyInstanceUID": "1.2.99", "StudyDate": "20230601", **chest}
    write_series(tmp_path / "a", 3, series=1, StudyDate="20230101", **chest)
    write_series(tmp_path / "b", 2, series=2, **newer)
    write_series(tmp_path / "c", 2, series=3, PatientName="Canary^Bob", PatientID="2", StudyDate="")
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(rows(section)) == 3)
    assert list(rows(section).items()) == [
        ("Patient 1 · CT chest\nlatest", ["CT 2 · Chest"]),
        ("Patient 1 · CT chest\n5 months before the latest", ["CT 1 · Chest"]),
        ("Patient 2 · CT", ["CT 3 · Chest"]),
    ]
    stack = stack_of(viewer.layers["CT 1 · Chest"])
    assert lines(section, stack) == ["CT 1 · Chest", "3 slices · 6 × 4", "● open"]


def test_dates_are_shown_with_identity_only(section, viewer, qtbot, tmp_path):
    write_series(tmp_path, StudyDate="20230101")
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: list(rows(section)) == ["CT"])
    settings.change(patient_in_corner=True)
    qtbot.waitUntil(lambda: list(rows(section)) == ["CT\n2023-01-01"])
    settings.change(patient_in_corner=False)
    qtbot.waitUntil(lambda: list(rows(section)) == ["CT"])


def test_rows_more_series_found_keep_thumbnails_and_selection(
    section, viewer, qtbot, tmp_path, record
):
    write_series(tmp_path / "a", series=1)
    menu.open_paths(viewer, [tmp_path / "a"])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    qtbot.waitUntil(lambda: not section.tree.without_thumbnail())
    (before,) = section.selected
    write_series(tmp_path / "b", series=2)
    record.add(load(tmp_path / "b"))
    qtbot.waitUntil(lambda: len(section.tree._items) == 2)
    assert section.selected == [before]
    assert section.tree._items[before].thumbnail.image is not None


def test_scouts_and_screenshots_come_last(section, record, qtbot, tmp_path):
    write_series(tmp_path, 1, series=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_series(tmp_path, 2, series=2)
    record.add(load(tmp_path))
    qtbot.waitUntil(lambda: len(section.tree._items) == 2)
    assert section.names == ["CT 2 · Chest", "CT 1 · Chest"]


def test_series_found_before_the_panel_was_opened(viewer, qtbot, tmp_path):
    write_series(tmp_path)
    menu.open_paths(viewer, [tmp_path])
    section = SeriesTab(viewer)
    qtbot.addWidget(section.native)
    assert rows(section) == {"CT": ["CT 3 · Chest"]}
    section.release()


def test_more_than_eight_series_open_the_first_useful_of_the_newest_study(
    section, viewer, qtbot, tmp_path, monkeypatch, told
):
    monkeypatch.setattr(napari, "current_viewer", lambda: viewer)
    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", lambda *_: pytest.fail("asked"))
    write_many(tmp_path / "old", 8, StudyDate="20220101")
    new = {"StudyDate": "20230101", "StudyInstanceUID": "1.2.99"}
    write_series(tmp_path / "new", 9, series=20, ImageType=["A", "B", "LOCALIZER"], **new)
    write_series(tmp_path / "new", 3, series=21, **new)
    from_the_event_loop(qtbot, lambda: menu.open_paths(viewer, [tmp_path]))
    qtbot.waitUntil(lambda: len(section.tree._items) == 10)
    (layer,) = viewer.layers
    assert layer.name.startswith("CT 21")
    assert told == []
    last = section.stacks[-1]
    assert lines(section, last) == ["CT 8 · Scan 8", "2 slices · 6 × 4"]
    section.select(last)
    click(qtbot, section, "Open")
    assert [stack_of(layer) for layer in viewer.layers][-1] is last
    qtbot.waitUntil(lambda: lines(section, last)[2:] == ["● open"])


def test_more_than_eight_series_a_script_gets_all(section, viewer, tmp_path, monkeypatch):
    monkeypatch.setattr(napari, "current_viewer", lambda: viewer)
    write_many(tmp_path, 9)
    section.open_paths([str(tmp_path)])
    assert len(viewer.layers) == 9


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
    assert lines(section, stack)[2] == f"● open · {first_words(warning)}"
    assert warning[1:] in item.toolTip()
    assert warning[1:] in section.details.toPlainText()
    assert item.warned


@pytest.mark.parametrize(
    ("slices", "size"), [(3, "Voxel size 0.75 × 0.5 × 2 mm"), (1, "Pixel size 0.75 × 0.5 mm")]
)
def test_the_size_of_a_voxel_is_told(section, viewer, qtbot, tmp_path, slices, size):
    write_series(tmp_path, slices)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    assert section.details.toPlainText().splitlines()[2] == size


def test_a_slice_found_bad_while_looking_becomes_a_note(section, viewer, qtbot, tmp_path, record):
    paths = write_series(tmp_path, 5)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    (stack,) = record.stacks
    damage(paths[4])
    viewer.dims.set_current_step(0, 4)
    qtbot.waitUntil(lambda: lines(section, stack)[2] == "● open · 1 slice is blank")
    assert "Warning: 1 slice is blank" in section.details.toPlainText()


def test_what_is_not_shown_is_counted_and_listed(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer(show=True)
    section = SeriesTab(viewer)
    qtbot.addWidget(section.native)
    write_series(tmp_path)
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "other.txt").write_text("hello")
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: "2 files skipped…" in rows(section))
    section.tree.setCurrentIndex(section.tree._rest.index())
    assert section.details.toPlainText() == "2 non-DICOM files skipped."
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


def test_a_placeholder_first_then_the_image_and_the_row_stays_in_place(
    section, viewer, qtbot, tmp_path, record
):
    write_series(tmp_path)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 1)
    (stack,) = record.stacks
    item = section.tree._items[stack]
    assert not item.thumbnail.is_read
    before = section.tree.visualRect(item.index())
    qtbot.waitUntil(lambda: item.thumbnail.is_read)
    assert item.thumbnail.image is not None
    assert section.tree.visualRect(item.index()) == before


def test_nothing_jumps_when_a_study_is_opened(section, viewer, qtbot, tmp_path):
    def places():
        return [c.geometry() for c in section.native.children() if isinstance(c, QWidget)]

    before = places()
    write_many(tmp_path, 3)
    menu.open_paths(viewer, [tmp_path])
    qtbot.waitUntil(lambda: len(section.tree._items) == 3)
    qtbot.waitUntil(lambda: not section.tree.without_thumbnail())
    assert places() == before
    assert section.native.minimumSizeHint().width() <= 280


# --- from a script


def test_script_opens_and_shows_series_by_name(section, viewer, three):
    viewer.layers.clear()
    assert section.names == ["CT 1 · Scan 1", "CT 2 · Scan 2", "CT 3 · Scan 3"]
    section.open("CT 1 · Scan 1", three[2])
    assert {stack_of(layer) for layer in viewer.layers} == {three[0], three[2]}
    section.show_only("CT 2 · Scan 2")
    assert [stack_of(layer) for layer in viewer.layers if layer.visible] == [three[1]]
    section.select("CT 1 · Scan 1")
    assert section.selected == [three[0]]
    section.close_series("CT 2 · Scan 2", "CT 3 · Scan 3")
    assert [stack_of(layer) for layer in viewer.layers] == [three[0]]


def test_script_names_a_series_that_is_not_listed_raises_without_the_name(section):
    with pytest.raises(ValueError, match="No series of that name") as info:
        section.open("Canary Alice")
    assert "Canary" not in str(info.value)


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


def test_double_click_gives_the_keys_to_the_canvas(section, qtbot, three, monkeypatch):
    canvas = QWidget(section.native)
    canvas.show()
    monkeypatch.setattr("napari_medscan.napari_.qt_canvas.canvas_of", lambda _viewer: canvas)
    section.tree.setFocus()
    press_enter(qtbot, section)
    assert section.native.focusWidget() is section.tree
    place = center_of(section, three[0])
    qtbot.mouseClick(section.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(section.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert section.native.focusWidget() is canvas


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
    qtbot.waitUntil(
        lambda: enabled(section) == ["Open", "Show only this series", "Show in file manager"]
    )
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
    qtbot.waitUntil(lambda: len(lines(section, three[0])) == 2)


def test_show_only(section, viewer, qtbot, three):
    points = viewer.add_points()
    section.tree.select(three[1])
    click(qtbot, section, "Show only this series")
    shown = [stack_of(layer) for layer in viewer.layers if layer.visible]
    assert shown == [three[1], None]
    assert points.visible


def test_reveal(section, three, qtbot, monkeypatch, told):
    urls = []

    def open_url(url):
        urls.append(url)
        return len(urls) == 1

    monkeypatch.setattr("qtpy.QtGui.QDesktopServices.openUrl", open_url)
    section.tree.select(three[1])
    click(qtbot, section, "Show in file manager")
    folder = three[1].slices[0].file.path_on_disk.parent
    assert Path(urls[0].toLocalFile()) == folder
    told.clear()
    click(qtbot, section, "Show in file manager")
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
    assert message.startswith("One slice could not be decoded and is blank (")


def test_only_closed_series_can_be_taken_off_the_list(section, viewer, qtbot, three, record):
    section.tree.selectAll()
    section.remove_from_list()
    assert record.stacks == three
    viewer.layers.remove(next(x for x in viewer.layers if stack_of(x) is three[0]))
    section.tree.selectAll()
    section.remove_from_list()
    assert record.stacks == three[1:]
    qtbot.waitUntil(lambda: len(section.tree._items) == 2)


def test_the_context_menu_offers_the_same(section, qtbot, three):
    section.tree.select(three[0])
    section.tree.customContextMenuRequested.emit(QPoint(5, 5))
    (shown,) = section.tree.findChildren(QMenu)
    texts = [(a.text(), a.isEnabled()) for a in shown.actions() if a.text()]
    assert texts == [
        *((button.text, True) for button in section._buttons),
        ("Load into memory", True),
        ("Remove from list", True),
    ]
    shown.close()
    qtbot.waitUntil(lambda: section.tree.findChildren(QMenu) == [])


# --- dropping and opening more


def drag(section, paths):
    """Drag local files onto the section and let go."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    common = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), *common, none)
    QApplication.sendEvent(section.native, enter)
    drop = QDropEvent(QPointF(20, 20), *common, none)
    QApplication.sendEvent(section.native, drop)
    return enter.isAccepted(), drop.isAccepted()


def test_every_part_of_the_section_takes_drops(section):
    """Qt offers a drop to the innermost widget that accepts any."""
    for child in section.native.findChildren(QWidget):
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
    assert [n.message for n in told] == ["This file is not DICOM."]
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
    QApplication.sendEvent(section.native, event)
    assert not event.isAccepted()


def test_open_folder(section, viewer, qtbot, monkeypatch, chest):
    monkeypatch.setattr("qtpy.QtWidgets.QFileDialog.getExistingDirectory", lambda *_: str(chest))
    qtbot.mouseClick(section.drop_area.open_folder.native, Qt.MouseButton.LeftButton)
    assert len(viewer.layers) == 1


# --- settings


def test_always_open_follows_the_preferences_both_ways(section):
    assert not section.always_open.value
    section.always_open.value = True
    assert default_reader.is_default()
    default_reader.make_default(False)
    assert not section.always_open.value


@pytest.fixture
def remembering(monkeypatch, tmp_path):
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "cfg")
    settings.change(recent_folders=True)
    yield
    settings.change(recent_folders=False)


def test_recent_folders_are_not_offered_until_switched_on(section):
    assert not section.drop_area.recent_folders.native.isVisible()


@pytest.mark.usefixtures("remembering")
def test_recent_folders(section, viewer, qtbot, tmp_path):
    write_series(tmp_path / "a&b")
    assert section.drop_area.recent_folders.native.isVisible()
    menu.open_paths(viewer, [tmp_path / "a&b"])
    viewer.layers.clear()
    qtbot.mouseClick(section.drop_area.recent_folders.native, Qt.MouseButton.LeftButton)
    (shown,) = section.drop_area.frame.findChildren(QMenu)
    first, *_, clear = [action for action in shown.actions() if action.text()]
    assert first.text().endswith("a&&b")
    first.trigger()
    assert len(viewer.layers) == 1
    assert clear.text() == "Clear list"
    clear.trigger()
    assert recent.folders() == []
    shown.close()
    settings.change(recent_folders=False)
    assert not section.drop_area.recent_folders.native.isVisible()
    assert not (tmp_path / "cfg" / "recent.json").exists()


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
    monkeypatch.setattr(section.tree, "show_studies", lambda *_: pytest.fail("gone through"))
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
    assert series_drop.local_paths(event) == [Path(os.sep + "a")]


def test_only_rows_in_view_are_painted(qtbot, tmp_path):
    for number in range(60):
        write_series(tmp_path, 1, series=number)
    stacks = load(tmp_path).stacks
    tree = SeriesTree()
    qtbot.addWidget(tree)
    tree.resize(300, 300)
    with qtbot.waitExposed(tree):
        tree.show()
    tree.show_studies(studies_of(stacks), set(), 0)
    qtbot.wait(50)
    painted = [stack for stack in stacks if tree._items[stack]._icon is not None]
    assert 3 <= len(painted) <= 10
    heights = {tree.visualRect(tree._items[stack].index()).height() for stack in stacks}
    (height,) = heights
    assert height >= 3 * tree.fontMetrics().lineSpacing()
