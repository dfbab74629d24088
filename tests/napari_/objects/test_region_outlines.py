"""Many regions of a structure set in one layer, each of which is switched by itself."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Points, Vectors

from napari_medscan.dicom import load
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.objects.contour_labels import contours_to_labels
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.plane_cuts import NAME, PlaneCuts
from napari_medscan.napari_.objects.region_outlines import outlines_of, switch_regions

from ...dicom.making import write
from ...dicom.objects.contoured import rtstruct
from ...dicom.objects.labeled import position, write_ct

MANY = 10


def box(number):
    """Return a contour on slice 1 that begins at a column of its own."""
    corners = ((1, number), (1, number + 2), (5, number + 2), (5, number))
    return [("CLOSED_PLANAR", [position(1, row, column) for row, column in corners])]


def write_regions(folder, count=MANY):
    rois = {f"roi {number}": box(number) for number in range(1, count + 1)}
    rois |= {"none": [], "iso": [("POINT", [position(2, 3, 4)])]}
    write(write_ct(folder) / "rs.dcm", rtstruct(rois))
    return load(folder)


HAS_GUI = "napari_medscan.napari_.objects.structure_layers.has_gui"


@pytest.fixture
def in_window(monkeypatch):
    monkeypatch.setattr(HAS_GUI, lambda: True)


@pytest.fixture
def opened(tmp_path, model, qapp, in_window):  # noqa: ARG001
    """Return a viewer with a CT and outlines on it, and what draws them."""
    report = write_regions(tmp_path)
    for each in (*image_layers(report.stacks), *object_layers(report.objects, report.stacks)):
        model.add_layer(each)
    model.layers.selection.active = model.layers[0]
    cuts = PlaneCuts(model, model)
    yield model, model.layers[1], cuts
    cuts.release()


def drawn(model, cuts, order=(0, 1, 2), index=(1, 3, 3)):
    """Return the columns that lines of a plane begin at, and their colors."""
    model.dims.order = order
    model.dims.point = model.layers[0].data_to_world(index)
    cuts.follow()
    (layer,) = (each for each in model.layers if each.name == NAME)
    starts = layer.data[:, 0] * layer.scale + layer.translate
    image = model.layers[0]
    columns = {round(image.world_to_data(start)[2], 3) for start in starts}
    return columns, {tuple(np.round(color, 2)) for color in layer.edge_color[: len(starts)]}


@pytest.mark.parametrize(("count", "layers"), [(8, 9), (9, 2)])
def test_structure_set_of_many_regions_is_one_layer_in_a_window(tmp_path, in_window, count, layers):  # noqa: ARG001
    report = write_regions(tmp_path, count)
    made = object_layers(report.objects, report.stacks)
    assert len(made) == layers
    assert sum(isinstance(layer, Points) for layer in made) == 1


def test_structure_set_in_a_script_has_a_layer_for_each_region(tmp_path, monkeypatch):
    monkeypatch.setattr(HAS_GUI, lambda: False)
    report = write_regions(tmp_path)
    made = object_layers(report.objects, report.stacks)
    assert [layer.name for layer in made] == [f"roi {n}" for n in range(1, MANY + 1)] + ["iso"]


def test_outlines_are_the_contours_of_all_regions_in_their_colors(opened):
    model, layer, cuts = opened
    assert isinstance(layer, Vectors)
    columns, colors = drawn(model, cuts)
    assert columns == set(range(1, MANY + 3))
    expected = {(1.0, 0.0, round(51 * n % 256 / 255, 2), 1.0) for n in range(1, 6)}
    assert expected <= colors
    assert drawn(model, cuts, index=(3, 0, 0))[0] == set()
    across, _ = drawn(model, cuts, order=(1, 0, 2))
    assert across == set(range(1, MANY + 3))


def test_outlines_of_a_slice_are_drawn_once_and_leave_the_sliders_alone(opened):
    """Setting lines and colors drew twice, and compared the extents of all layers."""
    model, _, cuts = opened
    drawn(model, cuts, index=(3, 0, 0))
    (layer,) = (each for each in model.layers if each.name == NAME)
    times = []
    layer.events.set_data.connect(lambda _: times.append("drawn"))
    layer.events._extent_augmented.connect(lambda _: times.append("extent"))
    model.dims.point = model.layers[0].data_to_world((1, 3, 3))
    times.clear()
    cuts.follow()
    assert len(layer.data)
    assert times == ["drawn"]


def test_outlines_of_a_region_that_is_off_are_not_drawn(opened):
    model, layer, cuts = opened
    switch_regions(layer, range(2, MANY + 1), visible=False)
    assert drawn(model, cuts)[0] == {1, 3}
    switch_regions(layer, [2], visible=True)
    assert drawn(model, cuts)[0] == {1, 2, 3, 4}
    layer.visible = False
    cuts.follow()
    assert NAME not in model.layers


def test_outlines_lie_on_all_slices_in_3d(opened):
    model, layer, cuts = opened
    model.dims.ndisplay = 3
    cuts.follow()
    assert len(layer.data) == 4 * MANY
    assert set(layer.data[:, 0, 0]) == {1}
    switch_regions(layer, range(2, MANY + 1), visible=False)
    cuts.follow()
    assert len(layer.data) == 4
    model.dims.ndisplay = 2
    cuts.follow()
    assert len(layer.data) == 0


def test_contours_to_labels_fills_the_regions_that_are_on(opened):
    model, layer, _ = opened
    switch_regions(layer, range(3, MANY + 1), visible=False)
    model.layers.selection = {layer}
    contours_to_labels(model)
    names = [each.name for each in model.layers if each.name.endswith("(labels)")]
    assert names == ["roi 1 (labels)", "roi 2 (labels)"]
    assert [roi.name for roi in outlines_of(layer).rois] == ["roi 1", "roi 2"]
