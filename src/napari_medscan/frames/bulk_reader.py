"""BulkReader: many frames of an array at a time, as whole volumes where they fit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.batch import Progress
from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.errors import ReadCanceledError, UnreadableFramesError
from napari_medscan.frames.frame_reader import FrameReader
from napari_medscan.frames.indexing import BasicIndex
from napari_medscan.frames.many import Parts
from napari_medscan.frames.volumes import Volumes, Where


class BulkReader:
    """Reads many frames at a time, strictly or with blanks, and keeps volumes.

    Parameters
    ----------
    places : ndarray of int
        Frame number at each position of the leading axes; -1 where there is none.
    frames : FrameReader
        Reads them.
    volumes : Volumes
        Keeps volumes in the cache.
    bytes_each : int
        Of a frame.
    cache : FrameCache
        Shared by all arrays.
    gaps_are_empty : bool
        Whether a place without a frame is known to be blank.
    """

    def __init__(
        self,
        places: NDArray[np.intp],
        frames: FrameReader,
        volumes: Volumes,
        bytes_each: int,
        cache: FrameCache,
        *,
        gaps_are_empty: bool,
    ) -> None:
        self._places = places
        self._frames = frames
        self._volumes = volumes
        self._bytes_each = bytes_each
        self._cache = cache
        self._gaps_are_empty = gaps_are_empty
        self._at_window = False
        self.reading: Callable[[], AbstractContextManager[Progress | None]] = nullcontext
        """Entered while the GUI thread reads many frames."""
        self.turned_away = False
        """Whether something was drawn blank, as the GUI thread was reading already."""

    def fits(self, where: Where) -> bool:
        """Whether the cache has room for a volume."""
        return bool(self._places[where].size * self._bytes_each <= self._cache.max_bytes)

    def peek(self, where: Where) -> Parts | None:
        """Return a volume if it is in the cache."""
        return self._volumes.peek(where)

    def check_missing(self, numbers: NDArray[np.intp]) -> None:
        """Raise UnreadableFramesError if there are frames missing among some."""
        missing = 0 if self._gaps_are_empty else int(np.count_nonzero(numbers < 0))
        if missing:
            raise UnreadableFramesError(missing, numbers.size)

    def read(
        self,
        numbers: NDArray[np.intp],
        tail: tuple[BasicIndex, ...],
        reading: AbstractContextManager[Progress | None] | None = None,
        *,
        is_strict: bool,
    ) -> NDArray[Any]:
        """Read the part `tail` of each of some frames into a new array.

        Parameters
        ----------
        numbers : ndarray of int
            Which frames.
        tail : tuple
            Integers and slices.
        reading : context manager, optional
            Entered meanwhile; gives what is told how far it is. By default `reading` of this
            object.
        is_strict : bool
            Whether a blank is an error.

        Raises
        ------
        UnreadableFramesError, ReadCanceledError
            As `LazyStack.read`. What is drawn while the GUI thread reads is canceled at once.
        """
        if is_strict:
            self.check_missing(numbers)
        if self._is_nested():
            if not is_strict:
                self._turn_away()
            # Progress is shown already, of what this is nested in.
            reading = reading or nullcontext()
        parts = self._frames.read_many(numbers, tail, reading or self._reading_at_window())
        if is_strict and parts.blank:
            raise UnreadableFramesError(len(parts.blank), numbers.size)
        return parts.values

    def whole(self, where: Where, *, is_strict: bool) -> NDArray[Any] | None:
        """Return a volume; None when it has blanks, and whoever asks wants none."""
        if not is_strict:
            return self.volume(where).values
        self.check_missing(self._places[where])
        if self._is_nested():
            # It might wait for itself.
            return None
        volume = self.volume(where)
        return None if volume.blank.intersection(self._places[where].flat) else volume.values

    def volume(
        self, where: Where, reading: AbstractContextManager[Progress | None] | None = None
    ) -> Parts:
        """Return all frames, or those at one time, as one array; it stays while there is room."""
        kept = self._volumes.peek(where)
        if kept is not None:
            return kept
        if self._is_nested():
            self._turn_away()
        return self._volumes.get(
            where,
            lambda: self._frames.read_many(
                self._places[where], (), reading or self._reading_at_window()
            ),
        )

    def _is_nested(self) -> bool:
        """Whether the GUI thread, reading many frames, has come by again with its events."""
        return self._at_window and threading.current_thread() is threading.main_thread()

    def _turn_away(self) -> None:
        """Have blanks drawn, for now: it would wait for itself."""
        self.turned_away = True
        raise ReadCanceledError

    @contextmanager
    def _reading_at_window(self) -> Iterator[Progress | None]:
        """Let those see how far it is who wait at the window: for work in the GUI thread."""
        if threading.current_thread() is not threading.main_thread():
            yield None
            return
        self._at_window = True
        try:
            with self.reading() as report:
                yield report
        finally:
            self._at_window = False
