"""LazyStack: frames that are read when they are looked at, as one array."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count, takewhile
from types import EllipsisType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.prefetch import prefetcher

Progress = Callable[[int, int], bool]
"""Called with (frames read, frames in all); False stops the reading."""
Index = int | slice | EllipsisType | NDArray[Any]

AHEAD = 4
"""Frames read ahead while scrolling."""
LONGEST_STEP = 4
"""A larger move of the slider is a jump, not scrolling."""
PARALLEL_FROM = 8
"""From so many frames on several are read at a time."""
MOST_TOGETHER = 16
"""Of small frames."""
THREADS = min(8, (os.cpu_count() or 1) + 1)
"""One more than there are cores: one waits for a disk or a worker while the others work."""

_REFRESH_SECONDS = 0.05
_numbers = count()


class _StoppedError(Exception):
    """The user stopped the reading of a volume."""


class FrameSource(Protocol):
    """Whatever can read frames by number."""

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read one frame into an array of its shape and dtype; raise when it cannot be read."""
        ...


@runtime_checkable
class SourceOfMany(FrameSource, Protocol):
    """A frame source that is quicker with several frames at a time."""

    def together(self, indices: Sequence[int]) -> int:
        """Return how many of the first of `indices` are best read at a time."""
        ...

    def read_together(
        self, indices: Sequence[int], out: NDArray[Any]
    ) -> Sequence[Exception | None]:
        """Read frames into an array; return why each could not be read, None where it was."""
        ...


