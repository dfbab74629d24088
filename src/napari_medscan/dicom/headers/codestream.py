"""What a compressed frame states about itself, before anything is decoded.

Markers of JPEG (ITU-T T.81), JPEG-LS (T.87) and JPEG 2000 (T.800) and the header of JPEG XL are
read to learn a frame's real dimensions. They are compared with the header, because a
decoder allocates what the code stream claims.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Literal

from napari_medscan.dicom.headers import jpeg_xl

Kind = Literal["jpeg", "jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k", "jpeg-xl", "unsupported"]

_SOF: dict[int, Kind] = {
    0xC0: "jpeg",
    0xC1: "jpeg",
    0xC2: "jpeg",
    0xC3: "jpeg-lossless",
    0xF7: "jpeg-ls",
    # Hierarchical (differential frames) and arithmetic coding: T.81 table B.1.
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF), "unsupported"),
}
_HIERARCHICAL = 0xDE
STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
JPEG, JPEG_2000, _JP2 = b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP"
END_OF_STREAM = b"\xff\xd9"
"""EOI of JPEG and JPEG-LS, EOC of JPEG 2000: no byte pair of entropy-coded data."""
_SOT = b"\xff\x90"
_LEAST_TILE_PART = 14
"""Bytes of SOT and SOD: a tile-part without any data."""
MARKERS, RLE_HEADER = 8, 64
"""Bytes that show what a code stream is: of the JPEG family, of RLE."""
_MOST_RLE_SEGMENTS = 15


@dataclass(frozen=True, slots=True)
class CodeStream:
    """Facts from the markers of a compressed frame.

    Parameters
    ----------
    kind : str
        Which decoder understands it.
    rows, columns, samples, precision : int
        Extent, components and bits of a sample.
    signed : bool
        JPEG 2000 components are signed.
    ycc : bool or None
        Whether components are luminance and chrominance; None when the
        stream does not say.
    complete : bool
        The end marker follows the image data. What follows the marker is padding.
    scan : int
        Where the image data start: the first start of scan, or the first tile-part.
    """

    kind: Kind
    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool
    ycc: bool | None
    complete: bool
    scan: int = field(default=0, compare=False)


def is_start(data: bytes, *, rle: bool) -> bool:
    """Whether bytes are the start of a frame's code stream.

    Parameters
    ----------
    data : bytes
        The first 64 bytes, or as many as there are.
    rle : bool
        The transfer syntax is RLE, which has no marker: the header of PS3.5 G.5 is one to fifteen
        segments, of which the first stands at byte 64 and others follow it.
    """
    if data.startswith((JPEG, JPEG_2000, _JP2, jpeg_xl.CONTAINER)) or _jpeg_xl(data):
        return True
    if not rle or len(data) < RLE_HEADER:
        return False
    count, *offsets = struct.unpack("<16I", data[:RLE_HEADER])
    used, unused = offsets[:count], offsets[count:]
    return (
        1 <= count <= _MOST_RLE_SEGMENTS
        and used[0] == RLE_HEADER
        and used == sorted(used)
        and not any(unused)
    )


def read_codestream(data: bytes) -> CodeStream | None:
    """Return what a code stream states about itself, None if it is of no known kind."""
    if data.startswith(JPEG):
        return _jpeg(data)
    if data.startswith(JPEG_2000):
        return _jpeg2000(data, 0)
    if data[:12] == _JP2 + b"  \r\n\x87\n":
        # Some writers wrap the code stream in a JP2 file (T.800 annex I).
        start = data.find(JPEG_2000)
        return _jpeg2000(data, start) if start > 0 else None
    return _jpeg_xl(data)


def _jpeg_xl(data: bytes) -> CodeStream | None:
    found = jpeg_xl.read_image_header(data)
    if found is None:
        return None
    kind: Kind = "jpeg-xl" if found.plain else "unsupported"
    extent = found.rows, found.columns, found.samples, found.precision
    # It is decoded to red, green and blue. Whether it ends too early, only the decoder can tell.
    ycc = None if found.samples == 1 else False
    return CodeStream(kind, *extent, signed=False, ycc=ycc, complete=True)


def _jpeg(data: bytes) -> CodeStream | None:
    position = 2
    kind: Kind | None = None
    rows = columns = samples = precision = 0
    ids = sampling = b""
    jfif, adobe, hierarchical = False, None, False
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in STANDALONE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        body = data[position + 4 : position + 2 + length]
        if marker in _SOF and len(body) >= 6:
            kind = _SOF[marker]
            precision, rows, columns, samples = struct.unpack_from(">BHHB", body)
            ids, sampling = body[6::3][:samples], body[7::3][:samples]
        elif marker == 0xE0 and body[:4] == b"JFIF":
            jfif = True
        elif marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        elif marker == _HIERARCHICAL:
            hierarchical = True
        elif marker == 0xDA:
            break
        position += 2 + length
    if kind is None:
        return None
    color = None
    if kind == "jpeg" and samples == 3:
        color = _is_ycc(jfif=jfif, adobe=adobe, ids=ids, sampling=sampling)
    return CodeStream(
        kind="unsupported" if hierarchical else kind,
        rows=rows,
        columns=columns,
        samples=samples,
        precision=precision,
        signed=False,
        ycc=color,
        complete=data.rfind(END_OF_STREAM, position) >= 0,
        scan=position,
    )


def _is_ycc(*, jfif: bool, adobe: int | None, ids: bytes, sampling: bytes) -> bool | None:
    """Whether three components are luminance and chrominance, None if nothing says so."""
    # T.871 mandates it for JFIF.
    if jfif or adobe is not None:
        return jfif or adobe != 0
    if ids == b"RGB":
        return False
    # Nobody samples green and blue more coarsely than red.
    return True if len(set(sampling)) > 1 else None


def _jpeg2000(data: bytes, start: int) -> CodeStream | None:
    if len(data) < start + 43:
        return None
    siz = struct.unpack_from(">HHHIIIIIIIIH", data, start + 2)
    _, _, capabilities, width, height, x0, y0, *_, components = siz
    depth = data[start + 42]
    color_transform = False
    position = start + 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0x90:
        (length,) = struct.unpack_from(">H", data, position + 2)
        if data[position + 1] == 0x52 and position + 9 <= len(data):
            color_transform = data[position + 8] == 1
        position += 2 + length
    return CodeStream(
        kind="htj2k" if capabilities & 0x4000 else "jpeg2000",
        rows=height - y0,
        columns=width - x0,
        samples=components,
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        # Undone by the decoder: what comes out is RGB.
        ycc=False if color_transform else None,
        complete=data.rfind(END_OF_STREAM, position) >= 0,
        scan=position,
    )


def has_all_tile_parts(data: bytes, stream: CodeStream) -> bool:
    """Whether all tile-parts of a JPEG 2000 code stream are whole, so that only EOC is missing.

    T.800 A.4.2: each tile-part starts with SOT, which has its length. Without one (0) the last
    tile-part reaches to EOC, and nothing shows where it ends.
    """
    position = stream.scan
    # XSiz, YSiz, XOSiz, YOSiz, XTSiz, YTSiz, XTOSiz, YTOSiz follow SIZ, Lsiz and Rsiz.
    siz = struct.unpack_from(">8I", data, data.index(JPEG_2000) + 8)
    if not siz[4] or not siz[5]:
        return False
    across, down = (-(-(siz[axis] - siz[6 + axis]) // siz[4 + axis]) for axis in (0, 1))
    seen: dict[int, int] = {}
    announced: dict[int, int] = {}
    while position + 12 <= len(data) and data.startswith(_SOT, position):
        tile, length, _, parts = struct.unpack_from(">HIBB", data, position + 4)
        position += length
        if length < _LEAST_TILE_PART or position > len(data):
            return False
        seen[tile] = seen.get(tile, 0) + 1
        # TNsot may be 0, not stated, in all tile-parts of a tile but one.
        announced[tile] = max(parts, announced.get(tile, 0))
    if any(seen[tile] < parts for tile, parts in announced.items()):
        return False
    return bool(len(seen) == across * down)
