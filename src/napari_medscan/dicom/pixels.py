"""Reading one frame: bytes, stored values, colour, modality transform."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.codecs import decode, sign_extend
from napari_medscan.dicom.colour import eight_bit, rgb_from_ybr, upsample_422
from napari_medscan.dicom.encapsulated import read_frame_bytes
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.header import Header, PixelLayout
from napari_medscan.dicom.palette import apply_palette


def read_slice(header: Header, index: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return one slice of a file as it is shown.

    Parameters
    ----------
    header : Header
        The file.
    index : int
        Which of ``header.frames``.
    dtype : dtype
        Type of the result for grey values; colour is always uint8.

    Returns
    -------
    ndarray
        (rows, columns) after the modality transform, or (rows, columns, 3).

    Raises
    ------
    FrameError
        When the frame is damaged or the file is gone.
    """
    frame = header.frames[index]
    stored = read_stored(header, 0 if frame.tile is not None else index)
    if header.palette is not None:
        return apply_palette(stored, header.palette)
    if header.layout.samples > 1:
        return stored
    if frame.tile is not None:
        (top, left), (height, width) = frame.tile, header.shape
        stored = stored[top : top + height, left : left + width]
    return frame.transform.apply(stored, dtype)


def read_stored(header: Header, frame: int) -> NDArray[Any]:
    """Return the stored values of one frame; colour as 8-bit RGB.

    Raises
    ------
    FrameError
        When the frame is damaged or the file is gone.
    """
    layout = header.layout
    if header.pixels.length is None:
        data = read_frame_bytes(header, frame)
        pixels, ycc = decode(data, header.transfer_syntax, layout)
    else:
        pixels, ycc = _native(header, frame), None
    if layout.samples == 1:
        return _masked(pixels, layout)
    if ycc is None:
        ycc = layout.photometric.startswith("YBR") and layout.photometric not in (
            "YBR_RCT",
            "YBR_ICT",
        )
    pixels = eight_bit(pixels, layout.bits_stored)
    return rgb_from_ybr(pixels) if ycc else pixels


def stored_dtype(layout: PixelLayout) -> np.dtype[Any]:
    """Return the native dtype of stored grey values."""
    size = max(layout.bits_allocated, 8) // 8
    return np.dtype(f"{'f' if layout.floating else 'i' if layout.signed else 'u'}{size}")


def stored_range(layout: PixelLayout) -> tuple[int, int]:
    """Return the lowest and highest stored value that Bits Stored allow."""
    bits = layout.bits_stored
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.signed else (0, (1 << bits) - 1)


def _native(header: Header, frame: int) -> NDArray[Any]:
    """Read one uncompressed frame by one positional read."""
    layout, start = header.layout, header.pixels.offset
    if layout.bits_allocated == 1:
        return _one_bit(header, frame)
    length = layout.frame_bits // 8
    data = header.source.read_at(start + frame * length, length)
    if len(data) < length:
        raise FrameError("the file was cut off after it was opened")
    order = ">" if layout.big_endian else "<"
    dtype = stored_dtype(layout)
    pixels = np.frombuffer(data, dtype=dtype.newbyteorder(order))
    if layout.big_endian and layout.bits_allocated == 8 and layout.rows * layout.columns % 2 == 0:
        pixels = _unswapped(header, pixels)
    pixels = pixels.astype(dtype, copy=False)
    if layout.photometric == "YBR_FULL_422":
        return upsample_422(pixels, layout.rows, layout.columns)
    if layout.samples == 1:
        return pixels.reshape(layout.rows, layout.columns)
    if layout.planar:
        planes = pixels.reshape(layout.samples, layout.rows, layout.columns)
        return np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    return pixels.reshape(layout.rows, layout.columns, layout.samples)


def _unswapped(header: Header, pixels: NDArray[Any]) -> NDArray[Any]:
    """Return bytes in order: big endian OW swaps 8-bit pixels in pairs (PS3.5 8.1.1)."""
    if header.pixels.vr != b"OW":
        return pixels
    return pixels.reshape(-1, 2)[:, ::-1].ravel()


def _one_bit(header: Header, frame: int) -> NDArray[Any]:
    """Unpack a 1-bit frame, which need not start at a byte (PS3.5 8.1.1)."""
    layout = header.layout
    count = layout.rows * layout.columns
    first = frame * count
    start, stop = first // 8, (first + count + 7) // 8
    data = header.source.read_at(header.pixels.offset + start, stop - start)
    if len(data) < stop - start:
        raise FrameError("the file was cut off after it was opened")
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    shift = first - start * 8
    return bits[shift : shift + count].reshape(layout.rows, layout.columns)


def _masked(pixels: NDArray[Any], layout: PixelLayout) -> NDArray[Any]:
    """Clear what stands outside Bits Stored (overlays, garbage), keep the sign."""
    if layout.floating or layout.bits_stored == max(layout.bits_allocated, 8):
        return pixels
    if layout.bits_allocated == 1:
        return pixels
    unsigned = pixels.view(f"u{pixels.dtype.itemsize}")
    unsigned = unsigned >> (layout.high_bit + 1 - layout.bits_stored)
    if layout.signed:
        return sign_extend(unsigned, layout.bits_stored)
    return unsigned & np.array((1 << layout.bits_stored) - 1, dtype=unsigned.dtype)
