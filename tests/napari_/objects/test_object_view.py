"""Objects stay on the series that they belong to."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Points, Shapes

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layer, image_layers
from napari_medscan.napari_.measurement_layers import new_layer
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import ObjectView, hide_object, show_object
from napari_medscan.napari_.view import bring_into_view

from ...dicom.making import write
from ...dicom.objects.labeled import COLUMNS, ROWS, position, seg, write_ct

# Timers need Qt.
pytestmark = pytest.mark.usefixtures("qapp")

LIVER = np.ones((ROWS, COLUMNS), bool)


@pytest.fixture
def report(tmp_path):
    """Return a CT with a segmentation, another phase of it, and a CT of another patient."""
    write_ct(tmp_path / "a", number=3)
    write(tmp_path / "a" / "seg.dcm", seg([(1, position(1), LIVER)], {1: "liver"}))
    write_ct(tmp_path / "b", number=4)
    write_ct(tmp_path / "c", number=5, PatientID="another", StudyInstanceUID="1.9")
    return load(tmp_path)


@pytest.fixture
def follow(viewer):
    """Return what the event loop calls once the viewer has changed."""
    view = ObjectView(viewer)
    yield view.follow
    view.release()


@pytest.fixture
def opened(viewer, report, follow):  # noqa: ARG001
    """Return the layers of CT 3, CT 4 and CT 5, and the segmentation's."""
    series = {s.series_number: image_layer(s, visible=False) for s in report.stacks}
    (labels,) = object_layers(report.objects, report.stacks)
    for each in (*series.values(), labels):
        viewer.add_layer(each)
    return series[3], series[4], series[5], labels


@pytest.fixture
def show(viewer, follow):
    def show(layer):
        bring_into_view(viewer, layer)
        follow()

    return show


def test_object_is_hidden_beside_another_patient_and_returns(opened, show):
    first, phase, stranger, labels = opened
    for layer, visible in ((first, True), (stranger, False), (phase, True), (stranger, False)):
        show(layer)
        assert labels.visible is visible
    show(first)
    assert labels.visible


def test_measurements_are_hidden_beside_another_patient_and_return(viewer, opened, show):
    first, phase, stranger, _ = opened
    drawings = [new_layer(viewer, first, kind) for kind in (Shapes, Points)]
    others = viewer.add_shapes(ndim=3)
    for layer, visible in ((first, True), (stranger, False), (phase, True), (stranger, False)):
        show(layer)
        assert [drawing.visible for drawing in drawings] == [visible] * 2
    assert others.visible
    drawings[0].visible = False
    show(first)
    assert all(drawing.visible for drawing in drawings)
    drawings[0].visible = False
    show(stranger)
    show(first)
    assert [drawing.visible for drawing in drawings] == [False, True]


def test_object_that_was_switched_off_stays_off(opened, show):
    first, _, stranger, labels = opened
    show(first)
    labels.visible = False
    show(stranger)
    show(first)
    assert not labels.visible


@pytest.mark.usefixtures("follow")
def test_measurements_stay_above_a_series_that_is_opened_again(viewer, report):
    lead, *_ = report.stacks
    drawing = new_layer(viewer, viewer.add_layer(image_layer(lead)), Shapes)
    del viewer.layers[0]
    viewer.add_layer(image_layer(lead))
    assert list(viewer.layers)[-1] is drawing


@pytest.mark.usefixtures("follow")
def test_object_stays_above_a_series_that_is_opened_later(viewer, report):
    lead, *_ = report.stacks
    (labels,) = object_layers(report.objects, report.stacks)
    viewer.add_layer(labels)
    viewer.add_layer(image_layer(lead))
    assert list(viewer.layers)[-1] is labels


@pytest.mark.usefixtures("follow")
def test_object_is_not_active_when_it_opens(viewer, report, qtbot):
    image = image_layers(report.stacks)[-1]
    viewer.add_layer(image)
    for each in object_layers(report.objects, report.stacks):
        viewer.add_layer(each)
    qtbot.waitUntil(lambda: viewer.layers.selection.active is image)


def test_show_object_brings_its_series_into_view(viewer, report, opened, show, follow):
    first, _, stranger, labels = opened
    show(stranger)
    (source,) = report.objects
    show_object(viewer, source)
    follow()
    visible = [layer for layer in viewer.layers if layer.visible]
    assert visible == [first, labels]
    hide_object(viewer, source)
    assert [layer for layer in viewer.layers if layer.visible] == [first]


def test_object_without_series_is_left_alone(viewer, report, follow):
    (labels,) = object_layers(report.objects, ())
    viewer.add_layer(labels)
    follow()
    assert labels.visible
    assert not any(isinstance(layer, Image) for layer in viewer.layers)
