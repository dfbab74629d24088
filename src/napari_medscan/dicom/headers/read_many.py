"""Reading the headers of many files, several at a time where the disk is slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, pairwise

from napari_medscan.dicom.errors import NoImageError, NotDicomError, UnreadableError
from napari_medscan.dicom.files.walk import DroppedFile, reason_of
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.like_header import OpenedFile

Progress = Callable[[int, int], None]
"""Called with (files done, files in all); may raise CancelledError."""

FIRST_BATCH, BATCH = 4, 32
"""Files that are opened one after another before any of them is parsed.

Changing between the system's work and ours at every file slows both down.
"""
SLOW = 0.001
"""Seconds it takes to open a file and read its start on a network share or a disc.

Waiting then outweighs parsing; on a local disk threads would only cost.
"""
AT_ONCE = 32
"""Files read at the same time where that is slow."""

_Start = OpenedFile | Exception
_Outcome = Instance | Exception


@dataclass(slots=True)
class Headers:
    """What reading found.

    Parameters
    ----------
    images : list of ImageHeader
        In the order of the files.
    objects : list of Instance
        Files without an image of kinds that are shown all the same, in the order of the files.
    skipped, unreadable : dict of str to str
        Reasons for all other files, by name.
    """

    images: list[ImageHeader] = field(default_factory=list)
    objects: list[Instance] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def read_headers(
    files: Sequence[DroppedFile],
    progress: Progress | None = None,
    note: Callable[[Sequence[ImageHeader]], object] = lambda _: None,
) -> Headers:
    """Read the header of every file.

    Parameters
    ----------
    files : sequence of DroppedFile
        All of a drop.
    progress : callable, optional
        Told how many are done.
    note : callable, optional
        Takes the images that were read since its last call, a few at a time.

    Raises
    ------
    CancelledError
        When `progress` raises it.
    """
    found = Headers()
    regular = []
    for file in files:
        if file.refusal:
            (found.skipped if file.readable else found.unreadable)[file.name] = file.refusal
        else:
            regular.append(file)
    reader = _Reader()
    pool: ThreadPoolExecutor | None = None
    slow_batches = noted = 0
    with ExitStack() as stack:
        for first, batch in _batches(regular):
            if progress is not None:
                progress(first, len(files))
            outcomes: Iterable[_Outcome]
            if pool is not None:
                outcomes = pool.map(reader.read, batch)
            else:
                starts, seconds = _starts_of(batch, reader)
                slow_batches = slow_batches + 1 if seconds > SLOW else 0
                if slow_batches > 1:
                    pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE, "medscan-headers"))
                outcomes = reader.finish(starts)
            for file, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, ImageHeader):
                    found.images.append(outcome)
                else:
                    _note(found, file.name, outcome)
            note(found.images[noted:])
            noted = len(found.images)
    if progress is not None:
        progress(len(files), len(files))
    return found


def _batches(files: Sequence[DroppedFile]) -> Iterable[tuple[int, Sequence[DroppedFile]]]:
    # Two small ones first, which tell how slow the disk is.
    small = range(0, min(2 * FIRST_BATCH, len(files)), FIRST_BATCH)
    for start in chain(small, range(2 * FIRST_BATCH, len(files), BATCH)):
        yield start, files[start : start + (FIRST_BATCH if start < 2 * FIRST_BATCH else BATCH)]


def _starts_of(batch: Sequence[DroppedFile], reader: _Reader) -> tuple[list[_Start], float]:
    """Return the starts of some files, and how many seconds one took.

    It is the median: a busy computer is slow with a few files, a slow disk with most of them, and
    with those that come after them.
    """
    starts: list[_Start] = []
    times, start_of = [time.perf_counter()], reader.start_of
    for ref, name, _, _, status in batch:
        try:
            starts.append(start_of(ref, name, None if status is None else status.st_size))
        except (OSError, UnreadableError) as error:
            starts.append(error)
        times.append(time.perf_counter())
    took = sorted(after - before for before, after in pairwise(times))
    return starts, took[len(took) // 2] if took else 0.0


def _note(found: Headers, name: str, outcome: _Outcome) -> None:
    if isinstance(outcome, Instance):
        found.objects.append(outcome)
    elif isinstance(outcome, NotDicomError | NoImageError):
        found.skipped[name] = str(outcome)
    elif isinstance(outcome, UnreadableError):
        found.unreadable[name] = str(outcome)
    else:
        found.unreadable[name] = reason_of(outcome)


class _Reader:
    """Reads headers; what goes wrong with a file is a result like any other."""

    def __init__(self) -> None:
        self._headers = HeaderReader()
        self.start_of = self._headers.start_of

    def finish(self, starts: Sequence[_Start]) -> list[_Outcome]:
        opened = [start for start in starts if isinstance(start, OpenedFile)]
        found: list[_Outcome] = []
        while len(found) < len(opened):
            found += self._next(opened[len(found) :])
        outcomes = iter(found)
        return [next(outcomes) if isinstance(s, OpenedFile) else s for s in starts]

    def read(self, file: DroppedFile) -> _Outcome:
        return self.finish(_starts_of([file], self)[0])[0]

    def _next(self, opened: Sequence[OpenedFile]) -> Sequence[_Outcome]:
        """Return what comes of the first files: of many that are like one before, or of one."""
        headers = self._headers.recognize(opened)
        if headers:
            return headers
        try:
            return [self._headers.scan(opened[0])]
        except (NotDicomError, NoImageError, UnreadableError, OSError) as reason:
            return [reason]
