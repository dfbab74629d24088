"""Looks for strings: at the whole image, and at what may be one enlarged, then deblurred.

An edge of anatomy that resembles small letters is smooth when enlarged; a string is not.
Deblurred, letters are as the network knows them, and anatomy is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in.findings import Box, Level
from napari_medscan.privacy.burned_in.network import STRIDE, text_map

EDGE = 0.15
"""What a cell's mark must be to belong to a string."""
DOUBTFUL = 0.35
"""What the mark of what may be a string must be: no second look outweighs a lower one."""
CELLS = 4
"""So many of a string's cells, the best, tell how it is marked."""
THIN = 20
"""Pixels: the width of a group of small letters, at most. Letters of 24 pixels, three times
larger, are too large for the network."""
THICKEST = 36
"""Pixels: letters so high, up to twice that, are large for the network already, and are looked at
in half the size, too. A group so wide can also be of small letters, or more than letters."""
MARGIN, REACH = 16, 40
"""Pixels around a group, and from its best cell: so far the second look sees."""
BLUR = 2.0
"""Pixels: the standard deviation of the Gaussian that a deblurred look takes away."""
NOISE = 0.003
"""Power of the noise relative to that of the letters, which bounds what deblurring amplifies."""
BLURRED = 0.5
"""What a mark must be for a deblurred look, which makes edges of anatomy sharp, too."""
WIDE_REACH = 64
"""Pixels from a group's best cell that a deblurred look sees: blurred letters are large."""
SETTLED = 0.98
"""A mark that needs no second look."""
MOST_AGAIN = 5
"""So many of the groups in doubt get one, the best; of the others the first look decides."""
SURE, MAYBE = 0.6, 0.55
"""What the log odds of the looks must be in the mean."""
SURE_DEBLURRED = 1.2
"""The same if one is deblurred."""
SURE_REDUCED, MAYBE_REDUCED = 1.3, 1.15
"""The same in a reduced image, where anatomy is as sharp as letters."""

Gray = NDArray[np.uint8]
Marks = NDArray[np.float32]


@dataclass(frozen=True)
class Group:
    """Marked cells that touch.

    Attributes
    ----------
    top, left, bottom, right : int
        The rectangle around them, in pixels.
    best : (int, int)
        The row and column of the middle of the best of them, in pixels.
    mark : float
        How it is marked, from 0 to 1.
    """

    top: int
    left: int
    bottom: int
    right: int
    best: tuple[int, int]
    mark: float

    @property
    def thickness(self) -> int:
        """The shorter side in pixels, of which its letters are at most."""
        return min(self.bottom - self.top, self.right - self.left)


