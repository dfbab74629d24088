"""RLE Lossless (PS3.5 annex G).

pylibjpeg-rle (MIT) decodes a segment; it knows one-bit segments too.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.pixels.native import sign_extend

_RLE_HEADER = 64


def decode_rle(data: bytes, layout: PixelLayout) -> NDArray[Any]:
    """Decode one frame, checking that every segment is there.

    A segment holds one byte of every sample: the highest byte of the first
    color comes first. Samples may take fewer bytes than Bits Allocated say.

    Raises
    ------
    FrameError
        If the data are corrupt or truncated.
    """
    from rle import rle as rle_codec

    allocated = max(layout.bits_allocated, 8) // 8
    count = layout.rows * layout.columns
    # One-bit pixels are packed before they are encoded (PS3.5 8.2.2).
    length = (count + 7) // 8 if layout.bits_allocated == 1 else count
    planes = int.from_bytes(data[:4], "little")
    size, rest = divmod(planes, layout.samples)
    if len(data) < _RLE_HEADER or rest or size not in (1, 2, 4) or size > allocated:
        raise FrameError("corrupt pixel data")
    starts = [int(v) for v in np.frombuffer(data, dtype="<u4", count=planes + 1)[1:]] + [len(data)]
    if starts[0] < _RLE_HEADER or starts[:-1] != sorted(starts[:-1]):
        raise FrameError("corrupt pixel data")
    if starts[-2] >= starts[-1]:
        raise FrameError("truncated pixel data")
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
    if layout.signed:
        values = sign_extend(values, min(layout.bits_stored, 8 * size))
    return values.astype(f"{values.dtype.kind}{allocated}", copy=False)
