"""Objects that were opened before their images."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels, Shapes

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects import object_view
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import ObjectView
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.session import Record

from ...dicom.making import write
from ...dicom.objects.contoured import rtstruct
from ...dicom.objects.labeled import COLUMNS, ROWS, position, seg, write_ct

PIXELS = np.random.default_rng(0).random((ROWS, COLUMNS)) > 0.5
BOX = [position(1, row, column) for row, column in ((1, 2), (1, 7), (5, 7), (5, 2))]


@pytest.fixture
def record(monkeypatch):
    record = Record()
    monkeypatch.setattr(object_view, "record", record)
    return record


@pytest.fixture
def drop(model, record, tmp_path, qapp):  # noqa: ARG001 - timers need Qt
    view = ObjectView(model)

    def drop(folder):
        report = load(folder)
        record.add(report)
        stacks = record.catalogue.stacks
        for layer in (*image_layers(report.stacks), *object_layers(report.objects, stacks)):
            model.add_layer(layer)
        return report

    yield drop
    view.release()


@pytest.fixture
def objects(tmp_path):
    """Write a segmentation whose columns run against those of the CT, and contours."""
    turned = seg(
        [(1, position(1, 0, COLUMNS - 1), PIXELS[:, ::-1])],
        {1: "liver"},
        orientation=(-1, 0, 0, 0, 1, 0),
    )
    write(tmp_path / "objects" / "seg.dcm", turned)
    write(tmp_path / "objects" / "rs.dcm", rtstruct({"box": [("CLOSED_PLANAR", BOX)]}))
    return tmp_path / "objects"


def of_kind(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_objects_move_to_their_images_when_these_are_opened(model, drop, objects, tmp_path, qtbot):
    drop(objects)
    (alone,) = of_kind(model, Labels)
    assert alone.data.shape[0] == 1
    (stack,) = drop(write_ct(tmp_path / "ct")).stacks
    qtbot.waitUntil(lambda: alone not in model.layers)
    (labels,), (shapes,) = of_kind(model, Labels), of_kind(model, Shapes)
    assert object_of(labels).stack is object_of(shapes).stack is stack
    assert np.array_equal(labels.data[1], PIXELS * 1)
    assert labels.visible


def test_labels_that_were_painted_on_stay_where_they_are(model, drop, objects, tmp_path, qtbot):
    drop(objects)
    (alone,) = of_kind(model, Labels)
    alone.data[0, 0, 0] = 1
    drop(write_ct(tmp_path / "ct"))
    (shapes,) = of_kind(model, Shapes)
    qtbot.waitUntil(lambda: shapes not in model.layers)
    assert of_kind(model, Labels) == [alone]
