"""An image is of the array, the way up that it stands on screen, and of nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import imagecodecs
import numpy as np
import pydicom
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels
from pydicom.datadict import DicomDictionary

from napari_medscan.dicom import load
from napari_medscan.napari_.canvas_placement import NoImageInViewError
from napari_medscan.napari_.image_in_view import layers_in_view, others_of, series_view
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layers import image_layer, image_layers
from napari_medscan.napari_.slab import set_slab
from napari_medscan.phantoms import write_us_heart
from napari_medscan.privacy.painting import paint
from napari_medscan.privacy.sealed_image import seal
from napari_medscan.privacy.signals import kept_pixels, read_signals

from ..studies import write_series


def painted(viewer, layer, kept=None):
    """Read what is shown, with the same pixels of every slice to be seen."""
    shown = series_view(viewer, layer)
    return shown.read(None if kept is None else dict.fromkeys(shown.slices, kept))


@pytest.fixture
def opened(tmp_path):
    """Return a viewer with a CT whose voxels all differ, and the layer."""

    def pixels(number):
        return (np.arange(24).reshape(4, 6) + 30 * number).astype("<u2").tobytes()

    write_series(
        tmp_path,
        5,
        PixelData=pixels,
        PixelSpacing=[2, 2],
        WindowCenter=-950,
        WindowWidth=150,
    )
    (stack,) = load(tmp_path).stacks
    viewer = ViewerModel()
    layer = viewer.add_layer(image_layer(stack))
    return viewer, layer


def expected(layer, values):
    """Return what napari makes of values: window, gamma, colormap."""
    low, high = layer.contrast_limits
    share = np.clip((values - low) / (high - low), 0, 1) ** layer.gamma
    return np.rint(layer.colormap.map(share.ravel()).reshape(*values.shape, 4) * 255)[..., :3]


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
)
@pytest.mark.parametrize("ways", [("down", "right"), ("up", "right"), ("down", "left")])
def test_it_is_the_slice_on_screen_in_every_orientation(opened, order, ways):
    viewer, layer = opened
    layer.colormap, layer.gamma = "inferno", 0.7
    viewer.dims.order = order
    viewer.scene.camera.orientation2d = ways
    viewer.dims.set_current_step(order[0], 3)
    volume = np.asarray(layer.data)
    values = volume.transpose(order)[3]
    if ways[0] == "up":
        values = values[::-1]
    if ways[1] == "left":
        values = values[:, ::-1]
    image = paint([painted(viewer, layer)], longest=1568)
    assert image.shape == (*values.shape, 3), "2 mm along every axis"
    assert np.abs(image - expected(layer, values)).max() <= 1


def test_a_layer_turned_over_by_its_scale_is_drawn_as_it_stands(opened):
    viewer, layer = opened
    layer.scale = (2, -2, 2)
    viewer.dims.set_current_step(0, 2)
    values = np.asarray(layer.data)[2][::-1]
    assert np.abs(paint([painted(viewer, layer)], longest=99) - expected(layer, values)).max() <= 1


@pytest.mark.parametrize("mode", ["max", "min", "mean", "sum"])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_slab_is_projected_as_on_screen(opened, mode, order):
    viewer, layer = opened
    viewer.dims.order = order
    viewer.dims.set_current_step(order[0], 2)
    set_slab(viewer, [layer], mode, 8.0)
    volume = np.asarray(layer.data).transpose(order)
    values = getattr(np, mode)(volume[:4], axis=0)
    layer.contrast_limits = float(values.min()), float(values.max())
    shown = expected(layer, values)
    assert np.abs(paint([painted(viewer, layer)], longest=99) - shown).max() <= 1
    assert not np.array_equal(values, volume[2])


BLENDINGS = ("translucent", "additive", "minimum", "multiplicative")


def test_it_is_what_the_canvas_shows(tmp_path, make_napari_viewer):
    def pixels(number):
        values = np.random.default_rng(number).integers(0, 200, (64, 64))
        return values.astype("<u2").tobytes()

    viewer = make_napari_viewer(show=True)
    for colormap in ("gray_r", "magma"):
        write_series(tmp_path, 5, PixelData=pixels, Rows=64, Columns=64, PixelSpacing=[1, 1])
        (stack,) = load(tmp_path).stacks
        layer = viewer.add_layer(image_layer(stack))
        layer.contrast_limits, layer.colormap = (-1000, -850), colormap
        layer.interpolation2d = "nearest"
    layer.opacity = 0.75
    viewer.dims.set_current_step(0, 2)
    viewer.layers.selection = set(viewer.layers)
    layers = layers_in_view(viewer, blended=True)
    assert len(layers) == 2
    seen = set()
    for mode, blending in product(("none", "max", "mean"), BLENDINGS):
        layer.blending = blending
        set_slab(viewer, viewer.layers, mode, 6.0)
        canvas = viewer.export_figure(flash=False)[..., :3].astype(int)
        image = paint([painted(viewer, layer) for layer in layers], longest=64)
        assert np.abs(image - canvas).max() <= 2, (mode, blending)
        seen.add(canvas.tobytes())
    assert len(seen) == 3 * len(BLENDINGS)


def test_a_slab_ends_with_the_volume(opened):
    viewer, layer = opened
    set_slab(viewer, [layer], "max", 8.0)
    viewer.dims.set_current_step(0, 0)
    shown = expected(layer, np.asarray(layer.data)[:2].max(axis=0))
    assert np.abs(paint([painted(viewer, layer)], longest=99) - shown).max() <= 1


def test_it_is_read_later_as_it_was_then(opened):
    viewer, layer = opened
    viewer.dims.set_current_step(0, 1)
    shown, then = series_view(viewer, layer), paint([painted(viewer, layer)], longest=99)
    viewer.dims.set_current_step(0, 4)
    viewer.dims.order = (2, 1, 0)
    layer.contrast_limits = -1000, 0
    layer.colormap = "magma"
    with ThreadPoolExecutor(1) as pool:
        assert np.array_equal(paint([pool.submit(shown.read).result()], longest=99), then)


def test_a_cut_along_an_axis_that_a_layer_lacks_is_refused(opened):
    viewer, layer = opened
    viewer.add_image(np.zeros((2, 5, 4, 6)), scale=(1, 2, 2, 2))
    viewer.dims.order = (2, 3, 0, 1)
    with pytest.raises(NoImageInViewError, match="cannot be drawn in this plane"):
        painted(viewer, layer)


def test_a_layer_that_is_turned_is_refused(opened):
    viewer, layer = opened
    layer.affine = np.array([[1, 0, 0, 0], [0, 0.8, -0.6, 0], [0, 0.6, 0.8, 0], [0, 0, 0, 1]])
    with pytest.raises(NoImageInViewError, match="turned"):
        painted(viewer, layer)


def test_in_3d_there_is_no_image(opened):
    viewer, _ = opened
    viewer.dims.ndisplay = 3
    with pytest.raises(NoImageInViewError, match="face"):
        layers_in_view(viewer)


def test_without_a_study_there_is_no_image():
    with pytest.raises(NoImageInViewError, match="No image yet"):
        layers_in_view(ViewerModel())


def test_a_layer_that_the_sliders_have_left_is_not_in_it(opened):
    viewer, layer = opened
    viewer.add_image(np.zeros((50, 4, 6)), scale=(2, 2, 2))
    viewer.layers.selection.active = layer
    viewer.dims.set_current_step(0, 40)
    with pytest.raises(NoImageInViewError):
        layers_in_view(viewer)


def test_only_layers_of_ours_that_are_selected_are_blended(pet_ct):
    viewer = ViewerModel()
    for layer in image_layers(load(pet_ct).stacks):
        viewer.add_layer(layer)
    ct, pet = viewer.layers
    labels = viewer.add_layer(Labels(np.ones((3, 3, 3), int)))
    viewer.layers.selection = {ct, pet, labels}
    assert layers_in_view(viewer, blended=True) == [ct, pet]
    assert layers_in_view(viewer) == [pet]
    pet.visible = False
    assert layers_in_view(viewer, blended=True) == [ct]


def test_the_file_on_screen_is_the_one_that_is_asked(opened):
    viewer, layer = opened
    viewer.dims.set_current_step(0, 4)
    shown = series_view(viewer, layer)
    assert (shown.read_header().name, shown.slices, shown.is_across) == ("s3_5.dcm", (4,), False)
    viewer.dims.order = (1, 0, 2)
    shown = series_view(viewer, layer)
    assert shown.read_header().name == "s3_3.dcm"
    assert (shown.slices, shown.is_across) == ((0, 1, 2, 3, 4), True)


def test_other_slices_are_spread_over_the_stack_and_shown_alike(opened):
    viewer, layer = opened
    viewer.dims.set_current_step(0, 2)
    layer.contrast_limits = (-1000, -900)
    shown = series_view(viewer, layer)
    (far,), *_, (last,) = others_of(viewer, [layer], 3)
    assert (far[0], last[0]) == (0, 4)
    viewer.dims.set_current_step(0, 4)
    there = series_view(viewer, layer).read()
    assert np.array_equal(shown.at(last).read().values, there.values)
    set_slab(viewer, [layer], "max", 4.0)
    viewer.dims.set_current_step(0, 2)
    places = [at[0] for (at,) in others_of(viewer, [layer], 99)]
    assert all(isinstance(place, slice) and place.start < 5 for place in places)


def test_no_other_slice_is_where_one_of_the_layers_is_not(opened):
    viewer, layer = opened
    other = viewer.add_layer(image_layer(stack_of(layer)))
    other.translate = (4, 0, 0)
    viewer.dims.set_current_step(0, 3)
    places = others_of(viewer, [layer, other], 99)
    assert [(at[0], moved[0]) for at, moved in places] == [(2, 0), (4, 2)]


def test_outside_of_the_regions_of_an_ultrasound_it_is_black(tmp_path):
    write_us_heart(tmp_path, frames=1)
    (stack,) = load(tmp_path).stacks
    viewer = ViewerModel()
    layer = viewer.add_layer(image_layer(stack))
    kept = kept_pixels(read_signals(stack.header), (480, 640))
    assert paint([painted(viewer, layer)], longest=640)[:30].any()
    image = paint([painted(viewer, layer, kept)], longest=640)
    assert np.array_equal(image.any(axis=-1) & ~kept, np.zeros_like(kept))
    assert image[kept].any()
    viewer.scene.camera.orientation2d = ("up", "right")
    assert np.array_equal(paint([painted(viewer, layer, kept)], longest=640), image[::-1])


@pytest.mark.parametrize("order", [(2, 1, 0, 3), (3, 1, 2, 0), (3, 1, 0, 2)])
def test_regions_hold_in_cuts_through_time_too(tmp_path, order):
    write_us_heart(tmp_path, frames=3)
    (stack,) = load(tmp_path).stacks
    viewer = ViewerModel()
    layer = viewer.add_layer(image_layer(stack))
    kept = kept_pixels(read_signals(stack.header), (480, 640))
    viewer.dims.order = order
    for place in (10, 200, 620):
        if place >= layer.data.shape[order[0]]:
            continue
        viewer.dims.set_current_step(order[0], place)
        line = kept.take(place, axis=order[0] - 2)
        shown = painted(viewer, layer, kept)
        along = shown.values.shape.index(line.size)
        assert np.array_equal(shown.kept.all(axis=1 - along), line)
        assert np.array_equal(shown.kept.any(axis=1 - along), line)


def test_a_pixel_of_a_slab_is_seen_when_all_behind_it_may_be(opened):
    viewer, layer = opened
    kept = np.zeros((4, 6), bool)
    kept[1:3, 2:] = True
    set_slab(viewer, [layer], "max", 4.0)
    assert np.array_equal(painted(viewer, layer, kept).kept, kept)
    viewer.dims.order = (1, 0, 2)
    for place, rows in ((2, slice(1, 3)), (1, slice(0, 2))):
        viewer.dims.set_current_step(1, place)
        shown = painted(viewer, layer, kept).kept
        assert np.array_equal(shown, np.tile(kept[rows].all(axis=0), (5, 1)))


def write_canaries(folder, canary):
    """Write a CT with a canary in all texts of the dictionary, an overlay and private elements."""
    texts = ("LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
    (path,) = write_series(folder / canary, 1, PixelSpacing=[2, 2], ICCProfile=canary.encode())
    data = pydicom.dcmread(path)
    for tag, (vr, *_) in DicomDictionary.items():
        if vr in texts and tag not in data and tag > 0x00080000:
            data.add_new(tag, vr, canary)
    for number, (vr, value) in enumerate({"LO": canary, "OB": canary.encode()}.items()):
        data.private_block(0x0009, canary, create=True).add_new(number, vr, value)
    # Two overlays: of its own, and in a bit of the pixels that is not theirs.
    data.add_new(0x60003000, "OW", np.packbits(np.ones(32, bool)).tobytes())
    for group, bit in ((0x6000, 0), (0x6002, 15)):
        data.add_new(group << 16 | 0x10, "US", 4)
        data.add_new(group << 16 | 0x11, "US", 6)
        data.add_new(group << 16 | 0x22, "LO", canary)
        data.add_new(group << 16 | 0x40, "CS", "G")
        data.add_new(group << 16 | 0x50, "SS", [1, 1])
        data.add_new(group << 16 | 0x100, "US", 16 if bit else 1)
        data.add_new(group << 16 | 0x102, "US", bit)
        data.add_new(group << 16 | 0x1500, "LO", canary)
    pixels = np.arange(24, dtype="<u2").reshape(4, 6) * 40
    data.PixelData = (pixels | np.uint16(1 << 15)).tobytes()
    data.save_as(path)
    assert path.read_bytes().count(canary.encode()) > 700
    return path, pixels


def test_nothing_but_pixels_is_in_the_bytes(tmp_path):
    canary = "Canary"
    path, pixels = write_canaries(tmp_path, canary)
    (stack,) = load(path).stacks
    viewer = ViewerModel()
    layer = viewer.add_layer(image_layer(stack))
    layer.name = canary
    overlay = viewer.canvas.overlays.text
    overlay.text, overlay.visible = canary, True
    viewer.add_layer(Image(np.full((1, 4, 6), 99.0), name=canary))
    viewer.layers.selection.active = layer
    image = seal(paint([painted(viewer, one) for one in layers_in_view(viewer)], longest=256))
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        assert canary.encode(encoding) not in image.data
    decoded = imagecodecs.jpeg8_decode(image.data)
    assert np.abs(decoded.astype(int) - expected(layer, pixels - 1024.0)).max() <= 4
