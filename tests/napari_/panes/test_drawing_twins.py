"""Measurements in the panes beside the main canvas."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Shapes
from napari.utils.key_bindings import KeymapHandler
from qtpy.QtCore import QObject

from napari_medscan.dicom import load
from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.measure.shapes import DIAMETERS
from napari_medscan.napari_.active_viewer import activate, add_pane_model
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.measurement_layers import drawn_on, new_layer
from napari_medscan.napari_.measurement_session import MeasurementSession
from napari_medscan.napari_.objects.object_view import ObjectView
from napari_medscan.napari_.panes.drawing_twins import DrawingTwins

from ...export.series import AXIAL, SAGITTAL
from ...export.series import opened as series
from ...studies import write_series
from ..objects.test_plane_cuts import pane_on


@pytest.fixture
def opened(tmp_path, model, qapp):  # noqa: ARG001 - watches need Qt
    """Return a viewer with two series of different frames of reference, and a function.

    It opens a pane with one of them and returns the pane's model and its measurements.
    """
    for number in (1, 2):
        uids = {f"{of}InstanceUID": f"1.2.3.{number}" for of in ("Series",)}
        write_series(tmp_path / str(number), FrameOfReferenceUID=f"1.2.4.{number}", **uids)
    layers = [model.add_layer(image_layer(stack)) for stack in load(tmp_path).stacks]
    made, parent = [], QObject()

    def pane_of(layer):
        pane = pane_on(layer)
        made.append(DrawingTwins(model, pane, parent))
        return pane, made[-1]

    yield model, layers, pane_of
    for twins in made:
        twins.release()


def shapes_in(viewer):
    return [layer for layer in viewer.layers if isinstance(layer, Shapes)]


def test_measurements_are_seen_in_panes_of_their_frame_of_reference(opened, qtbot):
    model, (one, other), pane_of = opened
    pane, twins = pane_of(one)
    elsewhere, beside = pane_of(other)
    shapes = new_layer(model, one, Shapes)
    shapes.add(np.array([[1, 0, 0], [1, 2, 3]]), shape_type="line")
    for each in (twins, beside):
        each.follow()
    (twin,) = shapes_in(pane)
    assert shapes_in(elsewhere) == []
    assert pane.layers.selection.active is pane.layers[0]
    np.testing.assert_array_equal(twin.data[0], shapes.data[0])
    np.testing.assert_allclose(twin.data_to_world((1, 2, 3)), shapes.data_to_world((1, 2, 3)))
    shapes.add(np.array([[1, 0, 0], [1, 0, 3], [1, 2, 3], [1, 2, 0]]), shape_type="ellipse")
    shapes.features = shapes.features.assign(measurement=["3 mm", "9 mm²"])
    qtbot.waitUntil(lambda: bool(shapes_in(pane)) and len(shapes_in(pane)[0].data) == 2)
    assert list(shapes_in(pane)[0].features["measurement"]) == ["3 mm", "9 mm²"]
    assert shapes_in(pane)[0].shape_type == ["line", "ellipse"]


def test_measurements_leave_the_pane_with_their_eye_and_their_layer(opened):
    model, (one, _), pane_of = opened
    pane, twins = pane_of(one)
    shapes = new_layer(model, one, Shapes)
    twins.follow()
    assert len(shapes_in(pane)) == 1
    shapes.visible = False
    twins.follow()
    assert shapes_in(pane) == []
    shapes.visible = True
    twins.follow()
    model.layers.remove(shapes)
    twins.follow()
    assert shapes_in(pane) == []


def test_measurements_stay_in_the_pane_of_a_study_that_the_main_canvas_hides(opened):
    model, (one, other), pane_of = opened
    pane, twins = pane_of(one)
    shapes = new_layer(model, one, Shapes)
    view = ObjectView(model)
    one.visible, other.visible = False, True
    view.follow()
    assert not shapes.visible
    twins.follow()
    (twin,) = shapes_in(pane)
    assert twin.visible
    view.release()


def test_measurements_are_not_seen_on_slices_of_another_orientation(tmp_path, model, qapp):  # noqa: ARG001
    """napari would draw them on other axes, though the frame of reference is the same."""
    stacks = [
        series(tmp_path / str(number), orientation=way, series=number)
        for number, way in enumerate((AXIAL, SAGITTAL))
    ]
    axial, sagittal = (model.add_layer(image_layer(stack)) for stack in stacks)
    assert same_frame_of_reference(*stacks)
    shapes = new_layer(model, axial, Shapes)
    parent = QObject()
    for layer, count in ((axial, 1), (sagittal, 0)):
        pane = pane_on(layer)
        twins = DrawingTwins(model, pane, parent)
        twins.follow()
        assert len(shapes_in(pane)) == count
        twins.release()
    assert shapes.visible


def test_what_is_drawn_in_a_pane_is_measured_on_its_series(opened, qtbot):
    """A tool goes along to the pane that is clicked, and is laid down in all."""
    model, (one, other), pane_of = opened
    other.visible = False
    model.layers.selection.active = one
    pane, twins = pane_of(other)
    add_pane_model(model, pane)
    view, session = ObjectView(model), MeasurementSession(model, lambda: None)
    session.draw("add_line", DIAMETERS)
    assert shapes_in(pane) == []
    activate(model, pane)
    (mine, theirs), (twin,) = shapes_in(model), shapes_in(pane)
    assert (drawn_on(mine), drawn_on(theirs)) == (stack_of(one), stack_of(other))
    view.follow()
    assert not theirs.visible
    assert (pane.layers.selection.active, str(twin.mode)) == (twin, "add_line")
    assert twin.current_edge_width == theirs.current_edge_width
    # The second before the event loop has seen the first.
    for ends in ([[1, 0, 0], [1, 0, 4]], [[1, 0, 2], [1, 3, 2]]):
        twin.add(np.array(ends), shape_type="line")
    qtbot.waitUntil(lambda: len(theirs.data) == 2)
    assert list(theirs.features["tool"]) == [DIAMETERS] * 2
    assert len(mine.data) == 0
    assert [drawn.shape.targets[0].stack for drawn in session.drawn()] == [stack_of(other)] * 2
    qtbot.waitUntil(lambda: bool(shapes_in(pane)) and shapes_in(pane)[0] is not twin)
    (twin,) = shapes_in(pane)
    assert (pane.layers.selection.active, str(twin.mode)) == (twin, "add_line")
    theirs.data = theirs.data[:1]
    qtbot.waitUntil(lambda: bool(shapes_in(pane)) and len(shapes_in(pane)[0].data) == 1)
    (twin,) = shapes_in(pane)
    handler = KeymapHandler()
    handler.keymap_providers = [twin]
    handler.press_key("Escape")
    assert model.layers.selection.active is one
    twins.follow()
    assert pane.layers.selection.active is pane.layers[0]
    for part in (view, session):
        part.release()


def test_other_shapes_of_the_user_stay_on_the_main_canvas(opened):
    model, (one, _), pane_of = opened
    pane, twins = pane_of(one)
    model.add_shapes(ndim=3)
    twins.follow()
    assert shapes_in(pane) == []
