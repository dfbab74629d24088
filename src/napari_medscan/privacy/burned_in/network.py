"""A small convolutional network that marks where a string is, in plain numpy.

``tools/burned_in_train.py`` makes its weights; torch is needed there alone.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

STRIDE = 4
"""Pixels of the picture a cell of the map is wide and high."""
AROUND = (15, 7)
"""Pixels, odd: squares whose mean and deviation make a pixel comparable."""
FLATTEST = 4.0
"""Grey levels added to the deviation, so that the noise of what is flat stays small."""
LEVELS = (((5, 24), (3, 24)), ((3, 48),) * 3, ((3, 64),) * 3, ((3, 96),) * 3)
"""Size and channels of the convolutions of each level; the first halves the resolution."""
MOST_VALUES = 1 << 19
"""So many neighbours are gathered at once, which bounds memory and suits the cache."""

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
    marks: Floats = 1 / (1 + np.exp(-values[0, :high, :wide].clip(-30, 30)))
    return marks


def channels(gray: NDArray[np.uint8]) -> Floats:
    """Return what the network is shown: the grey levels, and how far each is from those around.

    Returns
    -------
    ndarray of float32, shape (1 + len(AROUND), height, width)
    """
    from scipy import ndimage

    level = gray.astype(np.float32)
    square = level * level
    result = [level / 128 - 1]
    for size in AROUND:
        mean = ndimage.uniform_filter(level, size)
        variance = ndimage.uniform_filter(square, size) - mean * mean
        apart = (level - mean) / (np.sqrt(np.maximum(variance, 0)) + FLATTEST)
        result.append(apart.clip(-4, 4) / 2)
    return np.stack(result)


def apply(values: Floats, layers: Weights) -> Floats:
    """Run the layers over values of shape (channels, height, width).

    Down the levels, each of half the resolution, to see what is around; then up again
    to that of `STRIDE`, where each level adds what it saw in detail.
    """
    remaining = iter(layers)
    seen = []
    for level in LEVELS:
        for index in range(len(level)):
            values = positive(convolve(values, *next(remaining), stride=1 if index else 2))
        seen.append(values)
    for detail in seen[-2:0:-1]:
        coarse = convolve(values, *next(remaining)).repeat(2, axis=1).repeat(2, axis=2)
        values = positive(convolve(positive(coarse + detail), *next(remaining)))
    return convolve(values, *next(remaining))


def positive(values: Floats) -> Floats:
    """Make what is negative 0, in place."""
    return np.maximum(values, 0, out=values)


def convolve(values: Floats, kernel: Floats, bias: Floats, stride: int = 1) -> Floats:
    """Correlate with a kernel of shape (out, in, size, size); outside is 0."""
    out, inner, size, _ = kernel.shape
    _, rows, columns = values.shape
    margin = size // 2
    padded = np.pad(values, ((0, 0), (margin, margin), (margin, margin)))
    high, wide = -(-rows // stride), -(-columns // stride)
    result = np.empty((out, high, wide), np.float32)
    flat = kernel.transpose(0, 2, 3, 1).reshape(out, -1)
    band = max(1, MOST_VALUES // (inner * size * size * wide))
    for top, bottom in pairwise([*range(0, high, band), high]):
        taps = [
            padded[
                :,
                top * stride + y : (bottom - 1) * stride + y + 1 : stride,
                x : (wide - 1) * stride + x + 1 : stride,
            ]
            for y in range(size)
            for x in range(size)
        ]
        gathered = np.concatenate(taps).reshape(flat.shape[1], -1)
        result[:, top:bottom] = (flat @ gathered).reshape(out, bottom - top, wide)
    result += bias[:, np.newaxis, np.newaxis]
    return result


@cache
def weights() -> Weights:
    """Load the weights that the package holds."""
    path = files("napari_medscan.privacy.burned_in") / "weights.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return tuple(
            (stored[f"kernel{i}"].astype(np.float32), stored[f"bias{i}"].astype(np.float32))
            for i in range(len(stored.files) // 2)
        )
