"""LazyStack: frames that are read when they are asked for, as one array."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_medscan.frames.array_face import ArrayFace
from napari_medscan.frames.batch import Progress
from napari_medscan.frames.bulk_reader import BulkReader
from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.display import DisplayArray
from napari_medscan.frames.errors import ReadCanceledError
from napari_medscan.frames.frame_form import FrameForm
from napari_medscan.frames.frame_reader import FrameReader
from napari_medscan.frames.indexing import BasicIndex
from napari_medscan.frames.many import PARALLEL_FROM, FrameSource
from napari_medscan.frames.selection import Selection
from napari_medscan.frames.volumes import Volumes, Where

Errors = Literal["raise", "blank"]
"""What becomes of frames that are missing or cannot be read."""

_numbers = count()


class LazyStack(ArrayFace):
    """A read-only array of frames, with numpy's semantics.

    It is strict: a frame that is missing or cannot be read raises `UnreadableFramesError` when it
    is among those that were asked for, and a user who cancels raises `ReadCanceledError`.
    ``read(errors="blank")`` gives blanks instead, and `display` is what a layer draws. `valid`
    says which frames hold data.

    A pickle holds where the frames are (paths of files), not their values; in another process it
    reads them itself.

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
    gaps_are_empty : bool
        Whether a place without a frame is known to be blank, rather than missing.

    Examples
    --------
    >>> class Zeros:
    ...     def read(self, index, out):
    ...         out[...] = index
    >>> stack = LazyStack(Zeros(), np.arange(3), (4, 5), np.dtype(int), 0, FrameCache())
    >>> stack.shape, int(stack[2, 0, 0]), int(np.max(stack))
    ((3, 4, 5), 2, 2)
    """

    def __init__(
        self,
        source: FrameSource,
        places: NDArray[np.intp],
        frame_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: float,
        cache: FrameCache,
        *,
        gaps_are_empty: bool = False,
    ) -> None:
        self._source = source
        self._places = places
        self._form = form = FrameForm(frame_shape, dtype, fill)
        self._cache = cache
        self._number = number = next(_numbers)
        self._gaps_are_empty = gaps_are_empty
        volumes = Volumes(places, cache, lambda where: (number, "volume", where))
        self._frames = FrameReader(source, form, cache, lambda frame: (number, frame), volumes)
        one = math.prod(frame_shape) * dtype.itemsize
        self._bulk = BulkReader(
            places, self._frames, volumes, one, cache, gaps_are_empty=gaps_are_empty
        )
        self._selection = Selection(places, form, self._frames, self._bulk)
        self.display = DisplayArray(self)
        """The face of this array that a layer draws: ``layer.data``."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of every axis."""
        return self._places.shape + self._form.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._form.dtype

    @property
    def reading(self) -> Callable[[], AbstractContextManager[Progress | None]]:
        """Entered while many frames are read; whoever looks at the stack may show how far it is."""
        return self._bulk.reading

    @reading.setter
    def reading(self, reading: Callable[[], AbstractContextManager[Progress | None]]) -> None:
        self._bulk.reading = reading

    @property
    def turned_away(self) -> bool:
        """Whether a view across frames was drawn blank, as the GUI thread was reading them."""
        return self._bulk.turned_away

    @turned_away.setter
    def turned_away(self, turned_away: bool) -> None:
        self._bulk.turned_away = turned_away

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle where the frames are."""
        made_of = self._source, self._places, *self._form, self._cache
        return partial(LazyStack, gaps_are_empty=self._gaps_are_empty), made_of

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's protocol
    ) -> NDArray[Any]:
        """Read every frame into one new array; raise as `read`."""
        if copy is False:
            raise ValueError("an array of frames has no memory to share")
        return self.read().astype(dtype or self._form.dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes and gives
        """Read what `key` selects, as numpy: basic and advanced indexing, newaxis, `...`, masks.

        Raises
        ------
        IndexError
            As numpy.
        UnreadableFramesError, ReadCanceledError
            As `read`, of the frames that hold what `key` selects.
        """
        return self._selection.read(key)

    def read_only(self) -> NDArray[Any]:
        """Return all values, which cannot be changed; they stay in the cache while there is room.

        Raise as `read`.
        """
        values = np.asarray(self[...])
        values.flags.writeable = False
        return values

    def look(self, key: tuple[BasicIndex, ...]) -> Any:  # noqa: ANN401 - an array or a value
        """Return what integers and slices select, for drawing: it never raises because of a frame.

        Blank is what is missing, cannot be read, or was not read because the user canceled.
        """
        return self._selection.look(key)

    def read(self, errors: Errors = "raise", progress: Progress | None = None) -> NDArray[Any]:
        """Read every frame into one new array.

        Parameters
        ----------
        errors : {"raise", "blank"}
            What becomes of frames that are missing or cannot be read.
        progress : callable, optional
            Called with (frames read, frames in all) every 50 ms; False cancels.

        Raises
        ------
        UnreadableFramesError
            When a frame is missing or cannot be read, unless `errors` is "blank". If none is
            missing, all were tried, and `valid` is complete.
        ReadCanceledError
            When the user cancels.
        """
        if errors not in ("raise", "blank"):
            raise ValueError(f'errors is "raise" or "blank", not {errors!r}')
        is_strict = errors == "raise"
        if is_strict:
            self._bulk.check_missing(self._places)
        kept = self._bulk.peek(())
        if kept is not None and not kept.blank:
            return kept.values.copy()
        reading = None if progress is None else nullcontext(progress)
        return self._bulk.read(self._places, (), reading, is_strict=is_strict)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Which frames hold data, shape (z,) or (t, z): as far as is known, nothing is read.

        False where a frame is missing, or could not be read when it was asked for last.
        """
        valid: NDArray[np.bool_] = (self._places >= 0) | self._gaps_are_empty
        bad = self._frames.bad
        return valid & ~np.isin(self._places, bad) if bad else valid

    def load(self, where: Where = (), progress: Progress | None = None) -> bool:
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
            self._bulk.volume(where, nullcontext(progress))
        except ReadCanceledError:
            return False
        return True

    def is_at_hand(self, where: Where = ()) -> bool:
        """Whether a view across all frames reads nothing that `load` could have read before."""
        return (
            self._places[where].size < PARALLEL_FROM
            or not self._bulk.fits(where)
            or self._bulk.peek(where) is not None
        )

    def frame(self, number: int) -> NDArray[Any]:
        """Return frame `number` of the source for drawing: blank when it cannot be read."""
        return self._selection.frame(number)

    def peek(self, number: int) -> NDArray[Any] | None:
        """Return frame `number` of the source if it is in the cache; nothing is read."""
        return self._frames.peek(number)

    def read_frame(self, number: int) -> NDArray[Any]:
        """Return frame `number` of the source, read-only.

        Raises
        ------
        Exception
            What the source raises when it cannot be read.
        """
        return self._frames.read(number)

    @property
    def places(self) -> NDArray[np.intp]:
        """Frame number at each position of the leading axes; -1 where there is none."""
        return self._places

    @property
    def fill(self) -> float:
        """Value of blank frames."""
        return self._form.fill

    @property
    def middle(self) -> int:
        """Number of the frame that napari shows first; -1 when blank.

        It is halfway along every leading axis, the earlier one of two.
        """
        return int(self._places[tuple((extent - 1) // 2 for extent in self._places.shape)])

    def watch(self, on_problem: Callable[[int, Exception], None]) -> None:
        """Also call `on_problem` for frames that cannot be read from now on."""
        self._frames.on_problem.append(on_problem)

    def watch_recovery(self, on_recovery: Callable[[int], object]) -> None:
        """Call `on_recovery` in a background thread for blank frames that can be read after all."""
        self._frames.on_recovery.append(on_recovery)

    def is_late(self, number: int) -> bool:
        """Whether a frame is blank because reading it took too long, and is tried once more."""
        return self._frames.is_late(number)

    def close(self) -> None:
        """Forget the cached frames of this stack."""
        self._cache.drop(lambda key: isinstance(key, tuple) and key[0] == self._number)
