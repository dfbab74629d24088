"""The members of a ZIP archive: the central directory, read with bounds (APPNOTE 6.3).

Python's own `zipfile` makes an object a member and raises many kinds of errors; here nothing but
UnreadableError is raised, members that overlap are refused, and where a member's bytes start is
known afterwards, so that stored ones are read in place.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.member import (
    EXTRACT,
    LINK,
    MAX_MEMBERS,
    SPECIAL,
    Member,
    label_of,
)
from napari_medscan.dicom.files.source import Source
from napari_medscan.dicom.files.unpack import MAX_RATIO, MAX_UNPACKED

MAX_DIRECTORY = 64 << 20
"""Bytes of a central directory."""
MAX_TOTAL, SUSPICIOUS_RATIO = 4 << 30, 100
"""An archive of more unpacked bytes than this must not shrink them to less than a hundredth."""
CORRUPT, TRUNCATED = "corrupt ZIP archive", "truncated ZIP archive"
OVERLAP = "corrupt ZIP archive: its files overlap"
TOO_LARGE = f"ZIP archive too large to open in place ({EXTRACT})"
ENCRYPTED = f"encrypted ZIP archive ({EXTRACT})"
SPLIT = f"split ZIP archive ({EXTRACT})"
UNSUPPORTED = f"ZIP archive with unsupported compression ({EXTRACT})"
_MEMBER_CORRUPT = "corrupt file in a ZIP archive"
_MEMBER_TOO_LARGE = f"file in a ZIP archive larger than 512 MB ({EXTRACT})"

_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_MAX_COMMENT = 0xFFFF
_FULL, _FULL_SHORT = 0xFFFFFFFF, 0xFFFF
_FLAG_ENCRYPTED, _FLAG_DESCRIPTOR, _FLAG_UTF8, _FLAG_MASKED = 1, 8, 1 << 11, 1 << 13
_UNIX = 3
_METHODS = {8: "deflate", 12: "bzip2"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the central directory."""

    name: str
    at: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith(("/", "\\")) or stat.S_ISDIR(self.mode)

    @property
    def refusal(self) -> str:
        kind = stat.S_IFMT(self.mode)
        if kind in (0, stat.S_IFREG):
            return ""
        return LINK if kind == stat.S_IFLNK else SPECIAL


def zip_members(file: FileRef) -> list[Member]:
    """Return the files in a ZIP archive in the order of its central directory.

    Raises
    ------
    UnreadableError
        When it is damaged, encrypted, too large or suspicious; the text says which.
    OSError
        When it cannot be read.
    """
    size = file.size
    with file.opened() as source:
        start, length, count, shift = _directory(source, size)
        entries = list(_entries(_read(source, start, length), shift))
        # Without ZIP64, the number of entries wraps.
        if (len(entries) - count) & _FULL_SHORT or min((e.at for e in entries), default=0) < 0:
            raise UnreadableError(CORRUPT)
        _check_bounds(entries)
        starts = {id(entry): _data_start(source, entry) for entry in entries}
    _check_overlap(entries, starts, start)
    files = [entry for entry in entries if not entry.is_folder]
    _check_readable(files)
    return [_member(file, entry, starts[id(entry)]) for entry in files]


def _directory(source: Source, size: int) -> tuple[int, int, int, int]:
    """Return start, length and number of entries of the central directory, and how far all is off.

    Something may stand before the archive: a program that extracts it.
    """
    tail_at = max(0, size - _END.size - _MAX_COMMENT)
    tail = source.read_at(tail_at, size - tail_at)
    at = _end_at(tail)
    _, disk, first_disk, _, count, length, offset, _ = _END.unpack_from(tail, at)
    before = tail_at + at
    if _FULL in (length, offset) or _FULL_SHORT in (disk, count):
        found = _end_64(source, before)
        if found is not None:
            disk, first_disk, count, length, offset, before = found
    if disk or first_disk:
        raise UnreadableError(SPLIT)
    if length > MAX_DIRECTORY or count > MAX_MEMBERS:
        raise UnreadableError(TOO_LARGE)
    start = before - length
    if start < 0 or offset > start:
        raise UnreadableError(CORRUPT)
    return start, length, count, start - offset


def _end_at(tail: bytes) -> int:
    """Return where the end record is; a comment may follow it."""
    at = len(tail) - _END.size + 4
    while (at := tail.rfind(b"PK\5\6", 0, max(0, at))) >= 0:
        (comment,) = struct.unpack_from("<H", tail, at + _END.size - 2)
        if at + _END.size + comment <= len(tail):
            return at
        at += 3
    raise UnreadableError(TRUNCATED)


def _end_64(source: Source, before: int) -> tuple[int, int, int, int, int, int] | None:
    """Return what the ZIP64 end record says, and where it starts; None without one."""
    locator = source.read_at(before - _LOCATOR_64.size, _LOCATOR_64.size) if before >= 20 else b""
    if len(locator) < _LOCATOR_64.size or not locator.startswith(b"PK\6\7"):
        return None
    at = before - _LOCATOR_64.size - _END_64.size
    record = source.read_at(at, _END_64.size) if at >= 0 else b""
    if len(record) < _END_64.size or not record.startswith(b"PK\6\6"):
        raise UnreadableError(CORRUPT)
    _, _, _, _, disk, first_disk, _, count, length, offset = _END_64.unpack(record)
    return disk, first_disk, count, length, offset, at


