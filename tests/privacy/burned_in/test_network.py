"""The network marks each cell, and looks only where it is told to."""

from importlib.resources import files
from itertools import chain

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from napari_medscan.privacy.burned_in import network
from napari_medscan.privacy.burned_in.convolution import Layer

from .test_burned_in import tissue


@pytest.mark.parametrize("band", [1, 3, 64])
def test_apply_some_rows_at_a_time_is_apply_at_once(band, monkeypatch):
    values = network.channels(np.random.default_rng(0).integers(0, 256, (64, 48)).astype(np.uint8))
    layers = network.layers_of("weights.npz")
    whole = network.apply(values, layers)
    monkeypatch.setattr(network, "BAND", band)
    for some, all_ in zip(network.apply(values, layers), whole, strict=True):
        np.testing.assert_allclose(some, all_, atol=1e-3)


def layer(factor=1.0, bias=0.0, size=1):
    """Return a layer of one channel that multiplies, and adds."""
    kernel = np.zeros((size, size, 1, 1), np.float32)
    kernel[size // 2, size // 2] = factor
    return Layer(kernel, np.full(1, bias, np.float32))


def test_what_is_coarse_is_added_to_what_is_fine_and_negatives_between_become_0():
    down = sum(len(level) for level in network.LEVELS)
    up = 2 * (len(network.LEVELS) - 2)
    values = np.zeros((32, 32, 1), np.float32)
    values[16, 16] = 1
    finest, everywhere = layer(size=3), layer(0, 1)
    before = [layer()] * (down + up - 1)
    result, middle = network.apply(values, (*before, finest, layer(), everywhere))
    # A cell of each level holds the pixel at its corner; three levels are added up.
    assert result.shape == (8, 8, 1)
    seen = np.zeros((8, 8))
    seen[4:, 4:] = [[3, 2, 1, 1], [2, 2, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    np.testing.assert_allclose(result[..., 0], seen, atol=1e-5)
    assert middle[2, 2].tolist() == [1, 2]
    before[down - 1] = layer(-1)
    minus, _ = network.apply(values, (*before, finest, layer(-1), everywhere))
    assert minus[4, 4, 0] == pytest.approx(-2, abs=1e-5)
    assert minus.sum() == pytest.approx(-1 - 4, abs=1e-4)


@pytest.mark.parametrize("cells", [None, np.ones((24, 33), bool)])
def test_where_nothing_hints_at_a_string_there_is_none_and_elsewhere_marks_are_the_same(cells):
    gray = tissue(3, (96, 132))
    for text, size, row, column in (
        ("DOE^JANE", 12, 8, 10),
        ("4711", 8, 50, 70),
        ("Im: 3", 24, 60, 4),
    ):
        left, top, right, bottom = ImageFont.load_default(size).getbbox(text)
        tile = Image.new("L", (round(right - left), round(bottom - top)))
        ImageDraw.Draw(tile).text((-left, -top), text, 255, ImageFont.load_default(size))
        high, wide = np.asarray(tile).shape
        part = gray[row : row + high, column : column + wide]
        np.maximum(part, np.asarray(tile), out=part)
    padded = np.pad(gray, ((0, 0), (0, 12)), mode="edge")
    looked = None if cells is None else network.Looked.of(padded, cells)
    *layers, hint = network.layers_of("weights.npz")
    hinted, all_, none = (
        network.apply(network.channels(padded), (*layers, last), looked)[0]
        for last in (hint, hint_of(hint, 1), hint_of(hint, -1))
    )
    assert (none == network.NO_TEXT).all()
    left_out = hinted == network.NO_TEXT
    assert 0.2 < left_out.mean() < 0.9
    np.testing.assert_allclose(hinted[~left_out], all_[~left_out], atol=1e-3)
    assert all_[left_out].max() < -1


def hint_of(hint, bias):
    """Return a last layer that hints at a string everywhere, or nowhere."""
    return Layer(0 * hint.kernel, np.full(1, bias, np.float32))


@pytest.mark.parametrize("shape", [(96, 160), (61, 131)])
def test_where_nothing_is_left_out_but_what_is_flat_marks_are_the_same(shape):
    gray = np.full(shape, 90, np.uint8)
    gray[20:40, 24:60] = np.random.default_rng(0).integers(0, 256, (20, 36))
    cells = np.zeros(tuple(-(-size // network.STRIDE) for size in shape), bool)
    cells[1:14, 2:19] = True
    marks = network.text_map(gray, cells)
    np.testing.assert_allclose(marks[cells], network.text_map(gray)[cells], atol=0.02)
    assert marks[~cells].max() < 1e-6


def test_what_is_flat_is_the_same_at_every_level():
    """The rest holds what an image of nothing but its gray level makes, at any resolution."""
    gray = np.full((256, 256), 130, np.uint8)
    middle = np.zeros((64, 64), bool)
    middle[28:36, 28:36] = True
    some, whole = network.text_map(gray, middle), network.text_map(gray)
    np.testing.assert_allclose(some[middle], whole[middle], atol=1e-4)


@pytest.mark.parametrize("shape", [(64, 64), (61, 70), (1, 9), (17, 33)])
def test_the_map_has_a_mark_for_each_cell(shape):
    gray = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    marks = network.text_map(gray)
    assert marks.shape == tuple(-(-size // network.STRIDE) for size in shape)
    assert marks.dtype == np.float32
    assert ((marks >= 0) & (marks <= 1)).all()


@pytest.mark.parametrize("shape", [(40, 33), (3, 50)])
def test_a_pixel_is_compared_with_the_mean_and_deviation_of_a_square(shape):
    gray = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    made = network.channels(gray)
    for index, size in enumerate(network.AROUND, 1):
        around = np.pad(gray.astype(float), size // 2, mode="symmetric")
        squares = np.lib.stride_tricks.sliding_window_view(around, (size, size))
        apart = (gray - squares.mean((2, 3))) / (squares.std((2, 3)) + network.FLATTEST)
        np.testing.assert_allclose(made[..., index], apart.clip(-4, 4) / 2, atol=1e-3)


def test_a_pixel_is_compared_with_those_around_it_whatever_the_window():
    gray = np.random.default_rng(0).integers(100, 140, (40, 40)).astype(np.uint8)
    apart = network.channels(gray)[..., 1]
    np.testing.assert_allclose(network.channels(gray + 60)[..., 1], apart, atol=0.01)
    np.testing.assert_allclose(network.channels(255 - gray)[..., 1], -apart, atol=0.01)


def test_weights_are_small_and_hold_no_pickle():
    folder = files("napari_medscan.privacy.burned_in")
    for name in ("weights.npz", "tilt_weights.npz"):
        assert len((folder / name).read_bytes()) < 1_000_000
        layers = network.layers_of(name)
        assert all(
            np.isfinite(part).all() for layer in layers for part in (layer.kernel, layer.bias)
        )
    layers = network.layers_of("weights.npz")
    kinds = [(len(layer.kernel), layer.bias.size) for layer in layers]
    up = [kind for out in (64, 48) for kind in ((1, out), (3, out))]
    assert kinds == [*chain(*network.LEVELS), *up, (1, 1), (1, 1)]
