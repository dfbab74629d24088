"""What the values of a copy say of its relation to the series that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.index_map import AxisMap, IndexMap, has_axis
from napari_medscan.frames import DisplayArray, EditableArray

Values = NDArray[Any] | DisplayArray | EditableArray
"""Of a copy; labels may draw the array of the series itself."""

_SAMPLED = 128
"""Rows and columns of a slice that are compared, spread over it."""
_EXPLAINED = 0.5
"""Share of the variance of a copy that an arrangement has to explain to be its likely one."""
_RESIDUE = 0.5
"""Share of what the claimed arrangement leaves unexplained that the likely one may leave."""
_SIMILAR, _TIMES = 0.1, 2.0
"""An arrangement that explains at least so much, and so many times what the claimed one does, is
the likely one, too: of edges or a mask, values explain little."""


class Likeness(Enum):
    """Relation of the values of a copy to those of its series."""

    EQUAL = auto()
    """They are those of the series; of a projection, its maxima or minima."""
    NONE = auto()
    """They are others, as after a filter."""
    REARRANGED = auto()
    """They are those of the series mirrored, transposed or in reverse order."""


def likeness(series: Stack, data: Values, axes: IndexMap) -> Likeness:
    """Compare a copy with its series in two slices, as far from the middle on either side.

    Parameters
    ----------
    series : Stack
        What it was derived from.
    data : ndarray, DisplayArray or EditableArray
        Values of the copy.
    axes : tuple of AxisMap or None
        Where its voxels claim to lie on the grid of the series.
    """
    lead = axes[: series.array.places.ndim]
    pairs = list(_pairs(series, data, axes))
    if not pairs:
        return Likeness.NONE
    if data.dtype == series.array.dtype and _are_equal(pairs, projected=None in lead):
        return Likeness.EQUAL
    mine, theirs = ([_gray(image) for image in images] for images in zip(*pairs, strict=True))
    strong, edges = [np.abs(image - np.median(image)) for image in mine], list(map(_edges, theirs))
    claimed = max(_explained(mine, theirs), _explained(strong, edges))
    likely = max(
        *(_explained(mine, other) for other in _rearranged(theirs)),
        *(_explained(strong, other) for other in _rearranged(edges)),
    )
    is_clear = likely > _EXPLAINED and 1 - likely < _RESIDUE * (1 - claimed)
    if is_clear or (likely > _SIMILAR and likely > _TIMES * claimed):
        return Likeness.REARRANGED
    return Likeness.NONE


def located(series: Stack, data: Values, axes: IndexMap) -> IndexMap:
    """Return where a copy lies along the axes that it has not, if its values tell.

    napari splits a series into its slices or time points and drops the axis with its place. Values
    that no other slice or time point has are proof of where it was.

    Parameters
    ----------
    series, data, axes
        As of `likeness`.

    Returns
    -------
    tuple of AxisMap or None
        Dropped axes in place of None if exactly one slice or time point of the series has all
        values; else, or if not all of them are in the cache, `axes`: nothing is read.
    """
    places = series.array.places
    lead, within = axes[: places.ndim], axes[places.ndim :]
    absent = [i for i, axis in enumerate(lead) if axis is None]
    if not absent or data.dtype != series.array.dtype or not all(map(has_axis, within)):
        return axes
    if not all(axis is None or axis.is_whole for axis in axes):
        return axes
    extents = zip(lead, places.shape, strict=True)
    taken = [range(extent) if axis is None else axis.indices for axis, extent in extents]
    rest = [i for i in range(places.ndim) if i not in absent]
    numbers = places[np.ix_(*taken)].transpose(*absent, *rest)
    pixels = np.ix_(*(axis.indices for axis in within if axis is not None))
    shape = numbers.shape[: len(absent)]
    try:
        found = [at for at in np.ndindex(shape) if _has_values(series, data, numbers[at], pixels)]
    except _NotCachedError:
        return axes
    if len(found) != 1:
        return axes
    offset = dict(zip(absent, found[0], strict=True))
    return tuple(
        AxisMap(1.0, float(offset[i]), 1, is_dropped=True) if i in offset else axis
        for i, axis in enumerate(axes)
    )


class _NotCachedError(LookupError):
    """A slice would have to be read."""


def _has_values(
    series: Stack, data: Values, numbers: NDArray[np.intp], pixels: tuple[NDArray[np.intp], ...]
) -> bool:
    """Return whether a copy has the values of slices, of which at least one is not missing."""
    rows, columns = pixels
    middle = len(rows) // 2
    for place, number in np.ndenumerate(numbers):
        if number < 0:
            continue
        frame = series.array.peek(int(number))
        if frame is None:
            raise _NotCachedError
        mine = np.asarray(data[place])
        # One row tells most slices apart.
        if not _same(mine[middle], frame[rows[middle], columns[0]]):
            return False
        if not _same(mine, frame[pixels]):
            return False
    return bool((numbers >= 0).any())


def _pairs(
    series: Stack, data: Values, axes: IndexMap
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield slices of a copy, each with what it would be if it were a copy of values."""
    places = series.array.places
    lead, (rows, columns) = axes[: places.ndim], axes[places.ndim :][:2]
    if rows is None or columns is None:
        return
    within = np.ix_(
        rows.indices.clip(0, series.array.shape[places.ndim] - 1),
        columns.indices.clip(0, series.array.shape[places.ndim + 1] - 1),
    )
    slices = lead[-1] or AxisMap(1.0, 0.0, places.shape[-1])
    quarter = slices.length // 4
    for number in dict.fromkeys((quarter, slices.length - 1 - quarter)):
        mine = [0 if axis is not lead[-1] else number for axis in lead if has_axis(axis)]
        theirs = [0 if axis is None else int(axis.indices[0]) for axis in lead]
        theirs[-1] = min(int(slices.indices[number]), places.shape[-1] - 1)
        frame = int(places[tuple(theirs)])
        if frame < 0:
            continue
        image = series.array.frame(frame)
        if frame not in series.problems:
            yield np.asarray(data[tuple(mine)]), image[within]


