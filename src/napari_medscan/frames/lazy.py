"""LazyStack: frames that are read when they are looked at, as one array."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import count
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.display import DisplayArray
from napari_medscan.frames.late import LateFrames, queue
from napari_medscan.frames.many import (
    PARALLEL_FROM,
    FrameSource,
    Index,
    ManyFrames,
    Progress,
    StoppedError,
    has_deadline,
)
from napari_medscan.frames.prefetch import LookAhead

_numbers = count()


class LazyStack:
    """An array-like over frames, with just what napari asks of an array.

    A frame that cannot be read is shown blank and reported: indexing never
    raises because of a file, since napari would then leave the previous
    picture standing.

    Parameters
    ----------
    source : FrameSource
        Reads frame number `i` into an array of `frame_shape` and `dtype`. One that is late is
        read once more when no other is being read.
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
        self._on_recovery: list[Callable[[int], object]] = []
        self._late = LateFrames(source.is_late if has_deadline(source) else lambda _: False)
        self.reading: Callable[[], AbstractContextManager[Progress | None]] = nullcontext
        """Entered while many frames are read; whoever looks at the stack may show how far it is."""
        self.turned_away = False
        """Whether a view across frames was answered blank, as the window was reading them."""
        self.display = DisplayArray(self)
        """The face of this array that a layer draws: ``layer.data``."""
        self._number = next(_numbers)
        self._ahead = LookAhead(places, self._cached)
        self._many = ManyFrames(
            source, frame_shape, dtype, fill, self._peek, self._tell, self._late
        )
        self._has_volumes = False
        self._at_window = False

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
        volume = self._cache.peek(self._key_of(()))
        if volume is None:
            try:
                volume = self._read_many(self._places, ())
            except StoppedError:
                volume = self._blank(self._places.shape)
            return volume.astype(dtype or self._dtype, copy=False)
        return volume.astype(dtype or self._dtype)

    def __getitem__(self, key: Index | tuple[Index, ...]) -> NDArray[Any]:
        """Read what `key` selects; basic indexing as in numpy."""
        keys = self._expanded(key if isinstance(key, tuple) else (key,))
        lead = self._places.ndim
        numbers = self._places[keys[:lead]]
        tail = keys[lead:]
        if isinstance(numbers, np.integer):
            self._ahead.visit(tuple(int(cast("int", key)) for key in keys[:lead]))
            return self.frame(int(numbers))[tail]
        where = self._time_of(keys[: lead - 1])
        try:
            if numbers.size == self._places[where].size > 1 and self._fits(where):
                # A view across all frames (3-D, another plane): the next one will be too.
                return self._volume(where)[keys[len(where) :]]
            return self._read_many(numbers, tail)
        except StoppedError:
            return self._blank(numbers.shape)[(..., *tail)]

    def load(self, where: tuple[int, ...] = (), progress: Progress | None = None) -> bool:
        """Read all frames into the cache as one array, for views across them.

        Parameters
        ----------
        where : tuple of int
            Position along the axes before the last leading one: a point of time. () for all
            frames there are.
        progress : callable, optional
            Called with (frames read, frames in all) every 50 ms; False stops the reading.

        Returns
        -------
        bool
            Whether it is there; False when it was stopped.
        """
        try:
            self._volume(where, nullcontext(progress))
        except StoppedError:
            return False
        return True

    def is_at_hand(self, where: tuple[int, ...] = ()) -> bool:
        """Whether a view across all frames reads nothing that `load` could have read before."""
        return (
            self._places[where].size < PARALLEL_FROM
            or not self._fits(where)
            or self._cache.peek(self._key_of(())) is not None
            or self._cache.peek(self._key_of(where)) is not None
        )

    def frame(self, number: int) -> NDArray[Any]:
        """Return frame `number` of the source, blank when it cannot be read."""
        if number < 0:
            return self._blank(())
        try:
            return self._cached(number)
        except Exception as error:  # noqa: BLE001 - a bad frame must never raise into napari
            self._tell(number, error)
            return self._blank(())

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

    def watch_recovery(self, on_recovery: Callable[[int], object]) -> None:
        """Call `on_recovery` in a background thread for blank frames that can be read after all."""
        self._on_recovery.append(on_recovery)

    def is_late(self, number: int) -> bool:
        """Whether a frame is blank because reading it took too long, and is tried once more."""
        return self._late.is_waiting(number) and self._peek(number) is None

    def close(self) -> None:
        """Forget the cached frames of this stack."""
        self._cache.drop(lambda key: isinstance(key, tuple) and key[0] == self._number)

    def _cached(self, number: int) -> NDArray[Any]:
        if self._has_volumes:
            place = tuple(np.argwhere(self._places == number)[0])
            for split in {0, len(place) - 1}:
                volume = self._cache.peek(self._key_of(place[:split]))
                if volume is not None:
                    whole: NDArray[Any] = volume[place[split:]]
                    return whole
        return self._cache.get((self._number, number), lambda: self._read(number))

    def _volume(
        self,
        where: tuple[int, ...],
        reading: AbstractContextManager[Progress | None] | None = None,
    ) -> NDArray[Any]:
        """Return all frames, or those at one time, as one array; it stays while there is room."""
        whole = self._cache.peek(self._key_of(()))
        if whole is not None:
            there: NDArray[Any] = whole[where]
            return there
        if self._is_in_the_way():
            # It would wait for itself.
            raise StoppedError
        found = self._cache.get(
            self._key_of(where), lambda: self._read_many(self._places[where], (), reading)
        )
        self._has_volumes = True
        return found

    def _key_of(self, where: tuple[int, ...]) -> tuple[object, ...]:
        return self._number, "volume", where

    def _fits(self, where: tuple[int, ...]) -> bool:
        times = int(np.prod(self._places.shape[: len(where)]))
        return self.nbytes // times <= self._cache.max_bytes

    def _time_of(self, keys: tuple[Index, ...]) -> tuple[int, ...]:
        """Return indices of the axes before the last leading one; () unless each is one number."""
        if not all(isinstance(key, int | np.integer) for key in keys):
            return ()
        extents = self._places.shape
        return tuple(
            int(cast("int", key)) % extent for key, extent in zip(keys, extents, strict=False)
        )

    def _read_many(
        self,
        numbers: NDArray[np.intp],
        tail: tuple[Index, ...],
        reading: AbstractContextManager[Progress | None] | None = None,
    ) -> NDArray[Any]:
        if self._is_in_the_way():
            raise StoppedError
        with queue.reading():
            return self._many.read(numbers, tail, reading or self._reading_at_window())

    def _peek(self, number: int) -> NDArray[Any] | None:
        return self._cache.peek((self._number, number))

    def _is_in_the_way(self) -> bool:
        """Whether the window's thread, reading a volume, has come by again with its events.

        What asks now gets a blank, and has to ask again.
        """
        if threading.current_thread() is not threading.main_thread() or not self._at_window:
            return False
        self.turned_away = True
        return True

    @contextmanager
    def _reading_at_window(self) -> Iterator[Progress | None]:
        """Let those see how far it is who wait at the window: for work in the window's thread."""
        if threading.current_thread() is not threading.main_thread():
            yield None
            return
        self._at_window = True
        try:
            with self.reading() as report:
                yield report
        finally:
            self._at_window = False

    def _tell(self, number: int, error: Exception) -> None:
        for on_problem in self._on_problem:
            on_problem(number, error)

    def _read(self, number: int) -> NDArray[Any]:
        if (reason := self._late.given_up(number)) is not None:
            raise reason
        frame = np.empty(self._frame_shape, dtype=self._dtype)
        try:
            with queue.reading():
                self._source.read(number, frame)
        except Exception as error:
            if self._late.is_to_be_tried_again(number, error):
                queue.when_idle(partial(self._try_again, number))
            raise
        return frame

    def _try_again(self, number: int) -> None:
        """Read a frame that was late, and tell those who look at its blank."""
        if self._late.given_up(number) is not None:
            return
        try:
            self._cache.get((self._number, number), lambda: self._read(number))
        except Exception as error:  # noqa: BLE001 - as in `frame`
            self._tell(number, error)
            return
        for on_recovery in self._on_recovery:
            on_recovery(number)

    def _blank(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return blank frames, of which there are so many along every leading axis."""
        return np.broadcast_to(np.array(self._fill, self._dtype), shape + self._frame_shape)

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
