"""A bounded DICOM header scanner that reads only what a viewer needs.

It walks the data elements of PS3.5 section 7 in any of the native encodings, keeps those that
are wanted, jumps over the rest, and stops at the pixel data, noting where they lie. Work and
memory are bounded by the bytes in the file, never by a length it claims. What it does not
understand it refuses with `UnusualError`, and pydicom is asked instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from napari_medscan.dicom.elements.element_head import (
    ITEM,
    ITEM_END,
    ITEM_GROUP,
    LONG_HEAD,
    LONG_VRS,
    SEQUENCE_END,
    SHORT_HEAD,
    SHORT_VRS,
    UNDEFINED,
    UNPACK_BIG,
    UNPACK_LITTLE,
)
from napari_medscan.dicom.elements.private_elements import (
    LONGEST_CREATOR,
    ODD_GROUP,
    PrivateBlocks,
    is_private_creator,
    matters,
)
from napari_medscan.dicom.elements.slide_frames import find_end
from napari_medscan.dicom.elements.unknown_representation import resolve_head
from napari_medscan.dicom.elements.values import DataSet, Deferred, Element, Value, holds_items
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag, Wanted
from napari_medscan.dicom.files.source import Source
from napari_medscan.dicom.kinds import kind_of

CHUNK: Final = 4096
MAX_VALUE: Final = 16 * 2**20
"""Longest wanted value that is kept: no LUT or vector comes near it."""
MAX_ELEMENTS: Final = 20_000_000
"""Most elements and items walked in one file."""
_DELIMITERS = frozenset((ITEM_END, SEQUENCE_END))
# Enum members are slow to look up in a loop.
_ROWS = int(Tag.Rows)
PIXEL_TAGS = frozenset((Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData))
_TRUNCATED = "the data end inside an element"
_Unpack = Callable[[bytes, int], tuple[Any, ...]]
_AFTER_IMAGE_PIXEL = 0x00290000
"""Rows and Columns come before this."""
_PER_FRAME = int(Tag.PerFrameFunctionalGroupsSequence)
_TOTAL_ROWS = int(Tag.TotalPixelMatrixRows)


class UnusualError(Exception):
    """The bytes do not follow the encoding this scanner knows."""


class PixelElement(NamedTuple):
    """The pixel data element: which one, and where its value lies.

    Parameters
    ----------
    tag : int
        Pixel Data, Float Pixel Data or Double Float Pixel Data.
    offset : int
        First byte of the value.
    length : int or None
        Bytes of the value; None for encapsulated pixel data (PS3.5 A.4).
    vr : bytes
        Its value representation; b"OW" when the encoding is implicit.
    """

    tag: int
    offset: int
    length: int | None
    vr: bytes = b"OW"


@dataclass(slots=True)
class Scan:
    """What scanning a data set gave."""

    data_set: DataSet
    pixels: PixelElement | None


def scan(
    source: Source,
    start: int,
    size: int,
    wanted: Wanted,
    *,
    explicit: bool,
    big_endian: bool = False,
    head: bytes = b"",
) -> Scan:
    """Scan a data set for the wanted elements, up to the pixel data.

    Parameters
    ----------
    source : Source
        The bytes.
    start, size : int
        Where the data set begins, and where the bytes end.
    wanted : Wanted
        What to keep.
    explicit, big_endian : bool
        The encoding of the data set (PS3.5 section 7.1 and 7.3).
    head : bytes
        The first bytes of `source`, when they have been read already.

    Raises
    ------
    UnusualError
        When the bytes do not parse.
    """
    walker = Walker(source, size, big_endian=big_endian, buffer=head)
    values, _ = walker.data_set(start, size, wanted, explicit=explicit, top=True)
    return Scan(DataSet(values, big_endian), walker.pixels)


def manufacturer_of(values: Mapping[int, Value]) -> bytes:
    """Return Manufacturer (0008,0070), b"" when it is absent."""
    value = values.get(Tag.Manufacturer)
    return value.data if isinstance(value, Element) else b""


def _sop_class(values: Mapping[int, Value]) -> str:
    value = values.get(Tag.SOPClassUID)
    uid = value.data if isinstance(value, Element) else b""
    return uid.decode("latin-1").strip(" \0")


def width_of_length(vr: bytes) -> int:
    """Return how many bytes a length takes (PS3.5 7.1.2 and 7.1.3)."""
    return 2 if vr in SHORT_VRS else 4


@dataclass(slots=True)
class Walker:
    """Walks the elements of a data set."""

    source: Source
    size: int
    big_endian: bool
    pixels: PixelElement | None = None
    budget: int = MAX_ELEMENTS
    base: int = 0
    buffer: bytes = b""
    strict: bool = False
    """Whether elements of unknown representation are refused."""
    unpack_head: _Unpack = field(init=False)
    unpack_length: _Unpack = field(init=False)

    def __post_init__(self) -> None:
        self.unpack_head, self.unpack_length = UNPACK_BIG if self.big_endian else UNPACK_LITTLE

    def bytes_at(self, position: int, length: int) -> bytes:
        """Return exactly `length` bytes, reading ahead by a chunk."""
        offset = position - self.base
        if offset < 0 or offset + length > len(self.buffer):
            self.base, offset = position, 0
            self.buffer = self.source.read_at(position, max(length, CHUNK))
            if len(self.buffer) < length:
                raise UnusualError(_TRUNCATED)
        return self.buffer[offset : offset + length]

    def data_set(
        self, position: int, end: int | None, wanted: Wanted, *, explicit: bool, top: bool = False
    ) -> tuple[dict[int, Value], int]:
        """Walk elements until `end`, or an item delimiter when it is None."""
        values: dict[int, Value] = {}
        blocks: PrivateBlocks | None = None
        limit = self.size if end is None else end
        while position < limit:
            tag, vr, length, value_at = self.element(position, explicit=explicit)
            # At the top it ends nothing: some close a sequence of known length, too.
            if tag >= ITEM and not top and (end is None or tag in _DELIMITERS):
                if end is not None:
                    raise UnusualError("a delimiter inside an item of known length")
                # One that is not closed ends where its sequence goes on.
                return values, value_at if tag == ITEM_END else position
            if top and tag >= _AFTER_IMAGE_PIXEL and self.is_end(tag, wanted, values):
                if tag in PIXEL_TAGS:
                    stored = None if length == UNDEFINED else length
                    self.pixels = PixelElement(tag, value_at, stored, vr or b"OW")
                return values, value_at
            want = wanted.get(tag)
            if want is None and tag & ODD_GROUP and matters(tag):
                blocks = blocks or PrivateBlocks(manufacturer_of(values))
                tag = self.private(blocks, tag, value_at, length)
                want = None if tag in values else wanted.get(tag)
            if isinstance(want, dict):
                position = self.sequence(values, tag, vr, length, value_at, want, explicit=explicit)
            elif length == UNDEFINED:
                position = self.skip(value_at, vr, length, explicit=explicit)
            else:
                position = value_at + length
                if position > limit:
                    raise UnusualError("a value is longer than what holds it")
                if want is not None:
                    self.value(values, tag, vr, length, value_at, want)
        if end is None or position > limit:
            raise UnusualError("an item does not end where it should")
        return values, position

    @staticmethod
    def is_end(tag: int, wanted: Wanted, values: Mapping[int, Value]) -> bool:
        """Whether a late element of the top level is the last one of interest.

        Without Rows before it there is no image, unless elements are out of order.
        """
        if tag in PIXEL_TAGS:
            return True
        if _ROWS in values or _ROWS not in wanted:
            return False
        return bool(kind_of(_sop_class(values)).name)

    @staticmethod
    def has_tiles(values: Mapping[int, Value]) -> bool:
        """Whether frames are tiles, of which there may be 100,000."""
        return _TOTAL_ROWS in values and kind_of(_sop_class(values)).may_have_tiles

    def value(
        self, values: dict[int, Value], tag: int, vr: bytes, length: int, position: int, want: bytes
    ) -> None:
        """Read a wanted value into `values`, unless items stand in its place."""
        if vr == b"SQ":
            return
        if want is DEFER:
            values[tag] = Deferred(position, length)
        elif length <= MAX_VALUE:
            value = self.bytes_at(position, length)
            if vr == b"UN" or not vr:
                if vr and holds_items(value):
                    return
                vr = want
            values[tag] = Element(vr, value)

    def private(self, blocks: PrivateBlocks, tag: int, value_at: int, length: int) -> int:
        """Return under which name an element of an odd group is wanted, 0 if under none."""
        if not is_private_creator(tag):
            return blocks.key_of(tag)
        # One that is too long is nobody's that is known, and still has the block.
        blocks.reserve(tag, self.bytes_at(value_at, length) if length <= LONGEST_CREATOR else b"")
        return 0

    def has_items(self, position: int, length: int, vr: bytes) -> bool:
        """Whether the value here starts with an item."""
        start = self.bytes_at(position, min(length, 4))
        return (
            start == b"\xff\xfe\xe0\x00" if self.big_endian and vr != b"UN" else holds_items(start)
        )

    def element(self, position: int, *, explicit: bool) -> tuple[int, bytes, int, int]:
        """Return tag, VR, length and value offset of the element here."""
        self.budget -= 1
        if self.budget < 0:
            raise UnusualError("too many elements")
        buffer, offset = self.buffer, position - self.base
        if offset < 0 or offset + LONG_HEAD > len(buffer):
            buffer, offset = self.element_head(position), 0
        group, number, vr, length = self.unpack_head(buffer, offset)
        tag = group << 16 | number
        if not explicit or group == ITEM_GROUP:
            return tag, b"", self.unpack_length(buffer, offset + 4)[0], position + 8
        if vr in SHORT_VRS:
            return tag, vr, length, position + 8
        if vr in LONG_VRS:
            if len(buffer) < offset + LONG_HEAD:
                raise UnusualError(_TRUNCATED)
            return tag, vr, self.unpack_length(buffer, offset + 8)[0], position + 12
        return self.unknown(position)

    def unknown(self, position: int) -> tuple[int, bytes, int, int]:
        """Return the same of an element of unknown representation."""
        little = not self.big_endian
        head = None
        if not self.strict:
            head = resolve_head(self.source.read_at, position, self.size, little=little)
        if head is None:
            raise UnusualError("an unknown value representation")
        tag, vr, length, before = head
        return tag, vr, length, position + before

    def element_head(self, position: int) -> bytes:
        """Return the first bytes of the element here, reading on; fewer at the end of the data."""
        self.base, self.buffer = position, self.source.read_at(position, CHUNK)
        if len(self.buffer) < SHORT_HEAD:
            raise UnusualError(_TRUNCATED)
        return self.buffer

    def sequence(
        self,
        values: dict[int, Value],
        tag: int,
        vr: bytes,
        length: int,
        position: int,
        wanted: Wanted,
        *,
        explicit: bool,
    ) -> int:
        """Read the items of a wanted sequence into `values`; return its end."""
        if vr not in (b"SQ", b"UN", b""):
            # Another VR cannot hold items: the attribute counts as absent.
            return self.skip(position, vr, length, explicit=explicit)
        if 0 < length < UNDEFINED and not self.has_items(position, length, vr):
            return self.skip(position, vr, length, explicit=explicit)
        if tag == _PER_FRAME and self.has_tiles(values):
            last = find_end(self.source, position, length, self.size)
            last = last or self.skip(position, vr, length, explicit=explicit)
            values[tag] = Deferred(position, last - position)
            return last
        # PS3.5 6.2.2: a sequence whose VR got lost is implicit little endian inside.
        explicit = explicit and vr != b"UN"
        items: list[DataSet] = []
        end = None if length == UNDEFINED else position + length
        if (end or position) > self.size:
            raise UnusualError("a sequence is longer than the file")
        while end is None or position < end:
            item, _, item_length, position = self.element(position, explicit=False)
            if item == SEQUENCE_END:
                break
            if item != ITEM:
                raise UnusualError("a sequence holds something that is no item")
            item_end = None if item_length == UNDEFINED else position + item_length
            if end is not None and item_end is not None and item_end > end:
                raise UnusualError("an item is longer than its sequence")
            found, position = self.data_set(position, item_end, wanted, explicit=explicit)
            items.append(DataSet(found, self.big_endian))
        values[tag] = tuple(items)
        return position

    def skip(
        self,
        position: int,
        vr: bytes,
        length: int,
        *,
        explicit: bool,
        inner: list[tuple[int, int, int]] | None = None,
    ) -> int:
        """Return where the element ends whose value starts at `position`.

        Of one of undefined length, `inner` takes the offset, the length, and the width of the
        length of all values of known length in it.
        """
        if length != UNDEFINED:
            if position + length > self.size:
                raise UnusualError("an element is longer than the file")
            return position + length
        # Undefined length: walk its items, keeping the open levels on a list, so
        # that no depth of nesting can exhaust the stack. Each level says how its
        # elements are encoded, and whether items or elements come next.
        levels = [(explicit and vr != b"UN", True)]
        while levels:
            level_explicit, in_sequence = levels[-1]
            start = position
            tag, inner_vr, length, position = self.element(
                start, explicit=level_explicit and not in_sequence
            )
            if not in_sequence and tag in (ITEM, SEQUENCE_END):
                # An item that is not closed ends where its sequence goes on.
                levels.pop()
                position = start
            elif tag == (SEQUENCE_END if in_sequence else ITEM_END):
                levels.pop()
            elif in_sequence and tag != ITEM:
                raise UnusualError("a sequence holds something that is no item")
            elif length != UNDEFINED:
                if inner is not None:
                    inner.append((position, length, width_of_length(inner_vr)))
                position += length
            elif in_sequence:
                levels.append((level_explicit, False))
            else:
                levels.append((level_explicit and inner_vr != b"UN", True))
        return position
