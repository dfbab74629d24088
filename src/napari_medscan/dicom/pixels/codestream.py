"""What a compressed frame says about itself, before anything is decoded.

Markers of JPEG (ITU-T T.81), JPEG-LS (T.87) and JPEG 2000 (T.800) are read to
learn a frame's real dimensions. They are compared with the header, because a
decoder allocates what the code stream claims.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

Kind = Literal["jpeg", "jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k"]

_SOF = {0xC0: "jpeg", 0xC1: "jpeg", 0xC2: "jpeg", 0xC3: "jpeg-lossless", 0xF7: "jpeg-ls"}
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))


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
        The end marker is there.
    """

    kind: Kind
    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool
    ycc: bool | None
    complete: bool


def read_codestream(data: bytes) -> CodeStream | None:
    """Return what a code stream says of itself; None when it is none known."""
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg(data)
    if data[:4] == b"\xff\x4f\xff\x51":
        return _jpeg2000(data, 0)
    if data[:12] == b"\0\0\0\x0cjP  \r\n\x87\n":
        # Some writers wrap the code stream in a JP2 file (T.800 annex I).
        start = data.find(b"\xff\x4f\xff\x51")
        return _jpeg2000(data, start) if start > 0 else None
    return None


def _jpeg(data: bytes) -> CodeStream | None:
    position = 2
    kind: Kind | None = None
    rows = columns = samples = precision = 0
    ids = b""
    jfif, adobe = False, None
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        body = data[position + 4 : position + 2 + length]
        if marker in _SOF and len(body) >= 6:
            kind = _SOF[marker]  # type: ignore[assignment]
            precision, rows, columns, samples = struct.unpack_from(">BHHB", body)
            ids = body[6::3][:samples]
        elif marker == 0xE0 and body[:4] == b"JFIF":
            jfif = True
        elif marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        elif marker == 0xDA:
            break
        position += 2 + length
    if kind is None:
        return None
    ycc: bool | None = None
    if kind == "jpeg" and samples == 3:
        # T.871 (JFIF) mandates YCbCr; Adobe's marker says it; component
        # identifiers "RGB" mean RGB.
        ycc = (
            True if jfif else adobe != 0 if adobe is not None else False if ids == b"RGB" else None
        )
    return CodeStream(
        kind, rows, columns, samples, precision, False, ycc, _ended(data, b"\xff\xd9")
    )


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
        complete=_ended(data, b"\xff\xd9"),
    )


def _ended(data: bytes, marker: bytes) -> bool:
    """Whether the end marker stands at the end, give or take padding."""
    return marker in data[-64:] or data.rstrip(b"\0\xff").endswith(marker)
