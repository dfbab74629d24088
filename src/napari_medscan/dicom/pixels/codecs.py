"""Decoding one compressed frame.

Which decoder serves is decided by what the code stream is, because headers get
it wrong; the transfer syntax only says that pixels are compressed at all, and
tells RLE, which has no marker. imagecodecs (BSD) decodes all of JPEG's family; it is the
fastest of the permissive ones and needs no GPL plugin. RLE is pylibjpeg-rle's
(MIT), which knows one-bit segments. GDCM is never used: malformed files abort it.
"""

from __future__ import annotations

import zlib
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.transfer_syntaxes import FRAME_DEFLATED, RLE
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.pixels.codestream import CodeStream, read_codestream
from napari_medscan.dicom.pixels.native import native_pixels, sign_extend

_RLE_HEADER = 64


def decode(data: bytes, syntax: str, layout: PixelLayout) -> tuple[NDArray[Any], bool | None]:
    """Decode one frame.

    Parameters
    ----------
    data : bytes
        The frame's fragments, joined.
    syntax : str
        Transfer Syntax UID.
    layout : PixelLayout
        What the header says.

    Returns
    -------
    pixels : ndarray
        (rows, columns) or (rows, columns, 3), stored values, color by pixel.
    ycc : bool or None
        Whether color is luminance and chrominance, None when the
        Photometric Interpretation has to tell.

    Raises
    ------
    FrameError
        When the data are damaged, cut off, or not what the header says.
    """
    stream = read_codestream(data)
    if stream is None:
        if syntax == RLE:
            return _rle(data, layout), None
        if syntax == FRAME_DEFLATED:
            return _inflated(data, layout), None
        raise FrameError("corrupt or unsupported pixel data")
    _compare(stream, layout)
    try:
        pixels, ycc = _decode_stream(data, stream, layout)
    except (MemoryError, FrameError):
        raise
    except Exception as error:
        # Each codec has its own exceptions; all mean that the data are damaged.
        raise FrameError("corrupt pixel data") from error
    return _as_stored(pixels, stream, layout), ycc


def _compare(stream: CodeStream, layout: PixelLayout) -> None:
    """Refuse a code stream that is not the picture that the header describes."""
    if (stream.rows, stream.columns) != (layout.rows, layout.columns):
        raise FrameError(
            f"image size in the pixel data ({stream.columns} × {stream.rows}) does not match the "
            f"header ({layout.columns} × {layout.rows})"
        )
    if stream.samples != layout.samples:
        raise FrameError("color channels of the pixel data do not match the header")
    if stream.precision > max(layout.bits_allocated, 8):
        raise FrameError("bit depth of the pixel data does not match the header")
    if not stream.complete:
        raise FrameError("truncated pixel data")


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
    if stream.kind == "htj2k":
        return imagecodecs.htj2k_decode(data), stream.ycc
    return imagecodecs.jpeg2k_decode(data), stream.ycc


def _as_stored(pixels: NDArray[Any], stream: CodeStream, layout: PixelLayout) -> NDArray[Any]:
    """Give decoded pixels the shape and the type of stored values.

    JPEG and JPEG-LS streams know no sign: signed values come out as their bit
    pattern. JPEG 2000 knows it and may contradict the header; its own word
    then decides what the number is, as the values were encoded so.
    """
    expected = (layout.rows, layout.columns) + ((layout.samples,) if layout.samples > 1 else ())
    if pixels.shape != expected:
        pixels = np.squeeze(pixels)
        if pixels.shape == expected[2:] + expected[:2]:
            pixels = np.moveaxis(pixels, 0, -1)
        if pixels.shape != expected:
            raise FrameError("compressed data do not match the header")
    size = max(layout.bits_allocated, 8) // 8
    dtype = np.dtype(f"{'i' if layout.signed else 'u'}{size}")
    if layout.signed and not stream.signed:
        pixels = sign_extend(pixels.astype(f"u{size}"), layout.bits_stored)
    return pixels.astype(dtype, copy=False)


def _rle(data: bytes, layout: PixelLayout) -> NDArray[Any]:
    """Decode RLE (PS3.5 annex G), checking that every segment is there.

    A segment holds one byte of every sample: the highest byte of the first
    color comes first.
    """
    from rle import rle as rle_codec

    size = max(layout.bits_allocated, 8) // 8
    count = layout.rows * layout.columns
    # One-bit pixels are packed before they are encoded (PS3.5 8.2.2).
    length = (count + 7) // 8 if layout.bits_allocated == 1 else count
    planes = layout.samples * size
    if len(data) < _RLE_HEADER or int.from_bytes(data[:4], "little") != planes:
        raise FrameError("corrupt pixel data")
    starts = [int(v) for v in np.frombuffer(data, dtype="<u4", count=planes + 1)[1:]] + [len(data)]
    if starts[0] < _RLE_HEADER or starts != sorted(starts):
        raise FrameError("corrupt pixel data")
    pixels = np.empty((layout.samples, length, size), dtype=np.uint8)
    for number, (start, stop) in enumerate(pairwise(starts)):
        try:
            segment = bytes(rle_codec.decode_segment(data[start:stop]))
        except ValueError as error:
            raise FrameError("corrupt pixel data") from error
        if len(segment) < length:
            raise FrameError("truncated pixel data")
        sample, byte = divmod(number, size)
        plane = np.frombuffer(segment, dtype=np.uint8, count=length)
        pixels[sample, :, size - 1 - byte] = plane
    if layout.bits_allocated == 1:
        bits = np.unpackbits(pixels.ravel(), bitorder="little", count=count)
        return bits.reshape(layout.rows, layout.columns)
    values = pixels.view(f"<u{size}").reshape(layout.samples, layout.rows, layout.columns)
    values = values[0] if layout.samples == 1 else np.ascontiguousarray(np.moveaxis(values, 0, -1))
    return sign_extend(values, layout.bits_stored) if layout.signed else values


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
