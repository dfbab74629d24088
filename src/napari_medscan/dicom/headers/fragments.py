"""The items of encapsulated pixel data: the Basic Offset Table and the fragments after it.

PS3.5 section A.4. What is written otherwise is read as far as its meaning is certain: items whose
length is wrong, delimiters that are missing or too many, code streams without any items.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from napari_medscan.dicom.elements.element_head import ITEM, ITEM_END, SEQUENCE_END
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.source import Source
from napari_medscan.dicom.headers.codestream import (
    END_OF_STREAM,
    RLE_HEADER,
    CodeStream,
    is_start,
    read_codestream,
)

_READ_AHEAD = 4096
_STREAM_HEAD = 1 << 16
"""Bytes that hold the markers of a code stream before its image data."""
_MAX_FRAGMENTS = 2_000_000
_MAX_REPAIRS = 256
"""Items of a wrong length that are looked behind, in one file."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fragment:
    """One item of encapsulated pixel data.

    Parameters
    ----------
    offset, length : int
        Where its value lies.
    starts : bool
        A code stream starts with it.
    """

    offset: int
    length: int
    starts: bool = False


@dataclass(frozen=True, slots=True)
class Fragments:
    """All items of one element of encapsulated pixel data.

    Parameters
    ----------
    table : tuple of int
        The Basic Offset Table, () if it is empty.
    first : int
        Where the item after it starts: offsets count from here.
    items : tuple of Fragment
        The fragments. Some may be empty.
    truncated : bool
        The file ends without the delimiter that ends the sequence.
    cut : bool
        It ends inside the last item.
    """

    table: tuple[int, ...]
    first: int
    items: tuple[Fragment, ...]
    truncated: bool = False
    cut: bool = False


def read_fragments(
    source: Source, start: int, size: int, *, big_endian: bool, rle: bool
) -> Fragments:
    """Return the items of encapsulated pixel data.

    Parameters
    ----------
    source : Source
        The bytes.
    start, size : int
        Where the value of Pixel Data starts, and where the bytes end.
    big_endian : bool
        Byte order of tags and lengths.
    rle : bool
        The transfer syntax is RLE Lossless.

    Raises
    ------
    FrameError
        If there are more fragments than a file can be asked for.
    """
    walk = _Walk(source, start, size, ">" if big_endian else "<", rle=rle)
    head = walk.bytes_at(start, RLE_HEADER)
    if walk.tag(head) not in (ITEM, SEQUENCE_END) and is_start(head, rle=rle):
        return Fragments((), start, tuple(_bare_streams(source, start, size)))
    return walk.run()


def item_length(source: Source, position: int, *, big_endian: bool) -> int | None:
    """Return the length of the item that starts here, None if none does."""
    return _length(source.read_at(position, 8), big_endian=big_endian)


def _length(head: bytes, *, big_endian: bool) -> int | None:
    """Return the length of the item that `head` starts with, None if it is none."""
    if len(head) < 8:
        return None
    group, element, length = struct.unpack_from(">HHI" if big_endian else "<HHI", head)
    return int(length) if group << 16 | element == ITEM else None


def first_stream(source: Source, start: int, *, big_endian: bool) -> CodeStream | None:
    """Return what the first code stream of encapsulated pixel data states about itself.

    Parameters
    ----------
    source : Source
        The bytes.
    start : int
        Where the value of Pixel Data starts.
    big_endian : bool
        Byte order of tags and lengths.
    """
    head = source.read_at(start, _READ_AHEAD)
    table = _length(head, big_endian=big_endian)
    position = 0 if table is None or is_start(head[8:], rle=False) else 8 + table
    if position + 8 > len(head):
        start, position = start + position, 0
        head = source.read_at(start, _READ_AHEAD)
    if _length(head[position:], big_endian=big_endian) is not None:
        position += 8
    stream = read_codestream(head[position:])
    if stream is None and is_start(head[position:], rle=False):
        # Application segments, such as color profiles, may stand before the frame header.
        stream = read_codestream(source.read_at(start + position, _STREAM_HEAD))
    return stream


