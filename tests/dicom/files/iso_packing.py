"""Folders packed into an image of a disc (ECMA-119 with Joliet): what is read of one, no more."""

from __future__ import annotations

import struct
from pathlib import Path

_SECTOR = 2048
_Places = dict[Path, tuple[int, int]]
"""First sector and length of each folder and file."""


def write_iso(folder: Path, path: Path, *, joliet: bool = True, start: int = 0) -> Path:
    """Write what is below a folder into an image; without Joliet in capitals, as version 1.

    The image is the session that begins at the sector `start` of a disc.
    """
    folders = [folder, *sorted(each for each in folder.rglob("*") if each.is_dir())]
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    places: _Places = dict.fromkeys([*folders, *files], (0, 0))
    lengths = [len(_records(each, places, joliet=joliet)) for each in folders]
    lengths += [each.stat().st_size for each in files]
    free = start + 19
    for each, length in zip([*folders, *files], lengths, strict=True):
        places[each] = free, length
        free += (length + _SECTOR - 1) // _SECTOR
    parts = {
        start + 16: _descriptor(1, places[folder]),
        start + 17: _descriptor(2 if joliet else 1, places[folder], b"%/E" if joliet else b""),
        start + 18: b"\xffCD001\1",
        **{places[each][0]: _records(each, places, joliet=joliet) for each in folders},
        **{places[each][0]: data for each in files if (data := each.read_bytes())},
    }
    image = bytearray((free - start) * _SECTOR)
    for sector, data in parts.items():
        at = (sector - start) * _SECTOR
        image[at : at + len(data)] = data
    path.write_bytes(image)
    return path


def _descriptor(kind: int, root: tuple[int, int], escape: bytes = b"") -> bytes:
    data = bytearray(_SECTOR)
    data[:7] = bytes((kind,)) + b"CD001\1"
    data[88 : 88 + len(escape)] = escape
    data[128:132] = struct.pack("<H", _SECTOR) + struct.pack(">H", _SECTOR)
    data[156:190] = _record(b"\0", root, is_folder=True)
    return bytes(data)


def _records(folder: Path, places: _Places, *, joliet: bool) -> bytes:
    records = [_record(name, places[folder], is_folder=True) for name in (b"\0", b"\1")]
    for each in sorted(folder.iterdir()):
        name = each.name if joliet else each.name.upper()
        name += "" if each.is_dir() else ";1"
        coded = name.encode("utf-16-be" if joliet else "latin-1")
        records.append(_record(coded, places[each], is_folder=each.is_dir()))
    found = b""
    for record in records:
        if len(found) % _SECTOR + len(record) > _SECTOR:
            found += bytes(-len(found) % _SECTOR)
        found += record
    return found + bytes(-len(found) % _SECTOR)


def _record(name: bytes, place: tuple[int, int], *, is_folder: bool) -> bytes:
    data = b"\0" + b"".join(struct.pack("<I", n) + struct.pack(">I", n) for n in place)
    data += bytes(7) + bytes((2 * is_folder, 0, 0)) + b"\1\0\0\1" + bytes((len(name),)) + name
    data += bytes((len(data) + 1) % 2)
    return bytes((len(data) + 1,)) + data
