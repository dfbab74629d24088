"""EditableArray: lazy slices that can be written to, each copied when it is first written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.array_face import ArrayFace
from napari_medscan.frames.display import DisplayArray
from napari_medscan.frames.indexing import Gather, entries_of, gather, padded, plain_key
from napari_medscan.frames.lazy import LazyStack


class EditableArray(ArrayFace):
    """A lazy array that takes what is painted on it, slice by slice.

    Reading leaves the slices where they are. The first write to a slice copies it into memory,
    where it stays. napari's Labels layers read and write ``data[rows of indices]``. Integers and
    slices draw blanks where the base does; everything else, and writing, raises as its array.

    Parameters
    ----------
    base : LazyStack or DisplayArray
        Where slices are read from until they are written to; its first axis counts slices.
    edited : dict of int to ndarray, optional
        Slices that differ from it.
    """

    def __init__(
        self, base: LazyStack | DisplayArray, edited: dict[int, NDArray[Any]] | None = None
    ) -> None:
        self._base = base
        self._strict = base.stack if isinstance(base, DisplayArray) else base
        self._edited = {} if edited is None else edited

    @property
    def base(self) -> object:
        """Where slices are read from until they are written to."""
        return self._base

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        return self._base.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._base.dtype

    @property
    def edited_slices(self) -> tuple[int, ...]:
        """Indices of the slices that were written to, in ascending order."""
        return tuple(sorted(self._edited))

    def __repr__(self) -> str:
        """Return shape, dtype and how many slices were written to."""
        return f"EditableArray(shape={self.shape}, dtype={self.dtype}, edited={len(self._edited)})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return an array of its own: writing to a duplicated layer leaves this one as it is."""
        return type(self)(self._base, {k: v.copy() for k, v in self._edited.items()})

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every slice into one new array."""
        if copy is False:
            raise ValueError("an EditableArray has no array to share")
        volume = np.asarray(self._strict)
        for number, slice_ in self._edited.items():
            volume[number] = slice_
        return volume.astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes and gives
        """Read what `key` selects, as numpy, into a new array."""
        plain = plain_key(key)
        if plain is None:
            plan = self._plan(key)
            return self._block(plan)[plan.key]
        keys = padded(plain, self.ndim)
        if isinstance(keys[0], slice):
            return self._volume(keys)
        # napari writes to the slice that it draws, too: never to one that others read.
        number = range(len(self))[int(keys[0])]
        slice_ = self._edited[number] if number in self._edited else self._base[number]
        return np.array(slice_[keys[1:]])[()]

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 - whatever numpy takes
        """Write to what `key` selects; slices that are not in memory are copied first."""
        plan = self._plan(key)
        block = self._block(plan)
        block[plan.key] = value
        (numbers,) = plan.axes
        for place in np.flatnonzero(plan.needed):
            self._own(int(numbers[place]))[plan.part] = block[place]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Go along the first axis; raise at a slice that cannot be read."""
        return (self._slice(number).copy() for number in range(len(self)))

    def __reversed__(self) -> Iterator[NDArray[Any]]:
        """Go back along the first axis; raise at a slice that cannot be read."""
        return (self._slice(number).copy() for number in reversed(range(len(self))))

    def _plan(self, key: object) -> Gather:
        return gather(entries_of(key), self.shape[:1], self.shape[1:])

    def _block(self, plan: Gather) -> NDArray[Any]:
        """Read the slices that a key takes, as far as it takes them, into a new array."""
        (numbers,) = plan.axes
        part = np.broadcast_to(np.empty((), self.dtype), self.shape[1:])[plan.part]
        block = np.empty((len(numbers), *part.shape), self.dtype)
        for place in np.flatnonzero(plan.needed):
            block[place] = self._slice(int(numbers[place]))[plan.part]
        return block

    def _slice(self, number: int) -> NDArray[Any]:
        """Return one slice, which the caller must not write to."""
        edited = self._edited.get(number)
        return self._strict[number] if edited is None else edited

    def _own(self, number: int) -> NDArray[Any]:
        """Return one slice that is in memory and may be written to."""
        if number not in self._edited:
            self._edited[number] = np.array(self._strict[number])
        return self._edited[number]

    def _volume(self, keys: tuple[Any, ...]) -> NDArray[Any]:
        """Draw several slices, with those that were written to in their place."""
        volume = np.array(self._base[keys])
        if not self._edited:
            return volume
        for place, number in enumerate(np.arange(len(self))[keys[0]].tolist()):
            if number in self._edited:
                volume[place] = self._edited[number][keys[1:]]
        return volume
