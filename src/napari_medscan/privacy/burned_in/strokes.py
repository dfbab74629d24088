"""The built-in check: strokes of one value that stand in a line like glyphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in.findings import Box, Level

WIDEST_STROKE = 11
"""Pixels; strokes of glyphs 40 px high are 4 to 8 wide."""
FAINTEST = 24
"""Grey levels between a stroke and what is around it."""
FAINTEST_STILL = 14
"""The same where the stack tells that it stays."""
STILL = 6
"""Grey levels that lossy compression may change in what stays."""
PROMINENT = 0.5
"""Share of the greatest contrast nearby that belongs to a stroke."""
SOFT = 0.2
"""Share of the contrast that soft edges take from a stroke one pixel wide."""
MOST_STILL = 0.97
"""Share of the pixels: above it the pictures are copies of one another."""
WIDEST_WORD = 6
"""Times its height: glyphs of small print touch one another."""
LOWEST, HIGHEST = 4, 64
MOST_GLYPHS = 2000
"""Bounds the comparison of all with all; those of the most contrast are kept."""
MOST_PIXELS = 4_000_000
"""Pictures above are looked at in tiles of their own, so that memory stays bounded."""

Mask = NDArray[np.bool_]
Gray = NDArray[np.uint8]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Glyphs:
    """Components that could be glyphs; arrays of the same length."""

    top: Numbers
    left: Numbers
    height: Numbers
    width: Numbers
    value: Numbers
    flat: Numbers

    def pick(self, chosen: NDArray[np.intp] | Mask) -> Glyphs:
        """Return some of them."""
        return Glyphs(*(column[chosen] for column in vars(self).values()))

    def turned(self) -> Glyphs:
        """Return them as they are when rows are columns, for text that runs upwards."""
        return Glyphs(self.left, self.top, self.width, self.height, self.value, self.flat)


Judge = Callable[[Glyphs], Level | None]


def in_picture(picture: Gray) -> list[Box]:
    """Find lines of glyphs in one picture."""
    found = []
    for bright in (True, False):
        for gray, top in _tiles(_single(picture, bright=bright)):
            hat = _hat(gray)
            glyphs = _glyphs(hat >= FAINTEST, gray, hat)
            found += [_moved(box, top) for box in _lines(glyphs, _judge_picture)]
    return found


def in_stack(picture: Gray, others: Sequence[Gray]) -> list[Box] | None:
    """Find what is in all pictures while the rest moves.

    Returns
    -------
    list of Box, or None
        None when too little differs between the pictures to tell.
    """
    found: list[Box] = []
    for bright in (True, False):
        low = high = _single(picture, bright=bright)
        for other in others:
            one = _single(other, bright=bright)
            low, high = np.minimum(low, one), np.maximum(high, one)
        still = high - low <= STILL
        if still.mean() > MOST_STILL:
            return None
        for gray, top in _tiles(low):
            # Of the smallest values of a bright stroke that stays all is left, of
            # anatomy that moves only what is dark.
            hat = _hat(gray)
            mask = (hat >= FAINTEST_STILL) & still[top : top + gray.shape[0]]
            found += [_moved(box, top) for box in _lines(_glyphs(mask, gray, hat), _judge_stack)]
    return found


def _single(picture: Gray, *, bright: bool) -> Gray:
    """Return one channel in which the strokes looked for are bright."""
    if picture.ndim == 3:
        picture = picture.max(axis=2) if bright else picture.min(axis=2)
    return picture if bright else np.subtract(255, picture, dtype=np.uint8)


def _tiles(gray: Gray) -> Iterator[tuple[Gray, int]]:
    """Yield bands of rows, overlapping by the highest glyph, and where they begin."""
    rows, columns = gray.shape
    band = max(4 * HIGHEST, MOST_PIXELS // max(columns, 1))
    for top in range(0, max(rows - HIGHEST, 1), band - HIGHEST):
        yield gray[top : top + band], top


def _hat(gray: Gray) -> Gray:
    """Return how much brighter than its surroundings whatever is thin is."""
    from scipy import ndimage

    opened: Gray = ndimage.grey_opening(gray, size=(WIDEST_STROKE, WIDEST_STROKE))
    return gray - opened


def _glyphs(mask: Mask, gray: Gray, hat: Gray) -> Glyphs:
    """Return the connected components that have a glyph's size and shape."""
    from scipy import ndimage

    # Beside a stroke its own noise and soft edge do not count.
    mask = mask & (hat >= PROMINENT * ndimage.maximum_filter(hat, WIDEST_STROKE))
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    where = np.nonzero(labels)
    label = labels[where] - 1
    value = gray[where].astype(float)
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(count))
    if count == 0:
        return Glyphs(*(np.zeros(0) for _ in range(6)))
    rows, columns = where[0][order], where[1][order]
    top, left = np.minimum.reduceat(rows, starts), np.minimum.reduceat(columns, starts)
    height = np.maximum.reduceat(rows, starts) - top + 1
    width = np.maximum.reduceat(columns, starts) - left + 1
    area = np.bincount(label, minlength=count)
    contrast = np.maximum.reduceat(hat[where][order], starts).astype(float)
    peak = np.maximum.reduceat(value[order], starts)
    flat = (
        np.bincount(
            label,
            weights=value >= peak[label] - np.maximum(STILL, SOFT * contrast[label]),
            minlength=count,
        )
        / area
    )
    fits = (np.maximum(height, width) >= LOWEST) & (np.minimum(height, width) <= HIGHEST)
    fits &= (area >= LOWEST) & (area >= 0.12 * height * width)
    glyphs = Glyphs(*(np.asarray(c, float) for c in (top, left, height, width, peak, flat)))
    chosen = np.nonzero(fits)[0]
    chosen = chosen[np.argsort(contrast[chosen], kind="stable")[::-1][:MOST_GLYPHS]]
    return glyphs.pick(chosen)


