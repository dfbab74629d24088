"""Decoding one compressed frame.

Which decoder serves is decided by what the code stream is, because headers get
it wrong; the transfer syntax only says that pixels are compressed at all, and
tells RLE, which has no marker. imagecodecs (BSD) decodes all of JPEG's family; it is the
fastest of the permissive ones and needs no GPL plugin. GDCM is never used: malformed files abort
it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.transfer_syntaxes import (
    FRAME_DEFLATED,
    RLE,
    is_encapsulated,
    unsupported,
)
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.codestream import (
    END_OF_STREAM,
    CodeStream,
    has_all_tile_parts,
    read_codestream,
)
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.pixels.native import native_pixels, sign_extend
from napari_medscan.dicom.pixels.rle import decode_rle
from napari_medscan.dicom.pixels.value_range import MOST_BITS, holds_words, sample_bytes

_TAILS = b"\0" * 64, b"\x55" * 64
"""Two continuations of a stream without an end: image data that is missing would be read here."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame as its code stream holds it.

    Parameters
    ----------
    pixels : ndarray
        (rows, columns) or (rows, columns, 3), color by pixel.
    ycc : bool or None
        Color is luminance and chrominance; None if only the Photometric Interpretation tells.
    bits : int or None
        Bits of a sample by the code stream, None if Bits Stored and High Bit tell which bits of it
        are the value.
    """

    pixels: NDArray[Any]
    ycc: bool | None = None
    bits: int | None = None


def decode(data: bytes, syntax: str, layout: PixelLayout) -> Decoded:
    """Decode one frame.

    Parameters
    ----------
    data : bytes
        The frame's fragments, joined.
    syntax : str
        Transfer Syntax UID.
    layout : PixelLayout
        As the header describes the frame.

    Raises
    ------
    FrameError
        When the data are damaged, cut off, or not what the header says.
    """
    stream = read_codestream(data)
    if stream is None:
        return Decoded(_bytewise(data, syntax, layout))
    _compare(stream, layout)
    try:
        pixels, ycc = _decoded(data, stream, layout)
    except (MemoryError, FrameError):
        raise
    except Exception as error:
        # Each codec has its own exceptions; all mean that the data are damaged.
        raise FrameError(_DAMAGE[stream.complete]) from error
    bits = None if holds_words(stream, layout) else stream.precision
    return Decoded(_as_stored(pixels, stream, layout), ycc, bits)


_UNSUPPORTED = (
    "unsupported compression (hierarchical or arithmetic-coded JPEG, or an unusual JPEG XL)"
)
_DAMAGE = {True: "corrupt pixel data", False: "truncated pixel data"}


def _bytewise(data: bytes, syntax: str, layout: PixelLayout) -> NDArray[Any]:
    """Return the pixels of a frame that is no code stream of the JPEG family."""
    length = (layout.frame_bits + 7) // 8
    if syntax == FRAME_DEFLATED:
        return _inflated(data, layout)
    # Encapsulated Uncompressed (PS3.5 A.4.11), and files whose transfer syntax is wrong.
    if len(data) == length + length % 2:
        return native_pixels(data, layout)
    if syntax == RLE:
        return decode_rle(data, layout)
    if is_encapsulated(syntax):
        raise FrameError(unsupported(syntax) or "corrupt pixel data")
    raise FrameError("unsupported compression (the transfer syntax does not name it)")


def _compare(stream: CodeStream, layout: PixelLayout) -> None:
    """Refuse a code stream that is not the image that the header describes."""
    if stream.kind == "unsupported":
        raise FrameError(_UNSUPPORTED)
    if (stream.rows, stream.columns) != (layout.rows, layout.columns):
        raise FrameError(
            f"image size in the pixel data ({stream.columns} × {stream.rows}) does not match the "
            f"header ({layout.columns} × {layout.rows})"
        )
    if stream.samples != layout.samples:
        raise FrameError("color channels of the pixel data do not match the header")
    if stream.precision > MOST_BITS:
        raise FrameError("unsupported bit depth")


def _decoded(
    data: bytes, stream: CodeStream, layout: PixelLayout
) -> tuple[NDArray[Any], bool | None]:
    """Decode a stream, refusing one that ends before its image data do.

    Without an end marker the image may be whole all the same. JPEG decoders make up what is
    missing: if pixels depend on what follows the stream, it is truncated. JPEG-LS decoders do not.
    """
    if stream.complete:
        return _decode_stream(data, stream, layout)
    # The first byte of an end marker, or of a stuffed pair of which nothing is known.
    body = data.removesuffix(b"\xff")
    if stream.kind in ("jpeg2000", "htj2k"):
        if not has_all_tile_parts(body, stream):
            raise FrameError("truncated pixel data")
        return _decode_stream(body + END_OF_STREAM, stream, layout)
    if stream.kind == "jpeg-ls":
        return _decode_stream(body + END_OF_STREAM, stream, layout)
    one, other = (_decode_stream(body + tail + END_OF_STREAM, stream, layout) for tail in _TAILS)
    if not np.array_equal(one[0], other[0]):
        raise FrameError("truncated pixel data")
    return one


def _decode_stream(
    data: bytes, stream: CodeStream, layout: PixelLayout
) -> tuple[NDArray[Any], bool | None]:
    import imagecodecs

    if stream.kind == "jpeg":
        if stream.samples == 1:
            return imagecodecs.jpeg8_decode(data), None
        ycc = stream.ycc
        if ycc is None:
            ycc = layout.photometric.startswith("YBR")
        space = "YCBCR" if ycc else "RGB"
        return imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace="RGB"), False
    if stream.kind == "jpeg-lossless":
        # Lossless JPEG never transforms color: naming one space stops guesses.
        same = "RGB" if stream.samples == 3 else None
        try:
            return imagecodecs.jpeg8_decode(data, colorspace=same, outcolorspace=same), None
        except imagecodecs.Jpeg8Error:
            return imagecodecs.ljpeg_decode(data), None
    if stream.kind == "jpeg-ls":
        return imagecodecs.jpegls_decode(data), None
    if stream.kind == "jpeg-xl":
        return imagecodecs.jpegxl_decode(data), stream.ycc
    if stream.kind == "htj2k":
        return imagecodecs.htj2k_decode(data), stream.ycc
    return imagecodecs.jpeg2k_decode(data), stream.ycc


def _as_stored(pixels: NDArray[Any], stream: CodeStream, layout: PixelLayout) -> NDArray[Any]:
    """Give decoded pixels their shape and sign.

    JPEG and JPEG-LS streams know no sign: Pixel Representation decides whether values are the
    patterns of signed ones. JPEG 2000 states it. One that is signed is right, whatever the header
    says; unsigned ones hold the patterns of signed values where encoders lost the sign.
    """
    expected = (layout.rows, layout.columns) + ((layout.samples,) if layout.samples > 1 else ())
    if pixels.shape != expected:
        pixels = np.squeeze(pixels)
        if pixels.shape == expected[2:] + expected[:2]:
            pixels = np.moveaxis(pixels, 0, -1)
        if pixels.shape != expected:
            raise FrameError("compressed data do not match the header")
    size = sample_bytes(layout, stream.precision)
    if stream.signed or layout.samples > 1:
        return pixels.astype(f"{'i' if stream.signed else 'u'}{size}", copy=False)
    pixels = pixels.astype(f"u{size}", copy=False)
    if not layout.signed:
        return pixels
    bits = stream.precision
    if layout.bits_stored < bits and not int(pixels.max()) >> layout.bits_stored:
        # Patterns of Bits Stored in a stream of more bits: the sign was not extended in it.
        bits = layout.bits_stored
    return sign_extend(pixels, bits)


def _inflated(data: bytes, layout: PixelLayout) -> NDArray[Any]:
    """Inflate a frame of Deflated Image Frame Compression (PS3.5 A.4.12)."""
    length = (layout.frame_bits + 7) // 8
    try:
        raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, length)
    except zlib.error as error:
        raise FrameError("corrupt pixel data") from error
    if len(raw) < length:
        raise FrameError("truncated pixel data")
    return native_pixels(raw, layout)
