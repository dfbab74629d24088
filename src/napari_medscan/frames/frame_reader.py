"""FrameReader: frames of one array by number, from the cache or their source."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.batch import Progress
from napari_medscan.frames.cache import FrameCache
from napari_medscan.frames.frame_form import FrameForm
from napari_medscan.frames.late_frames import LateFrames, queue
from napari_medscan.frames.many import (
    FrameSource,
    ManyFrames,
    Parts,
    has_deadline,
    notes_problems,
)
from napari_medscan.frames.volumes import Volumes


class FrameReader:
    """Reads frames, keeps single ones in the cache, and knows which could not be read.

    Safe to use from several threads.

    Parameters
    ----------
    source : FrameSource
        Reads frame number `i`. One that is late is read once more when no other is being read.
    form : FrameForm
        Of all frames.
    cache : FrameCache
        Shared by all arrays.
    key_of : callable
        Gives the key in the cache of a frame's number.
    volumes : Volumes
        Volumes in the cache, of which frames may be part.
    """

    def __init__(
        self,
        source: FrameSource,
        form: FrameForm,
        cache: FrameCache,
        key_of: Callable[[int], Hashable],
        volumes: Volumes,
    ) -> None:
        self._source = source
        self._form = form
        self._cache = cache
        self._key_of = key_of
        self._volumes = volumes
        self._bad: dict[int, None] = {}
        self.on_problem: list[Callable[[int, Exception], None]] = (
            [source.note_problem] if notes_problems(source) else []
        )
        self.on_recovery: list[Callable[[int], object]] = []
        self._late = LateFrames(source.is_late if has_deadline(source) else lambda _: False)
        self._many = ManyFrames(source, form, self, self._late)

    @property
    def bad(self) -> list[int]:
        """Numbers of frames that could not be read when they were asked for last."""
        return list(self._bad)

    def read(self, number: int) -> NDArray[Any]:
        """Return a frame, read-only.

        Raises
        ------
        Exception
            What the source raises.
        """
        try:
            return self.cached(number)
        except Exception as error:
            self.tell(number, error)
            raise

    def cached(self, number: int) -> NDArray[Any]:
        """Return a frame, read into the cache if it was not there; tell nobody of an error."""
        kept = self._volumes.frame(number)
        if kept is not None:
            return kept
        return self._cache.get(self._key_of(number), lambda: self._from_source(number))

    def read_many(
        self,
        numbers: NDArray[np.intp],
        part: tuple[Any, ...],
        reading: AbstractContextManager[Progress | None],
    ) -> Parts:
        """Read a part of each of many frames; see `ManyFrames.read`."""
        with queue.reading():
            return self._many.read(numbers, part, reading)

    def is_late(self, number: int) -> bool:
        """Whether a frame is blank because reading it took too long, and is tried once more."""
        return self._late.is_waiting(number) and self.peek(number) is None

    def peek(self, number: int) -> NDArray[Any] | None:
        """Return a frame if it is in the cache."""
        frame = self._cache.peek(self._key_of(number))
        return self._volumes.frame(number) if frame is None else frame

    def _from_source(self, number: int) -> NDArray[Any]:
        if (reason := self._late.given_up(number)) is not None:
            raise reason
        frame = self._form.empty()
        try:
            with queue.reading():
                self._source.read(number, frame)
        except Exception as error:
            if self._late.is_to_be_tried_again(number, error):
                queue.when_idle(partial(self._try_again, number))
            raise
        self.note_read(number)
        return frame

    def _try_again(self, number: int) -> None:
        """Read a frame that was late, and tell those who look at its blank."""
        if self._late.given_up(number) is not None:
            return
        try:
            self.read(number)
        except Exception:  # noqa: BLE001 - those who look at it were told
            return
        for on_recovery in self.on_recovery:
            on_recovery(number)

    def note_read(self, number: int) -> None:
        """Note that a frame was read, also one that could not be read before."""
        self._bad.pop(number, None)
        self._volumes.note_read(number)

    def tell(self, number: int, error: Exception) -> None:
        """Note and tell that a frame cannot be read."""
        self._bad[number] = None
        for on_problem in self.on_problem:
            on_problem(number, error)
