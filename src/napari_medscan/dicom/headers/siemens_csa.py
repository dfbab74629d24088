"""Siemens' private headers: CSA fields, and the protocol that they carry as text.

The formats are not published by their maker; what is read here is common knowledge.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from napari_medscan.dicom.space.vectors import Vector

_MOST = 1000
"""Fields, and items of a field, that are read: some hundred are usual."""
_PROTOCOL = b"### ASCCONV BEGIN"
_COUNT = re.compile(rb"sSliceArray\.lSize[ \t]*=[ \t]*(0x[0-9A-Fa-f]{1,4}|\d{1,6})\b")
_PARTITIONS = re.compile(rb"sKSpace\.lImagesPerSlab[ \t]*=[ \t]*(0x[0-9A-Fa-f]{1,4}|\d{1,6})\b")
_CENTER = re.compile(
    rb"sSliceArray\.asSlice\[(\d{1,4})\]\.sPosition\.d(Sag|Cor|Tra)[ \t]*=[ \t]*([-+.\deE]{1,32})"
)
_AXES = (b"Sag", b"Cor", b"Tra")


@dataclass(frozen=True, slots=True)
class SliceArray:
    """The slices of a protocol, as they were planned.

    Parameters
    ----------
    count : int
        How many.
    first, last : tuple of float or None
        Centers of the first and of the last one, mm, LPS; None where they are not given.
    """

    count: int
    first: Vector | None
    last: Vector | None


def parse_csa(data: bytes) -> dict[str, tuple[str, ...]]:
    """Parse a Siemens CSA header (types 1 and 2) into its text values.

    A count of tags, then for each a 64-byte name, six integers, and items with a 16-byte head and
    their data padded to four bytes.
    """
    position = 8 if data[:4] == b"SV10" else 0
    if len(data) < position + 8:
        return {}
    (count,) = struct.unpack_from("<I", data, position)
    position += 8
    fields: dict[str, tuple[str, ...]] = {}
    type_1 = data[:4] != b"SV10"
    offset = None
    for _ in range(min(count, _MOST)):
        if position + 84 > len(data):
            break
        name = data[position : position + 64].split(b"\0")[0].decode("latin-1")
        (items,) = struct.unpack_from("<I", data, position + 76)
        # Type 1 adds the first field's number of items to every length.
        offset = items if offset is None else offset
        position += 84
        values = []
        for _ in range(min(items, _MOST)):
            if position + 16 > len(data):
                return fields
            first, length = struct.unpack_from("<II", data, position)
            length = first - offset if type_1 else length
            position += 16
            if not 0 <= length <= len(data) - position:
                return fields
            if length:
                # Most items are empty.
                text = data[position : position + length].split(b"\0")[0].decode("latin-1").strip()
                if text:
                    values.append(text)
                position += (length + 3) // 4 * 4
        fields[name] = tuple(values)
    return fields


def read_slice_array(data: bytes) -> SliceArray | None:
    """Return the slices of the ASCCONV text in a CSA series header, None if there is none."""
    start = data.find(_PROTOCOL)
    text = data[start:] if start >= 0 else b""
    count = _whole(_COUNT.search(text))
    if not count:
        return None
    if count == 1 and (partitions := _whole(_PARTITIONS.search(text))):
        # A slab of a 3-D acquisition: its partitions are the slices, and its center is no slice's.
        return SliceArray(partitions, None, None)
    # Coordinates that are 0 are left out.
    found = [(int(index), axis, value) for index, axis, value in _CENTER.findall(text)]
    first, last = (
        {axis: value for index, axis, value in found if index == wanted}
        for wanted in (0, count - 1)
    )
    return SliceArray(count, _center(first), _center(last))


def _whole(found: re.Match[bytes] | None) -> int:
    """Return a decimal or hexadecimal number, 0 when there is none."""
    return int(found[1], 16 if found[1].startswith(b"0x") else 10) if found else 0


def _center(coordinates: Mapping[bytes, bytes]) -> Vector | None:
    try:
        x, y, z = (float(coordinates.get(axis, b"0")) for axis in _AXES)
    except ValueError:
        return None
    return (x, y, z) if coordinates and math.isfinite(x + y + z) else None
