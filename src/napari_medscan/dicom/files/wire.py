"""Files on their way to a worker process: where they are, or their bytes.

A worker opens the container itself. What is unpacked in memory goes as bytes, so that no worker
unpacks a whole archive for one file of it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.files.unpack import MAX_UNPACKED, TOO_LARGE

_HEAD = struct.Struct("<I")


def to_message(files: Sequence[FileRef]) -> bytes:
    """Return files as one message.

    Raises
    ------
    UnreadableError
        When a file in memory is damaged, or they are too large together.
    """
    table: list[object] = []
    parts: list[bytes] = []
    for file in files:
        if isinstance(file.container, str):
            # JSON escapes the surrogates that stand for bytes that are no text.
            table.append([file.container, file.offset, file.length, file.state])
            continue
        if file.size + sum(map(len, parts)) > MAX_UNPACKED:
            raise UnreadableError(TOO_LARGE)
        parts.append(file.read_at(0, file.size))
        table.append(len(parts[-1]))
    head = json.dumps(table).encode("ascii")
    return b"".join((_HEAD.pack(len(head)), head, *parts))


def from_message(data: bytes) -> list[FileRef]:
    """Return the files of a message."""
    (length,) = _HEAD.unpack_from(data)
    at = _HEAD.size + length
    files = []
    for entry in json.loads(data[_HEAD.size : at]):
        if isinstance(entry, int):
            files.append(FileRef(Memory(data[at : at + entry])))
            at += entry
            continue
        path, offset, size, state = entry
        files.append(FileRef(path, offset, size, state and (state[0], state[1])))
    return files
