"""A small convolutional network that marks where a string is, in plain numpy.

``tools/burned_in_train.py`` makes its weights; torch is needed there alone.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

STRIDE = 4
"""Pixels of the picture a cell of the map is wide and high."""
AROUND = (15, 7)
"""Pixels, odd: squares whose mean and deviation make a pixel comparable."""
FLATTEST = 4.0
"""Grey levels added to the deviation, so that the noise of what is flat stays small."""
LEVELS = (((5, 24), (3, 24)), ((3, 48),) * 3, ((3, 64),) * 3, ((3, 96),) * 3)
"""Size and channels of the convolutions of each level; the first halves the resolution."""
MOST_VALUES = 1 << 17
"""So many neighbours are gathered at once, which suits the cache."""
BAND = 16
"""Rows of cells for which what is finer is computed at a time, so that it stays in the cache."""

Floats = NDArray[np.float32]
Weights = tuple[tuple[Floats, Floats], ...]


def text_map(gray: NDArray[np.uint8]) -> Floats:
    """Mark what is part of a string some 6 to 44 pixels high.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)

    Returns
    -------
    ndarray of float32, shape (ceil(height / 4), ceil(width / 4))
        From 0, no text, to 1.
    """
    rows, columns = (-size % 2 ** len(LEVELS) for size in gray.shape)
    values = apply(channels(np.pad(gray, ((0, rows), (0, columns)), mode="edge")), weights())
    high, wide = (-(-size // STRIDE) for size in gray.shape)
    # Clipped, because the exponential of a float32 overflows at 89.
    marks: Floats = 1 / (1 + np.exp(-values[:high, :wide, 0].clip(-30, 30)))
    return marks


def channels(gray: NDArray[np.uint8]) -> Floats:
    """Return what the network is shown: the grey levels, and how far each is from those around.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)

    Returns
    -------
    ndarray of float32, shape (height, width, 1 + len(AROUND))
    """
    from scipy import ndimage

    level = gray.astype(np.float32)
    square = level * level
    result = np.empty((*gray.shape, 1 + len(AROUND)), np.float32)
    result[..., 0] = level / 128 - 1
    for index, size in enumerate(AROUND, 1):
        mean = ndimage.uniform_filter(level, size)
        variance = ndimage.uniform_filter(square, size) - mean * mean
        apart = (level - mean) / (np.sqrt(np.maximum(variance, 0)) + FLATTEST)
        np.divide(apart.clip(-4, 4), 2, out=result[..., index])
    return result


def apply(values: Floats, layers: Weights) -> Floats:
    """Run the layers over values of shape (height, width, channels).

    Down the levels, each of half the resolution, to see what is around; then up again
    to that of `STRIDE`, where each level adds what it saw in detail.
    """
    finer = len(LEVELS[0]) + 1
    strides = [2, *[1] * (finer - 2), 2]
    remaining = iter(layers[finer:])
    high = values.shape[0] // STRIDE
    # As a whole, what is finer than a cell would be written to memory and read from it.
    bands = [
        _rows(values, layers[:finer], strides, top, min(top + BAND, high))
        for top in range(0, high, BAND)
    ]
    values = np.concatenate(bands)
    seen = []
    for number, level in enumerate(LEVELS[1:]):
        for index in range(len(level)):
            if number or index:
                values = positive(convolve(values, *next(remaining), stride=1 if index else 2))
        seen.append(values)
    for detail in seen[-2::-1]:
        coarse = convolve(values, *next(remaining)).repeat(2, axis=0).repeat(2, axis=1)
        coarse += detail
        values = positive(convolve(positive(coarse), *next(remaining)))
    return convolve(values, *next(remaining))


def _rows(values: Floats, layers: Weights, strides: list[int], top: int, bottom: int) -> Floats:
    """Return the rows from `top` to `bottom` of what layers make of values."""
    if not layers:
        return values[top:bottom]
    *before, (kernel, bias) = layers
    margin, stride = kernel.shape[0] // 2, strides[-1]
    first, last = stride * top - margin, stride * (bottom - 1) + margin + 1
    rows = values.shape[0] // int(np.prod(strides[:-1]))
    part = _rows(values, tuple(before), strides[:-1], max(first, 0), min(last, rows))
    return positive(convolve(part, kernel, bias, stride, (max(-first, 0), max(last - rows, 0))))


def positive(values: Floats) -> Floats:
    """Make what is negative 0, in place."""
    return np.maximum(values, 0, out=values)


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
    size, _, inner, out = kernel.shape
    rows, columns, _ = values.shape
    margin = size // 2
    above, below = missing or (margin, margin)
    padded = np.zeros((rows + above + below, columns + 2 * margin, inner), np.float32)
    padded[above : above + rows, margin : margin + columns] = values
    high, wide = ((length - size) // stride + 1 for length in padded.shape[:2])
    down, right, _ = padded.strides
    # What a row of the kernel covers lies side by side in memory.
    covered = as_strided(
        padded,
        (high, wide, size, size * inner),
        (stride * down, stride * right, down, padded.itemsize),
        writeable=False,
    )
    flat = kernel.reshape(-1, out)
    result = np.empty((high, wide, out), np.float32)
    band = min(high, max(1, MOST_VALUES // (wide * len(flat))))
    gathered = np.empty((band, wide, size, size * inner), np.float32)
    for top in range(0, high, band):
        part = gathered[: min(band, high - top)]
        part[:] = covered[top : top + band]
        product = part.reshape(-1, len(flat)) @ flat
        result[top : top + band] = (product + bias).reshape(len(part), wide, out)
    return result


@cache
def weights() -> Weights:
    """Load the weights that the package holds, kernels of shape (size, size, in, out)."""
    path = files("napari_medscan.privacy.burned_in") / "weights.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return tuple(
            (
                np.ascontiguousarray(stored[f"kernel{i}"].transpose(2, 3, 1, 0), np.float32),
                stored[f"bias{i}"].astype(np.float32),
            )
            for i in range(len(stored.files) // 2)
        )
