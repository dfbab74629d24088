"""Segmentations in the panes beside the main canvas."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from qtpy.QtCore import QObject

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.panes.object_twins import ObjectTwins
from napari_medscan.napari_.panes.twin_layer import twin_of

from ...dicom.making import write
from ...dicom.objects.labeled import COLUMNS, DEPTH, ROWS, position, seg, write_ct

PIXELS = np.ones((ROWS, COLUMNS), bool)


@pytest.fixture
def shown(model, tmp_path, qapp):  # noqa: ARG001 - watches need Qt
    """Return a viewer with a CT and its segmentation, a pane with the CT, and their twins."""
    frames = [(1, position(z), PIXELS) for z in range(DEPTH)]
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, {1: "liver"}))
    report = load(tmp_path)
    for each in (*image_layers(report.stacks), *object_layers(report.objects, report.stacks)):
        model.add_layer(each)
    pane, parent = ViewerModel(), QObject()
    twin = twin_of(model.layers[0])
    pane.add_layer(twin)
    twin.visible = True
    twins = ObjectTwins(model, pane, parent)
    twins.follow()
    yield model, pane, twins
    twins.release()


def labels_in(viewer):
    return [layer for layer in viewer.layers if isinstance(layer, Labels)]


@pytest.fixture
def filled(shown, qtbot):
    """Return the same once all slices were read, which other planes cut."""
    _, pane, twins = shown
    qtbot.waitUntil(lambda: bool(labels_in(pane)) or bool(twins.follow()))
    return shown


def test_object_twin_shares_the_labels_and_follows_the_eye(filled):
    model, pane, twins = filled
    (layer,), (twin,) = labels_in(model), labels_in(pane)
    assert twin.data is layer.data
    assert object_of(twin) is object_of(layer)
    assert pane.layers.selection.active is pane.layers[0]
    layer.visible = False
    twins.follow()
    assert labels_in(pane) == []
    layer.visible = True
    twins.follow()
    assert len(labels_in(pane)) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)])
def test_object_twin_shows_at_once_what_is_painted_in_the_other(filled, order):
    model, pane, _ = filled
    (layer,), (twin,) = labels_in(model), labels_in(pane)
    pane.dims.order = order
    for one in (layer, twin):
        for viewer in (model, pane):
            viewer.dims.point = layer.data_to_world((2, 3, 4))
        number = 20 if one is layer else 30
        one.brush_size = 1
        one.paint((2, 3, 4), number)
        for each in (layer, twin):
            assert number in each._slice.image.raw


def test_object_twins_look_alike(filled):
    model, pane, _ = filled
    (layer,), (twin,) = labels_in(model), labels_in(pane)
    layer.opacity = 0.2
    layer.contour = 2
    assert (twin.opacity, twin.contour) == (0.2, 2)


def test_object_twins_are_gone_when_the_pane_is_released(filled):
    _, pane, twins = filled
    twins.release()
    assert labels_in(pane) == []
