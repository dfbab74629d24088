"""3-D: presets, and left that stays left."""

import gc
import weakref
from itertools import permutations, product

import npe2
import numpy as np
import pytest
from napari.components import ViewerModel

from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.volume_view import (
    CT_PRESETS,
    MIP,
    keep_unmirrored,
    volume_presets,
    volumes_of,
)

from ..studies import write_series
from .test_planes import ACQUIRED, opened


@pytest.mark.parametrize("acquired", ACQUIRED)
def test_volumes_are_never_mirrored(model, tmp_path, acquired):
    row, column = ACQUIRED[acquired]
    layer = opened(model, tmp_path, 4, row, column)
    axes = np.array([np.cross(row, column), column, row])
    signs = {"towards": 1, "away": -1, "up": 1, "down": -1, "right": 1, "left": -1}
    for order, vertical, horizontal in product(
        permutations(range(3)), ("up", "down"), ("left", "right")
    ):
        model.dims.order = order
        model.scene.camera.orientation2d = (vertical, horizontal)
        keep_unmirrored(model, layer)
        # Where the patient's axes go on a screen of x right, y up, z toward the viewer.
        ways = [signs[str(way)] for way in model.scene.camera.orientation]
        screen = np.zeros((3, 3))
        for place, (axis, way) in enumerate(zip(order, ways, strict=True)):
            screen[2 - place] = way * axes[axis]
        assert np.linalg.det(screen) == pytest.approx(1)


def test_hounsfield_presets_are_for_ct_only(model, tmp_path):
    ct = opened(model, tmp_path / "ct", 3)
    mr = opened(model, tmp_path / "mr", 3, Modality="MR", series=4)
    assert set(CT_PRESETS) < set(volume_presets(ct))
    assert not set(CT_PRESETS) & set(volume_presets(mr))
    assert MIP in volume_presets(mr)
    assert volume_presets(model.add_image(np.zeros((3, 4, 5)))) == ()


def test_a_single_slice_is_no_volume(model, tmp_path):
    assert volume_presets(opened(model, tmp_path, 1)) == ()


def test_presets_give_the_look_back_in_2d(model, tmp_path):
    layer = opened(model, tmp_path, 3)
    layer.contrast_limits, layer.gamma, layer.colormap = (-100, 100), 0.8, "magma"
    volumes = volumes_of(model)
    for preset in volume_presets(layer):
        volumes.show(layer, preset)
        assert model.dims.ndisplay == 3
        assert layer.rendering == preset.rendering
        assert tuple(layer.contrast_limits) == (preset.limits or (-100, 100))
        assert (layer.colormap.name == "magma") == (not preset.transfer)
    model.dims.ndisplay = 2
    assert (tuple(layer.contrast_limits), layer.gamma) == ((-100, 100), 0.8)
    assert (layer.colormap.name, layer.rendering) == ("magma", "mip")


@pytest.mark.parametrize("zoom", [None, 7.0])
def test_slice_and_zoom_are_those_before_3d_again(model, tmp_path, zoom):
    layer = opened(model, tmp_path, 5)
    volumes = volumes_of(model)
    fit_to_canvas(model, layer)
    model.dims.point = (2.0, 1.0, 1.0)
    camera = model.scene.camera
    if zoom is not None:
        camera.center, camera.zoom = (0, 1, 2), zoom
    before = model.dims.point, tuple(camera.center), camera.zoom
    volumes.show(layer, MIP)
    camera.zoom *= 1.5
    assert camera.center[0] == pytest.approx(4)
    volumes.show_slices()
    assert (model.dims.point, tuple(camera.center), camera.zoom) == before
    assert is_fit(model) == (zoom is None)


def test_mip_is_not_saturated_by_a_window_for_slices(model, tmp_path):
    layer = opened(
        model, tmp_path, 3, PixelData=lambda i: np.full((4, 6), 900 * i, "<u2").tobytes()
    )
    layer.contrast_limits = (-160, 240)
    volumes = volumes_of(model)
    volumes.show(layer, MIP)
    assert tuple(layer.contrast_limits) == (-160, 900 * 2 - 1024)
    model.dims.ndisplay = 2
    assert tuple(layer.contrast_limits) == (-160, 240)


def test_seen_from_the_front_head_up(model, tmp_path):
    layer = opened(model, tmp_path, 3)
    volumes_of(model).show(layer, MIP)
    # Axial: the world's axes are S, P, L.
    assert np.allclose(model.scene.camera.view_direction, (0, 1, 0), atol=1e-6)
    assert np.allclose(model.scene.camera.up_direction, (1, 0, 0), atol=1e-6)


def depth(viewer):
    return str(viewer.scene.camera.orientation[0])


def test_a_viewer_without_the_panel_is_not_mirrored_either(make_napari_viewer, tmp_path):
    npe2.PluginManager.instance().discover()
    viewer = make_napari_viewer()
    write_series(tmp_path, 3)
    viewer.open(str(tmp_path), plugin="napari-medscan")
    (layer,) = viewer.layers
    # The product of row and column direction leads away from who looks at the screen.
    viewer.dims.ndisplay = 3
    assert depth(viewer) == "away"
    viewer.dims.order = (0, 2, 1)
    assert depth(viewer) == "towards"
    viewer.dims.order = (0, 1, 2)
    assert depth(viewer) == "away"
    layer.scale = -layer.scale
    viewer.dims.ndisplay = 2
    viewer.dims.ndisplay = 3
    assert depth(viewer) == "towards"


def test_other_layers_leave_the_camera_alone(model):
    follow_openings(model)
    model.add_image(np.zeros((3, 4, 5)))
    model.dims.ndisplay = 3
    assert depth(model) == "towards"


def test_it_is_connected_once_and_holds_no_viewer(tmp_path):
    model = ViewerModel()
    before = len(model.dims.events.ndisplay.callbacks)
    for _ in range(50):
        follow_openings(model)
    assert len(model.dims.events.ndisplay.callbacks) == before + 1
    opened(model, tmp_path, 3)
    known = weakref.ref(model)
    del model
    gc.collect()
    assert known() is None
