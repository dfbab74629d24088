"""Presentation states change how their images look while their eye is open, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels, Points, Shapes

from napari_medscan.dicom import load
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.objects.applied_state import (
    StateView,
    applied_states,
    apply_state,
    withdraw_state,
)
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import ObjectView
from napari_medscan.napari_.objects.shown_object import layers_of
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.session import record
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.windowing import center_width
from napari_medscan.reader import read
from napari_medscan.widgets.panel.object_switches import listed_objects, switch_object

from ...dicom.making import item, write
from ...dicom.objects.labeled import COLUMNS, DEPTH, ROWS, write_ct
from ...dicom.objects.stated import annotation, blending, graphic, refer, state, text

HERE = refer("1.2.3.3.1")
NOTE = text("See", AnchorPoint=[2.0, 1.0], AnchorPointAnnotationUnits="PIXEL")
MARKS = [
    annotation(graphic("POLYLINE", [1, 1, 4, 2]), graphic("CIRCLE", [5, 4, 7, 4]), layer="A"),
    annotation(graphic("POINT", [3, 3]), NOTE, layer="B"),
]
RESCALE = {"RescaleSlope": 1, "RescaleIntercept": -1024}
STATES = {
    "LUNG": {
        "GraphicAnnotationSequence": MARKS,
        "SoftcopyVOILUTSequence": [item(WindowCenter=-600, WindowWidth=1500)],
    },
    "TURNED": {
        "ImageRotation": 90,
        "ImageHorizontalFlip": "Y",
        "PresentationLUTShape": "INVERSE",
        "ShutterShape": "RECTANGULAR",
        "ShutterLeftVerticalEdge": 2,
        "ShutterRightVerticalEdge": 5,
        "ShutterUpperHorizontalEdge": 2,
        "ShutterLowerHorizontalEdge": 5,
        "ShutterPresentationValue": 65535,
    },
}


@pytest.fixture
def report(tmp_path):
    """Return a CT with two states, and another phase of it in the same place."""
    write_ct(tmp_path / "a", WindowCenter=40, WindowWidth=400)
    write_ct(tmp_path / "b", number=4)
    for number, (label, attributes) in enumerate(STATES.items()):
        uid = f"1.2.3.8.{number}"
        data = state(HERE, ContentLabel=label, SOPInstanceUID=uid, **RESCALE, **attributes)
        write(tmp_path / f"{label}.dcm", data)
    report = load(tmp_path)
    record.add(report)
    yield report
    record.forget(report.stacks, report.objects)


@pytest.fixture
def states(report):
    found = {each.facts.label: each for each in report.objects}
    return found["LUNG"], found["TURNED"]


@pytest.fixture
def image(model, report, qapp):  # noqa: ARG001 - timers need Qt
    follow_openings(model)
    stack = next(stack for stack in report.stacks if stack.series_number == 3)
    return model.add_layer(image_layer(stack))


def test_state_is_not_opened_with_its_series(tmp_path, report, no_gui):  # noqa: ARG001
    assert len(read(str(tmp_path / "a"))) == 1


def test_state_goes_to_its_image_and_draws_it_as_it_says(model, image, states):
    lung, _ = states
    before = np.asarray(image.data)
    assert apply_state(model, lung)
    assert slice_in_view(model, image) == 1
    assert center_width(image) == (-600, 1500)
    shapes, points, texts = layers_of(model, lung)
    assert [type(each) for each in (shapes, points, texts)] == [Shapes, Points, Points]
    assert all(each.visible for each in (shapes, points, texts))
    assert shapes.shape_type == ["path", "ellipse"]
    assert {at[0] for each in shapes.data for at in each} == {1.0}
    assert np.allclose(shapes.data[0], [[1, 0.5, 0.5], [1, 1.5, 3.5]])
    assert list(texts.features["text"]) == ["See"]
    assert list(points.features["layer"]) == ["B"]
    assert np.array_equal(np.asarray(image.data), before)
    assert model.layers.selection.active is image


def test_state_opens_its_series_if_it_is_closed(model, states, report):
    assert apply_state(model, states[0])
    assert model.layers[0].name == next(s for s in report.stacks if s.series_number == 3).name


def test_state_turns_inverts_and_hides_until_it_is_withdrawn(model, image, states):
    _, turned = states
    order, camera = model.dims.order, camera_of(model).orientation2d
    assert apply_state(model, turned)
    assert image.colormap.name == "gray_r"
    assert model.dims.order == (0, 2, 1)
    assert tuple(map(str, camera_of(model).orientation2d)) == ("down", "right")
    (shutter,) = layers_of(model, turned)
    assert isinstance(shutter, Labels)
    closed = np.asarray(shutter.data)
    assert closed.shape == (DEPTH, ROWS, COLUMNS)
    assert closed[1, 0, 0] == 1
    assert not closed[1, 1:5, 1:5].any()
    assert not closed[0].any()
    assert not shutter.editable
    withdraw_state(model, turned)
    assert image.colormap.name == "gray"
    assert (model.dims.order, camera_of(model).orientation2d) == (order, camera)
    assert not shutter.visible
    assert not applied_states(model)


def test_states_of_a_series_take_turns(model, image, states):
    lung, turned = states
    apply_state(model, lung)
    apply_state(model, turned)
    assert applied_states(model) == listed_objects(model).visible == {turned}
    assert not any(each.visible for each in layers_of(model, lung))
    assert image.colormap.name == "gray_r"
    apply_state(model, lung)
    assert applied_states(model) == {lung}
    assert image.colormap.name == "gray"


def test_state_brings_back_the_window_unless_somebody_changed_it(model, image, states):
    lung, _ = states
    switch_object(model, lung, visible=True)
    assert center_width(image) == (-600, 1500)
    switch_object(model, lung, visible=False)
    assert center_width(image) == (40, 400)
    switch_object(model, lung, visible=True)
    image.contrast_limits = (0, 100)
    switch_object(model, lung, visible=False)
    assert tuple(image.contrast_limits) == (0, 100)


def test_state_annotations_are_on_their_own_series_only(model, image, states, report):
    """The other phase lies in the same place, and what was marked is not marked there."""
    view = ObjectView(model)
    phase = next(stack for stack in report.stacks if stack.series_number == 4)
    other = model.add_layer(image_layer(phase, visible=False))
    apply_state(model, states[0])
    for layer, visible in ((other, False), (image, True)):
        bring_into_view(model, layer)
        view.follow()
        assert {each.visible for each in layers_of(model, states[0])} == {visible}
    view.release()


def test_state_without_its_images_says_so(model, tmp_path, monkeypatch, report):
    told = []
    monkeypatch.setattr("napari_medscan.napari_.objects.applied_state.tell", told.append)
    write(tmp_path / "c" / "pr.dcm", state(refer("1.2.9"), series="1.9", PatientID="alone"))
    (lone,) = load(tmp_path / "c").objects
    assert not apply_state(model, lone)
    assert told == ["PR 8 · FINDING: open its images first. They are in no series that was found."]
    assert not object_layers([lone], report.stacks)
    assert not model.layers


def test_state_draws_each_slice_by_its_own_window_until_somebody_chooses_another(
    model, image, tmp_path
):
    windows = [
        item(WindowCenter=c, WindowWidth=100, ReferencedImageSequence=refer(f"1.2.3.3.{z}"))
        for z, c in ((1, 10), (2, 20), (3, 30))
    ]
    images = refer(*(f"1.2.3.3.{z}" for z in range(1, 4)))
    data = state(images, SOPInstanceUID="1.2.3.8.9", SoftcopyVOILUTSequence=windows, **RESCALE)
    write(tmp_path / "d" / "pr.dcm", data)
    (own,) = load(tmp_path / "d").objects
    view = StateView(model)
    seen = []
    apply_state(model, own)
    for z in (1, 2, 3, 4):
        model.dims.set_point(0, image.data_to_world((z, 0, 0))[0])
        view.follow()
        seen.append(center_width(image)[0])
    assert seen == [10, 20, 30, 30]
    image.contrast_limits = (0, 100)
    model.dims.set_point(0, image.data_to_world((1, 0, 0))[0])
    view.follow()
    assert tuple(image.contrast_limits) == (0, 100)
    view.release()


def test_state_that_was_found_before_its_images_is_applied_when_they_come(model, tmp_path, qapp):  # noqa: ARG001
    write(tmp_path / "pr" / "pr.dcm", state(HERE, GraphicAnnotationSequence=MARKS))
    first = load(tmp_path / "pr")
    (lone,) = first.objects
    record.add(first)
    assert listed_objects(model).others == [lone]
    second = load(write_ct(tmp_path / "ct"))
    record.add(second)
    try:
        (stack,) = second.stacks
        assert listed_objects(model).below == {stack: [lone]}
        assert apply_state(model, lone)
        assert len(layers_of(model, lone)) == 3
    finally:
        record.forget(second.stacks, first.objects)


@pytest.fixture
def blend(tmp_path, report):
    """Return a state that draws the other phase over the CT, in red."""
    write(tmp_path / "e" / "pr.dcm", blending("1.2.3.3", "1.2.3.4", SOPInstanceUID="1.2.3.8.7"))
    (found,) = load(tmp_path / "e").objects
    return found, next(stack for stack in report.stacks if stack.series_number == 4)


@pytest.mark.parametrize("is_below", [True, False])
def test_state_blends_a_series_over_another_until_it_is_withdrawn(model, image, blend, is_below):
    state, phase = blend
    other = image_layer(phase)
    model.layers.insert(0 if is_below else 1, other)
    bring_into_view(model, other)
    image.visible = False
    seen, limits = other.visible, tuple(other.contrast_limits)
    model.dims.set_point(0, image.data_to_world((3, 0, 0))[0])
    assert apply_state(model, state)
    assert slice_in_view(model, image) == 3
    assert model.layers.index(other) > model.layers.index(image)
    assert (image.visible, image.opacity, image.colormap.name) == (True, 1, "gray")
    assert (other.visible, other.opacity, other.blending) == (True, 0.5, "translucent")
    np.testing.assert_allclose(other.colormap.colors[-1], [1, 0, 0, 1])
    assert (center_width(image), center_width(other)) == ((40, 400), (300, 200))
    assert model.layers.selection.active is image
    withdraw_state(model, state)
    assert (other.visible, other.opacity, other.colormap.name) == (seen, 1, "gray")
    assert tuple(other.contrast_limits) == limits


def test_state_that_blends_opens_both_series_and_hides_what_it_opened(model, blend, report, qapp):  # noqa: ARG001
    state, phase = blend
    follow_openings(model)
    assert apply_state(model, state)
    image, other = (layer for layer in model.layers if "CT" in layer.name)
    assert [layer.visible for layer in (image, other)] == [True, True]
    assert other.name == phase.name
    withdraw_state(model, state)
    assert [layer.visible for layer in (image, other)] == [True, False]


def test_state_does_not_blend_what_lies_elsewhere(model, blend, tmp_path, monkeypatch, report):  # noqa: ARG001
    told = []
    monkeypatch.setattr("napari_medscan.napari_.objects.applied_state.tell", told.append)
    write_ct(tmp_path / "f", number=6, FrameOfReferenceUID="1.9")
    there = load(tmp_path / "f")
    record.add(there)
    write(tmp_path / "g" / "pr.dcm", blending("1.2.3.3", "1.2.3.6"))
    (state,) = load(tmp_path / "g").objects
    assert apply_state(model, state)
    assert len(told) == 1
    assert "does not lie in the place of" in told[0]
    record.forget(there.stacks, [])
