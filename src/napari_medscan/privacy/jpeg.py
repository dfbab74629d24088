"""JPEG with nothing in it but the image: written from arrays, and re-parsed before it leaves.

The bytes are those of ITU-T T.81 in one fixed form: JFIF without thumbnail, two quantization
tables, one baseline frame of three components at full resolution, the four Huffman tables of annex
K, one scan of just the blocks of the frame, the end. Whatever else a JPEG may hold is refused.
"""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_medscan.privacy.errors import EXTRA_DATA, ImageError
from napari_medscan.privacy.scan import Table, ends_with_last_block, huffman_tables

_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_FRAME = struct.Struct(">2sHBHHB9s")
_COMPONENTS = b"\x01\x11\x00\x02\x11\x01\x03\x11\x01"
_SCAN = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
_TABLE, _TABLE_HEAD = 64, 5
"""Bytes of a quantization table, and of the marker, length and number before it."""


def encode(rgb: NDArray[np.uint8], quality: int = 95) -> bytes:
    """Return the JPEG of an image of shape (height, width, 3), as `check` wants it.

    The quality is 1 to 100, as libjpeg counts.
    """
    stream = io.BytesIO()
    # From an array: an Image that was opened brings its comments and profiles along.
    Image.fromarray(np.ascontiguousarray(rgb)).save(
        stream, "JPEG", quality=quality, subsampling=0, optimize=False, progressive=False
    )
    return stream.getvalue()


def check(data: bytes) -> tuple[int, int]:
    """Return height and width of a JPEG; raises ImageError unless it is as `encode` writes it."""
    rest = _without(data, _START + _JFIF)
    for number in (0, 1):
        rest = _without(rest, b"\xff\xdb\x00\x43" + bytes((number,)))
        if rest[:_TABLE] not in _scaled(number):
            raise ImageError(EXTRA_DATA)
        rest = rest[_TABLE:]
    height, width = _frame(rest)
    rest = _without(rest[_FRAME.size :], _huffman_tables())
    rest = _without(rest, _SCAN)
    scan, end = rest[:-2], rest[-2:]
    # Within the scan a marker byte is followed by a zero: there is no other segment.
    if end != _END or scan.replace(b"\xff\x00", b"").find(b"\xff") >= 0:
        raise ImageError(EXTRA_DATA)
    if not ends_with_last_block(scan, -(-height // 8) * -(-width // 8), _codes()):
        raise ImageError(EXTRA_DATA)
    return height, width


def _without(data: bytes, start: bytes) -> bytes:
    if not data.startswith(start):
        raise ImageError(EXTRA_DATA)
    return data[len(start) :]


def _frame(data: bytes) -> tuple[int, int]:
    if len(data) < _FRAME.size:
        raise ImageError(EXTRA_DATA)
    marker, length, precision, height, width, count, components = _FRAME.unpack_from(data)
    found = (marker, length, precision, count, components)
    if found != (b"\xff\xc0", 17, 8, 3, _COMPONENTS) or not (height and width):
        raise ImageError(EXTRA_DATA)
    return height, width


@cache
def _tables_of(quality: int) -> bytes:
    """Return a tiny JPEG, as it is written at a quality."""
    return encode(np.zeros((8, 8, 3), np.uint8), quality)


@cache
def _scaled(number: int) -> frozenset[bytes]:
    """Return the quantization tables of all qualities (ITU-T T.81 annex K.1, scaled)."""
    start = len(_START + _JFIF) + number * (_TABLE_HEAD + _TABLE) + _TABLE_HEAD
    return frozenset(_tables_of(quality)[start : start + _TABLE] for quality in range(1, 101))


@cache
def _huffman_tables() -> bytes:
    """Return the segments of the four Huffman tables (ITU-T T.81 annex K.3)."""
    data = _tables_of(95)
    start = len(_START + _JFIF) + 2 * (_TABLE_HEAD + _TABLE) + _FRAME.size
    return data[start : data.index(_SCAN)]


@cache
def _codes() -> tuple[tuple[Table, Table], ...]:
    """Return the Huffman tables of the three components, DC and AC."""
    tables = huffman_tables(_huffman_tables())
    luminance, chrominance = ((tables[number], tables[0x10 + number]) for number in (0, 1))
    return luminance, chrominance, chrominance
