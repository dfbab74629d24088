"""Progress with Cancel."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QProgressDialog

from napari_medscan.dicom import CancelledError
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.napari_ import progress
from napari_medscan.napari_.progress import in_thread, reading_progress

from ..studies import write_series


@pytest.fixture
def at_once(monkeypatch):
    """Show the dialog at once and take every report."""
    monkeypatch.setattr(progress, "SHOW_AFTER_MS", 0)
    monkeypatch.setattr(progress, "_REFRESH", 0.0)


def dialogs():
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QProgressDialog)]


def current():
    return next(dialog for dialog in dialogs() if dialog.isVisible())


def read_until(act):
    with reading_progress("Reading") as report:
        report(0, 100)
        report(1, 100)
        act()
        report(2, 100)


@pytest.mark.usefixtures("at_once")
def test_progress_ends_like_after_cancel_if_the_window_closes(make_napari_viewer):
    make_napari_viewer(show=True)

    def close():
        current().destroyed.connect(lambda: gone.append(True))
        current().deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    gone = []
    with pytest.raises(CancelledError):
        read_until(close)
    assert gone


@pytest.mark.usefixtures("no_gui")
def test_scripts_have_no_progress():
    with reading_progress("Reading") as report:
        assert report is None


@pytest.mark.usefixtures("at_once")
def test_how_far_it_is(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    with reading_progress("Reading DICOM headers") as report:
        report(0, 5000)
        report(1234, 5000)
        dialog = current()
        assert dialog.labelText() == "Reading DICOM headers\n1,234 of 5,000 files"
        assert (dialog.value(), dialog.maximum()) == (1234, 5000)
        assert dialog.isModal()
        # Else it has not napari's colors.
        assert dialog.parent() is viewer.window._qt_window
        report(5000, 5000)
    assert not dialog.isVisible()


@pytest.mark.usefixtures("qtbot")
def test_a_short_reading_shows_nothing():
    before = len(dialogs())
    with reading_progress("Reading") as report:
        for done in range(11):
            report(done, 10)
        assert not any(dialog.isVisible() for dialog in dialogs())
    assert len(dialogs()) <= before + 1


@pytest.mark.usefixtures("qtbot", "at_once")
def test_cancel_stops_it():
    with pytest.raises(CancelledError):
        read_until(lambda: current().cancel())
    assert not any(dialog.isVisible() for dialog in dialogs())


@pytest.mark.usefixtures("qtbot", "at_once")
def test_an_error_closes_it():
    with pytest.raises(ZeroDivisionError):
        read_until(lambda: 1 / 0)
    assert not any(dialog.isVisible() for dialog in dialogs())


@pytest.mark.usefixtures("qtbot")
def test_it_is_not_refreshed_for_every_file():
    """50,000 files: drawing each would take longer than reading them."""
    with reading_progress("Reading") as report:
        start = time.perf_counter()
        for done in range(50_000):
            report(done, 50_000)
        assert time.perf_counter() - start < 5


def test_in_thread_returns_what_the_work_gives():
    seen = []

    def work(note):
        note(3, 4)
        time.sleep(0.1)
        return threading.current_thread()

    assert in_thread(work, lambda *far: seen.append(far)) is not threading.current_thread()
    assert seen[-1] == (3, 4)


def test_in_thread_raises_what_the_work_raises():
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda _note: 1 / 0, lambda *_: None)


def test_in_thread_cancel_waits_for_nothing_and_ends_the_work():
    ended = threading.Event()

    def work(note):
        try:
            while True:
                note(0, 1)
                time.sleep(0.01)
        finally:
            ended.set()

    def cancel(*_):
        raise CancelledError("canceled")

    with pytest.raises(CancelledError):
        in_thread(work, cancel)
    assert ended.wait(5)


def test_run_with_progress_that_is_canceled_raises_when_the_task_has_ended(monkeypatch):
    threads, counts, ended = [], [], threading.Event()

    @contextmanager
    def canceled(_text, _what):
        def report(done, total):
            counts.append((done, total))
            if done:
                raise CancelledError

        yield report

    def task(note):
        threads.append(threading.current_thread())
        try:
            for number in range(10_000):
                note(number, 10_000)
                time.sleep(0.005)
        finally:
            time.sleep(0.1)
            ended.set()

    monkeypatch.setattr(progress, "reading_progress", canceled)
    with pytest.raises(CancelledError):
        progress.run_with_progress(task, "Saving…")
    assert ended.is_set()
    assert threads[0] is not threading.main_thread()
    assert counts[-1][0] < 10_000


@pytest.mark.usefixtures("index_folder")
def test_opening_a_disc_reads_no_header_in_the_gui_thread(
    make_napari_viewer, monkeypatch, tmp_path
):
    """Neither the first time nor from the index."""
    write_series(tmp_path / "disc", 8)
    viewer = make_napari_viewer()
    readers = []
    start_of = HeaderReader.start_of

    def noted(self, *file):
        readers.append(threading.current_thread())
        return start_of(self, *file)

    monkeypatch.setattr(HeaderReader, "start_of", noted)
    counts = []
    for _ in range(2):
        readers.clear()
        viewer.open(str(tmp_path / "disc"), plugin="napari-medscan")
        counts.append(len(readers))
        assert threading.main_thread() not in readers
    assert counts[0] >= 8 > counts[1] > 0


@pytest.mark.usefixtures("at_once")
def test_cancelling_an_opening_adds_nothing(make_napari_viewer, monkeypatch, tmp_path, told):
    write_series(tmp_path, 60)
    viewer = make_napari_viewer(show=True)
    setting, start_of = QProgressDialog.setValue, HeaderReader.start_of

    def slowly(self, *file):
        time.sleep(0.02)
        return start_of(self, *file)

    def canceled_halfway(dialog, value):
        setting(dialog, value)
        if value >= 4:
            dialog.cancel()

    monkeypatch.setattr(HeaderReader, "start_of", slowly)

    monkeypatch.setattr(QProgressDialog, "setValue", canceled_halfway)
    assert viewer.open(str(tmp_path), plugin="napari-medscan") == []
    assert not viewer.layers
    assert [notification.message for notification in told] == ["Canceled."]


def test_cancelling_a_volume_goes_back_to_slices(make_napari_viewer, monkeypatch, tmp_path, qtbot):
    write_series(tmp_path, 30)
    viewer = make_napari_viewer(show=True)
    (layer,) = viewer.open(str(tmp_path), plugin="napari-medscan")
    read = type(layer.data.stack._source).read

    def slowly(self, index, out):
        time.sleep(0.05)
        read(self, index, out)

    monkeypatch.setattr(type(layer.data.stack._source), "read", slowly)
    setting = QProgressDialog.setValue

    def canceled_soon(dialog, value):
        setting(dialog, value)
        # At the first slice: on a busy computer, several threads read the others meanwhile.
        if value:
            dialog.cancel()

    monkeypatch.setattr(QProgressDialog, "setValue", canceled_soon)
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: viewer.dims.ndisplay == 2)
    monkeypatch.undo()
    viewer.dims.ndisplay = 3
    assert layer.data[29, 0, 0] == 290 - 1024
    assert viewer.dims.ndisplay == 3
