"""The network in numpy computes what a convolution is defined to be."""

from importlib.resources import files

import numpy as np
import pytest

from napari_medscan.privacy.burned_in import network


def by_definition(values, kernel, bias, stride, dilation):
    """Correlate one product at a time."""
    out, inner, size, _ = kernel.shape
    _, rows, columns = values.shape
    result = np.zeros((out, -(-rows // stride), -(-columns // stride)))
    for to, row, column in np.ndindex(*result.shape):
        total = float(bias[to])
        for of, y, x in np.ndindex(inner, size, size):
            at = row * stride + (y - size // 2) * dilation
            beside = column * stride + (x - size // 2) * dilation
            if 0 <= at < rows and 0 <= beside < columns:
                total += float(kernel[to, of, y, x]) * float(values[of, at, beside])
        result[to, row, column] = total
    return result


@pytest.mark.parametrize(("size", "stride", "dilation"), sorted(set(network.LAYERS)))
@pytest.mark.parametrize("shape", [(8, 12), (4, 5)])
@pytest.mark.parametrize("most", [1, 1 << 21])
def test_a_convolution_is_what_it_is_defined_to_be(
    size, stride, dilation, shape, most, monkeypatch
):
    monkeypatch.setattr(network, "MOST_VALUES", most)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, *shape)).astype(np.float32)
    kernel = rng.normal(size=(3, 2, size, size)).astype(np.float32)
    bias = rng.normal(size=3).astype(np.float32)
    result = network.convolve(values, kernel, bias, stride, dilation)
    assert result.dtype == np.float32
    expected = by_definition(values, kernel, bias, stride, dilation)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_between_layers_negatives_become_0_and_after_the_last_they_stay():
    one = np.ones((1, 1, 1, 1), np.float32)
    minus = (-one, np.zeros(1, np.float32))
    plain = (one, np.zeros(1, np.float32))
    values = np.ones((1, 16, 16), np.float32)
    layers = (minus, *[plain] * (len(network.LAYERS) - 1))
    assert not network.apply(values, layers).any()
    layers = (*[plain] * (len(network.LAYERS) - 1), minus)
    assert (network.apply(values, layers) == -1).all()


@pytest.mark.parametrize("shape", [(64, 64), (61, 70), (1, 9)])
def test_the_map_has_a_mark_for_each_cell(shape):
    gray = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    marks = network.text_map(gray)
    assert marks.shape == tuple(-(-size // network.STRIDE) for size in shape)
    assert marks.dtype == np.float32
    assert ((marks >= 0) & (marks <= 1)).all()


def test_a_pixel_is_compared_with_those_around_it_whatever_the_window():
    gray = np.random.default_rng(0).integers(100, 140, (40, 40)).astype(np.uint8)
    apart = network.channels(gray)[1]
    np.testing.assert_allclose(network.channels(gray + 60)[1], apart, atol=0.01)
    np.testing.assert_allclose(network.channels(255 - gray)[1], -apart, atol=0.01)


def test_weights_are_small_and_hold_no_pickle():
    path = files("napari_medscan.privacy.burned_in") / "weights.npz"
    assert len(path.read_bytes()) < 300_000
    layers = network.weights()
    assert [kernel.shape[2] for kernel, _ in layers] == [size for size, _, _ in network.LAYERS]
    assert all(np.isfinite(part).all() for layer in layers for part in layer)