def boxes(
    gray: Gray, marks: Marks, *, deblur: bool = False, reduced: bool = False
) -> Iterator[Box]:
    """Yield boxes around strings some 6 to 44 pixels high, in pixels.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
    marks : ndarray of float32
        What `text_map` makes of it.
    deblur : bool
        As `judged` takes it.
    reduced : bool
        Whether the image was made smaller.
    """
    sure, maybe = (SURE_REDUCED, MAYBE_REDUCED) if reduced else (SURE, MAYBE)
    for group, level in judged(gray, groups(marks), sure, maybe, deblur=deblur):
        # A cell that a string covers by less than half is not marked.
        top, left = (max(0, start - STRIDE // 2) for start in (group.top, group.left))
        bottom = min(group.bottom + STRIDE // 2, gray.shape[0])
        right = min(group.right + STRIDE // 2, gray.shape[1])
        yield Box(top, left, bottom - top, right - left, level)


def judged(
    gray: Gray,
    found: Iterable[Group],
    sure: float = SURE,
    maybe: float = MAYBE,
    *,
    deblur: bool = False,
) -> Iterator[tuple[Group, Level]]:
    """Yield the groups that are strings, and how sure that is: the surest first.

    In doubt they are looked at again, in each size that their letters may need, of which the best
    counts; if asked deblurred too.
    """
    left = MOST_AGAIN
    marked = (group for group in found if group.mark >= DOUBTFUL)
    for group in sorted(marked, key=lambda group: group.mark, reverse=True):
        odds = first = _log_odds(group.mark)
        if group.mark < SETTLED and left:
            left -= 1
            again = second_look(gray, group)
            odds = (first + _log_odds(again)) / 2
            if deblur and odds < sure and group.mark >= BLURRED:
                sharp = (first + _log_odds(deblurred_look(gray, group))) / 2
                odds = sharp if sharp >= SURE_DEBLURRED else odds
        if odds >= maybe:
            yield group, Level.FOUND if odds >= sure else Level.POSSIBLE


def groups(marks: Marks, least: float = EDGE) -> Iterator[Group]:
    """Yield the groups of cells marked by at least so much, which could be strings."""
    from scipy import ndimage

    labels, _ = ndimage.label(marks >= least, structure=np.ones((3, 3)))
    around = ndimage.uniform_filter(marks, 3, mode="constant")
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        own = labels[rows, columns] == index
        mark = mean_of_best(marks[rows, columns][own])
        if mark < least:
            continue
        row, column = np.unravel_index(np.where(own, around[rows, columns], -1).argmax(), own.shape)
        yield Group(
            STRIDE * rows.start,
            STRIDE * columns.start,
            STRIDE * rows.stop,
            STRIDE * columns.stop,
            (
                STRIDE * (rows.start + int(row)) + STRIDE // 2,
                STRIDE * (columns.start + int(column)) + STRIDE // 2,
            ),
            mark,
        )


def second_look(gray: Gray, group: Group) -> float:
    """Return how a group is marked in what is around it, in the size in which that is most."""
    if group.thickness <= THIN:
        sizes: tuple[float, ...] = (3, 2)
    else:
        sizes = (2, 0.5) if THICKEST <= group.thickness <= 2 * THICKEST else (2,)
    return max(_seen(gray, group, times) for times in sizes)


def _seen(gray: Gray, group: Group, times: float) -> float:
    """Return how a group is marked in an image of what is around it, 0.5, 2 or 3 times as large."""
    row, column = group.best
    reach = 2 * REACH if times < 1 else REACH
    top, left = max(0, group.top - MARGIN, row - reach), max(0, group.left - MARGIN, column - reach)
    bottom = min(group.bottom + MARGIN, row + reach)
    right = min(group.right + MARGIN, column + reach)
    part = gray[top:bottom, left:right]
    scaled = reduced(part, 2) if times < 1 else enlarged(part, int(times))
    return _mark_within(scaled, group, (top, left), times)


def deblurred_look(gray: Gray, group: Group) -> float:
    """Return how a group is marked in a deblurred image of what is around it."""
    row, column = group.best
    top, left = max(0, row - WIDE_REACH), max(0, column - WIDE_REACH)
    part = deblurred(gray[top : row + WIDE_REACH, left : column + WIDE_REACH])
    return _mark_within(part, group, (top, left), 1)


def _mark_within(part: Gray, group: Group, start: tuple[int, int], times: float) -> float:
    """Return how a group is marked in a part, so many times enlarged, that starts somewhere."""
    rows, columns = (
        slice(*(int(max(0, edge - offset) * times / STRIDE) for edge in (first, end)))
        for first, end, offset in zip(
            (group.top, group.left), (group.bottom, group.right), start, strict=True
        )
    )
    return mean_of_best(
        text_map(part)[rows, columns].ravel(), max(CELLS, int(CELLS * times * times))
    )


def enlarged(gray: Gray, times: int) -> Gray:
    """Return a picture a whole number of times larger, interpolated linearly."""
    from scipy import ndimage

    values = gray.astype(np.float32)
    zoomed = ndimage.zoom(values, times, order=1, mode="nearest", grid_mode=True)
    larger: Gray = zoomed.round().astype(np.uint8)
    return larger


def deblurred(gray: Gray) -> Gray:
    """Return an image without the blur of a Gaussian of `BLUR`: a Wiener filter."""
    from scipy import fft

    margin = ceil(4 * BLUR)
    values = np.pad(gray.astype(np.float32), margin, mode="symmetric")
    down, right = (fft.fftfreq(length) for length in values.shape)
    passed = np.exp(-2 * (np.pi * BLUR) ** 2 * (down[:, np.newaxis] ** 2 + right**2))
    # Of what does not vary, it changes nothing.
    gain = (1 + NOISE) * passed / (passed**2 + NOISE)
    sharp = fft.ifft2(fft.fft2(values) * gain).real[margin:-margin, margin:-margin]
    result: Gray = sharp.round().clip(0, 255).astype(np.uint8)
    return result


def reduced(gray: Gray, factor: int) -> Gray:
    """Return a picture a whole number of times smaller, each pixel a mean."""
    if factor == 1:
        return gray
    rows, columns = (-size % factor for size in gray.shape)
    whole = np.pad(gray, ((0, rows), (0, columns)), mode="edge")
    # A product of matrices would need the whole picture as float; sums of views do not.
    parts = [whole[y::factor, x::factor] for y in range(factor) for x in range(factor)]
    total = np.zeros(parts[0].shape, np.uint32)
    for part in parts:
        total += part
    return ((total + factor * factor // 2) // (factor * factor)).astype(np.uint8)


def mean_of_best(marks: Marks, count: int = CELLS) -> float:
    """Return the mean of the best marks; those missing are 0."""
    return float(np.sort(marks)[::-1][:count].sum()) / count


def _log_odds(mark: float) -> float:
    """Return the logarithm of the odds, bounded."""
    mark = min(max(mark, 1e-4), 1 - 1e-4)
    return float(np.log(mark / (1 - mark)))
