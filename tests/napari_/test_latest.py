"""Work of which only the last result counts."""

from __future__ import annotations

import threading

from napari_medscan.napari_.latest import Latest


def test_results_come_in_the_gui_thread(qtbot):
    found = []
    latest = Latest(lambda result: found.append((result, threading.current_thread())))
    latest.ask(threading.current_thread)
    qtbot.waitUntil(lambda: len(found) == 1)
    worker, receiver = found[0]
    assert receiver is threading.main_thread()
    assert worker is not receiver
    latest.release()


def test_what_was_asked_before_does_not_count_nor_run(qtbot):
    found, ran, gate = [], [], threading.Event()
    latest = Latest(found.append)
    latest.ask(lambda: gate.wait(5) and "first")
    latest.ask(lambda: ran.append("second"))
    latest.ask(lambda: "third")
    gate.set()
    qtbot.waitUntil(lambda: found == ["third"])
    assert ran == []
    latest.release()


def test_after_forget_and_release_nothing_comes(qtbot):
    found, gate = [], threading.Event()
    latest = Latest(found.append)
    latest.ask(lambda: gate.wait(5))
    latest.forget()
    gate.set()
    qtbot.wait(50)
    latest.release()
    assert found == []
