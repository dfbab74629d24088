"""What the user is told: one sentence, and details on demand."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from napari_medscan.dicom import load
from napari_medscan.napari_ import notify
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


def test_one_sentence_says_it_all(patchy, told):
    notify.tell_report(patchy, patchy.stacks)
    (message,) = messages(told)
    assert message.startswith("1 file could not be read (truncated file")
    assert message.endswith("1 duplicate file ignored. 2 non-DICOM files skipped.")
    assert "\n" not in message


def test_nothing_is_told_when_all_is_well(chest, told):
    report = load(chest)
    notify.tell_report(report, report.stacks)
    assert told == []


def test_notes_are_told_of_what_is_opened_only_and_once(tmp_path, told):
    write_many(tmp_path, 3, PixelSpacing=None, SeriesDescription="same")
    report = load(tmp_path)
    notify.tell_report(report, report.stacks[:1])
    (message,) = messages(told)
    assert message.startswith("CT 1 · same: No calibration")
    assert "CT 2" not in message


def test_the_same_note_is_not_repeated(tmp_path, told):
    for name in "ab":
        write_series(tmp_path / name, 2, PixelSpacing=None, PatientID=name)
    report = load(tmp_path)
    assert len(report.stacks) == 2
    notify.tell_report(report, report.stacks)
    (message,) = messages(told)
    assert message.count("No calibration") == 1


def test_many_notes_are_cut_short(tmp_path, told):
    write_many(tmp_path, 7, PixelSpacing=None)
    report = load(tmp_path)
    notify.tell_report(report, report.stacks)
    (message,) = messages(told)
    lines = message.split("\n")
    assert len(lines) == notify.MAX_LINES
    assert lines[-1] == "… and 4 more notes."


def test_hostile_text_is_defused(tmp_path, told):
    write_series(tmp_path, 2, PixelSpacing=None, SeriesDescription=HOSTILE)
    report = load(tmp_path)
    notify.tell_report(report, report.stacks)
    notify.tell(HOSTILE)
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
        stack.array[index]
    (message,) = messages(told)
    assert message == (
        "CT 3 · Chest: a slice cannot be shown and is left blank: "
        "the file was truncated after it was opened."
    )
