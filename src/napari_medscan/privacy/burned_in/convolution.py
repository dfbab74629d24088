"""Convolutions in plain numpy: of all cells, of some, and of some rows through many layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

MOST_VALUES = 1 << 17
"""So many neighbours are gathered at once, which suits the cache."""

Floats = NDArray[np.float32]
Cells = NDArray[np.bool_]
Layer = tuple[Floats, Floats]
"""A kernel of shape (size, size, in, out), and a bias."""


def convolve(
    values: Floats,
    kernel: Floats,
    bias: Floats,
    stride: int = 1,
    missing: tuple[int, int] | None = None,
) -> Floats:
    """Correlate with a kernel of shape (size, size, in, out); outside is 0.

    Parameters
    ----------
    values : ndarray of float32, shape (height, width, in)
    kernel, bias : ndarray of float32
    stride : int
    missing : (int, int), optional
        Rows that are outside, above and below, if `values` are a part; by default
        half of a kernel's.
    """
    covered = _covered(values, len(kernel), stride, missing)
    high, wide, size, beside = covered.shape
    flat = kernel.reshape(-1, kernel.shape[3])
    result = np.empty((high, wide, kernel.shape[3]), np.float32)
    band = min(high, max(1, MOST_VALUES // (wide * len(flat))))
    gathered = np.empty((band, wide, size, beside), np.float32)
    for top in range(0, high, band):
        part = gathered[: min(band, high - top)]
        part[:] = covered[top : top + band]
        product = part.reshape(-1, len(flat)) @ flat
        result[top : top + band] = (product + bias).reshape(len(part), wide, -1)
    return result


def convolve_some(
    values: Floats, kernel: Floats, bias: Floats, stride: int, cells: Cells, result: Floats
) -> None:
    """Write the positive part of a correlation into some cells of a result.

    Parameters
    ----------
    values, kernel, bias, stride
        As `convolve` takes them.
    cells : ndarray of bool, shape (height, width) of the result
    result : ndarray of float32, shape (height, width, out)
    """
    covered = _covered(values, len(kernel), stride, None)
    flat = kernel.reshape(-1, kernel.shape[3])
    rows, columns = np.nonzero(cells)
    step = max(1, MOST_VALUES // len(flat))
    for start in range(0, len(rows), step):
        some = rows[start : start + step], columns[start : start + step]
        product = covered[some].reshape(-1, len(flat)) @ flat
        result[some] = positive(product + bias)


def _covered(values: Floats, size: int, stride: int, missing: tuple[int, int] | None) -> Floats:
    """Return what a kernel covers, as a view: shape (height, width, size, size * in)."""
    rows, columns, inner = values.shape
    margin = size // 2
    above, below = missing or (margin, margin)
    padded = np.zeros((rows + above + below, columns + 2 * margin, inner), np.float32)
    padded[above : above + rows, margin : margin + columns] = values
    high, wide = ((length - size) // stride + 1 for length in padded.shape[:2])
    down, right, _ = padded.strides
    # What a row of the kernel covers lies side by side in memory.
    return as_strided(
        padded,
        (high, wide, size, size * inner),
        (stride * down, stride * right, down, padded.itemsize),
        writeable=False,
    )


def of_constant(values: Floats, layer: Layer) -> Floats:
    """Return what a convolution makes of images that are the same everywhere.

    Parameters
    ----------
    values : ndarray of float32, shape (images, in)
    layer : (ndarray, ndarray)
    """
    kernel, bias = layer
    made: Floats = values @ kernel.sum(axis=(0, 1)) + bias
    return made


def rows_of(
    values: Floats, layers: Sequence[Layer], strides: Sequence[int], top: int, bottom: int
) -> Floats:
    """Return the rows from `top` to `bottom` of the positive parts of convolutions in turn."""
    if not layers:
        return values[top:bottom]
    *before, (kernel, bias) = layers
    margin, stride = kernel.shape[0] // 2, strides[-1]
    first, last = stride * top - margin, stride * (bottom - 1) + margin + 1
    rows = values.shape[0] // int(np.prod(strides[:-1]))
    part = rows_of(values, before, strides[:-1], max(first, 0), min(last, rows))
    return positive(convolve(part, kernel, bias, stride, (max(-first, 0), max(last - rows, 0))))


def runs(marks: Cells, gap: int) -> list[tuple[int, int]]:
    """Return start and stop of what is marked in a row; so short a gap does not end it."""
    found: list[tuple[int, int]] = []
    changes = np.flatnonzero(np.diff(marks.astype(np.int8), prepend=0, append=0))
    for start, stop in changes.reshape(-1, 2).tolist():
        near = bool(found) and start - found[-1][1] <= gap
        found.append((found.pop()[0] if near else start, stop))
    return found


def positive(values: Floats) -> Floats:
    """Make what is negative 0, in place."""
    return np.maximum(values, 0, out=values)
