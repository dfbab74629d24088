"""Which fragments make each frame of encapsulated pixel data.

PS3.5 section A.4: a frame takes one or more fragments, and no fragment belongs to two frames. The
Extended Offset Table (PS3.3 C.7.6.3.1.8) and the Basic Offset Table state where frames start. Both
may be empty or wrong, as may Number of Frames: what decides then are the code streams, each of
which starts a frame. RLE takes one fragment a frame (PS3.5 A.4.2).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.files.source import Source
from napari_medscan.dicom.headers.codestream import MARKERS, RLE_HEADER
from napari_medscan.dicom.headers.fragments import (
    Fragment,
    Fragments,
    read_fragments,
    split_streams,
)

FrameFragments = tuple[Fragment, ...]
"""Of one frame; () if the file does not contain it."""
_LONGEST_TABLE = 16 << 20
OffsetTable = tuple[tuple[int, int], tuple[int, int]]
"""Where Extended Offset Table and Extended Offset Table Lengths lie: offset and length of each."""


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """The frames that encapsulated pixel data contain.

    Parameters
    ----------
    frames : tuple of tuple of Fragment
        As many as Number of Frames if that many can be told apart, or if the file is truncated:
        then the last ones are (). Otherwise as many as there are.
    fragments : Fragments
        All fragments.
    """

    frames: tuple[FrameFragments, ...]
    fragments: Fragments

    @property
    def whole(self) -> int:
        """How many frames the file contains and does not end inside of."""
        return sum(map(bool, self.frames)) - self.fragments.cut


def index_frames(
    source: Source,
    span: tuple[int, int],
    frames: int,
    *,
    big_endian: bool,
    rle: bool,
    table: OffsetTable | None = None,
) -> FrameIndex:
    """Return the fragments of each frame that the pixel data contain.

    Parameters
    ----------
    source : Source
        The bytes.
    span : tuple of int
        Where the value of Pixel Data starts, and where the bytes end.
    frames : int
        Number of Frames.
    big_endian : bool
        Byte order of tags, lengths and offsets.
    rle : bool
        The transfer syntax is RLE Lossless.
    table : OffsetTable, optional
        Where the Extended Offset Table lies.

    Raises
    ------
    FrameError
        If there is no frame, or frames cannot be told apart.
    """
    fragments = read_fragments(source, *span, big_endian=big_endian, rle=rle)
    if not any(item.length for item in fragments.items):
        raise FrameError("empty pixel data")
    if frames > (span[1] - span[0]) // 8:
        # A fragment takes 8 bytes: no file holds so many, and no truncation explains it.
        frames = len(fragments.items) + 1
    extended = _read_extended(source, table, big_endian=big_endian)
    found = _frames_of(fragments, frames, rle=rle, extended=extended)
    if len(list(filter(None, found))) < frames and not rle:
        split = split_streams(source, fragments)
        if len(split.items) > len(fragments.items):
            fragments = split
            found = _frames_of(split, frames, rle=rle, extended=())
    return FrameIndex(found, fragments)


def _frames_of(
    fragments: Fragments, frames: int, *, rle: bool, extended: Sequence[tuple[int, int]]
) -> tuple[FrameFragments, ...]:
    by_extended = _by_extended(fragments, extended)
    if len(by_extended) == frames:
        return by_extended
    items = [item for item in fragments.items if item.length]
    by_start = _by_start(items, rle=rle, cut=fragments.cut)
    if len(by_start) != frames:
        # With as many starts as frames no table is needed, and a wrong one does no harm.
        by_table = _by_table(fragments, frames)
        if len(by_table) == frames:
            return by_table
        for parts in (items, fragments.items):
            # An empty item among as many as there are frames is a frame that is missing.
            if len(parts) == frames and (not by_start or 2 * len(by_start) > frames):
                return tuple((part,) if part.length else () for part in parts)
        by_start = by_start or by_table
    if not by_start:
        if frames == 1:
            return (tuple(items),)
        if not rle and not (fragments.truncated and len(items) < frames):
            raise FrameError(
                f"inconsistent pixel data ({len(items)} fragments for {frames} frames)"
            )
        by_start = tuple((item,) for item in items)
    missing = frames - len(by_start) if fragments.truncated else 0
    return by_start + ((),) * missing


def _read_extended(
    source: Source, table: OffsetTable | None, *, big_endian: bool
) -> list[tuple[int, int]]:
    """Return start and length of each frame by the Extended Offset Table, [] without one."""
    if table is None:
        return []
    order = ">" if big_endian else "<"
    columns = []
    for offset, length in table:
        data = source.read_at(offset, min(length, _LONGEST_TABLE))
        columns.append(struct.unpack(f"{order}{len(data) // 8}Q", data[: len(data) // 8 * 8]))
    starts, lengths = columns
    return list(zip(starts, lengths, strict=True)) if len(starts) == len(lengths) else []


def _by_extended(
    fragments: Fragments, table: Sequence[tuple[int, int]]
) -> tuple[FrameFragments, ...]:
    """Return frames by the Extended Offset Table, () if it is wrong.

    Offsets count from the first fragment's item tag. The lengths leave out the byte of padding; one
    that leaves out more is wrong, and the fragment is whole all the same.
    """
    lengths = {fragment.offset: fragment.length for fragment in fragments.items}
    end = fragments.items[-1].offset + fragments.items[-1].length
    frames: list[FrameFragments] = []
    for start, length in table:
        offset = fragments.first + start + 8
        if fragments.truncated and offset >= end:
            frames.append(())
        elif 0 < length <= (held := lengths.get(offset, 0)):
            frames.append((Fragment(offset, length if held - length < 2 else held),))
        elif fragments.cut and offset == fragments.items[-1].offset:
            frames.append((fragments.items[-1],))
        else:
            return ()
    return tuple(frames)


def _by_table(fragments: Fragments, frames: int) -> tuple[FrameFragments, ...]:
    """Return frames by the Basic Offset Table, () if it is wrong.

    Offsets count from the first item. A table is wrong if it does not give the start of a fragment
    for every frame, or passes over the start of a code stream; in a truncated file its last entries
    may lie beyond the end.
    """
    items, first = fragments.items, fragments.first
    table = fragments.table
    if fragments.truncated and len(table) == frames:
        end = items[-1].offset + items[-1].length - first
        table = tuple(offset for offset in table if offset < end)
    numbers = {item.offset - 8 - first: i for i, item in enumerate(items)}
    starts = [numbers.get(offset, -1) for offset in table]
    bounds = [*starts, len(items)]
    if not starts or starts[0] != 0 or not all(a < b for a, b in pairwise(bounds)):
        return ()
    there = tuple(
        tuple(item for item in items[start:stop] if item.length) for start, stop in pairwise(bounds)
    )
    if any(sum(item.starts for item in frame) > 1 for frame in there):
        return ()
    return there + ((),) * (frames - len(there) if len(fragments.table) == frames else 0)


def _by_start(items: Sequence[Fragment], *, rle: bool, cut: bool) -> tuple[FrameFragments, ...]:
    """Return frames by where a code stream starts, () if the first fragment does not start one."""
    if not items[0].starts:
        return ()
    frames: list[list[Fragment]] = []
    for item in items:
        if item.starts:
            frames.append([])
        frames[-1].append(item)
    last = frames[-1]
    if cut and len(last) > 1 and last[-1].length < (RLE_HEADER if rle else MARKERS):
        # Cut before it shows what it is: most frames take one fragment.
        frames.append([last.pop()])
    return tuple(map(tuple, frames))
