"""LazyStack: frames that are read when they are looked at, as one array."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from types import EllipsisType
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.cache import FrameCache, owned

Index = int | slice | EllipsisType | NDArray[Any]

_numbers = count()


class FrameSource(Protocol):
    """Whatever can read frames by number."""

    def read(self, index: int) -> NDArray[Any]:
        """Return one frame; raise when it cannot be read."""
        ...


class LazyStack:
    """An array-like over frames, with just what napari asks of an array.

    A frame that cannot be read is shown blank and reported: indexing never
    raises because of a file, since napari would then leave the previous
    picture standing.

    Parameters
    ----------
    source : FrameSource
        Reads frame number `i`, of shape `frame_shape` and dtype `dtype`.
    places : ndarray of int
        Frame number at each position of the leading axes, shape (z,) or
        (t, z); -1 where there is no frame.
    frame_shape : tuple of int
        (rows, columns) or (rows, columns, channels).
    dtype : dtype
        Type of all frames.
    fill : float
        Value of blank frames.
    cache : FrameCache
        Shared by all stacks.
    on_problem : callable
        Called as ``on_problem(index, error)`` for a frame that cannot be
        read; an error it does not handle is its to raise.

    Examples
    --------
    >>> class Zeros:
    ...     def read(self, index):
    ...         return np.full((4, 5), index)
    >>> stack = LazyStack(Zeros(), np.arange(3), (4, 5), np.dtype(int), 0, FrameCache())
    >>> stack.shape, int(stack[2, 0, 0])
    ((3, 4, 5), 2)
    """

    def __init__(
        self,
        source: FrameSource,
        places: NDArray[np.intp],
        frame_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: float,
        cache: FrameCache,
        on_problem: Callable[[int, Exception], None] | None = None,
    ) -> None:
        self._source = source
        self._places = places
        self._frame_shape = frame_shape
        self._dtype = dtype
        self._fill = fill
        self._cache = cache
        self._on_problem = [] if on_problem is None else [on_problem]
        self._number = next(_numbers)

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        return self._places.shape + self._frame_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._dtype

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
        return self.size * self._dtype.itemsize

    def __len__(self) -> int:
        """Return the extent of the first axis."""
        return self.shape[0]

    def __repr__(self) -> str:
        """Return shape and dtype."""
        return f"LazyStack(shape={self.shape}, dtype={self._dtype})"

    def __deepcopy__(self, memo: dict[int, Any]) -> LazyStack:
        """Return self: napari deep-copies a layer's data to duplicate it."""
        return self

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every frame into one new array."""
        if copy is False:
            raise ValueError("a LazyStack has no array to share")
        whole = self[...]
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, key: Index | tuple[Index, ...]) -> NDArray[Any]:
        """Read what `key` selects; basic indexing as in numpy."""
        keys = self._expanded(key if isinstance(key, tuple) else (key,))
        lead = self._places.ndim
        numbers = self._places[keys[:lead]]
        tail = keys[lead:]
        if isinstance(numbers, np.integer):
            return self.frame(int(numbers))[tail]
        first = self.frame(int(numbers.flat[0]))[tail] if numbers.size else self._blank()[tail]
        out = np.empty(numbers.shape + np.shape(first), dtype=self._dtype)
        for place in np.ndindex(numbers.shape):
            out[place] = self.frame(int(numbers[place]))[tail]
        return out

    def frame(self, number: int) -> NDArray[Any]:
        """Return frame `number` of the source, blank when it cannot be read."""
        if number < 0:
            return self._blank()
        try:
            return self._cache.get((self._number, number), lambda: self._read(number))
        except Exception as error:  # noqa: BLE001 - a bad frame must never raise into napari
            for on_problem in self._on_problem:
                on_problem(number, error)
            return self._blank()

    @property
    def places(self) -> NDArray[np.intp]:
        """Frame number at each position of the leading axes; -1 where there is none."""
        return self._places

    @property
    def fill(self) -> float:
        """Value of blank frames."""
        return self._fill

    @property
    def middle(self) -> int:
        """Number of the frame that napari shows first; -1 when blank.

        It is halfway along every leading axis, the earlier one of two.
        """
        return int(self._places[tuple((extent - 1) // 2 for extent in self._places.shape)])

    def watch(self, on_problem: Callable[[int, Exception], None]) -> None:
        """Also call `on_problem` for frames that cannot be read from now on."""
        self._on_problem.append(on_problem)

    def close(self) -> None:
        """Forget the cached frames of this stack."""
        self._cache.drop(lambda key: isinstance(key, tuple) and key[0] == self._number)

    def _read(self, number: int) -> NDArray[Any]:
        frame = owned(np.asarray(self._source.read(number), dtype=self._dtype))
        if frame.shape != self._frame_shape:
            raise ValueError(f"frame of shape {frame.shape}, expected {self._frame_shape}")
        return frame

    def _blank(self) -> NDArray[Any]:
        return np.full(self._frame_shape, self._fill, dtype=self._dtype)

    def _expanded(self, keys: tuple[Index, ...]) -> tuple[Index, ...]:
        """Return one index an axis, with `...` written out."""
        dots = [i for i, key in enumerate(keys) if key is Ellipsis]
        if len(dots) > 1:
            raise IndexError("an index can only have a single ellipsis ('...')")
        missing = self.ndim - (len(keys) - len(dots))
        if missing < 0:
            raise IndexError(f"too many indices: the array is {self.ndim}-dimensional")
        at = dots[0] if dots else len(keys)
        return keys[:at] + (slice(None),) * missing + keys[at + len(dots) :]
