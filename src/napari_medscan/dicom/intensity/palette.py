"""Palette color: lookup tables for red, green and blue.

PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6 (descriptors, data), C.7.9.2 (segmented data).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.errors import UnreadableError

_TABLES = (
    (
        Tag.RedPaletteColorLookupTableDescriptor,
        Tag.RedPaletteColorLookupTableData,
        Tag.SegmentedRedPaletteColorLookupTableData,
    ),
    (
        Tag.GreenPaletteColorLookupTableDescriptor,
        Tag.GreenPaletteColorLookupTableData,
        Tag.SegmentedGreenPaletteColorLookupTableData,
    ),
    (
        Tag.BluePaletteColorLookupTableDescriptor,
        Tag.BluePaletteColorLookupTableData,
        Tag.SegmentedBluePaletteColorLookupTableData,
    ),
)
WANTED_PALETTE = want(*(tag for color in _TABLES for tag in color))
_MAX_ENTRIES = 65536


@dataclass(frozen=True, slots=True)
class Palette:
    """Palette color lookup tables (PS3.3 C.7.6.3.1.5), as 8-bit RGB.

    Parameters
    ----------
    first : int
        Stored value of the first entry.
    colors : bytes
        RGB triplets, one an entry.
    """

    first: int
    colors: bytes


def read_palette(data_set: DataSet) -> Palette:
    """Return the palette of a PALETTE COLOR image as 8-bit RGB.

    Raises
    ------
    UnreadableError
        When a table is missing, short or of an impossible depth.
    """
    channels: list[NDArray[np.uint16]] = []
    first = bits = 0
    for descriptor_tag, data_tag, segmented_tag in _TABLES:
        descriptor = data_set.integers(descriptor_tag)
        if len(descriptor) != 3 or descriptor[2] not in (8, 16):
            raise UnreadableError("corrupt color palette")
        count = (descriptor[0] & 0xFFFF) or _MAX_ENTRIES
        first, bits = descriptor[1] & 0xFFFF, descriptor[2]
        data = data_set.data(data_tag)
        if data:
            entries = _plain(data, count, bits, big_endian=data_set.big_endian)
        else:
            entries = _segmented(data_set.data(segmented_tag), bits, big_endian=data_set.big_endian)
        if len(entries) < count:
            raise UnreadableError("truncated color palette")
        channels.append(entries[:count])
    if len({len(channel) for channel in channels}) != 1:
        raise UnreadableError("inconsistent color palette")
    # The first value has the sign of the pixels, whatever the VR says.
    if first >= 0x8000 and data_set.integer(Tag.PixelRepresentation) == 1:
        first -= 0x10000
    return Palette(first, _eight_bit(np.stack(channels, axis=-1), bits).tobytes())


def palette_if_whole(data_set: DataSet) -> Palette | None:
    """Return the palette of a data set, None if it has none or it cannot be read."""
    try:
        return read_palette(data_set)
    except UnreadableError:
        return None


def apply_palette(stored: NDArray[np.generic], palette: Palette) -> NDArray[np.uint8]:
    """Return RGB for stored values; values outside the table take its ends."""
    colors = np.frombuffer(palette.colors, dtype=np.uint8).reshape(-1, 3)
    index = np.clip(stored.astype(np.int64) - palette.first, 0, len(colors) - 1)
    return colors[index]


def _plain(data: bytes, count: int, bits: int, *, big_endian: bool) -> NDArray[np.uint16]:
    # 8-bit entries may be packed two a word (PS3.3 C.7.6.3.1.6) or one a word.
    if bits == 8 and len(data) < 2 * count:
        entries = np.frombuffer(data, dtype=np.uint8)
        if big_endian:
            entries = entries[: len(entries) // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
        return entries.astype(np.uint16)
    order = ">" if big_endian else "<"
    return np.frombuffer(data[: len(data) // 2 * 2], dtype=f"{order}u2").astype(np.uint16)


def _eight_bit(entries: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Scale entries to 8 bits; 16-bit tables that only use the low byte stay.

    All three tables are judged together: one may well be dark throughout.
    """
    wide = bits == 16 and entries.max(initial=0) > 0xFF
    return ((entries >> 8 if wide else entries) & 0xFF).astype(np.uint8)


def _segmented(data: bytes, bits: int, *, big_endian: bool) -> NDArray[np.uint16]:
    """Expand segmented data: discrete, linear and indirect segments (C.7.9.2)."""
    code = "u1" if bits == 8 else (">u2" if big_endian else "<u2")
    size = 1 if bits == 8 else 2
    words = [int(w) for w in np.frombuffer(data[: len(data) // size * size], dtype=code)]
    entries: list[int] = []
    _expand(words, 0, len(words), entries, size, depth=0)
    return np.array(entries[:_MAX_ENTRIES], dtype=np.uint16)


def _expand(
    words: list[int], position: int, segments: int, entries: list[int], size: int, depth: int
) -> None:
    while position + 1 < len(words) and segments > 0 and len(entries) < _MAX_ENTRIES:
        kind, count = words[position], words[position + 1]
        segments -= 1
        if count == 0:
            # Adds nothing: a table of such segments would take for ever.
            raise UnreadableError("corrupt color palette")
        if kind == 0:
            entries.extend(words[position + 2 : position + 2 + count])
            position += 2 + count
        elif kind == 1 and entries and position + 2 < len(words):
            steps = np.linspace(entries[-1], words[position + 2], count + 1)[1:]
            entries.extend(int(v) for v in np.rint(steps))
            position += 3
        elif kind == 2 and depth == 0:
            # An indirect segment repeats `count` segments found at a byte offset
            # told in 16-bit halves (8-bit data: in bytes).
            halves = words[position + 2 : position + (4 if size == 2 else 6)]
            offset = sum(half << (8 * size * i) for i, half in enumerate(halves))
            _expand(words, offset // size, count, entries, size, depth + 1)
            position += 4 if size == 2 else 6
        else:
            raise UnreadableError("corrupt color palette")
