"""Structure sets as Shapes and Points layers."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Points, Shapes

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.contour_labels import contours_to_labels
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.shown_object import object_of

from ...dicom.making import write
from ...dicom.objects.contoured import rtstruct
from ...dicom.objects.labeled import SPACING, STEP, position, write_ct

BOX = [position(1, row, column) for row, column in ((1, 2), (1, 7), (5, 7), (5, 2))]


@pytest.fixture
def layers(tmp_path, model):
    rois = {"liver": [("CLOSED_PLANAR", BOX)], "none": [], "iso": [("POINT", [position(2, 3, 4)])]}
    write(write_ct(tmp_path) / "rs.dcm", rtstruct(rois))
    report = load(tmp_path)
    for each in (*image_layers(report.stacks), *object_layers(report.objects, report.stacks)):
        model.add_layer(each)
    return list(model.layers)


def test_structure_layers_are_one_for_each_region_with_contours(layers):
    _, liver, iso = layers
    assert (liver.name, iso.name) == ("liver", "iso")
    assert isinstance(liver, Shapes)
    assert isinstance(iso, Points)
    assert object_of(liver).source is object_of(iso).source


def test_structure_layer_draws_a_closed_path_in_its_color_on_its_slice(layers):
    image, liver, _ = layers
    (path,) = liver.data
    world = np.array([liver.data_to_world(point) for point in path])
    assert np.array_equal(path[0], path[-1])
    expected = [image.data_to_world((1, r, c)) for r, c in ((1, 2), (1, 7), (5, 7), (5, 2), (1, 2))]
    assert world == pytest.approx(np.array(expected), abs=1e-3)
    assert np.allclose(liver.edge_color[0], (1, 0, 0.2, 1))
    assert liver.shape_type == ["path"]
    assert tuple(liver.scale) == pytest.approx((STEP, *SPACING))


def test_structure_layer_is_visible_on_its_slice_alone(layers, model):
    _, liver, _ = layers
    for z, visible in ((0, False), (1, True), (2, False)):
        model.dims.set_point(0, liver.data_to_world((z, 0, 0))[0])
        assert bool(len(liver._data_view.displayed_vertices)) is visible


def test_contours_to_labels_fills_the_selected_regions(layers, model):
    image, liver, _ = layers
    model.layers.selection = {liver}
    contours_to_labels(model)
    labels = model.layers[-1]
    assert labels.name == "liver (labels)"
    expected = np.zeros(image.data.shape, bool)
    expected[1, 1:5, 2:7] = True
    assert np.array_equal(np.asarray(labels.data), expected)
    assert np.allclose(labels.colormap.color_dict[1], (1, 0, 0.2, 1))
    labels.data[2, 0, 0] = 1
    assert labels.data.edited_slices == (2,)


def test_contours_to_labels_fills_contours_as_they_were_edited(layers, model):
    image, liver, _ = layers
    data = liver.data[0] + (1, 1, 0)
    liver.data = [(data, "path")]
    box = np.array([(3, 0.5, 0.5), (3, 0.5, 3.5), (3, 4.5, 3.5), (3, 4.5, 0.5)])
    liver.add(box, shape_type="rectangle")
    liver.add(np.array([(4, 0, 0), (4, 0, 6), (4, 6, 6)], float), shape_type="path")
    liver.edge_color = "lime"
    model.layers.selection = {liver}
    contours_to_labels(model)
    expected = np.zeros(image.data.shape, bool)
    expected[2, 2:6, 2:7] = True
    expected[3, 1:5, 1:4] = True
    assert np.array_equal(np.asarray(model.layers[-1].data), expected)
    assert np.allclose(model.layers[-1].colormap.color_dict[1], (0, 1, 0, 1))


def test_contours_to_labels_needs_selected_contours(layers, model, told):
    model.layers.selection = {layers[0]}
    contours_to_labels(model)
    assert [record.message for record in told] == [
        "Select the contours of an RT Structure Set first."
    ]
    assert len(model.layers) == 3
