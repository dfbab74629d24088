"""Reading many frames at a time, straight to their places."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from napari_medscan.frames.batch import Batch, Outcome, Progress
from napari_medscan.frames.frame_form import FrameForm
from napari_medscan.frames.indexing import BasicIndex
from napari_medscan.frames.late_frames import LateFrames

PARALLEL_FROM = 8
"""From so many frames on several are read at a time."""


class Parts(NamedTuple):
    """What was read of many frames, and the numbers of those that could not be: they are blank."""

    values: NDArray[Any]
    blank: frozenset[int]


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


@runtime_checkable
class SourceWithDeadline(FrameSource, Protocol):
    """A frame source that gives up a frame that takes too long."""

    def is_late(self, error: Exception) -> bool:
        """Whether an error of `read` means that it took too long, and may not the next time."""
        ...


@runtime_checkable
class SourceWithProblems(FrameSource, Protocol):
    """A frame source that keeps a list of what could not be read."""

    def note_problem(self, index: int, error: Exception) -> None:
        """Note that a frame cannot be read; an error that it does not handle is its to raise."""
        ...


@cache
def _is_satisfied(kind: type, protocol: type) -> bool:
    return issubclass(kind, protocol)


def reads_many(source: FrameSource) -> TypeGuard[SourceOfMany]:
    """Whether a source reads several frames at a time.

    `isinstance` of a protocol takes as long as ordering a series.
    """
    return _is_satisfied(type(source), SourceOfMany)


def has_deadline(source: FrameSource) -> TypeGuard[SourceWithDeadline]:
    """Whether a source gives up a frame that takes too long."""
    return _is_satisfied(type(source), SourceWithDeadline)


def notes_problems(source: FrameSource) -> TypeGuard[SourceWithProblems]:
    """Whether a source keeps a list of what could not be read."""
    return _is_satisfied(type(source), SourceWithProblems)


class FrameRecord(Protocol):
    """Whoever knows the frames of an array."""

    def peek(self, number: int) -> NDArray[Any] | None:
        """Return a frame if it is in the cache."""
        ...

    def note_read(self, number: int) -> None:
        """Note that a frame was read."""
        ...

    def tell(self, number: int, error: Exception) -> None:
        """Note and tell that a frame cannot be read."""
        ...


class ManyFrames:
    """Reads many frames of a source into one array, without filling the cache with them.

    Parameters
    ----------
    source : FrameSource
        Reads frame number `i`.
    form : FrameForm
        Of all frames; those that cannot be read, and numbers below 0, are blank.
    record : FrameRecord
        Knows which frames there are already, and is told what becomes of the others.
    late : LateFrames
        Which frames were late; each is read once more after all others.
    """

    def __init__(
        self,
        source: FrameSource,
        form: FrameForm,
        record: FrameRecord,
        late: LateFrames,
    ) -> None:
        self._source = source
        self._many = source if reads_many(source) else None
        self._form = form
        self._record = record
        self._late = late

    def read(
        self,
        numbers: NDArray[np.intp],
        tail: tuple[BasicIndex, ...],
        reading: AbstractContextManager[Progress | None],
    ) -> Parts:
        """Return the part `tail` of each of some frames; `reading` is entered meanwhile.

        Raises
        ------
        ReadCanceledError
            When the user cancels it.
        """
        shape = self._form.blank(())[tail].shape
        out = np.empty(numbers.shape + shape, self._form.dtype)
        batch = Batch(self, numbers.ravel().tolist(), out.reshape(numbers.size, *shape), tail)
        if numbers.size < PARALLEL_FROM:
            batch.fill()
            batch.fill_late()
            return Parts(out, batch.blank)
        with reading as report:
            batch.fill_by_threads(report)
            batch.fill_late()
        return Parts(out, batch.blank)

    def together(self, numbers: list[int]) -> int:
        """Return how many of the first of some whole frames are best read at a time."""
        if self._many is None:
            return 1
        missing = list(takewhile(self._is_to_be_read, numbers))
        return self._many.together(missing) if len(missing) > 1 else 1

    def read_whole(self, numbers: list[int], out: NDArray[Any]) -> list[Outcome]:
        """Read frames, as many as `together` has given."""
        if len(numbers) > 1 and self._many is not None:
            return self._pass_together(self._many, numbers, out)
        return [self._pass(numbers[0], out[0])]

    def read_part(
        self, number: int, tail: tuple[BasicIndex, ...], out: NDArray[Any]
    ) -> list[Outcome]:
        """Read the part `tail` of a frame."""
        frame = self._form.empty()
        outcome = self._pass(number, frame)
        out[0] = frame[tail]
        return [outcome]

    def is_whole(self, tail: tuple[BasicIndex, ...]) -> bool:
        """Whether a part of a frame is all of it."""
        return all(
            isinstance(key, slice) and key.indices(extent) == (0, extent, 1)
            for key, extent in zip(tail, self._form.shape, strict=False)
        )

    def _pass(self, number: int, out: NDArray[Any]) -> Outcome:
        """Read a frame that is not kept, or take it from the cache if it is there."""
        if number < 0:
            out[...] = self._form.fill
            return Outcome.READ
        cached = self._record.peek(number)
        if cached is not None:
            out[...] = cached
            return Outcome.READ
        try:
            if (error := self._late.given_up(number)) is not None:
                raise error  # noqa: TRY301 - told like the others
            self._source.read(number, out)
        except Exception as error:  # noqa: BLE001 - the other frames are read all the same
            out[...] = self._form.fill
            return self._note(number, error)
        self._record.note_read(number)
        return Outcome.READ

    def _note(self, number: int, error: Exception) -> Outcome:
        """Tell of a frame that cannot be read, unless it is to be tried again first."""
        if self._late.given_up(number) is None and self._late.is_to_be_tried_again(number, error):
            return Outcome.AGAIN
        self._record.tell(number, error)
        return Outcome.BLANK

    def _is_to_be_read(self, number: int) -> bool:
        missing = number >= 0 and self._record.peek(number) is None
        return missing and self._late.given_up(number) is None

    def _pass_together(
        self, source: SourceOfMany, numbers: list[int], out: NDArray[Any]
    ) -> list[Outcome]:
        """Read frames that are not kept."""
        try:
            errors = source.read_together(numbers, out)
        except Exception:  # noqa: BLE001 - one by one it shows which of them it is about
            return [self._pass(number, place) for number, place in zip(numbers, out, strict=True)]
        outcomes = []
        for number, place, error in zip(numbers, out, errors, strict=True):
            if error is None:
                self._record.note_read(number)
                outcomes.append(Outcome.READ)
            else:
                place[...] = self._form.fill
                outcomes.append(self._note(number, error))
        return outcomes
