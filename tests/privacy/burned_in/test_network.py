"""The network in numpy computes what a convolution is defined to be."""

from importlib.resources import files
from itertools import chain

import numpy as np
import pytest

from napari_medscan.privacy.burned_in import network


def by_definition(values, kernel, bias, stride):
    """Correlate one product at a time."""
    out, inner, size, _ = kernel.shape
    _, rows, columns = values.shape
    result = np.zeros((out, -(-rows // stride), -(-columns // stride)))
    for to, row, column in np.ndindex(*result.shape):
        total = float(bias[to])
        for of, y, x in np.ndindex(inner, size, size):
            at = row * stride + y - size // 2
            beside = column * stride + x - size // 2
            if 0 <= at < rows and 0 <= beside < columns:
                total += float(kernel[to, of, y, x]) * float(values[of, at, beside])
        result[to, row, column] = total
    return result


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize("shape", [(8, 12), (4, 5)])
@pytest.mark.parametrize("most", [1, 1 << 21])
def test_a_convolution_is_what_it_is_defined_to_be(size, stride, shape, most, monkeypatch):
    monkeypatch.setattr(network, "MOST_VALUES", most)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, *shape)).astype(np.float32)
    kernel = rng.normal(size=(3, 2, size, size)).astype(np.float32)
    bias = rng.normal(size=3).astype(np.float32)
    result = network.convolve(last(values), last(kernel), bias, stride)
    assert result.dtype == np.float32
    expected = by_definition(values, kernel, bias, stride)
    np.testing.assert_allclose(result, last(expected), rtol=1e-4, atol=1e-4)


def last(values):
    """Return values, or a kernel, with channels last."""
    return values.transpose(2, 3, 1, 0) if values.ndim == 4 else values.transpose(1, 2, 0)


@pytest.mark.parametrize("band", [1, 3, 64])
def test_apply_some_rows_at_a_time_is_apply_at_once(band, monkeypatch):
    values = network.channels(np.random.default_rng(0).integers(0, 256, (64, 48)).astype(np.uint8))
    whole = network.apply(values, network.weights())
    monkeypatch.setattr(network, "BAND", band)
    np.testing.assert_allclose(network.apply(values, network.weights()), whole, atol=1e-3)


def layer(factor=1.0):
    """Return a layer of one channel that multiplies."""
    return np.full((1, 1, 1, 1), factor, np.float32), np.zeros(1, np.float32)


def test_what_is_coarse_is_added_to_what_is_fine_and_negatives_between_become_0():
    down = sum(len(level) for level in network.LEVELS)
    up = 2 * (len(network.LEVELS) - 2)
    values = np.zeros((32, 32, 1), np.float32)
    values[16, 16] = 1
    result = network.apply(values, (layer(),) * (down + up + 1))
    # A cell of each level holds the pixel at its corner; three levels are added up.
    assert result.shape == (8, 8, 1)
    assert result[4:, 4:, 0].tolist() == [[3, 2, 1, 1], [2, 2, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    assert result.sum() == 1 + 4 + 16
    minus = network.apply(values, (*[layer()] * (down - 1), layer(-1), *[layer()] * up, layer(-1)))
    assert minus[4, 4, 0] == -2
    assert minus.sum() == -1 - 4


@pytest.mark.parametrize("shape", [(64, 64), (61, 70), (1, 9), (17, 33)])
def test_the_map_has_a_mark_for_each_cell(shape):
    gray = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    marks = network.text_map(gray)
    assert marks.shape == tuple(-(-size // network.STRIDE) for size in shape)
    assert marks.dtype == np.float32
    assert ((marks >= 0) & (marks <= 1)).all()


def test_a_pixel_is_compared_with_those_around_it_whatever_the_window():
    gray = np.random.default_rng(0).integers(100, 140, (40, 40)).astype(np.uint8)
    apart = network.channels(gray)[..., 1]
    np.testing.assert_allclose(network.channels(gray + 60)[..., 1], apart, atol=0.01)
    np.testing.assert_allclose(network.channels(255 - gray)[..., 1], -apart, atol=0.01)


def test_weights_are_small_and_hold_no_pickle():
    path = files("napari_medscan.privacy.burned_in") / "weights.npz"
    assert len(path.read_bytes()) < 1_000_000
    layers = network.weights()
    kinds = [(kernel.shape[0], kernel.shape[3]) for kernel, _ in layers]
    up = [kind for out in (64, 48) for kind in ((1, out), (3, out))]
    assert kinds == [*chain(*network.LEVELS), *up, (1, 1)]
    assert all(np.isfinite(part).all() for layer in layers for part in layer)
