"""Shapes of napari, measured on the series below them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.measure import Ellipse, measure_region
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.shape_measurements import drawn_shapes, measured, new_layer

from ..export.series import OBLIQUE, opened, opened_in_time


@pytest.fixture
def series(tmp_path, model):
    """Return a viewer, the layer of an oblique series in it, and the series."""
    stack = opened(tmp_path, orientation=OBLIQUE)
    layer = image_layer(stack)
    model.add_layer(layer)
    return model, layer, stack


def rows(viewer, shapes, *series):
    return list(measured(drawn_shapes(viewer, shapes, series)))


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
