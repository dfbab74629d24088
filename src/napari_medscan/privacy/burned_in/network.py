"""A small convolutional network that marks where a string is, in plain numpy.

``tools/burned_in_train.py`` makes its weights; torch is needed there alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in.convolution import (
    Cells,
    Floats,
    Layer,
    convolve,
    convolve_cells,
    convolve_some,
    of_constant,
    outside,
    positive,
    rows_of,
    runs,
)

STRIDE = 4
"""Pixels of the picture a cell of the map is wide and high."""
AROUND = (15, 7)
"""Pixels, odd: squares whose mean and deviation make a pixel comparable."""
FLATTEST = 4.0
"""Gray levels added to the deviation, so that the noise of what is flat stays small."""
LEVELS = (((5, 16), (3, 16)), ((3, 48),) * 3, ((3, 64),) * 3, ((3, 96),) * 3)
"""Size and channels of the convolutions of each level; the first halves the resolution."""
BAND = 16
"""Rows of cells for which what is finer is computed at a time, so that it stays in the cache."""
ROWS = 128
"""So many of the image are compared with what is around at a time, for the same reason."""
BESIDE = 2
"""Cells beside those looked at that they need from what is finer."""
NO_TEXT = -30.0
"""The log odds of a cell that is not looked at."""

Weights = tuple[Layer, ...]


@dataclass(frozen=True)
class Looked:
    """Which cells of a resolution are looked at, and what the rest is.

    Attributes
    ----------
    cells : ndarray of bool, shape (height, width)
    gray : ndarray of uint8, shape (height, width)
    rest : ndarray of float32, shape (256, channels)
        What the layers so far make of an image of nothing but one gray level.
    """

    cells: Cells
    gray: NDArray[np.uint8]
    rest: Floats

    @classmethod
    def of(cls, gray: NDArray[np.uint8], some: Cells) -> Looked:
        """Return where to look in an image of whole cells, of which more may be than are said."""
        high, wide = (size // STRIDE for size in gray.shape)
        cells: Cells = np.zeros((high, wide), bool)
        cells[: some.shape[0], : some.shape[1]] = some
        # Of what is flat, the difference from what is around is 0.
        rest = np.zeros((256, 1 + len(AROUND)), np.float32)
        rest[:, 0] = shown(np.arange(256, dtype=np.float32))
        return cls(cells, gray[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE], rest)

    def coarser(self) -> Looked:
        """Return the same for half of the resolution."""
        high, wide = self.cells.shape
        pairs = self.cells.reshape(high // 2, 2, wide // 2, 2)
        cells: Cells = np.logical_or.reduce(pairs, axis=(1, 3))
        return replace(self, cells=cells, gray=self.gray[::2, ::2])

    def after(self, *layers: Layer) -> Looked:
        """Return the same after some layers more."""
        rest = self.rest
        for layer in layers:
            rest = positive(of_constant(rest, layer))
        return replace(self, rest=rest)

    def as_image(self) -> Floats:
        """Return all cells as if nothing was looked at, shape (height, width, channels)."""
        return self.rest[self.gray]


def text_map(gray: NDArray[np.uint8], cells: Cells | None = None) -> Floats:
    """Mark what is part of a string some 6 to 44 pixels high.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    cells : ndarray of bool, shape (ceil(height / 4), ceil(width / 4)), optional
        Where to look, by default everywhere. The rest is taken for flat and is not
        marked: so a look takes less time, and marks change by little.

    Returns
    -------
    ndarray of float32, shape (ceil(height / 4), ceil(width / 4))
        From 0, no text, to 1.
    """
    return maps(gray, cells)[0]


def maps(gray: NDArray[np.uint8], cells: Cells | None = None) -> tuple[Floats, Floats]:
    """Return what `text_map` does, and what the network knows of each cell twice as large.

    Returns
    -------
    marks : ndarray of float32, shape (ceil(height / 4), ceil(width / 4))
    middle : ndarray of float32, shape (2 * ceil(height / 16), 2 * ceil(width / 16), channels)
        Of the second of `LEVELS` from below: what is there, and that with what is around.
    """
    rows, columns = (-size % 2 ** len(LEVELS) for size in gray.shape)
    high, wide = (-(-size // STRIDE) for size in gray.shape)
    padded = np.pad(gray, ((0, rows), (0, columns)), mode="edge")
    looked = None if cells is None else Looked.of(padded, cells)
    values, middle = apply(channels(padded), layers_of("weights.npz"), looked)
    # Clipped, because the exponential of a float32 overflows at 89.
    marks: Floats = 1 / (1 + np.exp(-values[:high, :wide, 0].clip(NO_TEXT, -NO_TEXT)))
    return marks, middle


def channels(gray: NDArray[np.uint8]) -> Floats:
    """Return what the network is shown: the gray levels, and how far each is from those around.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)

    Returns
    -------
    ndarray of float32, shape (height, width, 1 + len(AROUND))
    """
    beyond = max(AROUND) // 2 + 1
    padded = np.pad(gray, beyond, mode="symmetric")
    result = np.empty((*gray.shape, 1 + len(AROUND)), np.float32)
    for top in range(0, len(gray), ROWS):
        level = gray[top : top + ROWS].astype(np.float32)
        part = padded[top : top + len(level) + 2 * beyond].astype(np.uint32)
        _compare(level, part, beyond, result[top : top + ROWS])
    return result


def _compare(level: Floats, padded: NDArray[np.uint32], beyond: int, result: Floats) -> None:
    """Write the channels of some rows, of which what is around goes `beyond`."""
    # Sums of all above and left. They wrap around, but their differences are those of a square.
    sums = [
        one.cumsum(axis=0, dtype=np.uint32).cumsum(axis=1, dtype=np.uint32)
        for one in (padded, padded * padded)
    ]
    result[..., 0] = shown(level)
    for index, size in enumerate(AROUND, 1):
        mean, variance = (_mean(total, size, beyond, level.shape) for total in sums)
        variance -= mean * mean
        apart = (level - mean) / (np.sqrt(np.maximum(variance, 0)) + FLATTEST)
        np.divide(apart.clip(-4, 4), 2, out=result[..., index])


def _mean(total: NDArray[np.uint32], size: int, beyond: int, shape: tuple[int, ...]) -> Floats:
    """Return the mean of a square around each pixel, from the sums of all above and left."""
    before, after = beyond - size // 2 - 1, beyond + size // 2
    rows, columns = shape
    down = total[after : after + rows] - total[before : before + rows]
    inside = down[:, after : after + columns] - down[:, before : before + columns]
    return inside.astype(np.float32) / np.float32(size * size)


def shown(level: Floats) -> Floats:
    """Return gray levels as the network is shown them."""
    return level * np.float32(1 / 128) - np.float32(1)


def apply(values: Floats, layers: Weights, looked: Looked | None = None) -> tuple[Floats, Floats]:
    """Run the layers over values of shape (height, width, channels): log odds, and the middle.

    Down the levels, each of half the resolution, to see what is around; then up again
    to that of `STRIDE`, where each level adds what it saw in detail. Where nothing is
    looked at, a cell holds what the layers make of an image of nothing but its gray level.
    """
    finer = len(LEVELS[0]) + 1
    looked = looked and looked.after(*layers[:finer])
    values = _finer(values, layers[:finer], looked)
    remaining = iter(layers[finer:])
    seen = []
    for number, level in enumerate(LEVELS[1:]):
        if number and looked:
            looked = looked.coarser()
        for index in range(len(level)):
            if number or index:
                looked, values = _positive(values, next(remaining), 1 if index else 2, looked)
        seen.append((values, looked))
    upwards = []
    for detail, fine in seen[-2:0:-1]:
        layer = next(remaining)
        coarse = convolve(values, layer).repeat(2, axis=0).repeat(2, axis=1)
        coarse += detail
        if looked and fine:
            rest = positive(of_constant(looked.rest, layer) + fine.rest)
            looked = replace(fine, rest=rest)
        looked, values = _positive(positive(coarse), next(remaining), 1, looked)
        upwards.append(values)
    detail, fine = seen[0]
    odds = _finest(values, detail, tuple(remaining), fine.cells if fine else None)
    return odds, np.concatenate([seen[-2][0], upwards[0]], axis=2)


def _finest(values: Floats, detail: Floats, layers: Weights, looked: Cells | None) -> Floats:
    """Return the log odds of each cell, from what the level below made and what this one saw.

    They are computed where the last layer, which sees the level below alone, hints at a string.
    """
    from scipy import ndimage

    up, across, last, hint = layers
    cells: Cells = (convolve(values, hint)[..., 0] > 0).repeat(2, axis=0).repeat(2, axis=1)
    if looked is not None:
        cells &= looked
    rows, columns = np.nonzero(ndimage.binary_dilation(cells, np.ones((3, 3))))
    around = outside(cells.shape, detail.shape[2])
    coarse = convolve(values, up)[rows // 2, columns // 2]
    around[1 + rows, 1 + columns] = positive(coarse + detail[rows, columns])
    result = np.full((*cells.shape, 1), NO_TEXT, np.float32)
    result[cells] = convolve_cells(around, across, cells) @ last.kernel[0, 0] + last.bias
    return result


def _positive(
    values: Floats, layer: Layer, stride: int, looked: Looked | None
) -> tuple[Looked | None, Floats]:
    """Return what a layer makes of values, and of the rest."""
    if looked is None:
        return None, positive(convolve(values, layer, stride))
    looked = looked.after(layer)
    others = looked.rest[looked.gray[~looked.cells]]
    return looked, convolve_some(values, layer, stride, looked.cells, others)


def _finer(values: Floats, layers: Weights, looked: Looked | None) -> Floats:
    """Return what the layers finer than a cell, and the first of cells, make of values.

    As a whole, what is finer than a cell would be written to memory and read from it.
    """
    strides = [2, *[1] * (len(layers) - 2), 2]
    high, wide = (size // STRIDE for size in values.shape[:2])
    if looked is None:
        result = np.empty((high, wide, layers[-1].bias.size), np.float32)
    else:
        result = looked.as_image()
    for top in range(0, high, BAND):
        bottom = min(top + BAND, high)
        across = looked.cells[top:bottom] if looked else np.ones((1, wide), bool)
        for left, right in runs(np.logical_or.reduce(across), 2 * BESIDE):
            first, last = max(left - BESIDE, 0), min(right + BESIDE, wide)
            part = values[:, STRIDE * first : STRIDE * last]
            made = rows_of(part, layers, strides, top, bottom)
            result[top:bottom, left:right] = made[:, left - first : right - first]
    return result


@cache
def layers_of(name: str) -> Weights:
    """Load the layers of a file of the package, kernels of shape (size, size, in, out)."""
    path = files("napari_medscan.privacy.burned_in") / name
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return tuple(
            Layer(
                np.ascontiguousarray(stored[f"kernel{i}"].transpose(2, 3, 1, 0), np.float32),
                stored[f"bias{i}"].astype(np.float32),
            )
            for i in range(len(stored.files) // 2)
        )
