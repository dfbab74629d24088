"""Colour models to RGB.

PS3.3 C.7.6.3.1.2 (Photometric Interpretation).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError

# Inverse of the YBR_FULL equations of PS3.3 C.7.6.3.1.2.
_RGB_FROM_YBR = np.array(
    [[1.0, 1.0, 1.0], [0.0, -0.344136286, 1.772], [1.402, -0.714136286, 0.0]], dtype=np.float64
)


def rgb_from_ybr(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB for 8-bit YBR_FULL pixels of shape (rows, columns, 3)."""
    values = pixels.astype(np.float64)
    values[..., 1:] -= 128
    rgb = np.floor(values @ _RGB_FROM_YBR + 0.5)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def upsample_422(pixels: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Return full YBR for native YBR_FULL_422, stored as Y1 Y2 Cb Cr.

    Parameters
    ----------
    pixels : ndarray
        Flat samples, two a pixel.
    rows, columns : int
        Extent; columns are even (PS3.3 C.7.6.3.1.2).

    Raises
    ------
    FrameError
        When columns are odd: nothing says where the last chroma would stand.
    """
    if columns % 2:
        raise FrameError("its colours are stored for pairs of pixels, and its width is odd")
    pairs = pixels.reshape(rows, columns // 2, 4)
    full = np.empty((rows, columns, 3), dtype=pixels.dtype)
    full[:, 0::2, 0] = pairs[..., 0]
    full[:, 1::2, 0] = pairs[..., 1]
    full[:, 0::2, 1:] = pairs[..., 2:]
    full[:, 1::2, 1:] = pairs[..., 2:]
    return full


def eight_bit(pixels: NDArray[Any], bits_stored: int) -> NDArray[np.uint8]:
    """Scale colour samples to 8 bits by dropping the lowest bits."""
    if pixels.dtype.itemsize == 1 and bits_stored >= 8:
        return pixels.view(np.uint8)
    shift = bits_stored - 8
    scaled = pixels >> shift if shift > 0 else pixels << -shift
    return (scaled & 0xFF).astype(np.uint8)
