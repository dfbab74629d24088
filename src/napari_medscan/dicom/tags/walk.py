"""Walking the data set of a file, element by element. Only ever in a worker.

The header scanner of the reader jumps over what it does not want and refuses what it does not
understand; this one yields all there is, however odd, up to where the bytes stop making sense.
Nothing here recurses, and sequences are not followed deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from pydicom.datadict import dictionary_VR, private_dictionary_VR

from napari_medscan.dicom.elements.element_head import (
    ITEM,
    ITEM_END,
    ITEM_GROUP,
    LONG_HEAD,
    SEQUENCE_END,
    SHORT_HEAD,
    UNDEFINED,
    Head,
    is_vr,
    read_head,
)
from napari_medscan.dicom.elements.file_meta import looks_like_dicom
from napari_medscan.dicom.elements.part10 import EXPLICIT_BIG, HEAD, is_plain
from napari_medscan.dicom.elements.transfer_syntaxes import DEFLATED_DATA_SETS
from napari_medscan.dicom.elements.unknown_representation import resolve_head
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.unpack import MAX_UNPACKED
from napari_medscan.dicom.tags.texts import MAX_SHOWN

MAX_DEPTH: Final = 64
"""Deepest nesting of sequences that is followed."""
PIXELS: Final = (Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData)

_LONGEST_READ = 4 << 20
_CHARSETS = 0x00080005
_TOO_DEEP = "nested too deeply to display"


class Visit(NamedTuple):
    """One element or item of a data set, in the order of their tags.

    Parameters
    ----------
    depth : int
        0 for an element of the data set itself; items count as a level.
    tag : int
        `ITEM` for an item.
    vr, creator : str
        Value representation; private creator, '' for public attributes.
    length : int
        Bytes of the value; 0 for sequences and items; -1 for encapsulated pixels.
    data : bytes
        The value, or its start when it was left in the file.
    charsets : tuple of str
        Specific Character Set in force.
    little : bool
        Byte order of numbers.
    number : int
        Of an item within its sequence, from 0.
    note : str
        Why the value or the contents are not shown, '' when they are.
    offset : int
        Where the value begins.
    """

    depth: int
    tag: int
    vr: str
    creator: str = ""
    length: int = 0
    data: bytes = b""
    charsets: tuple[str, ...] = ()
    little: bool = True
    number: int = 0
    note: str = ""
    offset: int = 0


@dataclass(slots=True)
class _Level:
    """A data set, a sequence or an item that is being walked.

    Parameters
    ----------
    end : int or None
        Where it ends, None when a delimiter tells.
    depth : int
        Of what is directly in it.
    explicit, little : bool
        How its elements are encoded.
    charsets : tuple of str
        In force.
    items : bool
        It is a sequence.
    count : int
        Items met so far.
    creators : dict
        Private creators by group and block.
    """

    end: int | None
    depth: int
    explicit: bool
    little: bool
    charsets: tuple[str, ...] = ()
    items: bool = False
    count: int = 0
    creators: dict[tuple[int, int], str] = field(default_factory=dict)


_Step = tuple[Visit | None, _Level | None, int]
"""What is met, what is to be walked next, and where; without either the level ends."""


_NOTHING = (b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0")
"""Delimiters at the top level, where they end nothing."""


class _Ended(Exception):  # noqa: N818 - nobody's error
    """The bytes stop making sense here."""


class Walker:
    """The data set of one file.

    Parameters
    ----------
    file : FileRef
        The file.

    Attributes
    ----------
    complete : bool
        False when there is more than :meth:`visits` yielded.

    Raises
    ------
    UnreadableError
        When it cannot be opened or is no DICOM.
    """

    def __init__(self, file: FileRef) -> None:
        self._file = file
        self.complete = True
        self._signed = False
        self._syntax = ""
        try:
            if not looks_like_dicom(file.start(HEAD)[0]):
                raise UnreadableError("the file is not DICOM")
            self._bytes = file.mapped()
        except OSError:
            raise UnreadableError("the data set cannot be read") from None

    def visits(self, most: int) -> Iterator[Visit]:
        """Walk the file meta, then the data set with what is nested in it.

        Parameters
        ----------
        most : int
            Elements and items after which the walk ends.
        """
        found = self._visits()
        try:
            yield from islice(found, most)
            self.complete &= next(found, None) is None
        except _Ended:
            self.complete = False

    def whole(self, visit: Visit) -> bytes:
        """Return all bytes of a value."""
        return self._bytes[visit.offset : visit.offset + max(0, visit.length)]

    def _visits(self) -> Iterator[Visit]:
        at = 132 if self._bytes[128:132] == b"DICM" else 0
        # Group 0002 (PS3.10 7.1), which some writers encode implicitly.
        while self._bytes[at : at + 2] == b"\2\0":
            level = _Level(None, 0, self._is_explicit(at), little=True)
            visit, _, at = self._element(level, *self._header(at, level))
            if visit is None:
                raise _Ended
            if visit.tag == Tag.TransferSyntaxUID:
                self._syntax = visit.data.decode("latin-1").strip(" \0")
            yield visit
        if self._syntax in DEFLATED_DATA_SETS and not is_plain(self._bytes[at : at + 8]):
            self._bytes, at = self._file.data_set_at(at).read_at(0, MAX_UNPACKED), 0
        explicit, little = self._is_explicit(at), self._is_little(at)
        yield from self._walk(_Level(len(self._bytes), 0, explicit, little), at)

    def _walk(self, top: _Level, at: int) -> Iterator[Visit]:
        levels = [top]
        while levels:
            level = levels[-1]
            if level.end is not None and at >= level.end:
                levels.pop()
                continue
            step = self._item if level.items else self._element
            visit, inside, at = step(level, *self._header(at, level))
            if visit is None:
                levels.pop()
                continue
            yield visit
            if inside is not None:
                levels.append(inside)

    def _is_explicit(self, at: int) -> bool:
        return is_vr(self._bytes[at + 4 : at + 6])

    def _is_little(self, at: int) -> bool:
        """Tell the byte order by what is there: the transfer syntax of some files lies."""
        first = self._bytes[at : at + 2]
        if first in (b"\0\x08", b"\0\4"):
            return False
        return first in (b"\x08\0", b"\4\0") or self._syntax != EXPLICIT_BIG

    def _header(self, at: int, level: _Level) -> tuple[int, str, int, int]:
        """Return tag, value representation ('' for none), length and offset of the value."""
        while not level.depth and self._bytes[at : at + SHORT_HEAD] in _NOTHING:
            at += SHORT_HEAD
        explicit = level.explicit and not level.items
        data = self._bytes[at : at + LONG_HEAD]
        head = read_head(data, explicit=explicit, little=level.little)
        if head is not None and explicit and not head[1] and head[0] >> 16 != ITEM_GROUP:
            head = self._unknown(at, level) or head
        if head is None:
            raise _Ended
        tag, vr, length, before = head
        return tag, vr.decode("ascii"), length, at + before

    def _unknown(self, at: int, level: _Level) -> Head | None:
        """Return the head of an element of unknown representation, None if it is not certain."""

        def read(offset: int, length: int) -> bytes:
            return self._bytes[offset : offset + length]

        return resolve_head(read, at, len(self._bytes), little=level.little)

    def _item(self, level: _Level, tag: int, _vr: str, length: int, start: int) -> _Step:
        """Enter an item."""
        if tag == SEQUENCE_END:
            return None, None, start
        if tag != ITEM:
            if level.end is None:
                raise _Ended
            self.complete = False
            return None, None, level.end
        end = None if length == UNDEFINED else start + length
        explicit = level.explicit and self._is_explicit(start)
        inside = _Level(end, level.depth + 1, explicit, level.little, level.charsets)
        visit = Visit(level.depth, ITEM, "", charsets=level.charsets, number=level.count)
        level.count += 1
        return visit, inside, start

    def _element(self, level: _Level, tag: int, vr: str, length: int, start: int) -> _Step:
        """Read an element, or enter a sequence."""
        group, element = tag >> 16, tag & 0xFFFF
        if group == ITEM >> 16:
            if not level.depth:
                raise _Ended
            # An item that is not closed ends where its sequence goes on.
            return None, None, start if tag == ITEM_END else start - SHORT_HEAD
        if not (group or level.depth):
            # The zeros that some writers fill their files up with.
            return None, None, len(self._bytes)
        creator = level.creators.get((group, element >> 8), "") if group & 1 else ""
        known = self._vr(tag, vr, creator, length)
        if known == "SQ" or (known == "UN" and length == UNDEFINED):
            if length in (0, UNDEFINED) or self._tag_at(start, level, vr) == ITEM:
                return self._sequence(level, tag, vr, creator, length, start)
            known = "UN"
        if length == UNDEFINED:
            visit = Visit(level.depth, tag, known, creator, -1, note="encapsulated")
            if tag in PIXELS and not level.depth:
                # To hop from fragment to fragment would read all of a large file.
                return visit, None, len(self._bytes)
            return visit, None, self._after_fragments(level, start)
        end = start + length
        data = self._bytes[start : end if length <= _LONGEST_READ else start + MAX_SHOWN]
        if end > len(self._bytes):
            self.complete = False
        self._note(level, tag, data)
        return (
            Visit(
                *(level.depth, tag, known, creator, length, data),
                *(level.charsets, level.little),
                offset=start,
            ),
            None,
            end,
        )

    def _sequence(
        self, level: _Level, tag: int, vr: str, creator: str, length: int, start: int
    ) -> _Step:
        end = None if length == UNDEFINED else start + length
        visit = Visit(level.depth, tag, "SQ", creator, charsets=level.charsets)
        if level.depth >= 2 * MAX_DEPTH:
            if end is None:
                raise _Ended
            return visit._replace(note=_TOO_DEEP), None, end
        # PS3.5 6.2.2: a sequence whose VR got lost is implicit little endian inside.
        lost = vr == "UN"
        inside = _Level(
            *(end, level.depth + 1, level.explicit and not lost, level.little or lost),
            *(level.charsets, True),
        )
        return visit, inside, start

    def _tag_at(self, at: int, level: _Level, vr: str) -> int:
        head = self._bytes[at : at + 4].ljust(4, b"\0")
        order = "<" if level.little or vr == "UN" else ">"
        group, element = struct.unpack(f"{order}HH", head)
        return int(group << 16 | element)

    def _after_fragments(self, level: _Level, at: int) -> int:
        """Return where encapsulated pixels end (PS3.5 A.4): those of an icon, say."""
        items = _Level(None, 0, explicit=False, little=level.little, items=True)
        while True:
            tag, _, length, at = self._header(at, items)
            if tag == SEQUENCE_END:
                return at
            if tag != ITEM or length == UNDEFINED:
                raise _Ended
            at += length

    def _note(self, level: _Level, tag: int, data: bytes) -> None:
        """Keep what says how the elements that follow are to be understood."""
        group, element = tag >> 16, tag & 0xFFFF
        if tag == _CHARSETS:
            parts = data.decode("latin-1").split("\\")
            level.charsets = tuple(part.strip(" \0") for part in parts)
        elif tag == Tag.PixelRepresentation and not level.depth:
            self._signed = data in (b"\1\0", b"\0\1")
        elif group & 1 and 0x10 <= element <= 0xFF:
            level.creators[group, element] = data.decode("latin-1").strip(" \0")

    def _vr(self, tag: int, vr: str, creator: str, length: int) -> str:
        """Return the value representation, from the dictionary where the file does not say."""
        if vr in ("", "UN"):
            vr = _known_vr(tag, creator)
        if " or " not in vr:
            return vr
        if "OB" in vr or ("OW" in vr and length > 6):
            return "OW"
        return "SS" if self._signed and "SS" in vr else "US"


@lru_cache(maxsize=4096)
def _known_vr(tag: int, creator: str) -> str:
    group, element = tag >> 16, tag & 0xFFFF
    if element == 0:
        return "UL"
    if group & 1 and 0x10 <= element <= 0xFF:
        return "LO"
    try:
        return private_dictionary_VR(tag, creator) if group & 1 else dictionary_VR(tag)
    except (KeyError, ValueError):
        return "UN"
