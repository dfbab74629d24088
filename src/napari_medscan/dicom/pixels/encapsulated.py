"""Where each frame's bytes lie in encapsulated pixel data.

PS3.5 section A.4: a Basic Offset Table item, fragment items, a sequence
delimiter. A frame may take several fragments; which, the Basic or the Extended
Offset Table says, or one fragment a frame, or the code streams' own start.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header import Header

_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
_READ_AHEAD = 4096
_MAX_FRAGMENTS = 2_000_000
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP")


@dataclass(frozen=True, slots=True)
class Fragment:
    """One item of encapsulated pixel data: where its value lies."""

    offset: int
    length: int


@lru_cache(maxsize=64)
def frame_fragments(header: Header) -> tuple[tuple[Fragment, ...], ...]:
    """Return the fragments of each frame of a file.

    Raises
    ------
    FrameError
        When fragments cannot be told apart, or the file ends too early.
    """
    table, first, fragments = _walk(header)
    frames = header.layout.frames
    if not fragments:
        raise FrameError("empty pixel data")
    if frames == 1:
        return (fragments,)
    extended = _extended(header, first, fragments)
    if extended is not None and len(extended) == frames:
        return tuple((fragment,) for fragment in extended)
    if len(table) == frames:
        found = _by_table(table, first, fragments)
        if found:
            return found
    if len(fragments) == frames:
        return tuple((fragment,) for fragment in fragments)
    found = _by_start(header, fragments)
    if len(found) == frames:
        return found
    raise FrameError(f"inconsistent pixel data ({len(fragments)} fragments for {frames} frames)")


def read_frame_bytes(header: Header, frame: int) -> bytes:
    """Return the compressed bytes of one frame.

    Raises
    ------
    FrameError
        When they cannot be found or are cut off.
    """
    parts = []
    for fragment in frame_fragments(header)[frame]:
        part = header.source.read_at(fragment.offset, fragment.length)
        if len(part) < fragment.length:
            raise FrameError("truncated file")
        parts.append(part)
    return b"".join(parts)


def _walk(header: Header) -> tuple[tuple[int, ...], int, tuple[Fragment, ...]]:
    """Return the Basic Offset Table, where it ends, and all fragments after it."""
    order = ">" if header.layout.big_endian else "<"
    source, position = header.source, header.pixels.offset
    base, buffer = position, b""
    first = position
    table: tuple[int, ...] | None = None
    fragments: list[Fragment] = []
    while position + 8 <= header.size:
        if position + 8 > base + len(buffer) or position < base:
            base, buffer = position, source.read_at(position, _READ_AHEAD)
            if len(buffer) < 8:
                break
        group, element, length = struct.unpack_from(order + "HHI", buffer, position - base)
        tag = group << 16 | element
        position += 8
        if tag == _SEQUENCE_END or tag != _ITEM:
            break
        # A last fragment that the file cuts off stays, shortened: its frame is
        # refused when it is read, the others are fine.
        length = min(length, header.size - position)
        if table is None:
            data = source.read_at(position, length // 4 * 4)
            table = struct.unpack(f"{order}{len(data) // 4}I", data[: len(data) // 4 * 4])
            first = position + length
        elif length:
            fragments.append(Fragment(position, length))
            if len(fragments) > _MAX_FRAGMENTS:
                raise FrameError("too many pixel data fragments")
        position += length
    return table or (), first, tuple(fragments)


def _by_table(
    table: tuple[int, ...], first: int, fragments: tuple[Fragment, ...]
) -> tuple[tuple[Fragment, ...], ...]:
    """Group fragments by the Basic Offset Table (offsets count from the first item).

    A table that does not name the start of a fragment for every frame lies,
    and gives nothing.
    """
    # The first item may be an empty one, which is not among the fragments.
    numbers = {0: 0} | {f.offset - 8 - first: i for i, f in enumerate(fragments)}
    starts = [numbers.get(offset, -1) for offset in table]
    bounds = [*starts, len(fragments)]
    if starts[0] != 0 or not all(a < b for a, b in pairwise(bounds)):
        return ()
    return tuple(fragments[start:stop] for start, stop in pairwise(bounds))


def _by_start(header: Header, fragments: tuple[Fragment, ...]) -> tuple[tuple[Fragment, ...], ...]:
    """Group fragments by where a code stream starts."""
    frames: list[list[Fragment]] = []
    for fragment in fragments:
        head = header.source.read_at(fragment.offset, 8)
        if head.startswith(_STARTS) or not frames:
            frames.append([])
        frames[-1].append(fragment)
    return tuple(tuple(frame) for frame in frames)


def _extended(
    header: Header, first: int, fragments: tuple[Fragment, ...]
) -> tuple[Fragment, ...] | None:
    """Return one fragment a frame from the Extended Offset Table (PS3.3 C.7.6.3.1.8)."""
    if header.offset_table is None:
        return None
    order = ">" if header.layout.big_endian else "<"
    columns = []
    for offset, length in header.offset_table:
        data = header.source.read_at(offset, min(length, 8 * header.layout.frames))
        columns.append(struct.unpack(f"{order}{len(data) // 8}Q", data[: len(data) // 8 * 8]))
    starts, lengths = columns
    if len(starts) != len(lengths):
        return None
    # Offsets count from the first fragment's item tag. The lengths leave out
    # the padding, so they may be shorter than the fragment.
    there = {fragment.offset: fragment.length for fragment in fragments}
    found = tuple(Fragment(first + s + 8, n) for s, n in zip(starts, lengths, strict=True))
    fits = all(0 < f.length <= there.get(f.offset, 0) for f in found)
    return found if fits else None
