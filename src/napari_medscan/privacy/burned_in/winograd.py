"""Convolutions with kernels of 3 x 3 by Winograd's F(4 x 4, 3 x 3), a quarter of the products.

Sixteen cells, a tile, are computed from the 36 around them: sums of these, for each of which
channels are multiplied once, and sums of the products.
A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Cells = NDArray[np.bool_]

SIZE = 3
"""Of the kernels."""
TILE = 4
"""Cells that a tile is high and wide."""
COVERED = TILE + SIZE - 1
"""Cells, high and wide, that it is computed from."""
OF_KERNEL = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
OF_VALUES = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
OF_PRODUCTS = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
EVERYWHERE = 1 + COVERED
"""The product that is added to each cell of a tile, and only added: here a bias goes."""


def transformed(kernel: Floats) -> Floats:
    """Return what the sums of a tile are multiplied by.

    Parameters
    ----------
    kernel : ndarray of float32, shape (3, 3, in, out)

    Returns
    -------
    ndarray of float32, shape (36, in, out)
    """
    sums = _sums(np.array(OF_KERNEL), kernel.astype(np.float64))
    return np.ascontiguousarray(sums.reshape(-1, *kernel.shape[2:]), np.float32)


def in_tiles(padded: Floats, kernel: Floats, bias: Floats, cells: Cells, most: int) -> Floats:
    """Return a correlation in the tiles that have one of some cells, and in others anything.

    Parameters
    ----------
    padded : ndarray of float32, shape (height + 2, width + 2, in)
        Values and the cells around them; height and width are whole tiles.
    kernel : ndarray of float32
        What `transformed` returns.
    bias : ndarray of float32, shape (out,)
    cells : ndarray of bool, shape (height, width)
    most : int
        So many values are gathered at once.

    Returns
    -------
    ndarray of float32, shape (height, width, out)
    """
    high, wide = (size // TILE for size in cells.shape)
    _, across, inner = padded.shape
    out = kernel.shape[2]
    rows, columns = np.nonzero(cells.reshape(high, TILE, wide, TILE).any(axis=(1, 3)))
    corners = TILE * (rows * across + columns)
    around = (np.arange(COVERED)[:, np.newaxis] * across + np.arange(COVERED)).reshape(-1, 1)
    flat, tiles = padded.reshape(-1, inner), np.empty((high, TILE, wide, TILE, out), np.float32)
    of_values, of_products = (np.array(one, np.float32) for one in (OF_VALUES, OF_PRODUCTS))
    step = max(1, most // (COVERED**2 * inner))
    for start in range(0, len(corners), step):
        some = slice(start, start + step)
        sums = _sums(of_values, flat[around + corners[some]])
        products = sums.reshape(COVERED**2, -1, inner) @ kernel
        products[EVERYWHERE] += bias
        made = _sums(of_products, products).reshape(TILE, TILE, -1, out)
        tiles[rows[some], :, columns[some]] = made.transpose(2, 0, 1, 3)
    return tiles.reshape(*cells.shape, out)


def _sums(matrix: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Return sums of the rows of tiles and then of their columns, each weighted by a matrix.

    Parameters
    ----------
    matrix : ndarray, shape (out, size)
    values : ndarray, of size * size values first

    Returns
    -------
    ndarray, shape (out, out, others)
    """
    out, size = matrix.shape
    rows = (matrix @ values.reshape(size, -1)).reshape(out, size, -1)
    result: NDArray[Any] = matrix @ rows
    return result
