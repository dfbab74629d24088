"""Overlays and shutters are off until their eye is opened, and lie on the pixels of the series."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.shown_object import layers_of, object_of
from napari_medscan.napari_.session import record
from napari_medscan.reader import read
from napari_medscan.widgets.panel.object_switches import listed_objects, switch_object

from ...dicom.making import ct, write
from ...dicom.objects.overlaid import add_overlay

PLANE = np.eye(4, 6, dtype=bool)


@pytest.fixture
def folder(tmp_path):
    data = ct(
        ShutterShape="RECTANGULAR", ShutterLeftVerticalEdge=2, ShutterRightVerticalEdge=5,
        ShutterUpperHorizontalEdge=1, ShutterLowerHorizontalEdge=4, ShutterPresentationValue=65535,
    )  # fmt: skip
    write(tmp_path / "a.dcm", add_overlay(data, PLANE, kind="R", label="Lesion"))
    return tmp_path


def test_plane_layers_are_not_opened_with_their_series(folder, no_gui):  # noqa: ARG001
    (layer,) = read(str(folder))
    assert isinstance(layer, Image)


def test_plane_layers_lie_on_the_pixels_of_the_series(folder, model):
    report = load(folder)
    image = model.add_layer(image_layer(report.stacks[0]))
    overlay, shutter = (
        model.add_layer(each) for each in object_layers(report.objects, report.stacks)
    )
    for layer in (overlay, shutter):
        assert isinstance(layer, Labels)
        assert np.array_equal(layer.scale, image.scale)
        assert np.array_equal(layer.translate, image.translate)
    assert np.array_equal(np.asarray(overlay.data)[0], PLANE)
    assert np.asarray(shutter.data)[0].any(axis=0).tolist() == [True, *[False] * 4, True]
    assert np.allclose(shutter.colormap.color_dict[1], 1)
    assert (overlay.opacity, shutter.opacity) == (0.5, 1)
    assert (overlay.editable, shutter.editable) == (True, False)
    assert list(overlay.features["name"]) == ["background", "overlay plane"]


def test_plane_layers_of_time_points_follow_them(tmp_path, model):
    data = ct(Modality="US", NumberOfFrames=4, PixelData=bytes(192), FrameTime=40)
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"):
        delattr(data, name)
    planes = np.random.default_rng(0).random((4, 4, 6)) > 0.5
    write(tmp_path / "a.dcm", add_overlay(data, planes, frames=4, first_frame=1))
    report = load(tmp_path)
    image = model.add_layer(image_layer(report.stacks[0]))
    (layer,) = object_layers(report.objects, report.stacks)
    model.add_layer(layer)
    assert layer.data.shape == image.data.shape == (4, 1, 4, 6)
    assert np.array_equal(np.asarray(layer.data)[:, 0], planes)
    assert not layer.editable
    assert object_of(layer) is not None


def test_plane_layers_are_switched_by_their_eye_and_go_with_their_series(folder, model):
    report = load(folder)
    (stack,) = report.stacks
    record.add(report)
    try:
        model.add_layer(image_layer(stack))
        assert list(listed_objects(model).below[stack]) == list(report.objects)
        overlay, _ = report.objects
        switch_object(model, overlay, visible=True)
        (layer,) = layers_of(model, overlay)
        assert layer.visible
        assert object_of(layer).stack is stack
        assert listed_objects(model).visible == {overlay}
        switch_object(model, overlay, visible=False)
        assert not layer.visible
    finally:
        record.forget([stack])
    assert not record.catalogue.objects