class LazyStack:
    """An array-like over frames, with just what napari asks of an array.

    A frame that cannot be read is shown blank and reported: indexing never
    raises because of a file, since napari would then leave the previous
    picture standing.

    Parameters
    ----------
    source : FrameSource
        Reads frame number `i` into an array of `frame_shape` and `dtype`.
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
    ...     def read(self, index, out):
    ...         out[...] = index
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
        self.reading: Callable[[], AbstractContextManager[Progress | None]] = nullcontext
        """Entered while many frames are read; whoever looks at the stack may show how far it is."""
        self._number = next(_numbers)
        self._last: tuple[int, ...] = ()
        self._heading: tuple[int, int] | None = None

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
        volume = self._cache.peek((self._number, "volume"))
        if volume is None:
            try:
                volume = self._filled(self._places, ())
            except _StoppedError:
                volume = self._blank_volume()
            return volume.astype(dtype or self._dtype, copy=False)
        return volume.astype(dtype or self._dtype)

    def __getitem__(self, key: Index | tuple[Index, ...]) -> NDArray[Any]:
        """Read what `key` selects; basic indexing as in numpy."""
        keys = self._expanded(key if isinstance(key, tuple) else (key,))
        lead = self._places.ndim
        numbers = self._places[keys[:lead]]
        tail = keys[lead:]
        if isinstance(numbers, np.integer):
            self._look_ahead(keys[:lead])
            return self.frame(int(numbers))[tail]
        if numbers.size == self._places.size > 1 and self.nbytes <= self._cache.max_bytes:
            # A view across all frames (3-D, another plane): the next one will be too.
            return self._volume()[keys]
        try:
            return self._filled(numbers, tail)
        except _StoppedError:
            return self._blank_volume()[keys]

    def frame(self, number: int) -> NDArray[Any]:
        """Return frame `number` of the source, blank when it cannot be read."""
        if number < 0:
            return self._blank()
        try:
            return self._cached(number)
        except Exception as error:  # noqa: BLE001 - a bad frame must never raise into napari
            self._tell(number, error)
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

    def _cached(self, number: int) -> NDArray[Any]:
        volume = self._cache.peek((self._number, "volume"))
        if volume is not None:
            place = np.argwhere(self._places == number)[0]
            whole: NDArray[Any] = volume[tuple(place)]
            return whole
        return self._cache.get((self._number, number), lambda: self._read(number))

    def _volume(self) -> NDArray[Any]:
        """Return all frames as one array, which stays in the cache while there is room."""
        key = self._number, "volume"
        try:
            return self._cache.get(key, lambda: self._filled(self._places, ()))
        except _StoppedError:
            return self._blank_volume()

    def _filled(self, numbers: NDArray[np.intp], tail: tuple[Index, ...]) -> NDArray[Any]:
        """Return a part of each of some frames, without filling the cache with them.

        Several are read at a time, straight to their places.

        Raises
        ------
        _StoppedError
            When the user has had enough of it.
        """
        shape = np.broadcast_to(np.empty((), self._dtype), self._frame_shape)[tail].shape
        whole = all(
            isinstance(key, slice) and key.indices(extent) == (0, extent, 1)
            for key, extent in zip(tail, self._frame_shape, strict=False)
        )
        out = np.empty(numbers.shape + shape, dtype=self._dtype)
        wanted, parts = numbers.ravel().tolist(), out.reshape(numbers.size, *shape)
        source = self._source if whole and isinstance(self._source, SourceOfMany) else None
        places = deque(range(len(wanted)))
        taking = threading.Lock()

        def fill() -> None:
            while True:
                with taking:
                    if not places:
                        return
                    first = places[0]
                    end = first + self._together(source, wanted[first : first + MOST_TOGETHER])
                    for _ in range(first, end):
                        places.popleft()
                if source is not None and end > first + 1:
                    self._pass_together(source, wanted[first:end], parts[first:end])
                elif whole:
                    self._pass(wanted[first], parts[first])
                else:
                    frame = np.empty(self._frame_shape, dtype=self._dtype)
                    self._pass(wanted[first], frame)
                    parts[first] = frame[tail]

        if len(places) < PARALLEL_FROM:
            fill()
            return out
        total = len(places)
        # Only who works in the window's thread has somebody waiting at the window.
        at_window = threading.current_thread() is threading.main_thread()
        with self.reading() if at_window else nullcontext() as report:
            with ThreadPoolExecutor(THREADS, "medscan-read") as pool:
                jobs = [pool.submit(fill) for _ in range(THREADS)]
                try:
                    while wait(jobs, _REFRESH_SECONDS if report else None).not_done:
                        if report is not None and not report(total - len(places), total):
                            raise _StoppedError
                finally:
                    with taking:
                        places.clear()
            for job in jobs:
                job.result()
        return out

    def _pass(self, number: int, out: NDArray[Any]) -> None:
        """Read a frame that is not kept, or take it from the cache if it is there."""
        cached = self._cache.peek((self._number, number)) if number >= 0 else None
        if cached is not None:
            out[...] = cached
            return
        try:
            if number >= 0:
                self._source.read(number, out)
                return
        except Exception as error:  # noqa: BLE001 - a bad frame must never raise into napari
            self._tell(number, error)
        out[...] = self._fill

    def _together(self, source: SourceOfMany | None, numbers: list[int]) -> int:
        """Return how many of the first of some frames are read at a time."""
        missing = list(takewhile(self._is_to_be_read, numbers)) if source is not None else []
        return source.together(missing) if source is not None and len(missing) > 1 else 1

    def _is_to_be_read(self, number: int) -> bool:
        return number >= 0 and self._cache.peek((self._number, number)) is None

    def _pass_together(self, source: SourceOfMany, numbers: list[int], out: NDArray[Any]) -> None:
        """Read frames that are not kept."""
        try:
            errors = source.read_together(numbers, out)
        except Exception:  # noqa: BLE001 - one by one it shows which of them it is about
            for number, place in zip(numbers, out, strict=True):
                self._pass(number, place)
            return
        for number, place, error in zip(numbers, out, errors, strict=True):
            if error is not None:
                self._tell(number, error)
                place[...] = self._fill

    def _look_ahead(self, index: tuple[Index, ...]) -> None:
        """Have the next frames read when someone scrolls: two steps one way along one axis.

        One step is not enough: when a layer is added, napari goes from where it stands to the
        middle, which may be next to it.
        """
        here = tuple(int(i) for i in index if isinstance(i, int | np.integer))
        last, self._last = self._last, here
        if len(here) != self._places.ndim or len(last) != len(here):
            return
        steps = [a - b for a, b in zip(here, last, strict=True)]
        moved = [axis for axis, step in enumerate(steps) if step]
        if not moved:
            return
        before, self._heading = self._heading, None
        if len(moved) != 1 or abs(steps[moved[0]]) > LONGEST_STEP:
            return
        axis, direction = moved[0], 1 if steps[moved[0]] > 0 else -1
        self._heading = axis, direction
        if before != self._heading:
            # After a turn nothing is read the old way.
            if before is not None:
                prefetcher.replace([])
            return
        ahead = []
        for distance in range(1, AHEAD + 1):
            place = here[axis] + direction * distance
            if 0 <= place < self._places.shape[axis]:
                ahead.append(int(self._places[(*here[:axis], place, *here[axis + 1 :])]))
        prefetcher.replace([partial(self._cached, number) for number in ahead if number >= 0])

    def _tell(self, number: int, error: Exception) -> None:
        for on_problem in self._on_problem:
            on_problem(number, error)

    def _read(self, number: int) -> NDArray[Any]:
        frame = np.empty(self._frame_shape, dtype=self._dtype)
        self._source.read(number, frame)
        return frame

    def _blank_volume(self) -> NDArray[Any]:
        return np.broadcast_to(np.array(self._fill, dtype=self._dtype), self.shape)

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
