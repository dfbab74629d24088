"""Segmentations as Labels layers: names, colors, painting, and the series they lie on."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels

from napari_medscan.dicom import load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.shown_object import layers_of, object_of
from napari_medscan.reader import read

from ...dicom.making import write
from ...dicom.objects.labeled import COLUMNS, DEPTH, ROWS, position, seg, segment, write_ct

LIVER = segment(1, "liver", RecommendedDisplayCIELabValue=[0, 32896, 32896])


@pytest.fixture
def pixels():
    return np.random.default_rng(0).random((ROWS, COLUMNS)) > 0.5


@pytest.fixture
def folder(tmp_path, pixels):
    frames = [(1, position(1), pixels), (300, position(2), pixels)]
    names = [LIVER, segment(300, "spleen"), segment(301, "empty")]
    write(write_ct(tmp_path) / "seg.dcm", seg(frames, {}, SegmentSequence=names))
    return tmp_path


@pytest.fixture
def layer(model, folder):
    report = load(folder)
    for each in (*image_layers(report.stacks), *object_layers(report.objects, report.stacks)):
        model.add_layer(each)
    return model.layers[-1]


def test_segmentation_layer_lies_on_the_voxels_of_its_series(layer, model):
    image = model.layers[0]
    assert isinstance(layer, Labels)
    assert layer.data.shape == image.data.shape == (DEPTH, ROWS, COLUMNS)
    assert np.array_equal(layer.scale, image.scale)
    assert np.array_equal(layer.translate, image.translate)
    assert tuple(layer.units) == tuple(image.units)


def test_segmentation_layer_names_its_segments_the_empty_ones_too(layer):
    """A5, A10: what converting would lose is in the features."""
    assert list(layer.features["index"]) == [0, 1, 300, 301]
    assert list(layer.features["name"]) == ["background", "liver", "spleen", "empty"]
    assert list(layer.features["note"]) == ["", "", "", "empty"]


def test_segmentation_layer_is_drawn_in_the_colors_of_the_file(layer):
    black, other = layer.colormap.color_dict[1], layer.colormap.color_dict[300]
    assert np.allclose(black, (0, 0, 0, 1), atol=0.01)
    assert not np.allclose(other, black)
    assert layer.colormap.color_dict[0][3] == 0


def test_segmentation_layer_paint_fill_and_undo_change_one_slice(layer, model, pixels):
    model.dims.set_point(0, layer.data_to_world((1, 0, 0))[0])
    before = np.asarray(layer.data)
    layer.brush_size = 3
    layer.paint((1, 4, 4), 300)
    layer.fill((1, 0, 0), 301)
    painted = np.asarray(layer.data)
    assert painted[1, 4, 4] == 300
    assert painted[1, 0, 0] == 301
    assert layer.data.edited_slices == (1,)
    assert np.array_equal(np.delete(painted, 1, 0), np.delete(before, 1, 0))
    layer.undo()
    layer.undo()
    assert np.array_equal(np.asarray(layer.data), before)
    assert np.array_equal(before[1], pixels * 1)


def test_segmentation_layer_copy_is_nobodys(layer, model):
    """napari copies features and colors to a duplicate, which has labels of its own."""
    copy = Labels(np.array(layer.data), metadata=dict(layer.metadata))
    model.add_layer(copy)
    assert object_of(layer) is not None
    assert object_of(copy) is None
    assert layers_of(model, object_of(layer).source) == [layer]


def test_reader_gives_a_segmentation_after_its_series(folder, no_gui):  # noqa: ARG001
    image, labels = read(str(folder))
    assert stack_of(image).modality == "CT"
    assert isinstance(labels, Labels)


def test_reader_gives_a_segmentation_without_its_series(tmp_path, pixels, no_gui):  # noqa: ARG001
    write(tmp_path / "seg.dcm", seg([(1, position(1), pixels)], {1: "liver"}))
    (labels,) = read(str(tmp_path))
    assert np.array_equal(np.asarray(labels.data), pixels[None] * 1)


def test_reader_opens_the_series_of_a_segmentation_file(folder, no_gui):  # noqa: ARG001
    """A file that a person picks alone is shown on its images, which lie beside it."""
    file = load(folder).objects[0]
    assert file.referenced_series == ()
    layers = read(str(folder / "seg.dcm"))
    assert [type(each).__name__ for each in layers] == ["Labels"]
