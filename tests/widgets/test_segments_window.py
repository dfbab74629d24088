"""Segments are drawn with the mouse in napari's window, saved, and opened again."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_medscan.napari_.menu import PLUGIN, open_paths
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.session import record
from napari_medscan.phantoms import write_mr_brain_oblique

from ..napari_.hands import drag

pytest.importorskip("highdicom")


@pytest.fixture
def forgotten():
    """Let go of what a window opened."""
    before = set(record.stacks), set(record.catalogue.objects)
    yield
    record.forget(set(record.stacks) - before[0], set(record.catalogue.objects) - before[1])


@pytest.mark.usefixtures("forgotten")
def test_segment_drawn_with_the_mouse_on_an_oblique_series_reopens_in_place(
    make_napari_viewer, qtbot, tmp_path, monkeypatch
):
    write_mr_brain_oblique(tmp_path / "in", size=48, slices=6)
    viewer = make_napari_viewer(show=True)
    open_paths(viewer, [tmp_path / "in"], by_person=False)
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Segments")
    dock._new()
    qtbot.wait(100)
    drag(qtbot, viewer, 60, 40, Qt.MouseButton.LeftButton)
    labels = dock.layer.value
    drawn = np.array(labels.data)
    assert 0 < (drawn == 1).sum() < drawn.size / 2
    assert np.count_nonzero(drawn.any(axis=(1, 2))) == 1
    dock.segment_name.value = "Target"
    dock.type.value = "Neoplasm"
    saved = tmp_path / "drawn.dcm"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), "*.dcm"))
    dock.save.changed.emit(True)
    item = pydicom.dcmread(saved).SegmentSequence[0]
    assert item.SegmentLabel == "Target"
    assert item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Neoplasm"
    open_paths(viewer, [saved], by_person=False)
    again = next(each for each in viewer.layers if isinstance(each, Labels) and each is not labels)
    np.testing.assert_array_equal(np.asarray(again.data), drawn)
    np.testing.assert_allclose(again.translate, labels.translate)
    assert object_of(again).stack is not None
