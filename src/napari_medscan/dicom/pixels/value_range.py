"""Which values the pixels of a file can have, known before any of them is decoded.

Bits Stored and Pixel Representation (PS3.3 C.7.6.3) tell it of native pixels and of RLE. A code
stream has a precision of its own, and JPEG 2000 a sign: these are what a decoder gives, so the
first code stream of a file is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.codestream import CodeStream
from napari_medscan.dicom.headers.fragments import first_stream
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.pixels.native import stored_dtype, stored_range

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.header import ImageHeader

MOST_BITS = 32
"""JPEG 2000 goes up to 38, for which there is no dtype that decoders give."""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """Possible stored values.

    Parameters
    ----------
    dtype : dtype
        Holds them all.
    low, high : int
        The least and the greatest.
    """

    dtype: np.dtype[Any]
    low: int
    high: int


@lru_cache(maxsize=256)
def value_range(header: ImageHeader) -> ValueRange:
    """Return the possible stored values of a file.

    Of encoded pixels the start of the first frame is read. Other frames may have another
    precision: the decoder checks that their values fit.
    """
    layout = header.layout
    if header.pixels.length is not None:
        return _native(layout)
    try:
        stream = first_stream(header.source, header.pixels.offset, big_endian=layout.big_endian)
    except FrameError:
        stream = None
    if stream is None or stream.precision > MOST_BITS or holds_words(stream, layout):
        return _native(layout)
    return _encoded(layout, stream)


def _native(layout: PixelLayout) -> ValueRange:
    return ValueRange(stored_dtype(layout), *stored_range(layout))


def _encoded(layout: PixelLayout, stream: CodeStream) -> ValueRange:
    """Return the values that the code stream can hold, or the header describes."""
    if stream.signed and not layout.signed:
        bits, signed = stream.precision, True
    else:
        bits, signed = max(stream.precision, layout.bits_stored), layout.signed
    dtype = np.dtype(f"{'i' if signed else 'u'}{sample_bytes(layout, stream.precision)}")
    low = -(1 << bits - 1) if signed else 0
    return ValueRange(dtype, low, low + (1 << bits) - 1)


def holds_words(stream: CodeStream, layout: PixelLayout) -> bool:
    """Whether a code stream is of words in which overlay planes stand beside the values."""
    return layout.holds_planes and stream.precision > layout.bits_stored


def has_unused_bits(header: ImageHeader) -> bool:
    """Return whether a file has bits beyond Bits Stored, which its overlay planes may be in.

    Code streams of the values alone have none, whatever the header describes.
    """
    if header.pixels.length is not None or not header.layout.holds_planes:
        return header.pixels.length is not None
    try:
        stream = first_stream(
            header.source, header.pixels.offset, big_endian=header.layout.big_endian
        )
    except FrameError:
        return False
    # RLE is of whole words.
    return stream is None or holds_words(stream, header.layout)


def sample_bytes(layout: PixelLayout, precision: int) -> int:
    """Return the bytes of a decoded sample: of Bits Allocated, or more if the precision is more."""
    bits = max(layout.bits_allocated, precision)
    return 1 if bits <= 8 else 2 if bits <= 16 else 4


def fits(dtype: np.dtype[Any], low: int, high: int) -> bool:
    """Whether an integer dtype holds all values from `low` to `high`."""
    extremes = np.iinfo(dtype)
    return bool(extremes.min <= low and high <= extremes.max)
