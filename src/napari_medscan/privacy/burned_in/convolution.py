"""Convolutions in plain numpy: of all cells, of some, and of some rows through many layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import winograd
from napari_medscan.privacy.burned_in.winograd import TILE

MOST_VALUES = 1 << 17
"""So many neighbors are gathered at once, which suits the cache."""

Floats = NDArray[np.float32]
Cells = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Layer:
    """What a convolution multiplies by, and adds.

    Attributes
    ----------
    kernel : ndarray of float32, shape (size, size, in, out)
    bias : ndarray of float32, shape (out,)
    """

    kernel: Floats
    bias: Floats

    @cached_property
    def transformed(self) -> Floats:
        """The kernel, of size 3, as `winograd` takes it."""
        return winograd.transformed(self.kernel)


def convolve(
    values: Floats, layer: Layer, stride: int = 1, missing: tuple[int, int] | None = None
) -> Floats:
    """Correlate with a kernel; outside is 0.

    Parameters
    ----------
    values : ndarray of float32, shape (height, width, in)
    layer : Layer
    stride : int
    missing : (int, int), optional
        Rows that are outside, above and below, if `values` are a part; by default
        half of a kernel's.
    """
    size, out = len(layer.kernel), layer.bias.size
    above, below = missing or (size // 2, size // 2)
    if _is_tiled(layer, stride):
        high = values.shape[0] + above + below - 2
        return _whole(values, layer, np.ones((high, values.shape[1]), bool), above)
    covered = _covered(values, size, stride, above, below)
    high, wide, _, beside = covered.shape
    flat = layer.kernel.reshape(-1, out)
    result = np.empty((high, wide, out), np.float32)
    band = min(high, max(1, MOST_VALUES // (wide * len(flat))))
    gathered = np.empty((band, wide, size, beside), np.float32)
    for top in range(0, high, band):
        part = gathered[: min(band, high - top)]
        part[:] = covered[top : top + band]
        product = part.reshape(-1, len(flat)) @ flat
        result[top : top + band] = (product + layer.bias).reshape(len(part), wide, -1)
    return result


def convolve_some(
    values: Floats, layer: Layer, stride: int, cells: Cells, others: Floats | float
) -> Floats:
    """Return the positive part of a correlation in some cells, and in the others what is given.

    Parameters
    ----------
    values, layer, stride
        As `convolve` takes them.
    cells : ndarray of bool, shape (height, width) of the result
    others : ndarray of float32, shape (others, out), or float
    """
    size, out = len(layer.kernel), layer.bias.size
    if _is_tiled(layer, stride):
        result = positive(_whole(values, layer, cells))
    else:
        covered = _covered(values, size, stride, size // 2, size // 2)
        flat = layer.kernel.reshape(-1, out)
        rows, columns = np.nonzero(cells)
        step = max(1, MOST_VALUES // len(flat))
        result = np.empty((*cells.shape, out), np.float32)
        for start in range(0, len(rows), step):
            some = rows[start : start + step], columns[start : start + step]
            product = covered[some].reshape(-1, len(flat)) @ flat
            result[some] = positive(product + layer.bias)
    result[~cells] = others
    return result


def convolve_cells(around: Floats, layer: Layer, cells: Cells) -> Floats:
    """Return the positive part of a correlation with a kernel of 3 x 3 in some cells.

    Parameters
    ----------
    around : ndarray of float32
        What `outside` returns, with values where `cells` are and beside them.
    layer : Layer
    cells : ndarray of bool, shape (height, width)

    Returns
    -------
    ndarray of float32, shape (cells, out)
    """
    return positive(_in_tiles(around, layer, cells)[cells])


def outside(shape: tuple[int, ...], channels: int) -> Floats:
    """Return 0 for the tiles that so many rows and columns of cells take, and one cell around."""
    high, wide = (length + -length % TILE + 2 for length in shape)
    return np.zeros((high, wide, channels), np.float32)


def _is_tiled(layer: Layer, stride: int) -> bool:
    return len(layer.kernel) == winograd.SIZE and stride == 1


def _whole(values: Floats, layer: Layer, cells: Cells, above: int = 1) -> Floats:
    """Return a correlation in some cells, and in others anything.

    So many rows above are outside, 0 or 1.
    """
    rows, columns, inner = values.shape
    around = outside(cells.shape, inner)
    around[above : above + rows, 1 : 1 + columns] = values
    return _in_tiles(around, layer, cells)


def _in_tiles(around: Floats, layer: Layer, cells: Cells) -> Floats:
    high, wide = cells.shape
    tiles = np.pad(cells, [(0, -length % TILE) for length in cells.shape])
    made = winograd.in_tiles(around, layer.transformed, layer.bias, tiles, MOST_VALUES)
    return made[:high, :wide]


def _covered(values: Floats, size: int, stride: int, above: int, below: int) -> Floats:
    """Return what a kernel covers, as a view: shape (height, width, size, size * in)."""
    rows, columns, inner = values.shape
    margin = size // 2
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
    layer : Layer
    """
    made: Floats = values @ layer.kernel.sum(axis=(0, 1)) + layer.bias
    return made


def rows_of(
    values: Floats, layers: Sequence[Layer], strides: Sequence[int], top: int, bottom: int
) -> Floats:
    """Return the rows from `top` to `bottom` of the positive parts of convolutions in turn."""
    if not layers:
        return values[top:bottom]
    *before, layer = layers
    margin, stride = len(layer.kernel) // 2, strides[-1]
    first, last = stride * top - margin, stride * (bottom - 1) + margin + 1
    rows = values.shape[0] // int(np.prod(strides[:-1]))
    part = rows_of(values, before, strides[:-1], max(first, 0), min(last, rows))
    return positive(convolve(part, layer, stride, (max(-first, 0), max(last - rows, 0))))


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
