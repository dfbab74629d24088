"""A look at the canvas has all visible layers as napari draws them, and no text."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_medscan.dicom import load
from napari_medscan.napari_.canvas_looks import canvas_looks, is_more_visible
from napari_medscan.napari_.layers import image_layers
from napari_medscan.render.prepare import Renderer

from ..studies import write_series

SIDE, SLICES = 24, 4


@pytest.fixture
def viewer(tmp_path):
    """Return CT of 1 mm, and over half of its slices PET of 2 mm, the upper left quarter."""
    ramp = np.arange(SIDE * SIDE, dtype="<u2").reshape(SIDE, SIDE)
    write_series(tmp_path, SLICES, PixelData=lambda i: (ramp + i).tobytes(), PixelSpacing=[1, 1],
                 Rows=SIDE, Columns=SIDE, WindowCenter=-700, WindowWidth=600,
                 FrameOfReferenceUID="1.2.9")  # fmt: skip
    write_series(tmp_path, 2, series=4, PixelSpacing=[2, 2], Modality="PT", Rows=6, Columns=6,
                 PixelData=np.full((6, 6), 1500, "<u2").tobytes(), FrameOfReferenceUID="1.2.9",
                 ImagePositionPatient=lambda i: [0.5, 0.5, 2.5 * i],
                 RescaleIntercept=0)  # fmt: skip
    model = ViewerModel()
    for layer in image_layers(load(tmp_path).stacks):
        model.add_layer(layer)
    ct, pet = model.layers
    assert ct.data.shape == (SLICES, SIDE, SIDE)
    pet.blending, pet.opacity, pet.colormap = "additive", 0.5, "red"
    pet.contrast_limits = (0, 3000)
    pet.visible = ct.visible = True
    model.layers.selection.active = ct
    return model


def images(viewer, axis=0):
    renderer = Renderer(None, looks_for_text=False)
    return [renderer.render(each)[0].astype(int) for each in canvas_looks(viewer, axis)]


def test_series_are_drawn_over_one_another_where_they_are(viewer):
    ct, pet = viewer.layers
    assert is_more_visible(viewer)
    both = images(viewer)
    pet.visible = False
    assert not is_more_visible(viewer)
    alone = images(viewer)
    assert len(both) == len(alone) == SLICES
    for number, (with_pet, without) in enumerate(zip(both, alone, strict=True)):
        added = np.zeros((SIDE, SIDE, 3), int)
        if number < 2:
            added[:12, :12, 0] = round(255 * 0.25)
        np.testing.assert_allclose(with_pet, np.minimum(without + added, 255), atol=2)
    assert ct.visible


def test_the_current_series_decides_the_extent_in_the_finest_pixels(viewer):
    pet = viewer.layers[1]
    whole = images(viewer)
    viewer.layers.selection.active = pet
    part = images(viewer)
    assert len(part) == 2
    for number in range(2):
        assert part[number].shape == (12, 12, 3)
        np.testing.assert_allclose(part[number], whole[number][:12, :12], atol=2)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("ways", [("down", "right"), ("up", "left")])
def test_labels_lie_on_the_pixels_that_they_mark(viewer, order, ways):
    ct, pet = viewer.layers
    pet.visible = False
    marked = np.random.default_rng(3).random(ct.data.shape) < 0.1
    viewer.dims.order = order
    viewer.scene.camera.orientation2d = ways
    plain = images(viewer, order[0])
    labels = viewer.add_labels(marked.astype(np.uint8), scale=ct.scale, translate=ct.translate)
    labels.opacity = 1
    viewer.layers.selection.active = ct
    assert is_more_visible(viewer)
    for place, (before, after) in enumerate(zip(plain, images(viewer, order[0]), strict=True)):
        plane = marked.transpose(order)[place]
        plane = plane[::-1] if ways[0] == "up" else plane
        plane = plane[:, ::-1] if ways[1] == "left" else plane
        high, wide = (n // p for n, p in zip(after.shape[:2], plane.shape, strict=True))
        if high * plane.shape[0] != after.shape[0]:
            continue
        there = plane.repeat(high, axis=0).repeat(wide, axis=1)
        color = np.rint(labels.get_color(1) * 255)[:3]
        np.testing.assert_allclose(after[there], np.broadcast_to(color, after[there].shape), atol=1)
        np.testing.assert_array_equal(after[~there], before[~there])


def test_contours_of_labels_have_no_inside(viewer):
    ct, pet = viewer.layers
    pet.visible = False
    block = np.zeros(ct.data.shape, np.uint8)
    block[:, 5:15, 5:15] = 2
    labels = viewer.add_labels(block, scale=ct.scale, translate=ct.translate)
    labels.contour = 1
    viewer.layers.selection.active = ct
    filled = images(viewer)[0]
    labels.visible = False
    plain = images(viewer)[0]
    differs = (filled != plain).any(axis=-1)
    assert differs[5, 5:15].all()
    assert not differs[7:13, 7:13].any()


@pytest.mark.parametrize("way", ["down", "up"])
def test_shapes_are_drawn_on_their_slice_without_text(viewer, way):
    ct, pet = viewer.layers
    pet.visible = False
    viewer.scene.camera.orientation2d = (way, "right")
    plain = images(viewer)
    square = [[1, 4, 4], [1, 4, 12], [1, 12, 12], [1, 12, 4]]
    layer = viewer.add_shapes(
        [square], shape_type="polygon", edge_color="lime", face_color="transparent",
        edge_width=1, scale=ct.scale, translate=ct.translate,
        features={"name": ["ANNA"]}, text={"string": "{name}", "size": 20, "color": "white"},
    )  # fmt: skip
    layer.opacity = 1
    viewer.layers.selection.active = ct
    drawn = images(viewer)
    for number in range(SLICES):
        differs = (drawn[number] != plain[number]).any(axis=-1)
        if number != 1:
            assert not differs.any()
            continue
        differs = differs[::-1] if way == "up" else differs
        for line in (differs[[4, 12], 4:13], differs[4:13, [4, 12]]):
            assert line.all()
        assert not differs[6:11, 6:11].any()
        assert not differs[14:].any()
        row = 4 if way == "down" else SIDE - 5
        np.testing.assert_allclose(drawn[1][row, 8], (0, 255, 0), atol=2)


def test_images_that_nobody_checked_are_left_out(viewer):
    ct, pet = viewer.layers
    pet.visible = False
    plain = images(viewer)
    viewer.add_layer(Image(np.full(ct.data.shape, 255, np.uint8), scale=ct.scale))
    viewer.layers.selection.active = ct
    assert not is_more_visible(viewer)
    np.testing.assert_array_equal(images(viewer), plain)
