"""Reading one frame: bytes, stored values, colour, modality transform."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.colour import eight_bit, rgb_from_ybr
from napari_medscan.dicom.encapsulated import read_frame_bytes
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.header import Header
from napari_medscan.dicom.isolation import decode
from napari_medscan.dicom.layout import PixelLayout
from napari_medscan.dicom.native import native_pixels, sign_extend
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
