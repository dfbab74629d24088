"""Selection: what a key of numpy selects of an array of frames, read strictly or for drawing."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.bulk_reader import BulkReader
from napari_medscan.frames.errors import ReadCanceledError, UnreadableFramesError
from napari_medscan.frames.frame_form import FrameForm
from napari_medscan.frames.frame_reader import FrameReader
from napari_medscan.frames.indexing import (
    BasicIndex,
    Entry,
    entries_of,
    gather,
    is_basic,
    padded,
    plain_key,
    split_newaxes,
)
from napari_medscan.frames.prefetch import LookAhead
from napari_medscan.frames.volumes import Where


class Selection:
    """Reads no more frames than a key needs: one, some, or all of them as a volume.

    Parameters
    ----------
    places : ndarray of int
        As of `LazyStack`.
    form : FrameForm
        Of all frames.
    frames : FrameReader
        Reads single frames.
    bulk : BulkReader
        Reads many.
    """

    def __init__(
        self,
        places: NDArray[np.intp],
        form: FrameForm,
        frames: FrameReader,
        bulk: BulkReader,
    ) -> None:
        self._places = places
        self._form = form
        self._frames = frames
        self._bulk = bulk
        self._ahead = LookAhead(places, frames.cached)
        self._ndim = places.ndim + len(form.shape)

    def read(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes and gives
        """Return what a key selects; raise as ``LazyStack.__getitem__``."""
        plain = plain_key(key)
        if plain is not None:
            return self._select(padded(plain, self._ndim), is_strict=True)
        entries = entries_of(key)
        if not is_basic(entries):
            return self._gather(entries)
        keys, axes = split_newaxes(entries, self._ndim)
        found = self._select(keys, is_strict=True)
        # `...` makes an array of a single value.
        return np.asarray(found)[(*axes, ...)] if Ellipsis in entries or None in entries else found

    def look(self, key: tuple[BasicIndex, ...]) -> Any:  # noqa: ANN401 - an array or a value
        """Return what integers and slices select, for drawing: blank is what cannot be read."""
        keys = padded(key, self._ndim)
        try:
            return self._select(keys, is_strict=False)
        except ReadCanceledError:
            lead = self._places.ndim
            return self._form.blank(np.shape(self._places[keys[:lead]]))[(..., *keys[lead:])]

    def frame(self, number: int) -> NDArray[Any]:
        """Return a frame for drawing: blank if there is none, or it cannot be read."""
        if number < 0:
            return self._form.blank(())
        try:
            return self._frames.read(number)
        except Exception:  # noqa: BLE001 - a bad frame must never raise into napari
            return self._form.blank(())

    def _select(self, keys: tuple[BasicIndex, ...], *, is_strict: bool) -> Any:  # noqa: ANN401
        """Read what one integer or slice an axis selects."""
        lead = self._places.ndim
        numbers = self._places[keys[:lead]]
        tail = keys[lead:]
        if isinstance(numbers, np.integer):
            self._ahead.visit(tuple(int(cast("int", key)) for key in keys[:lead]))
            number = int(numbers)
            return (self._strict_frame(number) if is_strict else self.frame(number))[tail]
        where = self._time_of(keys[: lead - 1])
        if numbers.size == self._places[where].size > 1 and self._bulk.fits(where):
            # A view across all frames (3-D, another plane): the next one will be too.
            volume = self._bulk.whole(where, is_strict=is_strict)
            if volume is not None:
                return volume[keys[len(where) :]]
        return self._bulk.read(numbers, tail, is_strict=is_strict)

    def _gather(self, entries: tuple[Entry, ...]) -> NDArray[Any]:
        """Read what a key with index arrays or masks selects."""
        plan = gather(entries, self._places.shape, self._form.shape)
        if plan.needed.size == plan.needed.sum() == self._places.size > 1 and self._bulk.fits(()):
            volume = self._bulk.whole((), is_strict=True)
            if volume is not None:
                found: NDArray[Any] = volume[entries]
                return found
        numbers = self._places[np.ix_(*plan.axes)]
        wanted = numbers[plan.needed]
        if wanted.size == 1:
            parts = self._strict_frame(int(wanted[0]))[plan.part][np.newaxis]
        else:
            parts = self._bulk.read(wanted, plan.part, is_strict=True)
        if wanted.size == numbers.size:
            block = parts.reshape(numbers.shape + parts.shape[1:])
        else:
            block = np.empty(numbers.shape + parts.shape[1:], self._form.dtype)
            block[plan.needed] = parts
        selected: NDArray[Any] = block[plan.key]
        return selected

    def _strict_frame(self, number: int) -> NDArray[Any]:
        if number < 0:
            self._bulk.check_missing(np.array([number]))
            return self._form.blank(())
        try:
            return self._frames.read(number)
        except Exception:  # noqa: BLE001 - the text of an error may hold a path
            raise UnreadableFramesError(1, 1) from None

    def _time_of(self, keys: tuple[BasicIndex, ...]) -> Where:
        """Return indices of the axes before the last leading one; () unless each is one number."""
        if not all(isinstance(key, int | np.integer) for key in keys):
            return ()
        extents = self._places.shape
        return tuple(
            int(cast("int", key)) % extent for key, extent in zip(keys, extents, strict=False)
        )
