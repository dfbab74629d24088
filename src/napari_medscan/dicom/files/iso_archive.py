"""The files in an image of a CD or DVD (ISO 9660 / ECMA-119, with Joliet), read with bounds.

A disc that was written to several times has a tree of folders for each session, and the last need
not have the files of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.member import EXTRACT, MAX_MEMBERS, Member, label_of
from napari_medscan.dicom.files.source import Source

CORRUPT, TRUNCATED = "corrupt disc image", "truncated disc image"
TOO_LARGE: Final = f"disc image too large to open in place ({EXTRACT})"
_IN_PARTS: Final = f"file in parts in a disc image ({EXTRACT})"
_SECTOR: Final = 2048
_FIRST_DESCRIPTOR: Final = 16
"""Sector of the first volume descriptor (ECMA-119 6.2.1)."""
_MOST_SESSIONS: Final = 99
_LARGEST_GAP: Final = 16_384
"""Sectors from a session to the descriptors of the next: 11,416 on a CD-R, and padding."""
_MAGIC: Final = b"CD001"
PREFIX: Final = _FIRST_DESCRIPTOR * _SECTOR + 1 + len(_MAGIC)
"""Bytes from the start by which an image is known."""
_MOST_DESCRIPTORS: Final = 100
_PRIMARY, _SUPPLEMENTARY = 1, 2
_PRIMARY_START: Final = bytes((_PRIMARY,)) + _MAGIC
_JOLIET: Final = (b"%/@", b"%/C", b"%/E")
"""Escape sequences of a descriptor whose names are UCS-2."""
_UNICODE: Final = "utf-16-be"
_VERSION: Final = re.compile(r";\d{1,5}$")
_ROOT: Final = slice(156, 190)
_DEEPEST: Final = 32
_LARGEST_FOLDER: Final = 64 << 20
_IS_FOLDER, _GOES_ON = 0x02, 0x80


class _Volume(NamedTuple):
    """A volume descriptor: one tree of folders."""

    block: int
    root: bytes
    encoding: str


class _Record(NamedTuple):
    """A directory record (ECMA-119 9.1)."""

    block: int
    length: int
    flags: int
    interleaved: bool
    name: bytes


def is_iso(start: bytes) -> bool:
    """Whether `PREFIX` bytes are those of an image of a disc."""
    return start[PREFIX - len(_MAGIC) :] == _MAGIC


def iso_members(file: FileRef) -> Iterator[Member]:
    """Yield the files on a disc, those of a cut image up to the cut.

    Raises
    ------
    UnreadableError
        Where it is damaged or too large; the text says which.
    OSError
        When it cannot be read.
    """
    with file.opened() as source:
        disc = _Disc(file, source)
        sector: int | None = _FIRST_DESCRIPTOR
        for _ in range(_MOST_SESSIONS):
            if sector is None:
                return
            yield from disc.session(sector)
            sector = _next_session(source, disc.end)


@dataclass(slots=True)
class _Disc:
    """What has been seen of a disc.

    Parameters
    ----------
    file : FileRef
        Its image.
    source : Source
        The bytes of that.
    """

    file: FileRef
    source: Source
    end: int = 0
    """Behind the last byte of all sessions so far."""
    _records: int = 0
    _folders: set[int] = field(default_factory=set)
    _files: set[tuple[int, int]] = field(default_factory=set)
    """Start and length of each file of earlier sessions."""

    def session(self, sector: int) -> Iterator[Member]:
        """Yield the files of the session with descriptors from a sector on, but earlier ones."""
        volume = _volume(self.source, sector)
        own: set[tuple[int, int]] = set()
        folders = [("", _record(volume.root), 0)]
        self.end = max(self.end, (sector + 1) * _SECTOR)
        while folders:
            path, folder, depth = folders.pop()
            if folder.block in self._folders:
                continue
            self._folders.add(folder.block)
            for record in _records(self.source, folder, volume.block):
                self._records += 1
                if self._records > MAX_MEMBERS or depth > _DEEPEST:
                    raise UnreadableError(TOO_LARGE)
                name = path + _name(record.name, volume.encoding)
                place = record.block * volume.block, record.length
                self.end = max(self.end, sum(place))
                if record.flags & _IS_FOLDER:
                    folders.append((f"{name}/", record, depth + 1))
                elif not record.length or place not in self._files:
                    own.add(place)
                    yield self._member(name, record, place)
        self._files |= own

    def _member(self, name: str, record: _Record, place: tuple[int, int]) -> Member:
        label = label_of(name)
        if record.flags & _GOES_ON or record.interleaved:
            return Member(label, None, _IN_PARTS, readable=False)
        if sum(place) > self.file.size:
            return Member(label, None, TRUNCATED, readable=False)
        return Member(label, self.file.part(*place))


def _next_session(source: Source, end: int) -> int | None:
    """Return the sector of the first descriptor behind the end of a session, None without one."""
    start = -(-end // _SECTOR)
    for sector in range(start, start + _LARGEST_GAP):
        data = source.read_at(sector * _SECTOR, len(_PRIMARY_START))
        if len(data) < len(_PRIMARY_START):
            break
        if data == _PRIMARY_START:
            return sector
    return None


def _volume(source: Source, first: int) -> _Volume:
    """Return the tree with the longest names: that of Joliet, else the primary one."""
    found: _Volume | None = None
    for number in range(_MOST_DESCRIPTORS):
        data = source.read_at((first + number) * _SECTOR, _SECTOR)
        if len(data) < _SECTOR or data[1:6] != _MAGIC:
            break
        block = int.from_bytes(data[128:130], "little")
        is_joliet = data[0] == _SUPPLEMENTARY and data[88:91] in _JOLIET
        if block and (is_joliet or data[0] == _PRIMARY):
            encoding = _UNICODE if is_joliet else "latin-1"
            found = _Volume(block, data[_ROOT], encoding)
            if is_joliet:
                break
    if found is None:
        raise UnreadableError(CORRUPT)
    return found


def _records(source: Source, folder: _Record, block: int) -> Iterator[_Record]:
    """Yield what is in a folder; a record never goes from one sector to the next."""
    if folder.length > _LARGEST_FOLDER:
        raise UnreadableError(TOO_LARGE)
    for start in range(0, folder.length, _SECTOR):
        length = min(_SECTOR, folder.length - start)
        data = source.read_at(folder.block * block + start, length)
        if len(data) < length:
            raise UnreadableError(TRUNCATED)
        at = 0
        while at < len(data) and data[at]:
            record = _record(data[at : at + data[at]])
            # The folder itself and the one above are 0 and 1.
            if record.name not in (b"\0", b"\1"):
                yield record
            at += data[at]


def _record(data: bytes) -> _Record:
    if len(data) < 34 or 33 + data[32] > len(data):
        raise UnreadableError(CORRUPT)
    return _Record(
        # After the record of extended attributes.
        block=int.from_bytes(data[2:6], "little") + data[1],
        length=int.from_bytes(data[10:14], "little"),
        flags=data[25],
        interleaved=bool(data[26]),
        name=data[33 : 33 + data[32]],
    )


def _name(name: bytes, encoding: str) -> str:
    """Return a name without its version and, of ECMA-119 7.5, the dot of an empty ending."""
    text = _VERSION.sub("", name.decode(encoding, "replace"))
    return text if encoding == _UNICODE else text.removesuffix(".")
