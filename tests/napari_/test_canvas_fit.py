"""A layer that is fit to the canvas fills it, whatever else the viewer holds."""

import numpy as np
import pytest

from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit, show_actual_size


def edges(model, shape, scale):
    """Return height and width on the canvas, in pixels of it."""
    vertical, horizontal = model.dims.displayed[-2:]
    sides = np.array(shape) * scale
    before = model.dims.ndim - len(shape)
    return model.scene.camera.zoom * sides[[vertical - before, horizontal - before]]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_fit_to_canvas_fills_95_percent(model, order):
    layer = model.add_image(np.zeros((5, 30, 20)), scale=(3, 1, 2), translate=(7, 8, 9))
    model.dims.order = order
    fit_to_canvas(model, layer)
    filled = edges(model, (5, 30, 20), (3, 1, 2)) / model.canvas.size
    assert max(filled) == pytest.approx(0.95)
    middle = np.array(layer.extent.world).mean(axis=0)
    assert model.scene.camera.center[-2:] == pytest.approx(middle[list(model.dims.displayed)])


def test_fit_to_canvas_agrees_with_napari_for_one_layer(model):
    layer = model.add_image(np.zeros((5, 30, 20)), scale=(3, 1, 2))
    for displayed in (2, 3):
        model.dims.ndisplay = displayed
        model.scene.camera.angles = (10, 20, 30)
        model.fit_to_view()
        by_napari = model.scene.camera.zoom, *model.scene.camera.center
        model.scene.camera.zoom = 1
        fit_to_canvas(model, layer)
        assert (model.scene.camera.zoom, *model.scene.camera.center) == pytest.approx(by_napari)


def test_fit_to_canvas_layer_of_fewer_axes_than_the_viewer(model):
    layer = model.add_image(np.zeros((5, 30, 20)))
    fit_to_canvas(model, layer)
    before = model.scene.camera.zoom, model.scene.camera.center
    model.add_image(np.zeros((4, 5, 900, 900)))
    fit_to_canvas(model, layer)
    assert (model.scene.camera.zoom, model.scene.camera.center) == before


@pytest.mark.parametrize("scale", [(3, 0.5, 0.5), (3, 0.5, 2)])
def test_show_actual_size_one_pixel_is_one_of_the_screen(model, scale):
    layer = model.add_image(np.zeros((5, 30, 20)), scale=scale)
    center = model.scene.camera.center
    show_actual_size(model, layer)
    assert min(edges(model, (5, 30, 20), scale) / (30, 20)) == pytest.approx(1)
    assert model.scene.camera.center == center


def test_show_actual_size_counts_the_pixels_of_a_dense_screen(model, monkeypatch):
    layer = model.add_image(np.zeros((30, 20)))
    monkeypatch.setattr("napari_medscan.napari_.canvas_fit.pixel_ratio", lambda _: 2.0)
    show_actual_size(model, layer)
    assert model.scene.camera.zoom == pytest.approx(0.5)


def test_is_fit_until_the_camera_moves(model):
    layer = model.add_image(np.zeros((5, 30, 20)))
    other = model.add_image(np.zeros((5, 30, 20)))
    fit_to_canvas(model, layer)
    assert is_fit(model, layer)
    assert not is_fit(model, other)
    model.scene.camera.zoom *= 1.1
    assert not is_fit(model, layer)
