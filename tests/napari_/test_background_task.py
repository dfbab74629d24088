"""Work of which only the last result counts."""

from __future__ import annotations

import threading

import pytest
from qtpy.QtCore import QObject

from napari_medscan.dicom import MedscanError
from napari_medscan.napari_.background_task import Latest


@pytest.fixture
def latest():
    parent = QObject()
    latest = Latest(parent)
    yield latest
    latest.release()


def test_results_come_in_the_gui_thread(qtbot, latest):
    found = []
    latest.start(
        lambda _: threading.current_thread(),
        lambda result: found.append((result, threading.current_thread())),
    )
    qtbot.waitUntil(lambda: len(found) == 1)
    worker, receiver = found[0]
    assert receiver is threading.main_thread()
    assert worker is not receiver


def test_what_was_asked_before_does_not_count_nor_run(qtbot, latest):
    found, ran, gate, begun = [], [], threading.Event(), threading.Event()
    latest.start(lambda _: begun.set() or (gate.wait(5) and "first"), found.append)
    begun.wait(5)
    latest.start(lambda _: ran.append("second"), found.append)
    latest.start(lambda _: "third", found.append)
    gate.set()
    qtbot.waitUntil(lambda: found == ["third"])
    assert ran == []


def test_after_cancel_and_release_nothing_comes(qtbot, latest):
    found, gate = [], threading.Event()
    latest.start(lambda _: gate.wait(5), found.append)
    latest.cancel()
    gate.set()
    qtbot.wait(50)
    latest.release()
    assert found == []


@pytest.mark.parametrize("error", [MedscanError("cut short"), OSError(28, "full")])
def test_latest_expected_error_goes_to_failed_alone(qtbot, latest, error):
    def task(_):
        raise error

    results, errors = [], []
    latest.start(task, results.append, errors.append)
    qtbot.waitUntil(lambda: errors == [error])
    assert results == []


def test_latest_returned_exception_is_a_result(qtbot, latest):
    results, errors = [], []
    latest.start(lambda _: OSError(28, "full"), results.append, errors.append)
    qtbot.waitUntil(lambda: len(results) == 1)
    assert isinstance(results[0], OSError)
    assert errors == []


def test_latest_without_failed_drops_an_expected_error(qtbot, latest):
    def task(_):
        raise OSError(28, "full")

    results = []
    latest.start(task, results.append)
    qtbot.wait(50)
    latest.start(lambda _: "next", results.append)
    qtbot.waitUntil(lambda: results == ["next"])


def test_latest_unexpected_error_is_logged_without_its_message(qtbot, latest, caplog, failures):
    def task(_):
        raise ValueError("Canary^Alice")

    results, errors = [], []
    latest.start(task, results.append, errors.append)
    qtbot.waitUntil(lambda: len(errors) == 1)
    (error,) = errors
    assert isinstance(error, MedscanError)
    assert "Canary" not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert "ValueError at" in caplog.text
    assert "test_background_task.py" in caplog.text
    assert "Canary" not in caplog.text
    failures.clear()
    latest.start(lambda _: "next", results.append)
    qtbot.waitUntil(lambda: results == ["next"])


def test_latest_callback_that_fails_is_logged_and_work_goes_on(qtbot, latest, failures):
    results = []
    latest.start(lambda _: 0, lambda number: 1 / number)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0].startswith("ZeroDivisionError")
    failures.clear()
    latest.start(lambda _: "next", results.append)
    qtbot.waitUntil(lambda: results == ["next"])
