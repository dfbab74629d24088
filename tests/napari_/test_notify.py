"""What the user is told: one sentence, and details on demand."""

from __future__ import annotations

import napari
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from napari_medscan.dicom import LoadReport, load
from napari_medscan.napari_ import dicom_panel, notify
from napari_medscan.napari_.details import ReportDetails

from ..studies import HOSTILE, damage, write_many, write_series


@pytest.fixture
def patchy(tmp_path):
    """Return a report of a folder of good and bad files."""
    paths = write_series(tmp_path, 4)
    damage(paths[3])
    (tmp_path / "copy.dcm").write_bytes(paths[0].read_bytes())
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "notes.txt").write_text("hello")
    return load(tmp_path)


def messages(told):
    return [notification.message for notification in told]


def test_report_of_files_not_opened_is_one_line(patchy, told):
    notify.tell_report(patchy, patchy.stacks)
    (message,) = messages(told)
    assert message == patchy.summary()
    assert "\n" not in message


def test_nothing_is_told_when_all_is_well(chest, told):
    report = load(chest)
    notify.tell_report(report, report.stacks)
    assert told == []


def test_report_warnings_of_series_are_on_the_canvas_and_not_told(tmp_path, told):
    write_many(tmp_path, 3, PixelSpacing=None)
    report = load(tmp_path)
    assert all(stack.warnings for stack in report.stacks)
    notify.tell_report(report, report.stacks)
    assert told == []


@pytest.mark.usefixtures("qapp")
def test_report_what_the_open_panel_lists_is_not_told(patchy, told, model, monkeypatch):
    monkeypatch.setattr(napari, "current_viewer", lambda: model)
    stop = dicom_panel.note_open(model)
    skipped = LoadReport(patchy.stacks, skipped=patchy.skipped, duplicates=patchy.duplicates)
    notify.tell_report(skipped, [])
    assert told == []
    notify.tell_report(patchy, patchy.stacks)
    stop()
    assert messages(told) == [patchy.summary()]


@pytest.mark.usefixtures("qapp")
def test_report_series_that_are_not_open_come_first_in_two_lines(tmp_path, told):
    write_many(tmp_path, 3)
    (tmp_path / "readme.txt").write_text("hello")
    report = load(tmp_path)
    notify.tell_report(report, report.stacks[:1])
    first, second = messages(told)[0].split("\n")
    assert first == "1 of 3 series opened."
    assert second == report.summary()


@pytest.fixture
def asked(monkeypatch, model, tmp_path):
    """Let a person open DICOM in a viewer without the panel, for the first time."""
    monkeypatch.setattr(napari, "current_viewer", lambda: model)
    monkeypatch.setattr(dicom_panel, "is_interactive", lambda: True)
    monkeypatch.setattr(notify, "has_gui", lambda: True)
    monkeypatch.setattr(notify, "offer", dicom_panel.PanelOffer())
    write_series(tmp_path)
    return load(tmp_path)


def test_first_message_offers_the_panel_once(asked, told):
    notify.tell_report(asked, asked.stacks)
    notify.tell_report(asked, asked.stacks)
    (notification,) = told
    assert [text for text, _ in notification.actions] == ["Open panel"]


def test_panel_that_is_open_is_not_offered(asked, told, model):
    stop = dicom_panel.note_open(model)
    notify.tell_report(asked, asked.stacks)
    stop()
    assert told == []


def test_script_is_not_offered_the_panel(asked, told, monkeypatch):
    monkeypatch.setattr(dicom_panel, "is_interactive", lambda: False)
    notify.tell_report(asked, asked.stacks)
    assert told == []


def test_button_of_the_offer_opens_the_panel(make_napari_viewer, monkeypatch, chest, told):
    viewer = make_napari_viewer()
    monkeypatch.setattr(dicom_panel, "is_interactive", lambda: True)
    monkeypatch.setattr(notify, "offer", dicom_panel.PanelOffer())
    report = load(chest)
    notify.tell_report(report, report.stacks)
    (_, open_it), *_ = told[0].actions
    assert not dicom_panel.has_panel(viewer)
    open_it(told[0])
    assert dicom_panel.has_panel(viewer)


@pytest.mark.parametrize("acts", [True, False], ids=["person", "script"])
def test_report_to_a_person_waits_for_the_layout_of_the_layers(
    make_napari_viewer, qtbot, chest, told, monkeypatch, acts
):
    viewer = make_napari_viewer(show=True)
    qtbot.wait(50)
    monkeypatch.setattr(notify, "is_interactive", lambda: acts)
    canvas = notify._canvas_of(viewer)
    before = canvas.width()
    report = LoadReport(load(chest).stacks, skipped={"a.txt": "not DICOM"})
    notify.tell_report(report, report.stacks)
    assert bool(told) is not acts
    viewer.window._qt_window.resize(500, 400)
    qtbot.waitUntil(lambda: len(told) == 1)
    if acts:
        assert canvas.width() < before
    qtbot.wait(2 * notify._STILL)
    assert len(told) == 1


def test_message_waits_for_the_window_that_opens_what_is_named_on_the_command_line(
    make_napari_viewer, qtbot, told, monkeypatch
):
    viewer = make_napari_viewer()
    monkeypatch.setattr(notify, "is_opening", lambda: True)
    notify.tell("No images found.")
    qtbot.wait(2 * notify._STILL)
    assert told == []
    viewer.show()
    qtbot.waitUntil(lambda: messages(told) == ["No images found."])


def test_hostile_text_is_defused(told):
    report = LoadReport(unreadable={"a": HOSTILE})
    notify.tell_report(report, [])
    notify.tell(HOSTILE)
    assert len(told) == 2
    for message in messages(told):
        assert "<" not in message
        assert not Qt.mightBeRichText(message)


def test_no_patient_and_no_path_is_told(patchy, told, tmp_path):
    notify.tell_report(patchy, patchy.stacks)
    (message,) = messages(told)
    for secret in ("Canary", "Alice", "MRN", str(tmp_path), ".dcm"):
        assert secret not in message


@pytest.mark.usefixtures("no_gui")
def test_without_a_window_there_is_no_button(patchy, told):
    notify.tell_report(patchy, patchy.stacks)
    (notification,) = told
    assert not notification.actions


def test_the_button_opens_the_details(make_napari_viewer, qtbot, patchy, told):
    from napari._qt.dialogs.qt_notification import NapariQtNotification

    viewer = make_napari_viewer(show=True)
    notify.tell_report(patchy, patchy.stacks)
    (notification,) = told
    shown = NapariQtNotification.from_notification(notification, viewer.window._qt_window)
    qtbot.addWidget(shown)
    assert shown.source_label.text() == "Source: MedScan"
    button = next(b for b in shown.findChildren(QPushButton) if b.text() == "Details…")
    button.click()
    (dialog,) = viewer.window._qt_window.findChildren(ReportDetails)
    count = dialog.list.topLevelItemCount()
    assert count == patchy.files - patchy.shown == 4
    dialog.close()
    shown.timer.stop()
    for toast in viewer.window._qt_window.findChildren(NapariQtNotification):
        toast.timer.stop()
        toast.close()


def test_a_bad_frame_is_told_once_a_stack(tmp_path, told):
    paths = write_series(tmp_path, 3)
    (stack,) = load(tmp_path).stacks
    notify.tell_bad_frames(stack)
    for path in paths:
        damage(path)
    for index in range(3):
        stack.array.display[index]
    (message,) = messages(told)
    assert message.startswith("One slice could not be decoded and is blank (")
    assert message.endswith(").")
