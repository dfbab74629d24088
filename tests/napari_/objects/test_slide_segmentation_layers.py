"""Segmentations of slides as Labels layers that lie on the slide, whatever is opened first."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels

from napari_medscan.napari_.objects.object_view import ObjectView, show_object
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.reader import read

from ...dicom.objects.slide_labels import labels, slide_seg, write_source
from ...dicom.objects.slides import ORIGIN, SPACING

pytest.importorskip("highdicom")


@pytest.fixture
def folder(tmp_path):
    smaller = write_source(tmp_path / "level.dcm", zoom=4)
    write_source(tmp_path / "slide.dcm")
    slide_seg(smaller, labels(4), "BINARY", "TILED_SPARSE").save_as(tmp_path / "seg.dcm")
    return tmp_path


@pytest.fixture
def viewer(model, qapp):  # noqa: ARG001 - timers need Qt
    view = ObjectView(model)
    yield model
    view.release()


def test_slide_segmentation_is_a_labels_layer_on_its_slide(folder):
    slide, drawn = read(str(folder))
    assert isinstance(drawn, Labels)
    assert drawn.name == "SEG 77 · Regions"
    assert slide.visible
    assert drawn.visible
    assert drawn.multiscale
    assert not drawn.editable
    assert np.allclose(drawn.scale, 4 * SPACING)
    assert np.allclose(drawn.translate, [-ORIGIN[0], -ORIGIN[1]])
    assert list(drawn.features["name"]) == ["background", "Tumor", "Stroma"]
    row, column = 5, 4
    world = drawn.translate + np.array((row, column)) * 4 * SPACING
    status = drawn.get_status(world, view_direction=None, dims_displayed=[0, 1], world=True)
    assert "Tumor" in status["value"]
    assert labels(4)[row, column] == 1


@pytest.mark.parametrize("first", ["slide", "seg"])
def test_slide_segmentation_lies_above_its_slide_in_any_order(folder, viewer, first):
    layers = read(str(folder))
    for layer in layers if first == "slide" else layers[::-1]:
        viewer.add_layer(layer)
    assert [type(object_of(layer).source).__name__ for layer in viewer.layers] == [
        "Slide",
        "SlideSegmentation",
    ]


def test_slide_segmentation_brings_its_slide_and_hides_others(folder, tmp_path_factory, viewer):
    other = tmp_path_factory.mktemp("other")
    write_source(other / "a.dcm", FrameOfReferenceUID="1.9", SeriesInstanceUID="1.2.3.99")
    slide, drawn = read(str(folder))
    (stranger,) = read(str(other))
    for layer in (slide, drawn, stranger):
        viewer.add_layer(layer)
    slide.visible = drawn.visible = False
    show_object(viewer, object_of(drawn).source)
    assert (slide.visible, drawn.visible, stranger.visible) == (True, True, False)
    show_object(viewer, object_of(stranger).source)
    assert (slide.visible, drawn.visible, stranger.visible) == (False, False, True)