class _Walk:
    """A walk from item to item."""

    def __init__(self, source: Source, start: int, size: int, order: str, *, rle: bool) -> None:
        self._source, self._start, self._size, self._rle = source, start, size, rle
        self._order = order
        self._base, self._buffer = start, b""
        self._items: list[Fragment] = []
        self._repairs = _MAX_REPAIRS

    def run(self) -> Fragments:
        """Walk to the end."""
        position = first = self._start
        table: tuple[int, ...] | None = None
        ended = cut = False
        while position + 8 <= self._size:
            head = self.bytes_at(position, 8 + RLE_HEADER)
            tag = self.tag(head)
            if tag == SEQUENCE_END or len(head) < 8:
                ended = tag == SEQUENCE_END
                break
            if tag == ITEM_END:
                # Belongs to items of undefined length only, which fragments never are.
                position += 8
                continue
            if tag != ITEM:
                behind = self._repaired(position)
                if behind is None:
                    # What follows is no item, and the frames before it are whole.
                    ended = True
                    break
                position = behind
                continue
            (length,) = struct.unpack_from(f"{self._order}I", head, 4)
            position += 8
            # A last fragment that the file cuts off stays, shortened.
            cut = length > self._size - position
            length = min(length, self._size - position)
            starts = is_start(head[8 : 8 + min(length, RLE_HEADER)], rle=self._rle)
            if table is None and starts:
                # Writers leave the table out, against PS3.5 A.4: it would start with a zero.
                table, first = (), position - 8
            if table is None:
                table = self._table(position, length)
                first = position + length
            else:
                self._items.append(Fragment(position, length, starts))
                if len(self._items) > _MAX_FRAGMENTS:
                    raise FrameError("too many pixel data fragments")
                behind = self._repaired(self._size) if cut else None
                if behind is not None:
                    cut, position = False, behind
                    continue
            position += length
        return Fragments(table or (), first, tuple(self._items), truncated=not ended, cut=cut)

    def bytes_at(self, position: int, length: int) -> bytes:
        """Return up to `length` bytes, reading ahead."""
        offset = position - self._base
        if offset < 0 or offset + length > len(self._buffer):
            self._base, offset = position, 0
            self._buffer = self._source.read_at(position, _READ_AHEAD)
        return self._buffer[offset : offset + length]

    def tag(self, head: bytes) -> int:
        """Return the tag at the start of `head`, 0 if it is too short."""
        if len(head) < 8:
            return 0
        group, element = struct.unpack_from(f"{self._order}HH", head)
        return int(group << 16 | element)

    def _table(self, position: int, length: int) -> tuple[int, ...]:
        data = self._source.read_at(position, length // 4 * 4)
        return struct.unpack(f"{self._order}{len(data) // 4}I", data[: len(data) // 4 * 4])

    def _repaired(self, position: int) -> int | None:
        """Return where the next item starts if the length of the last one is wrong.

        An odd length whose padding it does not count, or one that is damaged.
        """
        if not self._items or not self._repairs:
            return None
        self._repairs -= 1
        last = self._items[-1]
        for candidate in self._items_after(last.offset, position):
            self._items[-1] = replace(last, length=candidate - last.offset)
            return candidate
        return None

    def _items_after(self, start: int, stop: int) -> Iterator[int]:
        """Yield where items or the delimiter may start, the likeliest first.

        Behind a wrong length: up to one byte after it. Elsewhere: any place from which a whole
        item leads to another one or to the end.
        """
        if self.tag(self.bytes_at(stop + 1, 8)) in (ITEM, SEQUENCE_END):
            yield stop + 1
        mark = struct.pack(f"{self._order}HH", ITEM >> 16, ITEM & 0xFFFF)
        position = start
        while position < self._size:
            chunk = self._source.read_at(position, _CHUNK + 8)
            if len(chunk) < 8:
                return
            found = chunk.find(mark)
            while 0 <= found < _CHUNK:
                if self._leads_on(position + found):
                    yield position + found
                found = chunk.find(mark, found + 1)
            position += _CHUNK

    def _leads_on(self, position: int) -> bool:
        """Whether a whole item starts here, and after it another one or the end."""
        head = self.bytes_at(position, 8)
        if self.tag(head) != ITEM:
            return False
        after = position + 8 + struct.unpack_from(f"{self._order}I", head, 4)[0]
        return after == self._size or self.tag(self.bytes_at(after, 8)) in (ITEM, SEQUENCE_END)


def split_streams(source: Source, fragments: Fragments) -> Fragments:
    """Return fragments of one code stream each, if the first of them holds several."""
    first = fragments.items[0]
    streams = _bare_streams(source, first.offset, first.offset + first.length)
    if len(list(islice(streams, 2))) < 2:
        # Reading all items would take as long as reading the pixels.
        return fragments
    items: list[Fragment] = []
    for item in fragments.items:
        end = item.offset + item.length
        items += _bare_streams(source, item.offset, end) if item.starts else (item,)
    return replace(fragments, items=tuple(items))


def _bare_streams(source: Source, start: int, size: int) -> Iterator[Fragment]:
    """Yield code streams that follow one another without any items.

    Some writers put compressed frames into an element of defined length, or all of them into one
    item. Frames of the JPEG family are separated by an end marker that a start marker follows; of
    RLE there is one frame.
    """
    begin = position = start
    while position < size:
        chunk = source.read_at(position, min(_CHUNK + RLE_HEADER, size - position))
        if not chunk:
            break
        end = chunk.find(END_OF_STREAM)
        while 0 <= end < _CHUNK:
            after = chunk[end + 2 : end + RLE_HEADER]
            rest = after.lstrip(b"\0")
            if is_start(rest, rle=False):
                following = position + end + 2 + len(after) - len(rest)
                yield Fragment(begin, following - begin, starts=True)
                begin = following
            end = chunk.find(END_OF_STREAM, end + 1)
        position += _CHUNK
    yield Fragment(begin, size - begin, starts=True)
