"""The compressed bytes of a frame in encapsulated pixel data (PS3.5 section A.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from napari_medscan.dicom.elements.transfer_syntaxes import RLE
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.codestream import RLE_HEADER, is_start
from napari_medscan.dicom.headers.fragments import item_length
from napari_medscan.dicom.headers.frame_index import FrameFragments, index_frames

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.header import ImageHeader

_MANY: Final = 256
"""Frames from which on a table of offsets is taken at its word where code streams start there."""


@lru_cache(maxsize=64)
def frame_fragments(header: ImageHeader) -> tuple[FrameFragments, ...]:
    """Return the fragments of each frame of a file, () for those that it does not contain.

    Raises
    ------
    FrameError
        If there are none, or frames cannot be told apart.
    """
    index = index_frames(
        header.source,
        (header.pixels.offset, header.size),
        header.layout.frames,
        big_endian=header.layout.big_endian,
        rle=header.transfer_syntax == RLE,
        table=header.offset_table,
    )
    return index.frames


@lru_cache(maxsize=64)
def _frame_table(header: ImageHeader) -> tuple[int, ...]:
    """Return where the frames of a file with many start, () if no table is plain.

    The last number is where the bytes end.
    """
    count = header.layout.frames
    if count < _MANY or header.transfer_syntax == RLE:
        return ()
    big_endian = header.layout.big_endian
    source, start = header.source, header.pixels.offset
    length = item_length(source, start, big_endian=big_endian)
    if length is None:
        return ()
    first = start + 8 + length
    order = ">" if big_endian else "<"
    if header.offset_table is not None:
        (offset, size), _ = header.offset_table
        table = np.frombuffer(source.read_at(offset, min(size, 8 * count)), f"{order}u8")
    else:
        table = np.frombuffer(source.read_at(start + 8, min(length, 4 * count)), f"{order}u4")
    starts = table.astype(np.int64) + first
    if len(starts) != count or starts[0] != first or not np.all(np.diff(starts) > 0):
        return ()
    return (*starts.tolist(), header.size)


def _by_table(header: ImageHeader, frame: int) -> bytes | None:
    """Return the bytes of a frame by a table of offsets, None if what stands there is no frame.

    Nothing else is read: to walk the fragments of a slide takes a second.
    """
    table = _frame_table(header)
    if not 0 <= frame < len(table) - 1:
        return None
    big_endian = header.layout.big_endian
    position, stop = table[frame], min(table[frame + 1], header.size)
    parts: list[bytes] = []
    while position < stop:
        length = item_length(header.source, position, big_endian=big_endian)
        if length is None and frame == len(table) - 2 and parts:
            # The delimiter after the last frame.
            break
        if length is None or position + 8 + length > stop:
            return None
        parts.append(header.source.read_at(position + 8, length))
        position += 8 + length
    data = b"".join(parts)
    return data if is_start(data[:RLE_HEADER], rle=False) else None


def read_frame_bytes(header: ImageHeader, frame: int) -> bytes:
    """Return the compressed bytes of one frame.

    Raises
    ------
    FrameError
        If the file does not contain them.
    """
    if (data := _by_table(header, frame)) is not None:
        return data
    frames = frame_fragments(header)
    if frame >= len(frames) or not frames[frame]:
        raise FrameError("missing from the pixel data")
    parts = []
    for fragment in frames[frame]:
        part = header.source.read_at(fragment.offset, fragment.length)
        if len(part) < fragment.length:
            raise FrameError("truncated file")
        parts.append(part)
    return b"".join(parts)
