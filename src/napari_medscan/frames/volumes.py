"""Volumes: all frames of an array, or those at one time, in the cache as one array."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.errors import ReadCanceledError
from napari_medscan.frames.many import Parts

Where = tuple[int, ...]
"""Position along the axes before the last leading one: a point of time; () for all frames."""


class _Volume(np.ndarray[Any, np.dtype[Any]]):
    """A volume in the cache, which knows its blank frames."""

    blank: frozenset[int]


class Volumes:
    """Keeps volumes in the cache, and which of their frames are blank.

    A blank is no value: it never answers for a frame.

    Parameters
    ----------
    places : ndarray of int
        Frame number at each position of the leading axes; -1 where there is none.
    cache : FrameCache
        Shared by all arrays.
    key_of : callable
        Gives the key in the cache of a volume.
    """

    def __init__(
        self, places: NDArray[np.intp], cache: FrameCache, key_of: Callable[[Where], Hashable]
    ) -> None:
        self._places = places
        self._cache = cache
        self._key_of = key_of
        self._has_any = False
        self._place_of: NDArray[np.intp] | None = None

    def get(self, where: Where, read: Callable[[], Parts]) -> Parts:
        """Return a volume, read if it is not there; it stays while there is room.

        Raises
        ------
        ReadCanceledError
            What `read` raises; not when another thread, which was waited for, canceled.
        """
        found = self.peek(where)
        while found is None:
            found = self._read(where, read)
        return found

    def peek(self, where: Where) -> Parts | None:
        """Return a volume if it is there, by itself or as part of that of all frames."""
        for held in dict.fromkeys(((), where)):
            volume = self._held(held)
            if volume is not None:
                return Parts(np.asarray(volume)[where[len(held) :]], volume.blank)
        return None

    def frame(self, number: int) -> NDArray[Any] | None:
        """Return a frame of a volume that is there; None if none is, or the frame is blank."""
        if not self._has_any:
            return None
        place = self._place(number)
        for held in dict.fromkeys(((), place[:-1])):
            volume = self._held(held)
            if volume is not None and number not in volume.blank:
                frame: NDArray[Any] = np.asarray(volume)[place[len(held) :]]
                return frame
        return None

    def note_read(self, number: int) -> None:
        """Forget volumes in which a frame is blank that could be read now."""
        if not self._has_any:
            return
        for held in dict.fromkeys(((), self._place(number)[:-1])):
            volume = self._held(held)
            if volume is not None and number in volume.blank:
                stale = self._key_of(held)
                self._cache.drop(stale.__eq__)

    def _held(self, where: Where) -> _Volume | None:
        volume = self._cache.peek(self._key_of(where))
        return volume if isinstance(volume, _Volume) else None

    def _read(self, where: Where, read: Callable[[], Parts]) -> Parts | None:
        """Return a volume; None when it was another thread that canceled its reading."""
        is_mine = False

        def volume() -> NDArray[Any]:
            nonlocal is_mine
            is_mine = True
            parts = read()
            values = parts.values.view(_Volume)
            values.blank = parts.blank
            return values

        try:
            values = self._cache.get(self._key_of(where), volume)
        except ReadCanceledError:
            if is_mine:
                raise
            return None
        self._has_any = True
        return Parts(np.asarray(values), cast("_Volume", values).blank)

    def _place(self, number: int) -> tuple[int, ...]:
        """Return where a frame is."""
        if self._place_of is None:
            flat = self._places.ravel()
            place_of = np.zeros(int(flat.max()) + 1, np.intp)
            place_of[flat[flat >= 0]] = np.flatnonzero(flat >= 0)
            self._place_of = place_of
        return tuple(map(int, np.unravel_index(self._place_of[number], self._places.shape)))
