"""The members of a tar archive (POSIX.1-1988 ustar, pax, GNU), read with bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator

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

BLOCK = 512
CORRUPT, TRUNCATED = "corrupt tar archive", "truncated tar archive"
TOO_LARGE = f"tar archive too large to open in place ({EXTRACT})"
_LONGEST_EXTENSION = 1 << 20
"""Bytes of a header that extends the next one."""
_PAX_FIELD = re.compile(rb"(\d{1,10}) (path|size)=")
_REGULAR, _FOLDER, _LINKS = b"0\0007", b"5", b"12"


def is_tar(head: bytes) -> bool:
    """Whether bytes start like a tar archive: with a header or, an empty one, with zeros."""
    return len(head) >= BLOCK and (_has_checksum(head[:BLOCK]) or not any(head[:BLOCK]))


def tar_members(file: FileRef) -> Iterator[Member]:
    """Yield the files in a tar archive, those of a cut one up to the cut.

    Raises
    ------
    UnreadableError
        Where it is damaged, cut off or too large; the text says which.
    OSError
        When it cannot be read.
    """
    size = file.size
    with file.opened() as source:
        at, count = 0, 0
        name: bytes | None = None
        length: int | None = None
        while at < size:
            header = source.read_at(at, BLOCK)
            if len(header) < BLOCK:
                raise UnreadableError(TRUNCATED)
            if not any(header):
                return
            if not _has_checksum(header):
                raise UnreadableError(CORRUPT)
            if (count := count + 1) > MAX_MEMBERS:
                raise UnreadableError(TOO_LARGE)
            kind, stored = header[156:157], _number(header[124:136])
            stored = stored if length is None or kind in b"xgLK" else length
            start = at + BLOCK
            at = start + (stored + BLOCK - 1) // BLOCK * BLOCK
            if kind in b"xgLK":
                name, length = _extension(source, kind, start, stored, name, length)
                continue
            text = _text(_name(header) if name is None else name)
            label = label_of(text)
            name = length = None
            if kind in _LINKS:
                yield Member(label, None, LINK)
            elif kind == b"S":
                refusal = f"sparse file in a tar archive ({EXTRACT})"
                yield Member(label, None, refusal, readable=False)
            elif kind in _REGULAR and not text.endswith("/"):
                yield Member(label, file.part(start, max(0, min(stored, size - start))))
            elif kind != _FOLDER and kind not in _REGULAR:
                yield Member(label, None, SPECIAL)
        if at > size:
            raise UnreadableError(TRUNCATED)


def _extension(
    source: Source, kind: bytes, start: int, stored: int, name: bytes | None, length: int | None
) -> tuple[bytes | None, int | None]:
    """Return name and size of the next member as an extended header gives them."""
    if stored > _LONGEST_EXTENSION:
        raise UnreadableError(TOO_LARGE)
    data = source.read_at(start, stored)
    if kind == b"L":
        return data.rstrip(b"\0"), length
    if kind != b"x":
        return name, length
    at = 0
    while found := _PAX_FIELD.match(data, at):
        end = at + int(found[1])
        value = data[found.end() : end - 1]
        if found[2] == b"path":
            name = value
        elif value.isdigit() and len(value) < 20:
            length = int(value)
        if end <= at:
            break
        at = end
    return name, length


def _has_checksum(header: bytes) -> bool:
    """Whether the sum of a header's bytes is what it says, its own field counted as blanks."""
    field = header[148:156].strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,7}", field):
        return False
    total = sum(header[:148]) + 8 * 32 + sum(header[156:])
    return total == int(field, 8)


def _number(field: bytes) -> int:
    """Return a size: octal digits, or big-endian binary when the first bit is set (GNU)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
    else:
        digits = field.strip(b" \0")
        if not re.fullmatch(rb"[0-7]*", digits):
            raise UnreadableError(CORRUPT)
        value = int(digits or b"0", 8)
    if value >= 1 << 62:
        raise UnreadableError(CORRUPT)
    return value


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    # The prefix of ustar; GNU's magic has none.
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
