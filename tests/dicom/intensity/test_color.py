"""Color models to RGB, against pydicom."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.pixels import convert_color_space

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.intensity.color import eight_bit, rgb_from_ybr, upsample_422


def test_ybr_is_converted_as_by_pydicom_for_values_all_over_the_cube():
    steps = [*range(0, 256, 15), 127, 128, 129]
    cube = np.array(list(product(steps, repeat=3)), dtype=np.uint8).reshape(len(steps), -1, 3)
    ours, theirs = rgb_from_ybr(cube), convert_color_space(cube, "YBR_FULL", "RGB")
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((0, 128, 128), (0, 0, 0)),
        ((255, 128, 128), (255, 255, 255)),
        ((76, 85, 255), (254, 0, 0)),  # red
        ((29, 255, 107), (0, 0, 254)),  # blue
        ((255, 0, 255), (255, 208, 28)),
    ],
)
def test_known_colors(ybr, rgb):
    pixel = np.array([[ybr]], dtype=np.uint8)
    assert np.abs(rgb_from_ybr(pixel)[0, 0].astype(int) - rgb).max() <= 1


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 4), st.just(3))))
@settings(deadline=None)
def test_any_pixels_are_as_by_pydicom_but_for_halves(pixels):
    # pydicom's float32 may fall on either side of an exact half.
    y, cb, cr = (pixels[..., i].astype(int) for i in range(3))
    half = ((y * 1000 + 1402 * (cr - 128)) % 1000 == 500) | ((1772 * (cb - 128)) % 1000 == 500)
    ours, theirs = rgb_from_ybr(pixels), convert_color_space(pixels, "YBR_FULL", "RGB")
    assert np.array_equal(ours[~half], theirs[~half])
    assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("cb", [3, 253])
def test_halves_round_up(cb):
    # 1.772 x 125 = 221.5
    pixel = np.array([[[222, cb, 128]]], dtype=np.uint8)
    exact = Fraction(222) + Fraction(1772, 1000) * (cb - 128)
    assert rgb_from_ybr(pixel)[0, 0, 2] == min(255, int(exact + Fraction(1, 2)))


def test_chroma_of_a_pair_is_shared():
    # PS3.3 C.7.6.3.1.2: Y1 Y2 Cb Cr.
    flat = np.array([1, 2, 30, 40, 5, 6, 70, 80], dtype=np.uint8)
    assert upsample_422(flat, 1, 4).tolist() == [
        [[1, 30, 40], [2, 30, 40], [5, 70, 80], [6, 70, 80]]
    ]
    assert upsample_422(flat, 2, 2).tolist() == [
        [[1, 30, 40], [2, 30, 40]],
        [[5, 70, 80], [6, 70, 80]],
    ]


def test_chroma_of_pairs_and_an_odd_width_do_not_fit():
    with pytest.raises(FrameError):
        upsample_422(np.zeros(12, dtype=np.uint8), 2, 3)


@pytest.mark.parametrize(
    ("dtype", "stored", "value", "expected"),
    [
        ("u1", 8, 200, 200),
        ("u2", 16, 0xFFFF, 255),
        ("u2", 16, 0x12FF, 0x12),
        ("u2", 12, 0x0FF0, 255),
        ("u2", 8, 200, 200),
        ("u2", 10, 513, 128),
        ("u1", 4, 15, 240),
    ],
)
def test_samples_are_scaled_by_the_bits_stored(dtype, stored, value, expected):
    result = eight_bit(np.array([value], dtype=dtype), stored)
    assert result.dtype == np.uint8
    assert result.tolist() == [expected]


def test_partial_ybr_comes_back_as_the_rgb_that_it_was_made_of():
    rgb = np.random.default_rng(4).integers(0, 256, (20, 20, 3))
    rgb[0, :3] = (0, 0, 0), (255, 255, 255), (128, 128, 128)
    # PS3.3 C.7.6.3.1.2, YBR_PARTIAL_422
    red, green, blue = np.moveaxis(rgb, -1, 0)
    y = 0.2568 * red + 0.5041 * green + 0.0979 * blue + 16
    cb = -0.1482 * red - 0.2910 * green + 0.4392 * blue + 128
    cr = 0.4392 * red - 0.3678 * green - 0.0714 * blue + 128
    ybr = np.stack((y, cb, cr), axis=-1).round().astype(np.uint8)
    assert ybr[0, 0].tolist() == [16, 128, 128]
    assert np.abs(rgb_from_ybr(ybr, partial=True).astype(int) - rgb).max() <= 2
