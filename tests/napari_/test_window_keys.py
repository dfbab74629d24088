"""Digits pick windows on our layers and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.window_keys import WindowKeys

from ..studies import write_series


@pytest.fixture
def layers(tmp_path):
    for number in (1, 2):
        write_series(tmp_path, 2, series=number)
    return image_layers(load(tmp_path).stacks)


@pytest.fixture
def viewer(make_napari_viewer, layers):
    viewer = make_napari_viewer()
    viewer.add_layer(layers[0])
    return viewer


def press(qtbot, viewer, key):
    qtbot.keyClick(viewer.window._qt_window._qt_viewer.canvas.native, key)


def picking(viewer):
    picked = []
    return picked, WindowKeys(viewer, lambda layer, digit: picked.append((layer.name, digit)))


def test_digits_pick_on_our_layers_now_and_later(viewer, qtbot, layers):
    picked, keys = picking(viewer)
    for key in (Qt.Key.Key_0, Qt.Key.Key_1, Qt.Key.Key_9):
        press(qtbot, viewer, key)
    assert picked == [("CT 1 · Chest", n) for n in (0, 1, 9)]
    viewer.add_layer(layers[1])
    press(qtbot, viewer, Qt.Key.Key_2)
    assert picked[-1] == ("CT 2 · Chest", 2)
    keys.release()


def test_labels_keep_their_keys(viewer, qtbot):
    picked, keys = picking(viewer)
    labels = viewer.add_labels(np.zeros((4, 4), int))
    press(qtbot, viewer, Qt.Key.Key_2)
    assert labels.mode == "paint"
    assert picked == []
    keys.release()


def test_after_release_the_keys_are_napari_s_again(viewer, qtbot):
    layer = viewer.layers[0]
    own = []
    layer.bind_key("3", own.append)
    picked, keys = picking(viewer)
    press(qtbot, viewer, Qt.Key.Key_2)
    press(qtbot, viewer, Qt.Key.Key_3)
    assert layer.mode == "pan_zoom"
    assert own == []
    keys.release()
    press(qtbot, viewer, Qt.Key.Key_2)
    press(qtbot, viewer, Qt.Key.Key_3)
    assert layer.mode == "transform"
    assert own == [layer]
    assert len(picked) == 2
    viewer.add_layer(viewer.layers.pop(0))
    press(qtbot, viewer, Qt.Key.Key_1)
    assert len(picked) == 2


def test_a_layer_that_is_removed_gives_its_keys_back(viewer):
    _, keys = picking(viewer)
    layer = viewer.layers[0]
    assert layer.keymap
    viewer.layers.remove(layer)
    assert not layer.keymap
    keys.release()
