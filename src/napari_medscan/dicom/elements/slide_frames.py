"""Where the functional groups of a slide end: it may have 100,000 of them, which are read later."""

from __future__ import annotations

import struct
from typing import Final

from napari_medscan.dicom.elements.element_head import SHORT_HEAD, UNDEFINED
from napari_medscan.dicom.files.source import Source

_END: Final = struct.pack("<HHIH", 0xFFFE, 0xE0DD, 0, 0x7FE0)
"""The end of a sequence, and the group of pixel data, which come next."""
_CHUNK: Final = 1 << 22


def find_end(source: Source, position: int, length: int, size: int) -> int | None:
    """Return where a last sequence before the pixel data ends, None if that is not plain.

    Parameters
    ----------
    source : Source
        The bytes.
    position, length : int
        Where its items start, and how many bytes they are said to take.
    size : int
        Where the bytes end.
    """
    if length != UNDEFINED:
        end = position + length
        return end if end <= size else None
    while position < size:
        chunk = source.read_at(position, min(_CHUNK, size - position))
        found = chunk.find(_END)
        if found >= 0:
            return position + found + SHORT_HEAD
        if len(chunk) < _CHUNK:
            break
        position += len(chunk) - len(_END)
    return None