def _lines(glyphs: Glyphs, judge: Judge) -> list[Box]:
    """Return the boxes of lines, level and upright."""
    return [
        *_rows_of(glyphs, judge),
        *(
            Box(box.left, box.top, box.width, box.height, box.level)
            for box in _rows_of(glyphs.turned(), judge)
        ),
    ]


def _rows_of(glyphs: Glyphs, judge: Judge) -> Iterator[Box]:
    """Group glyphs of like height and value that stand side by side."""
    from scipy.sparse import csgraph, csr_array

    glyphs = glyphs.pick((glyphs.height >= LOWEST) & (glyphs.width <= WIDEST_WORD * glyphs.height))
    if not glyphs.top.size:
        return
    height, right = glyphs.height, glyphs.left + glyphs.width
    high = np.maximum.outer(height, height)
    middle = glyphs.top + height / 2
    beside = np.maximum.outer(glyphs.left, glyphs.left) - np.minimum.outer(right, right) <= (
        1.2 * high
    )
    beside &= np.abs(np.subtract.outer(middle, middle)) <= 0.4 * high
    beside &= high <= 1.8 * np.minimum.outer(height, height)
    beside &= np.abs(np.subtract.outer(glyphs.value, glyphs.value)) <= 24
    count, line = csgraph.connected_components(csr_array(beside), directed=False)
    for index in np.nonzero(np.bincount(line, weights=_count(glyphs), minlength=count) >= 2)[0]:
        members = glyphs.pick(line == index)
        level = judge(members)
        if level is not None:
            yield _box(members, level)


def _count(glyphs: Glyphs) -> Numbers:
    """Return how many glyphs each component holds, by its width."""
    return np.maximum(1.0, np.floor(glyphs.width / glyphs.height))


def _judge_picture(line: Glyphs) -> Level | None:
    """Judge a line of one picture: its glyphs share one value and one height."""
    count, flat = line.top.size, float(np.median(line.flat))
    spread = float(np.percentile(line.value, 80) - np.percentile(line.value, 20))
    if count >= 4 and flat >= 0.4 and spread <= 4:
        return Level.FOUND
    if count >= 3 and flat >= 0.3 and spread <= 8:
        return Level.POSSIBLE
    return None


def _judge_stack(line: Glyphs) -> Level | None:
    """Judge a line that stays: few glyphs are enough to ask, if each has one value."""
    count, flat = float(_count(line).sum()), float(np.median(line.flat))
    if flat < 0.4:
        return None
    return Level.FOUND if count >= 3 and line.top.size >= 2 else Level.POSSIBLE


def _box(line: Glyphs, level: Level) -> Box:
    """Return the box around a line, with a margin for soft edges and accents."""
    margin = max(1, round(0.15 * float(np.median(line.height))))
    top, left = max(0, int(line.top.min()) - margin), max(0, int(line.left.min()) - margin)
    bottom = int((line.top + line.height).max()) + margin
    right = int((line.left + line.width).max()) + margin
    return Box(top, left, bottom - top, right - left, level)


def _moved(box: Box, rows: int) -> Box:
    return Box(box.top + rows, box.left, box.height, box.width, box.level)