def _entries(directory: bytes, shift: int) -> Iterator[_Entry]:
    at = 0
    while at < len(directory):
        if at + _CENTRAL.size > len(directory):
            raise UnreadableError(CORRUPT)
        values = _CENTRAL.unpack_from(directory, at)
        magic, made_by, _, flags, method, _, _, crc = values[:8]
        name_length, extra_length, comment_length, _, _, attributes = values[10:16]
        name_at = at + _CENTRAL.size
        extra_at = name_at + name_length
        at = extra_at + extra_length + comment_length
        if magic != b"PK\1\2" or at > len(directory):
            raise UnreadableError(CORRUPT)
        raw, extra = directory[name_at:extra_at], directory[extra_at : extra_at + extra_length]
        fields = dict(_extra_fields(extra))
        size, packed, local = _long_values((values[9], values[8], values[16]), fields.get(1, b""))
        mode = attributes >> 16 if made_by >> 8 == _UNIX else 0
        name = _name(raw, flags, fields.get(0x7075, b""))
        yield _Entry(name, local + shift, flags, method, crc, packed, size, mode)


def _long_values(values: tuple[int, int, int], extra: bytes) -> list[int]:
    """Return sizes and place, those that take more than 32 bits from the ZIP64 extra field."""
    long = (int.from_bytes(extra[at : at + 8], "little") for at in range(0, len(extra) - 7, 8))
    return [next(long, value) if value == _FULL else value for value in values]


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _name(raw: bytes, flags: int, unicode: bytes) -> str:
    """Return a name: UTF-8 where the archive says so (APPNOTE 4.4.4, 4.6.9), else code page 437."""
    if len(unicode) > 5 and unicode[0] == 1:
        (crc,) = struct.unpack_from("<I", unicode, 1)
        if crc == zlib.crc32(raw):
            raw, flags = unicode[5:], _FLAG_UTF8
    if flags & _FLAG_UTF8:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return raw.decode("cp437")


def _check_bounds(entries: list[_Entry]) -> None:
    if len(entries) > MAX_MEMBERS:
        raise UnreadableError(TOO_LARGE)
    total, packed = sum(e.size for e in entries), sum(e.packed for e in entries)
    if total > MAX_TOTAL and total > SUSPICIOUS_RATIO * packed:
        raise UnreadableError(TOO_LARGE)


def _data_start(source: Source, entry: _Entry) -> int:
    """Return where a member's bytes start; -1 when its local header is not what it should be."""
    local = source.read_at(entry.at, _LOCAL.size)
    if len(local) < _LOCAL.size:
        return -1
    (magic, _, flags, method, _, _, crc, packed, size, name, extra) = _LOCAL.unpack(local)
    if magic != b"PK\3\4" or method != entry.method:
        return -1
    if not flags & _FLAG_DESCRIPTOR:
        # ZIP64 sizes are in the extra field.
        pairs = (crc, entry.crc), (packed, entry.packed), (size, entry.size)
        if any(one not in (other, 0, _FULL) for one, other in pairs):
            return -1
    return entry.at + _LOCAL.size + int(name) + int(extra)


def _check_overlap(entries: list[_Entry], starts: dict[int, int], directory: int) -> None:
    """Refuse an archive in which bytes belong to two members: how small bombs become large."""
    places = [(directory, directory)]
    for entry in entries:
        start = starts[id(entry)]
        places.append((entry.at, entry.at if start < 0 else start + entry.packed))
    places.sort()
    if any(end > after for (_, end), (after, _) in pairwise(places)):
        raise UnreadableError(OVERLAP)


def _check_readable(entries: list[_Entry]) -> None:
    """Refuse an archive of which no member can be read, for one reason."""
    masked = [bool(entry.flags & (_FLAG_ENCRYPTED | _FLAG_MASKED)) for entry in entries]
    if masked and all(masked):
        raise UnreadableError(ENCRYPTED)
    if entries and all(entry.method and entry.method not in _METHODS for entry in entries):
        raise UnreadableError(UNSUPPORTED)


def _member(file: FileRef, entry: _Entry, start: int) -> Member:
    label = label_of(entry.name)
    if entry.refusal:
        return Member(label, None, entry.refusal)
    problem = ""
    if start < 0:
        problem = _MEMBER_CORRUPT
    elif entry.flags & (_FLAG_ENCRYPTED | _FLAG_MASKED):
        problem = f"encrypted file in a ZIP archive ({EXTRACT})"
    elif not entry.method:
        problem = _MEMBER_CORRUPT if entry.packed != entry.size else ""
    elif entry.method not in _METHODS:
        problem = f"file with unsupported compression in a ZIP archive ({EXTRACT})"
    elif entry.size > MAX_UNPACKED:
        problem = _MEMBER_TOO_LARGE
    elif entry.method == 8 and entry.size > MAX_RATIO * entry.packed:
        problem = _MEMBER_CORRUPT
    if problem:
        return Member(label, None, problem, readable=False)
    stored = file.part(start, entry.packed)
    if not entry.method:
        return Member(label, stored)
    return Member(label, stored.unpacked(_METHODS[entry.method], entry.size, entry.crc))


def _read(source: Source, offset: int, length: int) -> bytes:
    data = source.read_at(offset, length)
    if len(data) < length:
        raise UnreadableError(TRUNCATED)
    return data
