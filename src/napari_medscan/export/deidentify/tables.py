"""Lookup tables, signals and color profiles without bytes that none of their entries is in."""

from __future__ import annotations

import struct
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

_DESCRIPTORS: Final = {
    0x00283006: "LUTDescriptor",
    0x00281201: "RedPaletteColorLookupTableDescriptor",
    0x00281202: "GreenPaletteColorLookupTableDescriptor",
    0x00281203: "BluePaletteColorLookupTableDescriptor",
}
_WAVEFORM_DATA: Final = 0x54001010
_ICC_PROFILE: Final = 0x00282000
_ICC_HEADER: Final = 128
_COLOR_TAGS: Final = frozenset(
    b"rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC wtpt bkpt chad cicp A2B0 A2B1 A2B2 B2A0 B2A1 B2A2"
    b" gamt D2B0 D2B1 D2B2 D2B3 B2D0 B2D1 B2D2 B2D3".split()
)
"""Tags of a profile that convert colors; all others describe it and its device (ICC.1, 9)."""


def trim(element: DataElement, data: Dataset) -> bool:
    """Remove what belongs to no entry of a retained table; return False if all of it must go.

    Parameters
    ----------
    element : DataElement
        Is changed in place.
    data : Dataset
        The data set it is in, which says how long it is.
    """
    tag, value = int(element.tag), element.value
    if tag == _ICC_PROFILE:
        element.value = _colors_alone(bytes(value))
        return bool(element.value)
    if tag in _DESCRIPTORS:
        count = _integers(data, _DESCRIPTORS[tag])[0] or 1 << 16
        # Of bytes, too: some are written as words.
        element.value = value[: 2 * count if isinstance(value, bytes) else count]
    if tag == _WAVEFORM_DATA:
        names = ("NumberOfWaveformChannels", "NumberOfWaveformSamples", "WaveformBitsAllocated")
        channels, samples, bits = (_integers(data, name)[0] for name in names)
        size = channels * samples * bits // 8
        element.value = value[: size + size % 2]
    return True


def _integers(data: Dataset, name: str) -> list[int]:
    value: Any = data[name].value
    return [int(one) for one in (value if hasattr(value, "__iter__") else [value])]


def _colors_alone(profile: bytes) -> bytes:
    """Return an ICC profile with zeros for what converts no colors; b"" if it is none."""
    if len(profile) < _ICC_HEADER + 4 or profile[36:40] != b"acsp":
        return b""
    (count,) = struct.unpack_from(">I", profile, _ICC_HEADER)
    table = _ICC_HEADER + 4 + 12 * count
    if table > len(profile):
        return b""
    kept = bytearray(len(profile))
    # Sizes, classes and color spaces; not who made it, and what for (7.2).
    for start, end in ((0, 4), (8, 40), (64, 80), (_ICC_HEADER, table)):
        kept[start:end] = profile[start:end]
    for entry in range(_ICC_HEADER + 4, table, 12):
        name, start, size = struct.unpack_from(">4sII", profile, entry)
        if name in _COLOR_TAGS:
            kept[start : start + size] = profile[start : start + size]
    return bytes(kept[: len(profile)])