def _are_equal(pairs: list[tuple[NDArray[Any], NDArray[Any]]], *, projected: bool) -> bool:
    """Return whether slices have equal values, or those of a projection are never on one side."""
    if any(mine.shape != theirs.shape for mine, theirs in pairs):
        return False
    if not projected:
        return all(_same(mine, theirs) for mine, theirs in pairs)
    if any(mine.dtype.kind == "f" for mine, _ in pairs):
        # The sum of an activity is not below its maximum either; that of integers is wider.
        return False
    return all((mine >= theirs).all() for mine, theirs in pairs) or all(
        (mine <= theirs).all() for mine, theirs in pairs
    )


def _same(mine: NDArray[Any], theirs: NDArray[Any]) -> bool:
    return np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")


def _gray(image: NDArray[Any]) -> NDArray[np.float64]:
    """Return a slice as real numbers, without color."""
    values = np.nan_to_num(image.astype(np.float64), posinf=0, neginf=0)
    gray: NDArray[np.float64] = values if values.ndim == 2 else values.mean(axis=2)
    return gray


def _edges(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how steep a slice is at each pixel."""
    down, right = (np.diff(image, axis=axis, append=image.take([-1], axis)) for axis in (0, 1))
    steep: NDArray[np.float64] = np.abs(down) + np.abs(right)
    return steep


def _rearranged(slices: list[NDArray[np.float64]]) -> Iterator[list[NDArray[np.float64]]]:
    """Yield slices mirrored, transposed and in reverse order, in all ways but as they are."""
    is_square = slices[0].shape[0] == slices[0].shape[1]
    for order in (slices, slices[::-1])[: len(slices)]:
        for turned in range(2 if is_square else 1):
            for down, right in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                if order is slices and not turned and (down, right) == (1, 1):
                    continue
                yield [(s.T if turned else s)[::down, ::right] for s in order]


def _explained(mine: list[NDArray[np.float64]], theirs: list[NDArray[np.float64]]) -> float:
    """Return the share of the variance of one that a linear function of the other explains."""
    steps = [slice(None, None, max(1, extent // _SAMPLED)) for extent in mine[0].shape]
    one, other = (np.concatenate([image[*steps].ravel() for image in s]) for s in (mine, theirs))
    spread = float(one.std() * other.std())
    if not spread:
        return 0.0
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) ** 2
