"""The files in an image of a CD or DVD (ISO 9660 / ECMA-119, with Joliet), read with bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_MAGIC: Final = b"CD001"
PREFIX: Final = _FIRST_DESCRIPTOR * _SECTOR + 1 + len(_MAGIC)
"""Bytes from the start by which an image is known."""
_MOST_DESCRIPTORS: Final = 100
_PRIMARY, _SUPPLEMENTARY = 1, 2
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
    size, count = file.size, 0
    with file.opened() as source:
        volume = _volume(source)
        folders = [("", _record(volume.root), 0)]
        seen: set[int] = set()
        while folders:
            path, folder, depth = folders.pop()
            if folder.block in seen:
                continue
            seen.add(folder.block)
            for record in _records(source, folder, volume.block):
                if (count := count + 1) > MAX_MEMBERS or depth > _DEEPEST:
                    raise UnreadableError(TOO_LARGE)
                name = path + _name(record.name, volume.encoding)
                start = record.block * volume.block
                if record.flags & _IS_FOLDER:
                    folders.append((f"{name}/", record, depth + 1))
                elif record.flags & _GOES_ON or record.interleaved:
                    yield Member(label_of(name), None, _IN_PARTS, readable=False)
                elif start + record.length > size:
                    yield Member(label_of(name), None, TRUNCATED, readable=False)
                else:
                    yield Member(label_of(name), file.part(start, record.length))


def _volume(source: Source) -> _Volume:
    """Return the tree with the longest names: that of Joliet, else the primary one."""
    found: _Volume | None = None
    for number in range(_MOST_DESCRIPTORS):
        data = source.read_at((_FIRST_DESCRIPTOR + number) * _SECTOR, _SECTOR)
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
