"""Volumes read in the background before they are shown from another side."""

from __future__ import annotations

import threading

import pytest
from qtpy.QtWidgets import QApplication, QProgressDialog, QPushButton, QWidget

from napari_medscan.dicom import load
from napari_medscan.napari_ import progress
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.volume_loader import WholeVolume

from ..studies import write_series

SLICES = 30


@pytest.fixture
def scene(make_napari_viewer, tmp_path, slow):
    """A viewer with a series that is slow to read, and what has its volume read."""
    viewer = make_napari_viewer()
    write_series(tmp_path, SLICES)
    (layer,) = image_layers(load(tmp_path).stacks)
    viewer.add_layer(layer)
    parent = QWidget()
    whole = WholeVolume(viewer, parent)
    yield viewer, layer, whole, slow(0.02)
    whole.release()
    parent.deleteLater()


def dialogs():
    windows = QApplication.topLevelWidgets()
    return [w for w in windows if isinstance(w, QProgressDialog) and w.isVisible()]


def test_the_window_answers_meanwhile(scene, qtbot):
    _, layer, whole, threads = scene
    done, beats = [], 0
    whole.before(lambda: done.append(threading.current_thread()), layer)
    assert whole.is_reading
    while not done:
        qtbot.wait(1)
        beats += 1
    assert beats > 5
    assert len(threads) > SLICES // 2
    assert threading.main_thread() not in threads
    assert done == [threading.main_thread()]
    assert layer.data.stack.is_at_hand()
    assert not whole.is_reading
    assert not dialogs()


def test_what_is_there_is_shown_at_once(scene):
    _, layer, whole, _ = scene
    layer.data.stack.load()
    done = []
    whole.before(lambda: done.append(1), layer)
    assert done == [1]
    assert not whole.is_reading


def test_only_what_was_asked_for_last_is_shown(scene, qtbot):
    _, layer, whole, threads = scene
    done = []
    whole.before(lambda: done.append("coronal"), layer)
    qtbot.wait(100)
    whole.before(lambda: done.append("sagittal"), layer)
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["sagittal"]
    # The reading went on, it did not begin anew.
    assert len(threads) <= SLICES


def test_cancel_leaves_all_as_it_was(scene, qtbot, monkeypatch):
    monkeypatch.setattr(progress, "SHOW_AFTER_MS", 0)
    _, layer, whole, threads = scene
    done = []
    whole.before(lambda: done.append(1), layer)
    qtbot.waitUntil(lambda: bool(dialogs()))
    (dialog,) = dialogs()
    qtbot.waitUntil(lambda: dialog.value() > 0)
    assert dialog.isModal()
    assert f"of {SLICES} slices" in dialog.labelText()
    stopped = []
    whole.stopped.connect(lambda: stopped.append(1))
    dialog.findChild(QPushButton).click()
    assert stopped == [1]
    assert not whole.is_reading
    assert not dialogs()
    qtbot.wait(300)
    assert len(threads) < SLICES
    assert not done
    assert not layer.data.stack.is_at_hand()


def test_a_layer_that_is_gone_is_not_shown(scene, qtbot):
    viewer, layer, whole, _ = scene
    done = []
    whole.before(lambda: done.append(1), layer)
    viewer.layers.clear()
    qtbot.waitUntil(lambda: not whole.is_reading)
    assert not done


def test_released_while_reading_it_stops(scene, qtbot):
    _, layer, whole, threads = scene
    done = []
    whole.before(lambda: done.append(1), layer)
    qtbot.wait(50)
    whole.release()
    qtbot.wait(300)
    assert len(threads) < SLICES
    assert not done


def test_of_a_series_in_time_the_time_in_view_is_read(make_napari_viewer, tmp_path, qtbot, slow):
    viewer = make_napari_viewer()
    write_series(
        tmp_path,
        2 * SLICES,
        ImagePositionPatient=lambda i: [0, 0, 2 * (i // 2)],
        TemporalPositionIdentifier=lambda i: i % 2 + 1,
    )
    (layer,) = image_layers(load(tmp_path).stacks)
    viewer.add_layer(layer)
    viewer.dims.set_current_step(0, 1)
    threads = slow(0.02)
    parent, done = QWidget(), []
    whole = WholeVolume(viewer, parent)
    whole.before(lambda: done.append(1), layer)
    qtbot.waitUntil(lambda: bool(done))
    assert len(threads) <= SLICES
    assert layer.data.stack.is_at_hand((1,))
    assert not layer.data.stack.is_at_hand((0,))
    whole.release()
    parent.deleteLater()


def test_a_volume_that_cannot_be_read_is_not_shown(scene, qtbot, monkeypatch, failures):
    _, layer, whole, _ = scene

    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(type(layer.data.stack), "load", broken)
    done = []
    whole.before(lambda: done.append(True), layer)
    qtbot.waitUntil(lambda: not dialogs())
    qtbot.wait(50)
    assert done == []
    failures.clear()
