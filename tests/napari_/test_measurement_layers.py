"""Shapes of napari, measured on the series below them."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Points, Shapes

from napari_medscan.dicom import load
from napari_medscan.measure import Calibration, Ellipse, Quantity, measure_region
from napari_medscan.measure.shapes import ARROW, DIAMETERS, measured
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.measurement_layers import drawn_shapes, take_tool, write_labels
from napari_medscan.napari_.measurement_layers import new_layer as new
from napari_medscan.napari_.slab import set_slab

from ..export.series import OBLIQUE, opened, opened_in_time


@pytest.fixture
def series(tmp_path, model):
    """Return a viewer, the layer of an oblique series in it, and the series."""
    stack = opened(tmp_path, orientation=OBLIQUE)
    layer = image_layer(stack)
    model.add_layer(layer)
    return model, layer, stack


def new_layer(viewer, layer):
    return new(viewer, layer, Shapes)


def rows(viewer, shapes, *series, **options):
    drawn = drawn_shapes(viewer, shapes, series, **options)
    return [row for shape in drawn for row in measured(shape)]


def test_shapes_are_measured_in_the_patient(series):
    viewer, layer, stack = series
    shapes = new_layer(viewer, layer)
    shapes.add([[1, 0, 0], [1, 2, 4]], shape_type="line")
    shapes.add([[1, 0, 0], [1, 2, 0], [1, 2, 4]], shape_type="path")
    shapes.add([[1, 0, 0], [1, 0, 4], [1, 0, 0], [1, 2, 4 / 3]], shape_type="path")
    shapes.add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")
    line, corner, cobb, ellipse = rows(viewer, shapes, layer)
    # Rows are 0.5 mm apart, columns 0.75 mm.
    assert (line.name, str(line.quantity)) == ("Length 1", f"{np.hypot(1, 3):.4g} mm")
    assert (corner.name, str(corner.quantity)) == ("Angle 1", "90°")
    assert (cobb.name, str(cobb.quantity)) == ("Cobb angle 1", "45°")
    expected = measure_region(stack, Ellipse.of_box(0, 1, ((0, 0), (3, 4))))
    assert ellipse.statistics == expected
    assert (ellipse.place, ellipse.quantity) == ("slice 2", expected.area)


def test_region_across_the_slices_is_measured_in_its_plane(series):
    viewer, layer, _ = series
    shapes = new_layer(viewer, layer)
    shapes.add([[0, 2, 0], [0, 2, 4], [2, 2, 4], [2, 2, 0]], shape_type="rectangle")
    (row,) = rows(viewer, shapes, layer)
    assert row.place == "row 3"
    assert str(row.quantity) == "12 mm²"
    assert row.statistics.count > 0


def test_shapes_of_a_layer_elsewhere_are_mapped(series):
    viewer, layer, _ = series
    shapes = new_layer(viewer, layer)
    shapes.add([[1, 0, 0], [1, 2, 4]], shape_type="line")
    plain = viewer.add_shapes(ndim=3)
    plain.add(np.array([layer.data_to_world(p) for p in shapes.data[0]]), shape_type="line")
    (one,), (other,) = rows(viewer, shapes, layer), rows(viewer, plain, layer)
    assert other.quantity.value == pytest.approx(one.quantity.value)


def test_oblique_region_says_why_it_is_not_measured(series):
    viewer, layer, _ = series
    shapes = new_layer(viewer, layer)
    shapes.add([[0, 0, 0], [1, 1, 4], [2, 3, 0]], shape_type="polygon")
    (row,) = rows(viewer, shapes, layer)
    assert row.quantity is None
    assert "plane" in row.note


def test_region_measures_every_series_and_suv(pet_ct, model):
    stacks = load(pet_ct).stacks
    ct, pet = (next(s for s in stacks if s.modality == modality) for modality in ("CT", "PT"))
    layers = [image_layer(stack) for stack in (ct, pet)]
    for layer in layers:
        model.add_layer(layer)
    shapes = new_layer(model, layers[0])
    n = ct.array.shape[-1]
    box = [
        [1, n * 0.3, n * 0.3],
        [1, n * 0.3, n * 0.6],
        [1, n * 0.6, n * 0.6],
        [1, n * 0.6, n * 0.3],
    ]
    shapes.add(box, shape_type="ellipse")
    on_ct, on_pet, in_suv = rows(model, shapes, *layers)
    assert [row.statistics.unit for row in (on_ct, on_pet, in_suv)] == ["HU", "Bq/ml", "SUVbw"]
    assert in_suv.statistics.mean == pytest.approx(on_pet.statistics.mean * pet.suv.bw)


def test_region_is_measured_at_its_time_point(tmp_path, model):
    stack = opened_in_time(tmp_path)
    layer = image_layer(stack)
    model.add_layer(layer)
    shapes = new_layer(model, layer)
    box = [[2, 1, -0.5, -0.5], [2, 1, -0.5, 5.5], [2, 1, 3.5, 5.5], [2, 1, 3.5, -0.5]]
    shapes.add(box, shape_type="rectangle")
    (row,) = rows(model, shapes, layer)
    assert row.statistics.mean == pytest.approx(np.asarray(stack.array)[2, 1].mean())


def test_nothing_is_measured_without_a_series(model):
    shapes = model.add_shapes(ndim=3)
    shapes.add([[1, 0, 0], [1, 2, 4]], shape_type="line")
    assert rows(model, shapes) == []


def test_point_has_the_value_of_every_series_and_suv(pet_ct, model):
    stacks = load(pet_ct).stacks
    ct, pet = (next(s for s in stacks if s.modality == modality) for modality in ("CT", "PT"))
    layers = [image_layer(stack) for stack in (ct, pet)]
    for layer in layers:
        model.add_layer(layer)
    points = new(model, layers[0], Points)
    place = (1, ct.array.shape[1] // 2, ct.array.shape[2] // 2)
    points.add([place])
    on_ct, on_pet, in_suv = rows(model, points, *layers)
    assert on_ct.quantity == Quantity(float(ct.array[place]), "HU")
    there = np.rint(pet.to_index(ct.to_patient(place))).astype(int)
    assert on_pet.quantity == Quantity(float(pet.array[tuple(there)]), "Bq/ml")
    assert in_suv.quantity.unit == "SUVbw"
    assert in_suv.quantity.value == pytest.approx(on_pet.quantity.value * pet.suv.bw)


def test_point_beside_the_series_says_so(series):
    viewer, layer, _ = series
    points = new(viewer, layer, Points)
    points.add([(1, -5, 0)])
    (row,) = rows(viewer, points, layer)
    assert (row.quantity, row.note) == (None, "The point is outside of the series")


def test_two_diameters_are_a_pair_and_a_slant_is_said(series):
    viewer, layer, _ = series
    shapes = new_layer(viewer, layer)
    take_tool(shapes, "add_line", DIAMETERS)
    shapes.add([[1, 1, 0], [1, 1, 4]], shape_type="line")
    shapes.add([[1, 0, 2], [1, 2, 2]], shape_type="line")
    shapes.add([[1, 1, 0], [1, 1, 4]], shape_type="line")
    shapes.add([[1, 0, 1], [1, 2, 3]], shape_type="line")
    first, second, third, fourth = rows(viewer, shapes, layer)
    assert (first.name, str(first.quantity)) == ("Longest diameter 1", "3 mm")
    assert (second.name, str(second.quantity), second.note) == ("Diameter across 1", "1 mm", "")
    assert third.name == "Longest diameter 2"
    # Rows are 0.5 mm apart, columns 0.75 mm.
    slant = np.degrees(np.arctan2(1, 1.5))
    assert fourth.note == f"The diameters are not at right angles ({slant:.4g}°)"


def test_arrow_shows_its_name_alone(series):
    viewer, layer, _ = series
    shapes = new_layer(viewer, layer)
    take_tool(shapes, "add_line", ARROW)
    shapes.add([[1, 1, 0], [1, 1, 4]], shape_type="line")
    (shape,) = drawn_shapes(viewer, shapes, [layer])
    found = measured(shape)
    assert (found[0].name, found[0].quantity, found[0].place) == ("Arrow 1", None, "slice 2")
    write_labels(shapes, [found])
    assert list(shapes.features["measurement"]) == ["Arrow 1"]


def test_labels_wait_for_a_shape_that_napari_is_taking_away(series):
    """A path of two clicks is dropped at a double click: its features go after its vertices."""
    viewer, layer, _ = series
    shapes = new_layer(viewer, layer)
    for row in (1, 2):
        shapes.add([[1, row, 0], [1, row, 4]], shape_type="line")
    shapes._data_view.remove(1)
    assert (len(shapes.data), len(shapes.features)) == (1, 2)
    found = measured(drawn_shapes(viewer, shapes, [layer])[0])
    write_labels(shapes, [found])
    assert not any(shapes.features["measurement"])


def test_region_is_measured_through_the_slab(series):
    viewer, layer, stack = series
    shapes = new_layer(viewer, layer)
    shapes.add([[1, 0, 0], [1, 0, 4], [1, 3, 4], [1, 3, 0]], shape_type="ellipse")
    viewer.dims.set_point(0, float(layer.data_to_world((1, 0, 0))[0]))
    set_slab(viewer, [layer], "mean", 2 * float(layer.scale[0]))
    (row,) = rows(viewer, shapes, layer)
    region = Ellipse.of_box(0, 1, ((0, 0), (3, 4)))
    assert row.statistics == measure_region(stack, region, slab=2)
    assert row.place == "slice 2, slab of 2"


def test_calibration_by_hand_is_said_on_every_value(series):
    viewer, layer, stack = series
    shapes = new_layer(viewer, layer)
    shapes.add([[1, 0, 0], [1, 0, 4]], shape_type="line")
    shapes.add([[1, 0, 0], [1, 0, 4], [1, 2, 4], [1, 2, 0]], shape_type="rectangle")
    shapes.add([[1, 0, 0], [1, 2, 0], [1, 2, 4]], shape_type="path")
    calibrated = {stack: Calibration.of(Quantity(3, "mm"), 6)}
    line, box, corner = rows(viewer, shapes, layer, calibrations=calibrated)
    assert (str(line.quantity), str(box.quantity), str(corner.quantity)) == (
        "6 mm",
        "12 mm²",
        "90°",
    )
    note = "Calibrated by hand: a line of 3 mm is 6 mm"
    assert [row.quantity.note for row in (line, box, corner)] == [note, note, ""]
