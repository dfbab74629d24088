"""Reading one frame: bytes, stored values, colour, modality transform."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.colour import eight_bit, rgb_from_ybr
from napari_medscan.dicom.encapsulated import read_frame_bytes
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.header import FrameHeader, Header
from napari_medscan.dicom.isolation import decode
from napari_medscan.dicom.layout import PixelLayout
from napari_medscan.dicom.native import native_pixels
from napari_medscan.dicom.palette import apply_palette


def read_slice(header: Header, index: int, out: NDArray[Any]) -> None:
    """Read one slice of a file as it is shown.

    Parameters
    ----------
    header : Header
        The file.
    index : int
        Which of ``header.frames``.
    out : ndarray
        Takes the slice, (rows, columns) after the modality transform or, colour,
        (rows, columns, 3) of uint8.

    Raises
    ------
    FrameError
        When the frame is damaged or the file is gone.
    """
    frame = header.frames[index]
    number = 0 if frame.tile is not None else index
    if _is_stored_as(header, frame, out):
        _read_directly(header, number, out)
        out += out.dtype.type(frame.transform.intercept)
        return
    stored = read_stored(header, number)
    if header.palette is not None:
        out[...] = apply_palette(stored, header.palette)
    elif header.layout.samples > 1:
        out[...] = stored
    else:
        if frame.tile is not None:
            (top, left), (height, width) = frame.tile, header.shape
            stored = stored[top : top + height, left : left + width]
        frame.transform.apply_into(stored, out)


def _is_stored_as(header: Header, frame: FrameHeader, out: NDArray[Any]) -> bool:
    """Whether the bytes in the file become those of `out` in place.

    So it is for nearly all uncompressed CT and MR, and saves two copies.
    """
    layout = header.layout
    return (
        header.pixels.length is not None
        and layout.samples == 1
        and header.palette is None
        and frame.tile is None
        and layout.big_endian == (sys.byteorder == "big")
        and layout.bits_allocated == 8 * out.itemsize
        and not layout.floating
        and out.dtype.kind in "iu"
        and frame.transform.is_shift
        and out.flags.c_contiguous
    )


def _read_directly(header: Header, frame: int, out: NDArray[Any]) -> None:
    layout = header.layout
    where = header.pixels.offset + frame * out.nbytes
    if header.source.read_into(where, out.data.cast("B")) < out.nbytes:
        raise FrameError("the file was cut off after it was opened")
    _clear_outside(out, layout)


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
        pixels = pixels if pixels.flags.writeable else np.array(pixels)
        _clear_outside(pixels, layout)
        return pixels
    if ycc is None:
        ycc = layout.photometric.startswith("YBR") and layout.photometric not in (
            "YBR_RCT",
            "YBR_ICT",
        )
    pixels = eight_bit(pixels, layout.bits_stored)
    return rgb_from_ybr(pixels) if ycc else pixels


def _native(header: Header, frame: int) -> NDArray[Any]:
    """Read one uncompressed frame by one positional read.

    One-bit frames follow each other bit by bit and need not start at a byte
    (PS3.5 8.1.1).
    """
    layout = header.layout
    first = frame * layout.frame_bits
    start, stop = first // 8, (first + layout.frame_bits + 7) // 8
    data = header.source.read_at(header.pixels.offset + start, stop - start)
    if len(data) < stop - start:
        raise FrameError("the file was cut off after it was opened")
    swapped = layout.big_endian and layout.bits_allocated == 8 and header.pixels.vr == b"OW"
    if swapped:
        # Big endian words hold two 8-bit samples, the first one low (PS3.5 8.1.1).
        even = np.frombuffer(data[: len(data) // 2 * 2], dtype="<u2").byteswap()
        data = even.tobytes() + data[len(data) // 2 * 2 :]
    return native_pixels(data, layout, skip_bits=first - start * 8)


def _clear_outside(pixels: NDArray[Any], layout: PixelLayout) -> None:
    """Clear what stands outside Bits Stored (overlays, garbage) and keep the sign, in place."""
    width = 8 * pixels.itemsize
    bits = layout.bits_stored
    if layout.floating or layout.bits_allocated == 1 or bits == width:
        return
    unsigned = pixels.view(f"u{pixels.itemsize}")
    if unused := layout.high_bit + 1 - bits:
        unsigned >>= unused
    if layout.signed:
        signed = pixels.view(f"i{pixels.itemsize}")
        signed <<= width - bits
        signed >>= width - bits
    else:
        unsigned &= (1 << bits) - 1
