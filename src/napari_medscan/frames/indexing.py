"""numpy's indexing of frames: what a key selects, and which frames that takes.

A key has one entry an axis, apart from `...`, ``numpy.newaxis`` and masks. Basic keys are integers
and slices. Index arrays and masks ("advanced indexing") follow numpy's rules because numpy itself
applies them, to a block of no more frames than they name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

BasicIndex = int | slice
_BASIC = (int, slice, np.integer)
Entry = int | slice | EllipsisType | NDArray[Any] | None


def plain_key(key: object) -> tuple[BasicIndex, ...] | None:
    """Return a key as a tuple if it is of integers and slices only, which napari draws with.

    None of ``()``, too: napari never draws with it, and programs load an array by it.
    """
    keys = key if isinstance(key, tuple) else (key,)
    if not keys:
        return None
    for entry in keys:
        if not isinstance(entry, _BASIC) or entry is True or entry is False:
            return None
    return keys


def padded(keys: tuple[BasicIndex, ...], ndim: int) -> tuple[BasicIndex, ...]:
    """Return one entry an axis.

    Raises
    ------
    IndexError
        When there are more entries than axes.
    """
    if len(keys) > ndim:
        raise IndexError(f"too many indices: the array is {ndim}-dimensional")
    return keys + (slice(None),) * (ndim - len(keys))


def entries_of(key: object) -> tuple[Entry, ...]:
    """Return the entries of a key; what is neither basic, `...` nor newaxis becomes an array."""
    return tuple(_entry(key) for key in (key if isinstance(key, tuple) else (key,)))


def _entry(key: Any) -> Entry:  # noqa: ANN401 - whatever numpy takes
    if key is None or key is Ellipsis or isinstance(key, slice):
        entry: Entry = key
        return entry
    array = np.asarray(key)
    if array.ndim == 0 and array.dtype.kind in "iu":
        return int(array)
    if array.size == 0 and not hasattr(key, "dtype"):
        # An empty list names no place; numpy makes it an array of floats.
        return array.astype(np.intp)
    return array


def is_basic(entries: Sequence[Entry]) -> bool:
    """Whether a key has no index array and no mask."""
    return not any(isinstance(entry, np.ndarray) for entry in entries)


def split_newaxes(
    entries: tuple[Entry, ...], ndim: int
) -> tuple[tuple[BasicIndex, ...], tuple[slice | None, ...]]:
    """Return a basic key as integers and slices, and what makes the new axes of their result.

    Raises
    ------
    IndexError
        When there is more than one `...`, or more entries than axes.
    """
    if sum(entry is Ellipsis for entry in entries) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    missing = ndim - sum(entry is not None and entry is not Ellipsis for entry in entries)
    if missing < 0:
        raise IndexError(f"too many indices: the array is {ndim}-dimensional")
    keys: list[BasicIndex] = []
    axes: list[slice | None] = []
    for entry in entries:
        if entry is None:
            axes.append(None)
        elif isinstance(entry, slice):
            keys.append(entry)
            axes.append(slice(None))
        elif isinstance(entry, int):
            keys.append(entry)
        else:
            keys.extend([slice(None)] * missing)
            axes.extend([slice(None)] * missing)
    return padded(tuple(keys), ndim), tuple(axes)


@dataclass(frozen=True, slots=True)
class Gather:
    """Which frames a key with index arrays takes, and what it selects of them.

    Parameters
    ----------
    axes : tuple of ndarray
        Positions along each leading axis; the block has so many.
    needed : ndarray of bool
        Which frames of the block count, shape (z,) or (t, z).
    part : tuple of slice
        Part of each frame that is in the block.
    key : tuple
        What it selects of the block.
    """

    axes: tuple[NDArray[np.intp], ...]
    needed: NDArray[np.bool_]
    part: tuple[slice, ...]
    key: tuple[Entry, ...]


def gather(entries: tuple[Entry, ...], lead: tuple[int, ...], frame: tuple[int, ...]) -> Gather:
    """Return what a key with index arrays takes of an array of frames.

    Parameters
    ----------
    entries : tuple
        Of `entries_of`.
    lead, frame : tuple of int
        Shapes of the leading axes and of one frame.

    Raises
    ------
    IndexError
        As numpy.
    """
    shape = lead + frame
    # numpy checks it, at one byte a value that is selected.
    np.broadcast_to(np.empty((), np.bool_), shape)[entries]
    arrays = [entry for entry in entries if isinstance(entry, np.ndarray)]
    if len(arrays) > 1:
        entries = tuple(_without_masks(entries))
    block = _Block(lead, frame)
    missing = len(shape) - sum(_width(entry) for entry in entries)
    for entry in entries:
        block.add(entry, missing)
    while block.axis < len(shape):
        block.take(slice(None))
    needed = np.zeros([len(axis) for axis in block.axes], np.bool_)
    needed[tuple(block.marks)] = True
    return Gather(tuple(block.axes), needed, tuple(block.part), tuple(block.key))


def _without_masks(entries: tuple[Entry, ...]) -> list[Entry]:
    """Return a key with the index arrays that numpy takes its masks for."""
    out: list[Entry] = []
    for entry in entries:
        is_mask = isinstance(entry, np.ndarray) and entry.dtype == np.bool_ and entry.ndim > 0
        out.extend(entry.nonzero() if is_mask and isinstance(entry, np.ndarray) else [entry])
    return out


def _width(entry: Entry) -> int:
    """Return how many axes an entry is about; 0 for `...`, whatever it stands for."""
    if entry is None or entry is Ellipsis:
        return 0
    if isinstance(entry, np.ndarray) and entry.dtype == np.bool_:
        return entry.ndim
    return 1


class _Block:
    """A smallest block of frames, while the entries of a key are gone through axis by axis.

    Each entry stays at its place in the new key: a `...` that stands for no axis, like any other
    entry between two index arrays, makes numpy put their axis first.
    """

    def __init__(self, lead: tuple[int, ...], frame: tuple[int, ...]) -> None:
        self._lead, self._shape = len(lead), lead + frame
        self.axis = 0
        self.axes: list[NDArray[np.intp]] = []
        self.marks: list[Any] = []
        self.part: list[slice] = []
        self.key: list[Entry] = []

    def add(self, entry: Entry, missing: int) -> None:
        """Go on with an entry; `...` stands for `missing` axes."""
        if isinstance(entry, EllipsisType):
            for _ in range(missing):
                self.take(slice(None))
        elif isinstance(entry, np.ndarray):
            entry = self._masked(entry) if entry.dtype == np.bool_ else self._indexed(entry)
        elif entry is not None:
            self.take(entry)
            entry = 0 if isinstance(entry, int) else slice(None)
        self.key.append(entry)

    def take(self, entry: BasicIndex) -> None:
        """Have the block hold just what a basic entry selects of the next axis."""
        extent = self._shape[self.axis]
        if self.axis < self._lead:
            self._place(np.arange(extent)[entry], 0 if isinstance(entry, int) else slice(None))
        elif isinstance(entry, int):
            self.part.append(slice(entry % extent, entry % extent + 1))
        else:
            self.part.append(entry)
        self.axis += 1

    def _place(self, positions: NDArray[np.intp], mark: object) -> None:
        self.axes.append(np.atleast_1d(positions))
        self.marks.append(mark)

    def _indexed(self, entry: NDArray[Any]) -> NDArray[Any]:
        if self.axis >= self._lead:
            self.take(slice(None))
            return entry
        values = entry.astype(np.intp) % max(1, self._shape[self.axis])
        is_named = np.zeros(self._shape[self.axis], np.bool_)
        is_named[values] = True
        places = (np.cumsum(is_named) - 1)[values]
        self._place(np.flatnonzero(is_named), places)
        self.axis += 1
        return places

    def _masked(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the part of a mask that is about the block."""
        leading = max(0, min(mask.ndim, self._lead - self.axis))
        if leading:
            frames = np.asarray(np.any(mask, axis=tuple(range(leading, mask.ndim))))
            cuts = [
                np.flatnonzero(np.any(frames, axis=tuple(a for a in range(leading) if a != axis)))
                for axis in range(leading)
            ]
            frames = frames[np.ix_(*cuts)]
            self.axes.extend(cuts)
            self.marks.append(frames)
            self.axis += leading
            mask = mask[np.ix_(*cuts)]
        for _ in range(mask.ndim - leading):
            self.take(slice(None))
        return mask
