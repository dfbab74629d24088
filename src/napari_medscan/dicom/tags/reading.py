"""Asking workers about the data set of a file; every call waits for the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.files.wire import to_message
from napari_medscan.dicom.series.slice_table import SliceRecord
from napari_medscan.dicom.tags.places import MAX_ROWS
from napari_medscan.dicom.tags.tree import TagTree, read_rows
from napari_medscan.workers import WorkerError

TREE_SECONDS = 60.0
"""What reading one data set may take; 10,000 frames take a few."""
_MAX_BYTES = 64 << 20
_FILES_A_REQUEST = 8
_REQUESTS = "napari_medscan.dicom.tags.requests"

Progress = Callable[[int, int], None]


def read_tree(file: FileRef | str | PathLike[str], *, most: int = MAX_ROWS) -> TagTree:
    """Read the data set of a file, with values of more than 1 kB shortened.

    Parameters
    ----------
    file : FileRef or path
        The file.
    most : int
        Elements and items that are read at most; the tree says whether these are all.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it, crashes or takes too long.
    """
    answer, data = _ask("tree_request", [file], memory=_MAX_BYTES, most=most)
    if data is None or not isinstance(answer, dict):
        raise UnreadableError("the data set cannot be read")
    return read_rows(data.tobytes().split(b"\n"), complete=answer.get("complete") is True)


def read_value(file: FileRef | str | PathLike[str], steps: Sequence[tuple[int, int]]) -> str:
    """Read the whole text of one element.

    Parameters
    ----------
    file : FileRef or path
        The file.
    steps : sequence of (tag, number)
        Where it stands, from :meth:`TagTree.steps`.

    Raises
    ------
    UnreadableError
        When the file does not have it, or it is no text.
    """
    where = [list(step) for step in steps]
    _, data = _ask("value_request", [file], memory=_MAX_BYTES, where=where)
    if data is None:
        raise UnreadableError("the value cannot be read")
    return data.tobytes().decode("utf-8", "replace")


def differing_places(slices: Sequence[SliceRecord], progress: Progress) -> frozenset[str]:
    """Return the places whose value is not the same in all slices; pixels do not count.

    Parameters
    ----------
    slices : sequence of SliceRecord
        Of one stack.
    progress : callable
        Called with (files read, files); may raise to stop.

    Raises
    ------
    UnreadableError
        When one of the files cannot be read.
    """
    frames: dict[FileRef, list[int]] = {}
    for record in slices:
        numbers = frames.setdefault(record.file, [])
        # The tiles of a mosaic are no frames: their file counts as a whole.
        if record.tile is None:
            numbers.append(record.index)
    files = list(frames)
    same: dict[str, int] | None = None
    differs: set[str] = set()
    for start in range(0, len(files), _FILES_A_REQUEST):
        progress(start, len(files))
        batch = files[start : start + _FILES_A_REQUEST]
        answer, _ = _ask(
            "difference_request",
            batch,
            frames=[frames[file] for file in batch],
        )
        found, different = _checked(answer)
        differs |= different
        if same is not None:
            differs |= same.keys() ^ found.keys()
            differs |= {key for key in same.keys() & found.keys() if same[key] != found[key]}
        same = found
    progress(len(files), len(files))
    return frozenset(differs)


def _checked(answer: Any) -> tuple[dict[str, int], set[str]]:  # noqa: ANN401 - from a worker
    try:
        same = {str(key): int(value) for key, value in answer["same"].items()}
        return same, {str(key) for key in answer["differs"]}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UnreadableError("the data set cannot be read") from None


def _ask(
    function: str,
    files: Sequence[FileRef | str | PathLike[str]],
    *,
    memory: int = 0,
    **arguments: object,
) -> tuple[Any, NDArray[np.uint8] | None]:
    try:
        data = to_message(list(map(file_ref, files)))
        answer, found = workers.call(
            f"{_REQUESTS}:{function}", data, seconds=TREE_SECONDS, memory=memory, **arguments
        )
    except (WorkerError, UnreadableError) as error:
        raise UnreadableError(f"the data set cannot be read ({error})") from None
    if found is not None and (found.dtype != np.uint8 or found.ndim != 1):
        raise UnreadableError("the data set cannot be read")
    return answer, found
