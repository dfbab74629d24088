"""What is drawn is what napari draws of the layers, in the patient's proportions."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.privacy.painting import Painted, paint


def gray(values):
    """Map values as napari's colormaps do, to which NaN is transparent."""
    return np.nan_to_num(np.stack([values, values, values, 1 + 0 * values], axis=-1))


def red(values):
    return gray(values) * (1, 0, 0, 1)


def inverted(values):
    return gray(1 - values)


def layer(values, **changes):
    plain = {"spacing": (1.0, 1.0), "origin": (0.0, 0.0), "limits": (0.0, 100.0), "colors": gray}
    return Painted(np.asarray(values), **{**plain, **changes})


def test_values_become_grays_by_their_window():
    image = paint([layer([[-50, 0, 25], [50, 100, 900]])], longest=1568)
    assert image[..., 0].tolist() == [[0, 0, 64], [128, 255, 255]]
    assert (image[..., 0] == image[..., 2]).all()


def test_gamma_and_opacity_as_napari_has_them():
    image = paint([layer([[25, 100]], gamma=0.5, opacity=0.5)], longest=1568)
    assert image[0, :, 0].tolist() == [64, 128]


def test_what_is_no_number_is_transparent():
    values = [[np.nan, np.inf, -np.inf]]
    assert paint([layer(values)], longest=9)[0, :, 0].tolist() == [0, 255, 0]
    assert paint([layer(values, colors=inverted)], longest=9)[0, :, 0].tolist() == [0, 0, 255]
    below = layer(np.full((1, 3), 20))
    assert paint([below, layer(values)], longest=9)[0, :, 0].tolist() == [51, 255, 0]


def test_color_is_drawn_as_it_is():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    assert np.array_equal(paint([layer(rgb, colors=None)], longest=9), rgb)


@pytest.mark.parametrize(
    ("shape", "spacing", "longest", "expected"),
    [
        ((512, 512), (0.7, 0.7), 1568, (512, 512)),
        ((60, 512), (2.5, 0.5), 1568, (300, 512)),
        ((512, 60), (0.5, 2.5), 1568, (512, 300)),
        ((2000, 1000), (1.0, 1.0), 1568, (1568, 784)),
        ((3, 1000), (0.001, 1.0), 1568, (1, 1568)),
        ((512, 512), (1.0, 1.0), 100, (100, 100)),
    ],
)
def test_proportions_are_those_of_the_patient(shape, spacing, longest, expected):
    image = paint([layer(np.zeros(shape), spacing=spacing)], longest=longest)
    assert image.shape == (*expected, 3)


def test_a_smaller_image_is_the_mean_of_what_it_covers():
    stripes = np.tile([0, 100], (64, 32))
    image = paint([layer(stripes)], longest=16)
    assert image.shape == (16, 16, 3)
    assert np.abs(image[2:-2, 2:-2].astype(int) - 128).max() <= 4


def test_additive_adds_and_translucent_covers():
    below = layer(np.full((4, 4), 50))

    def gray_of(value, **changes):
        above = layer(np.full((4, 4), value), **changes)
        return int(paint([below, above], longest=9)[0, 0, 0])

    assert gray_of(20, blending="additive") == pytest.approx(178, abs=1)
    assert gray_of(100, opacity=0.25) == pytest.approx(159, abs=1)
    assert gray_of(20, blending="minimum") == 51
    assert gray_of(20, blending="opaque") == 51
    assert gray_of(50, blending="multiplicative") == pytest.approx(64, abs=1)
    lowest = layer(np.full((4, 4), 20), blending="minimum")
    assert paint([lowest], longest=9)[0, 0, 0] == 51, "there is nothing below it"


def test_layers_lie_where_they_are_in_the_world():
    ct = layer(np.zeros((10, 20)))
    pet = layer(
        np.full((3, 4), 100),
        spacing=(2.0, 2.0),
        origin=(2.5, 4.5),
        colors=red,
        blending="additive",
    )
    image = paint([ct, pet], longest=1568)
    rows, columns = np.nonzero(image[..., 0] > 200)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 7, 4, 11)
    assert not image[..., 1:].any()


def test_what_lies_beside_the_first_layer_is_not_in_the_image():
    away = layer(np.full((3, 3), 100), origin=(100.0, 100.0), blending="additive")
    assert not paint([layer(np.zeros((5, 5))), away], longest=9).any()


def test_outside_of_what_is_kept_it_is_black():
    kept = np.zeros((4, 4), bool)
    kept[1:3, 1:3] = True
    image = paint([layer(np.full((4, 4), 100), kept=kept)], longest=9)
    assert np.array_equal(image[..., 0] > 0, kept)
