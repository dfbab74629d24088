"""The list that asks which series to open."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPushButton

from napari_medscan.dicom import load
from napari_medscan.napari_.chooser import SeriesChooser, choose

from ..studies import BIDI, HOSTILE, write_many, write_series

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
    return [dialog.list.headerItem().text(column) for column in range(6)]


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
    assert headings(chooser) == ["Modality", "Series", "Description", "Size", "Files", "Note"]
    assert chooser.list.topLevelItemCount() == 10
    assert cells(chooser, 1) == ["CT", "2", "Scan 2", "2 × 4 × 6", "2", ""]
    assert "No calibration" in cells(chooser, 9)[5]


def test_hostile_text_is_shown_as_it_is(chooser):
    description = cells(chooser, 9)[2]
    assert description == '‹img src="file:///dev/zero">'
    assert chooser.list.topLevelItem(9).toolTip(2) == description
    assert not Qt.mightBeRichText(description)
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in chooser.findChildren(QLabel)
    )


def test_nothing_is_chosen_at_first_and_the_label_says_what_to_do(chooser):
    assert chooser.chosen == []
    assert not open_button(chooser).isEnabled()
    assert chooser.label.text().startswith("10 series found. Check those to open")


def test_checking_one(chooser, stacks):
    chooser.list.topLevelItem(3).setCheckState(0, CHECKED)
    assert chooser.chosen == [stacks[3]]
    assert open_button(chooser).isEnabled()
    assert chooser.label.text() == "10 series found, 1 to be opened"


def test_all_and_none(chooser, stacks, qtbot):
    qtbot.mouseClick(button(chooser, "All"), Qt.MouseButton.LeftButton)
    assert chooser.chosen == list(stacks)
    assert chooser.label.text() == "10 series found, 10 to be opened"
    qtbot.mouseClick(button(chooser, "None"), Qt.MouseButton.LeftButton)
    assert chooser.chosen == []
    assert not open_button(chooser).isEnabled()


def test_notes_have_the_room_and_no_column_is_cut(chooser, qtbot):
    chooser.show()
    qtbot.waitExposed(chooser)
    table = chooser.list
    for column in range(5):
        assert table.columnWidth(column) >= min(table.sizeHintForColumn(column), 280)
    assert table.header().length() <= table.viewport().width() + 1
    assert table.columnWidth(5) > 200


def test_open_returns_what_is_checked(qtbot, stacks):
    def act(dialog):
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


def test_from_a_drop_to_layers(make_napari_viewer, many):
    viewer = make_napari_viewer(show=True)

    def act(dialog):
        assert dialog.parent() is viewer.window._qt_window
        dialog.list.topLevelItem(1).setCheckState(0, CHECKED)
        dialog.accept()

    in_the_dialog(act)
    viewer.open(str(many), plugin="napari-medscan")
    assert [layer.name for layer in viewer.layers] == ["CT 2 · Scan 2"]


def test_nothing_opens_after_cancel(make_napari_viewer, many):
    viewer = make_napari_viewer(show=True)
    in_the_dialog(lambda dialog: dialog.reject())
    assert viewer.open(str(many), plugin="napari-medscan") == []
    assert not viewer.layers


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_check_boxes_can_be_seen_in_both_themes(make_napari_viewer, qtbot, stacks, theme):
    """napari colours lists but not their check boxes: in dark they would be dark on dark."""
    viewer = make_napari_viewer(show=True)
    viewer.theme = theme
    dialog = SeriesChooser(stacks, viewer.window._qt_window)
    dialog.list.topLevelItem(1).setCheckState(0, CHECKED)
    dialog.show()
    qtbot.waitExposed(dialog)
    table = dialog.list
    picture = table.viewport().grab().toImage()
    middles = [table.visualItemRect(table.topLevelItem(row)).center().y() for row in (0, 1)]
    box = [{picture.pixelColor(x, y).name() for x in range(4, 18)} for y in middles]
    ground = picture.pixelColor(picture.width() - 3, picture.height() - 3).name()
    assert box[0] != {ground}
    assert box[1] - box[0] - {ground}
    # Nor are there rows on the desktop's own white.
    rows = {picture.pixelColor(picture.width() - 3, y).name() for y in middles}
    assert rows == {ground}
    dialog.close()
    dialog.deleteLater()
