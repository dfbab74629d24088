"""Compressed frames without what is no image: comments, application segments, trailing bytes.

Everything keeps its length; what is removed is filled with zeros.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from napari_medscan.dicom.elements.transfer_syntaxes import FRAME_DEFLATED, RLE
from napari_medscan.dicom.headers.codestream import (
    JPEG,
    JPEG_2000,
    RLE_HEADER,
    STANDALONE,
    is_start,
)
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.jpeg_xl import CONTAINER, boxes

_JP2 = b"\0\0\0\x0cjP  "
_COMMENT, _FIRST_APP, _LAST_APP, _SCAN, _END = 0xFE, 0xE0, 0xEF, 0xDA, 0xD9
_NEXT_MARKER: Final = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]", re.DOTALL)
"""After entropy-coded data, which has bit stuffing and restart markers."""
_APPS: Final = {b"JFIF\0": 12, b"Adobe": 12, b"mrfx": 5}
"""Application segments that decoding needs, and their bytes: density without thumbnail, color
transforms of JPEG and of JPEG-LS."""
_TILE_PART, _TILE_DATA, _COMMENT_2000 = 0x90, 0x93, 0x64
_CODESTREAM_BOX: Final = b"jp2c"
_JXL_BOXES: Final = frozenset((b"JXL ", b"ftyp", b"jxll", b"jxlc", b"jxlp"))


def image_alone(frame: bytes, header: ImageHeader) -> bytes:
    """Return the code stream of a frame without what does not belong to its image.

    Parameters
    ----------
    frame : bytes
        All fragments of one frame.
    header : ImageHeader
        Of its file.

    Returns
    -------
    bytes
        As many; but of a JP2 file the code stream in it, which is all that DICOM allows (PS3.5
        A.4.4). What is of no known kind is returned as it is.
    """
    if header.transfer_syntax == FRAME_DEFLATED:
        return _without(frame, _after_deflated(frame))
    if header.transfer_syntax == RLE and is_start(frame[:RLE_HEADER], rle=True):
        return _without(frame, _between_rle(frame, header.layout.rows * header.layout.columns))
    if frame.startswith(JPEG):
        return _without(frame, _in_jpeg(frame))
    if frame.startswith(_JP2):
        spans = [(start, end) for kind, start, end in boxes(frame) if kind == _CODESTREAM_BOX]
        frame = frame[slice(*spans[0])] if spans else frame
    if frame.startswith(JPEG_2000):
        return _without(frame, _in_jpeg_2000(frame))
    if frame.startswith(CONTAINER):
        others = ((a, b) for kind, a, b in boxes(frame) if kind not in _JXL_BOXES)
        return _without(frame, others)
    return frame


def _without(data: bytes, spans: Iterator[tuple[int, int]]) -> bytes:
    """Return bytes with zeros from start to end of some spans."""
    cleared = bytearray(data)
    for start, end in spans:
        cleared[start:end] = bytes(max(min(end, len(data)) - start, 0))
    return bytes(cleared)


def _in_jpeg(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield what is no image in JPEG and JPEG-LS (T.81 B.1.1, T.87 C.1)."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF or marker in STANDALONE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker == _END:
            yield position + 2, len(data)
            return
        (length,) = struct.unpack_from(">H", data, position + 2)
        body, position = position + 4, position + 2 + length
        if _FIRST_APP <= marker <= _LAST_APP or marker == _COMMENT:
            yield body + _needed(data[body:position]), position
            if data.startswith(b"Adobe", body):
                # Only the color transform is read.
                yield body + 5, min(body + 11, position)
        if marker == _SCAN:
            found = _NEXT_MARKER.search(data, position)
            position = len(data) if found is None else found.start()


def _needed(body: bytes) -> int:
    """Return how many bytes of an application segment are needed to decode the image."""
    return next((size for start, size in _APPS.items() if body.startswith(start)), 0)


def _in_jpeg_2000(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield comments, and what follows the last tile-part (T.800 A.4, A.9.2)."""
    position = 2
    while position + 12 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == _END:
            break
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker == _COMMENT_2000:
            yield position + 6, position + 2 + length
        if marker != _TILE_PART:
            position += 2 + length
            continue
        (size,) = struct.unpack_from(">I", data, position + 6)
        end = min(position + size, len(data)) if size else len(data)
        position += 2 + length
        while position + 4 <= end and data[position] == 0xFF and data[position + 1] != _TILE_DATA:
            (length,) = struct.unpack_from(">H", data, position + 2)
            if data[position + 1] == _COMMENT_2000:
                yield position + 6, position + 2 + length
            position += 2 + length
        position = end
    if data[position : position + 2] == b"\xff\xd9":
        yield position + 2, len(data)


def _between_rle(data: bytes, size: int) -> Iterator[tuple[int, int]]:
    """Yield what follows the runs of each segment (PS3.5 G.3)."""
    count, *offsets = struct.unpack_from("<16I", data)
    ends = [*offsets[1:count], len(data)]
    for start, end in zip(offsets[:count], ends, strict=True):
        position, decoded = start, 0
        while decoded < size and position < end:
            head = data[position]
            if head < 128:
                position, decoded = position + head + 2, decoded + head + 1
            elif head > 128:
                position, decoded = position + 2, decoded + 257 - head
            else:
                position += 1
        yield position, end


def _after_deflated(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield what follows a deflated frame (PS3.5 A.4.12)."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof and (rest := inflater.unconsumed_tail or data):
        inflater.decompress(rest, 1 << 20)
        if not inflater.unconsumed_tail:
            break
    if inflater.eof:
        yield len(data) - len(inflater.unused_data), len(data)
