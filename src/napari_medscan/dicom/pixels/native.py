"""Uncompressed frames: from bytes to stored values (PS3.5 section 8.1.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.pixel_layout import SUBSAMPLED, PixelLayout
from napari_medscan.dicom.intensity.color import upsample_422


def native_pixels(data: bytes, layout: PixelLayout, *, skip_bits: int = 0) -> NDArray[Any]:
    """Return the stored values of one uncompressed frame.

    Parameters
    ----------
    data : bytes
        The frame.
    layout : PixelLayout
        How it is laid out.
    skip_bits : int
        Bits of the first byte that belong to the frame before; packed samples
        only.

    Returns
    -------
    ndarray
        (rows, columns) or, color by pixel, (rows, columns, samples).
    """
    shape = layout.rows, layout.columns
    if layout.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
        return bits[skip_bits : skip_bits + layout.frame_bits].reshape(shape)
    dtype = stored_dtype(layout)
    if layout.is_packed:
        data = _unpacked(data, layout, skip_bits)
    is_big = layout.big_endian and not layout.is_packed
    ordered = dtype.newbyteorder(">" if is_big else "<")
    pixels = np.frombuffer(data, dtype=ordered, count=_samples(layout))
    pixels = pixels.astype(dtype, copy=False)
    if layout.photometric in SUBSAMPLED:
        return upsample_422(pixels, *shape)
    if layout.samples == 1:
        return pixels.reshape(shape)
    if layout.planar:
        planes = pixels.reshape(layout.samples, *shape)
        return np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    return pixels.reshape(*shape, layout.samples)


def _unpacked(data: bytes, layout: PixelLayout, skip_bits: int) -> bytes:
    """Return samples of 12 bits as little endian words of 16."""
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    samples = bits[skip_bits : skip_bits + layout.frame_bits].reshape(-1, layout.bits_allocated)
    return np.packbits(np.pad(samples, ((0, 0), (0, 4))), bitorder="little").tobytes()


def stored_dtype(layout: PixelLayout) -> np.dtype[Any]:
    """Return the native dtype of stored gray values."""
    size = (layout.bits_allocated + 7) // 8
    return np.dtype(f"{'f' if layout.floating else 'i' if layout.signed else 'u'}{size}")


def stored_range(layout: PixelLayout) -> tuple[int, int]:
    """Return the lowest and highest stored value that Bits Stored allow."""
    bits = layout.bits_stored
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.signed else (0, (1 << bits) - 1)


def sign_extend(pixels: NDArray[Any], bits: int) -> NDArray[Any]:
    """Read unsigned patterns of `bits` bits as two's complement of their dtype."""
    width = pixels.dtype.itemsize * 8
    signed = pixels.view(f"i{pixels.dtype.itemsize}")
    if bits == width:
        return signed
    return (signed << (width - bits)) >> (width - bits)


def _samples(layout: PixelLayout) -> int:
    return layout.frame_bits // layout.bits_allocated


def clear_outside(pixels: NDArray[Any], layout: PixelLayout) -> None:
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
