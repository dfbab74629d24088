"""A LoadReport to and from the index: opening a folder again without reading it again.

Only what the whole of a drop decides is kept: which files make a stack, in
which order, where it lies. What a file says is read from the file, of the first
slice when the folder is opened and of every other one when it is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, overload

from napari_medscan.dicom import index, kept
from napari_medscan.dicom.errors import FrameError, MedscanError
from napari_medscan.dicom.files import DroppedFile
from napari_medscan.dicom.geometry import Geometry
from napari_medscan.dicom.header import Header
from napari_medscan.dicom.header_reader import HeaderReader
from napari_medscan.dicom.ordering import SliceRef
from napari_medscan.dicom.report import LoadReport
from napari_medscan.dicom.stack import Stack
from napari_medscan.dicom.stacking import Plan, assemble
from napari_medscan.frames import FrameCache


def remember(roots: Sequence[Path], files: Sequence[DroppedFile], report: LoadReport) -> None:
    """Keep what was found in a drop.

    Not so when a file could not be read, which may have been for this once, or
    was changed a moment ago.

    Parameters
    ----------
    roots : sequence of Path
        What was dropped.
    files : sequence of DroppedFile
        What was in it before any of it was read, as `walk` gives them.
    report : LoadReport
        What was made of them.
    """
    if not index.is_used() or report.unreadable or not index.is_settled(files, time.time()):
        return
    numbers = {file.name: number for number, file in enumerate(files)}
    entry = {
        "fingerprint": index.fingerprint(files),
        "skipped": [[numbers[name], why] for name, why in report.skipped.items()],
        "duplicates": [[numbers[name], numbers[of]] for name, of in report.duplicates.items()],
        "warnings": report.warnings,
        "stacks": [_packed(stack, numbers) for stack in report.stacks],
    }
    index.write(index.key_of(roots), entry)


def recall(
    roots: Sequence[Path], files: Sequence[DroppedFile], cache: FrameCache
) -> LoadReport | None:
    """Return what was found in a drop the last time, None if it is not known or not the same.

    Parameters
    ----------
    roots, files
        As in `remember`.
    cache : FrameCache
        Keeps the decoded frames of all stacks.
    """
    entry = index.read(index.key_of(roots)) if index.is_used() else None
    if entry is None or entry.get("fingerprint") != index.fingerprint(files):
        return None
    names = [file.name for file in files]
    reader = HeaderReader()
    try:
        return LoadReport(
            stacks=tuple(_unpacked(packed, files, reader, cache) for packed in entry["stacks"]),
            skipped={names[number]: str(why) for number, why in entry["skipped"]},
            duplicates={names[number]: names[of] for number, of in entry["duplicates"]},
            warnings=tuple(map(str, entry["warnings"])),
        )
    except (MedscanError, KeyError, IndexError, TypeError, ValueError):
        return None


def forget() -> int:
    """Wipe all that is kept on disk, headers and slices; return how many bytes that were."""
    return index.CACHE.clear() + kept.CACHE.clear()


def _packed(stack: Stack, numbers: dict[str, int]) -> dict[str, Any]:
    plan = Plan(
        times=stack.array.shape[0] if stack.axes.startswith("t") else 1,
        geometry=stack.geometry,
        dtype=stack.array.dtype.str,
        dimension=stack.dimension,
        transfer_syntaxes=stack.transfer_syntaxes,
        is_compressed=stack.is_compressed,
        suv=None,
        warnings=stack.warnings,
    )
    frames = [ref.index for ref in stack.slices]
    return {
        **asdict(plan),
        # Not the factors: weight and height could be worked out from them.
        "suv": stack.suv is not None,
        "files": [numbers[ref.header.name] for ref in stack.slices],
        "frames": frames if any(frames) else [],
    }


def _unpacked(
    packed: dict[str, Any], files: Sequence[DroppedFile], reader: HeaderReader, cache: FrameCache
) -> Stack:
    numbers, frames = packed.pop("files"), packed.pop("frames")
    geometry = {name: _frozen(value) for name, value in packed.pop("geometry").items()}
    has_suv = packed.pop("suv")
    values = {name: _frozen(value) for name, value in packed.items()}
    plan = Plan(geometry=Geometry(**geometry), suv=None, **values)
    slices = _Slices(files, numbers, frames or [0] * len(numbers), reader)
    names = tuple(dict.fromkeys([files[number].name for number in numbers]))
    stack = assemble(slices, names, plan, cache)
    # The one that is shown first: a file that cannot be read any more is noticed now.
    shown = slices[stack.typical]
    return replace(stack, suv=shown.header.suv) if has_suv else stack


def _frozen(value: object) -> Any:  # noqa: ANN401 - whatever JSON gave
    return tuple(value) if isinstance(value, list) else value


class _Slices(Sequence[SliceRef]):
    """Slices whose headers are read when they are looked at.

    Parameters
    ----------
    files : sequence of DroppedFile
        All of the drop.
    numbers, frames : sequence of int
        File and frame of each slice.
    reader : HeaderReader
        Reads the headers.
    """

    def __init__(
        self,
        files: Sequence[DroppedFile],
        numbers: Sequence[int],
        frames: Sequence[int],
        reader: HeaderReader,
    ) -> None:
        self._files, self._numbers, self._frames = files, numbers, frames
        self._reader = reader
        self._headers: dict[int, Header] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> SliceRef: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SliceRef]: ...

    def __getitem__(self, index: int | slice) -> SliceRef | Sequence[SliceRef]:
        """Return a slice; raise FrameError when its file is no longer what it was."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number, frame = self._numbers[index], self._frames[index]
        header = self._headers.get(number)
        if header is None:
            header = self._headers[number] = self._read(self._files[number])
        if frame >= len(header.frames):
            raise FrameError("the file has changed since it was opened")
        return SliceRef(header, frame)

    def _read(self, file: DroppedFile) -> Header:
        try:
            return self._reader.read(file.path, file.name)
        except OSError:
            raise FrameError("the file can no longer be read") from None
