"""EditableArray: lazy slices that can be written to, each copied when it is first written."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray


class _Slices(Protocol):
    """What is read from: a lazy array whose first axis counts slices."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __getitem__(self, key: Any) -> NDArray[Any]: ...  # noqa: ANN401 - as numpy


class EditableArray:
    """A lazy array that takes what is painted on it, slice by slice.

    Reading leaves the slices where they are. The first write to a slice copies it into memory,
    where it stays. napari's Labels layers read and write ``data[rows of indices]``.

    Parameters
    ----------
    base : LazyStack or DisplayArray
        Where slices are read from until they are written to; at least two axes.
    edited : dict of int to ndarray, optional
        Slices that differ from it.
    """

    def __init__(self, base: _Slices, edited: dict[int, NDArray[Any]] | None = None) -> None:
        self._base = base
        self._edited = {} if edited is None else edited

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        return self._base.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._base.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes that all values would take in memory."""
        return self.size * self.dtype.itemsize

    @property
    def edited_slices(self) -> tuple[int, ...]:
        """Indices of the slices that were written to, in ascending order."""
        return tuple(sorted(self._edited))

    def __len__(self) -> int:
        """Return the extent of the first axis."""
        return self.shape[0]

    def __repr__(self) -> str:
        """Return shape, dtype and how many slices were written to."""
        return f"EditableArray(shape={self.shape}, dtype={self.dtype}, edited={len(self._edited)})"

    def __deepcopy__(self, memo: dict[int, Any]) -> EditableArray:
        """Return an array of its own: writing to a duplicated layer leaves this one as it is."""
        return EditableArray(self._base, {k: v.copy() for k, v in self._edited.items()})

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every slice into one new array."""
        if copy is False:
            raise ValueError("an EditableArray has no array to share")
        return self._volume((slice(None),)).astype(dtype or self.dtype, copy=False)

    def astype(self, dtype: DTypeLike) -> NDArray[Any]:
        """Return all values as another type, in one new array."""
        return self.__array__(dtype)

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - as numpy
        """Read what `key` selects, as numpy does."""
        keys = key if isinstance(key, tuple) else (key,)
        if self._is_fancy(keys):
            return self._read_points(keys)
        keys = self._expanded(keys)
        if isinstance(keys[0], int | np.integer):
            # napari writes to the slice that it shows, too: never to one that others read.
            return np.array(self._slice(int(keys[0]))[keys[1:]])
        return self._volume(keys)

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 - as numpy
        """Write to what `key` selects; slices that are not in memory are copied first."""
        keys = self._expanded(key if isinstance(key, tuple) else (key,))
        if self._is_fancy(keys):
            points = np.broadcast_arrays(*keys)
            values = np.broadcast_to(value, points[0].shape)
            for number in np.unique(points[0]).tolist():
                at = points[0] == number
                self._own(number)[tuple(axis[at] for axis in points[1:])] = values[at]
            return
        if isinstance(keys[0], int | np.integer):
            self._own(int(keys[0]))[keys[1:]] = value
            return
        numbers = np.arange(len(self))[keys[0]].tolist()
        target = np.broadcast_to(np.empty((), self.dtype), self.shape)[keys]
        values = np.broadcast_to(value, target.shape)
        for number, part in zip(numbers, values, strict=True):
            self._own(number)[keys[1:]] = part

    def _is_fancy(self, keys: tuple[Any, ...]) -> bool:
        return len(keys) == self.ndim and any(isinstance(each, np.ndarray | list) for each in keys)

    def _read_points(self, keys: tuple[Any, ...]) -> NDArray[Any]:
        """Read single voxels, slice by slice."""
        points = np.broadcast_arrays(*keys)
        values = np.empty(points[0].shape, self.dtype)
        for number in np.unique(points[0]).tolist():
            at = points[0] == number
            values[at] = self._slice(number)[tuple(axis[at] for axis in points[1:])]
        return values

    def _slice(self, number: int) -> NDArray[Any]:
        """Return one slice, which the caller must not write to."""
        number = range(len(self))[number]
        edited = self._edited.get(number)
        return self._base[number] if edited is None else edited

    def _own(self, number: int) -> NDArray[Any]:
        """Return one slice that is in memory and may be written to."""
        number = range(len(self))[number]
        if number not in self._edited:
            self._edited[number] = np.array(self._base[number])
        return self._edited[number]

    def _volume(self, keys: tuple[Any, ...]) -> NDArray[Any]:
        """Read several slices, with those that were written to in their place."""
        volume = np.array(self._base[keys])
        if not self._edited:
            return volume
        for place, number in enumerate(np.arange(len(self))[keys[0]].tolist()):
            if number in self._edited:
                volume[place] = self._edited[number][keys[1:]]
        return volume

    def _expanded(self, keys: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return one index for each axis, with `...` written out."""
        if not any(each is Ellipsis for each in keys):
            return keys + (slice(None),) * (self.ndim - len(keys))
        at = next(index for index, each in enumerate(keys) if each is Ellipsis)
        missing = self.ndim - (len(keys) - 1)
        return keys[:at] + (slice(None),) * missing + keys[at + 1 :]
