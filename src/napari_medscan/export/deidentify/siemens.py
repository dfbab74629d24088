"""Siemens' CSA headers without what may identify: the numbers that place and weight an image.

A CSA header is bytes with hundreds of fields and texts, among them the patient's name. MedScan
reads a few numbers of it, and older scanners write these nowhere else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.headers.siemens_csa import SliceArray, parse_csa, read_slice_array

_FIELDS: Final = {
    "NumberOfImagesInMosaic": 1,
    "SliceNormalVector": 3,
    "B_value": 1,
    "DiffusionGradientDirection": 3,
}
"""Fields that are retained, and how many numbers each has at most."""
_NUMBER: Final = re.compile(r"[+-]?\d{1,6}(?:\.\d{1,12})?(?:e[+-]?\d{1,3})?")
_AXES: Final = ("Sag", "Cor", "Tra")


def reduced_csa(tag: int, header: bytes, words: frozenset[str]) -> bytes:
    """Return a CSA header with a few numbers of another one; b"" if none of them is in it.

    Parameters
    ----------
    tag : int
        Private.SiemensCSAImageHeader or Private.SiemensCSASeriesHeader.
    header : bytes
        Value of the element.
    words : frozenset of str
        Words in capitals that identify the patient.
    """
    if tag == Private.SiemensCSAImageHeader:
        found = parse_csa(header)
        fields = {name: found[name][:most] for name, most in _FIELDS.items() if found.get(name)}
        plain = {
            name: values
            for name, values in fields.items()
            if all(_NUMBER.fullmatch(value) and value not in words for value in values)
        }
        return _written(plain)
    array = read_slice_array(header)
    return b"" if array is None else _written({"MrPhoenixProtocol": (_protocol(array),)})


def _protocol(array: SliceArray) -> str:
    """Return the text of a protocol that has these slices and nothing else."""
    lines = [f"sSliceArray.lSize = {array.count}"]
    for index, center in ((0, array.first), (array.count - 1, array.last)):
        for axis, value in zip(_AXES, center or (), strict=False):
            lines.append(f"sSliceArray.asSlice[{index}].sPosition.d{axis} = {value}")
    return "\n".join(("### ASCCONV BEGIN ###", *lines, "### ASCCONV END ###"))


def _written(fields: Mapping[str, Sequence[str]]) -> bytes:
    """Return a CSA header of type 2; see `parse_csa`."""
    if not fields:
        return b""
    data = b"SV10\4\3\2\1" + struct.pack("<II", len(fields), 77)
    for name, values in fields.items():
        data += name.encode().ljust(64, b"\0")
        data += struct.pack("<i4siii", len(values), b"FD\0\0", 3, len(values), 77)
        for value in values:
            text = value.encode() + b"\0"
            data += struct.pack("<4i", len(text), len(text), 77, len(text))
            data += text + bytes(-len(text) % 4)
    return data
