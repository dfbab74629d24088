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
def test_what_a_task_raises_on_purpose_is_handed_on(qtbot, latest, error):
    def task(_):
        raise error

    found = []
    latest.start(task, found.append)
    qtbot.waitUntil(lambda: found == [error])


def test_any_other_failure_is_handed_on_without_its_text(qtbot, latest, caplog):
    def task(_):
        raise ValueError("Canary^Alice")

    found = []
    latest.start(task, found.append)
    qtbot.waitUntil(lambda: len(found) == 1)
    assert isinstance(found[0], MedscanError)
    assert "Canary" not in f"{found[0]!r} {found[0].__cause__!r} {found[0].__context__!r}"
    assert "ValueError" in caplog.text
    assert "Canary" not in caplog.text
    latest.start(lambda _: "next", found.append)
    qtbot.waitUntil(lambda: found[-1] == "next")
