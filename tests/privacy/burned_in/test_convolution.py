"""Convolutions in numpy are what they are defined to be, of all cells and of some."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from napari_medscan.privacy.burned_in import convolution


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
    monkeypatch.setattr(convolution, "MOST_VALUES", most)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, *shape)).astype(np.float32)
    kernel = rng.normal(size=(3, 2, size, size)).astype(np.float32)
    bias = rng.normal(size=3).astype(np.float32)
    layer = convolution.Layer(last(kernel), bias)
    result = convolution.convolve(last(values), layer, stride)
    assert result.dtype == np.float32
    expected = by_definition(values, kernel, bias, stride)
    np.testing.assert_allclose(result, last(expected), rtol=1e-4, atol=1e-4)
    cells = rng.random(result.shape[:2]) < 0.5
    others = rng.normal(size=((~cells).sum(), 3)).astype(np.float32)
    some = convolution.convolve_some(last(values), layer, stride, cells, others)
    np.testing.assert_allclose(some[cells], np.maximum(result, 0)[cells], atol=1e-4)
    np.testing.assert_array_equal(some[~cells], others)


@pytest.mark.parametrize("shape", [(8, 12), (5, 6)])
def test_values_are_needed_only_beside_the_cells_that_are_asked_for(shape):
    rng = np.random.default_rng(2)
    values = rng.normal(size=(*shape, 4)).astype(np.float32)
    kernel, bias = rng.normal(size=(3, 3, 4, 5)), rng.normal(size=5)
    layer = convolution.Layer(kernel.astype(np.float32), bias.astype(np.float32))
    cells = np.zeros(shape, bool)
    cells[1:3, 2:4] = cells[-1, -1] = True
    beside = binary_dilation(cells, np.ones((3, 3)))
    around = convolution.outside(shape, 4)
    around[1 : 1 + shape[0], 1 : 1 + shape[1]][beside] = values[beside]
    expected = np.maximum(convolution.convolve(values, layer), 0)[cells]
    made = convolution.convolve_cells(around, layer, cells)
    np.testing.assert_allclose(made, expected, atol=1e-4)


@pytest.mark.parametrize(("above", "below"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_rows_that_are_there_are_not_taken_for_missing(above, below):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(9, 7, 5)).astype(np.float32)
    kernel, bias = rng.normal(size=(3, 3, 5, 6)), rng.normal(size=6)
    layer = convolution.Layer(kernel.astype(np.float32), bias.astype(np.float32))
    some = convolution.convolve(values, layer, missing=(above, below))
    whole = convolution.convolve(values, layer)
    np.testing.assert_allclose(some, whole[1 - above : len(whole) - 1 + below], atol=1e-4)


def last(values):
    """Return values, or a kernel, with channels last."""
    return values.transpose(2, 3, 1, 0) if values.ndim == 4 else values.transpose(1, 2, 0)


def test_of_a_constant_image_a_convolution_is_known_without_computing_it():
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=4)
    layer = convolution.Layer(kernel.astype(np.float32), bias.astype(np.float32))
    levels = rng.normal(size=(5, 2)).astype(np.float32)
    made = convolution.of_constant(levels, layer)
    for level, expected in zip(levels, made, strict=True):
        image = np.broadcast_to(level, (5, 5, 2))
        np.testing.assert_allclose(convolution.convolve(image, layer)[2, 2], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("marks", "gap", "expected"),
    [
        ("", 2, []),
        ("....", 2, []),
        ("####", 0, [(0, 4)]),
        ("#..#", 1, [(0, 1), (3, 4)]),
        ("#..#", 2, [(0, 4)]),
        (".#.#...#", 1, [(1, 4), (7, 8)]),
    ],
)
def test_runs_shorter_gaps_do_not_end(marks, gap, expected):
    assert convolution.runs(np.array([mark == "#" for mark in marks], bool), gap) == expected
