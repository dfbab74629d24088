"""The list that asks which series to open."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPushButton

from napari_medscan.dicom import load
from napari_medscan.napari_.chooser import SeriesChooser, choose

from ..studies import BIDI, HOSTILE, write_many, write_series
from .test_gui import from_the_event_loop

CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    write_many(folder, 9)
    write_series(folder, 4, series=40, SeriesDescription=f"{HOSTILE}{BIDI}", PixelSpacing=None)
    return folder


@pytest.fixture
def stacks(many):
    return load(many).stacks


@pytest.fixture
def chooser(qtbot, stacks):
    dialog = SeriesChooser(stacks)
    qtbot.addWidget(dialog)
    return dialog


def cells(dialog, row):
    item = dialog.list.topLevelItem(row)
    return [item.text(column) for column in range(dialog.list.columnCount())]


def headings(dialog):
    return [dialog.list.headerItem().text(column) for column in range(5)]


def button(dialog, text):
    return next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == text)


def open_button(dialog):
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Open)


def in_the_dialog(act):
    """Do something in the modal dialog as soon as it is open."""

    def later():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, SeriesChooser):
            QTimer.singleShot(50, later)
            return
        try:
            act(dialog)
        finally:
            # A failing test must not wait for ever.
            dialog.close()

    QTimer.singleShot(50, later)


def test_every_series_is_described(chooser):
    assert headings(chooser) == ["Study", "Date", "Series", "Size", "Warning"]
    assert chooser.list.topLevelItemCount() == 10
    assert cells(chooser, 1) == ["CT", "", "CT 2 · Scan 2", "2 slices · 6 × 4", ""]
    assert "distances are in pixels" in cells(chooser, 9)[4]


def test_hostile_text_is_shown_as_it_is(chooser):
    description = cells(chooser, 9)[2]
    assert description == 'CT 40 · ‹img src="file:///dev/zero">'
    assert chooser.list.topLevelItem(9).toolTip(2) == description
    assert not Qt.mightBeRichText(description)
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in chooser.findChildren(QLabel)
    )


def test_the_first_useful_series_is_chosen_at_first(chooser, stacks):
    assert chooser.chosen == [stacks[9]]
    assert open_button(chooser).isEnabled()
    assert chooser.label.text() == "1 of 10 series selected"


def test_series_of_the_newest_study_come_first_with_the_interval(qtbot, tmp_path):
    new = {"StudyInstanceUID": "1.2.99", "StudyDate": "20230601", "BodyPartExamined": "CHEST"}
    write_series(tmp_path / "a", 2, series=1, StudyDate="20230101", BodyPartExamined="CHEST")
    write_series(tmp_path / "b", 2, series=2, **new)
    dialog = SeriesChooser(load(tmp_path).stacks)
    qtbot.addWidget(dialog)
    assert [cells(dialog, row)[:3] for row in (0, 1)] == [
        ["CT chest", "latest", "CT 2 · Chest"],
        ["CT chest", "5 months before the latest", "CT 1 · Chest"],
    ]


def test_thumbnails_are_read_while_the_dialog_is_open(chooser, qtbot):
    placeholders = [icon_of(chooser, row) for row in range(10)]
    chooser.show()
    qtbot.waitUntil(lambda: all(icon_of(chooser, n) != p for n, p in enumerate(placeholders)))
    assert chooser.label.text() == "1 of 10 series selected"
    chooser.reject()
    assert not chooser._thumbnails._timer.isActive()


def icon_of(dialog, row):
    return dialog.list.topLevelItem(row).icon(0).pixmap(48, 48).toImage()


def test_all_and_none(chooser, stacks, qtbot):
    qtbot.mouseClick(button(chooser, "All"), Qt.MouseButton.LeftButton)
    assert chooser.chosen == list(stacks)
    assert chooser.label.text() == "10 of 10 series selected"
    qtbot.mouseClick(button(chooser, "None"), Qt.MouseButton.LeftButton)
    assert chooser.chosen == []
    assert not open_button(chooser).isEnabled()
    assert chooser.label.text().startswith("Select the series to open, or double-click")


def test_notes_have_the_room_and_no_column_is_cut(chooser, qtbot):
    chooser.show()
    qtbot.waitExposed(chooser)
    table = chooser.list
    for column in range(4):
        assert table.columnWidth(column) >= min(table.sizeHintForColumn(column), 280)
    assert table.header().length() <= table.viewport().width() + 1
    assert table.columnWidth(4) > 200


def test_open_returns_what_is_checked(qtbot, stacks):
    def act(dialog):
        qtbot.mouseClick(button(dialog, "None"), Qt.MouseButton.LeftButton)
        dialog.list.topLevelItem(0).setCheckState(0, CHECKED)
        dialog.list.topLevelItem(2).setCheckState(0, CHECKED)
        qtbot.mouseClick(open_button(dialog), Qt.MouseButton.LeftButton)

    in_the_dialog(act)
    assert choose(stacks) == [stacks[0], stacks[2]]


def test_cancel_returns_nothing(qtbot, stacks):
    def act(dialog):
        qtbot.mouseClick(button(dialog, "All"), Qt.MouseButton.LeftButton)
        qtbot.mouseClick(button(dialog, "Cancel"), Qt.MouseButton.LeftButton)

    in_the_dialog(act)
    assert choose(stacks) == []


def test_a_double_click_opens_just_that_one(qtbot, stacks):
    def act(dialog):
        qtbot.mouseClick(button(dialog, "All"), Qt.MouseButton.LeftButton)
        table = dialog.list
        where = table.visualItemRect(table.topLevelItem(4)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)

    in_the_dialog(act)
    assert choose(stacks) == [stacks[4]]


def test_a_script_is_not_asked(make_napari_viewer, many, monkeypatch):
    viewer = make_napari_viewer(show=True)
    monkeypatch.setattr("napari_medscan.napari_.chooser.choose", lambda *_: pytest.fail("asked"))
    assert len(viewer.open(str(many), plugin="napari-medscan")) == 10


def test_from_a_drop_to_layers(make_napari_viewer, many, qtbot):
    viewer = make_napari_viewer(show=True)

    def act(dialog):
        assert dialog.parent() is viewer.window._qt_window
        dialog.list.topLevelItem(9).setCheckState(0, UNCHECKED)
        dialog.list.topLevelItem(1).setCheckState(0, CHECKED)
        dialog.accept()

    in_the_dialog(act)
    from_the_event_loop(qtbot, lambda: viewer.open(str(many), plugin="napari-medscan"))
    assert [layer.name for layer in viewer.layers] == ["CT 2 · Scan 2"]


def test_nothing_opens_after_cancel(make_napari_viewer, many, qtbot):
    viewer = make_napari_viewer(show=True)
    in_the_dialog(lambda dialog: dialog.reject())
    from_the_event_loop(qtbot, lambda: viewer.open(str(many), plugin="napari-medscan"))
    assert not viewer.layers


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_check_boxes_can_be_seen_in_both_themes(make_napari_viewer, qtbot, stacks, theme):
    """napari colors lists but not their check boxes: in dark they would be dark on dark."""
    viewer = make_napari_viewer(show=True)
    viewer.theme = theme
    dialog = SeriesChooser(stacks, viewer.window._qt_window)
    dialog.list.topLevelItem(1).setCheckState(0, CHECKED)
    dialog.show()
    qtbot.waitExposed(dialog)
    table = dialog.list
    table.scrollToTop()
    image = table.viewport().grab().toImage()
    middles = [table.visualItemRect(table.topLevelItem(row)).center().y() for row in (0, 1)]
    box = [{image.pixelColor(x, y).name() for x in range(4, 18)} for y in middles]
    ground = image.pixelColor(image.width() - 3, image.height() - 3).name()
    assert box[0] != {ground}
    assert box[1] - box[0] - {ground}
    # Nor are there rows on the desktop's own white.
    rows = {image.pixelColor(image.width() - 3, y).name() for y in middles}
    assert rows == {ground}
    dialog.close()
    dialog.deleteLater()
