"""What workers are asked about data sets: all of one, one value, what differs between slices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import dictionary_description, keyword_for_tag, private_dictionary_description

from napari_medscan.dicom.elements.collection import without_collection
from napari_medscan.dicom.elements.element_head import ITEM
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.wire import from_message
from napari_medscan.dicom.tags.places import MAX_ROWS, PER_FRAME, place
from napari_medscan.dicom.tags.texts import MAX_SHOWN, WHOLE_VRS, text_of, whole_text
from napari_medscan.dicom.tags.walk import PIXELS, Visit, Walker

MAX_BYTES: Final = 64 << 20
"""Bytes that the rows of one file, or one value, may take on their way."""
BLOCK: Final = 1000
"""Rows that are sent as one JSON text."""

_WIDEST_ROW = 4 * MAX_SHOWN

Answer = tuple[dict[str, Any], NDArray[np.uint8] | None]


def tree_request(data: bytes, *, most: int) -> Answer:
    """Return the rows of a file: JSON texts of `BLOCK` rows each, one a line.

    Parameters
    ----------
    data : bytes
        The file, from `to_message`.
    most : int
        Elements and items that are read.
    """
    lines: list[bytes] = []
    size = 0
    (file,) = from_message(data)
    walker = Walker(file)
    with without_collection():
        for line in _lines(walker.visits(most)):
            size += len(line) + 1
            if size > MAX_BYTES:
                break
            lines.append(line)
    if not lines:
        raise UnreadableError("the data set cannot be read")
    complete = walker.complete and size <= MAX_BYTES
    return {"complete": complete}, np.frombuffer(b"\n".join(lines), dtype=np.uint8)


def value_request(data: bytes, *, where: list[list[int]]) -> Answer:
    """Return the whole text of one element, as UTF-8.

    Parameters
    ----------
    data : bytes
        The file, from `to_message`.
    where : list of [tag, number]
        From the data set down: tags, and items by number.
    """
    (file,) = from_message(data)
    walker = Walker(file)
    path: list[tuple[int, int]] = []
    wanted = [(tag, number) for tag, number in where]
    for visit in walker.visits(MAX_ROWS):
        del path[visit.depth :]
        path.append((visit.tag, visit.number))
        if path == wanted and visit.vr in WHOLE_VRS:
            if visit.length > MAX_BYTES // 4:
                raise UnreadableError("the value is too long to display")
            text = whole_text(
                visit.vr, walker.whole(visit), little=visit.little, charsets=visit.charsets
            )
            return {}, np.frombuffer(text.encode() or b" ", dtype=np.uint8)
    raise UnreadableError("the tag is no longer in the file")


def difference_request(data: bytes, *, frames: list[list[int]]) -> tuple[dict[str, Any], None]:
    """Return what is the same in several files, by a checksum, and what is not.

    Parameters
    ----------
    data : bytes
        The files, from `to_message`.
    frames : list of list of int
        For every file the frames that count, of those with functional groups a frame.
    """
    same: dict[str, int] | None = None
    differs: set[str] = set()
    for file, numbers in zip(from_message(data), frames, strict=True):
        for values in _values_of_slices(Walker(file), set(numbers)):
            if same is None:
                same = values
                continue
            differs.update(k for k in same.keys() ^ values.keys())
            differs.update(k for k in same.keys() & values.keys() if same[k] != values[k])
    same = {k: v for k, v in (same or {}).items() if k not in differs}
    return {"same": same, "differs": sorted(differs)}, None


def _values_of_slices(walker: Walker, frames: set[int]) -> Iterator[dict[str, int]]:
    """Yield a checksum of every value by place, for every slice of a file.

    Of a multi-frame file first all that its frames share, then what each says of itself: places
    of frames and shared places are told apart by their names.
    """
    shared: dict[str, int] = {}
    own: dict[str, int] = {}
    places: list[str] = []
    inside = counts = False
    found: list[dict[str, int]] = []
    for visit in walker.visits(MAX_ROWS):
        del places[visit.depth :]
        places.append(place(places[-1] if places else "", visit.tag, visit.number))
        if visit.depth == 0:
            inside = visit.tag == PER_FRAME
        elif visit.depth == 1 and inside:
            counts = not frames or visit.number in frames
            own = {}
            if counts:
                found.append(own)
        if inside and not counts:
            continue
        target = own if inside and visit.depth > 1 else shared
        if visit.tag == ITEM:
            # How many there are tells where one is missing.
            target[places[-2]] = visit.number + 1
        elif visit.tag not in PIXELS:
            target[places[-1]] = crc32(visit.data, visit.length & 0xFFFFFFFF)
    for own in found or [{}]:
        yield {**shared, **own}


@dataclass(slots=True)
class _Block:
    """Columns of rows, as they are sent.

    `labels` are those met for the first time: tag, VR, keyword, name, private creator.
    """

    labels: list[list[object]] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    depths: list[int] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def packed(self) -> bytes:
        columns = {name: getattr(self, name) for name in _Block.__slots__}
        return json.dumps(columns, separators=(",", ":")).encode("ascii")


def _lines(visits: Iterator[Visit]) -> Iterator[bytes]:
    known: dict[tuple[int, str, str], int] = {}
    block = _Block()
    for visit in visits:
        what = visit.tag, visit.vr, visit.creator
        if what not in known:
            known[what] = len(known)
            keyword, name = _names(visit.tag, visit.creator)
            block.labels.append([visit.tag, visit.vr, keyword, name, visit.creator[:64]])
        text = visit.note
        if not text and visit.tag != ITEM and visit.vr != "SQ":
            text = text_of(
                visit.vr,
                visit.data,
                visit.length,
                little=visit.little,
                charsets=visit.charsets,
            )[:_WIDEST_ROW]
        if visit.vr == "UI" and text in UID_dictionary:
            block.meanings[text] = UID_dictionary[text][0]
        block.depths.append(visit.depth)
        block.label.append(known[what])
        block.lengths.append(visit.number if visit.tag == ITEM else visit.length)
        block.checks.append(crc32(visit.data) if visit.length > MAX_SHOWN else 0)
        block.values.append(text)
        if len(block.values) == BLOCK:
            yield block.packed()
            block = _Block()
    if block.values:
        yield block.packed()


@lru_cache(maxsize=4096)
def _names(tag: int, creator: str) -> tuple[str, str]:
    """Return keyword and name of an attribute, '' where the dictionaries have none."""
    group, element = tag >> 16, tag & 0xFFFF
    if tag == ITEM:
        return "", "Item"
    if element == 0 and group != 2:
        return "", "Group Length"
    if group & 1 and 0x10 <= element <= 0xFF:
        return "", "Private Creator"
    try:
        if group & 1:
            return "", private_dictionary_description(tag, creator)
        return keyword_for_tag(tag), dictionary_description(tag)
    except (KeyError, ValueError):
        return "", "Private Attribute" if group & 1 else "Unknown Attribute"
