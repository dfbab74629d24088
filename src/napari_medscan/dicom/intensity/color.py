"""Color models to RGB.

PS3.3 C.7.6.3.1.2 (Photometric Interpretation).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError

# Inverse of the YBR_FULL equations of PS3.3 C.7.6.3.1.2, in thousandths; those
# of red and blue are exact, so that halves round up on every machine.
_RED_FROM_CR, _BLUE_FROM_CB = 1402, 1772
_GREEN_FROM_CB, _GREEN_FROM_CR = -344.136286, -714.136286

# Inverse of the YBR_PARTIAL_422 equations of PS3.3 C.7.6.3.1.2 (retired).
_PARTIAL_ZERO = (16, 128, 128)
_PARTIAL_FROM_RGB = (
    (0.2568, 0.5041, 0.0979),
    (-0.1482, -0.2910, 0.4392),
    (0.4392, -0.3678, -0.0714),
)
_RGB_FROM_PARTIAL = np.linalg.inv(_PARTIAL_FROM_RGB).T


def rgb_from_ybr(pixels: NDArray[np.uint8], *, partial: bool = False) -> NDArray[np.uint8]:
    """Return RGB for 8-bit YBR pixels.

    Parameters
    ----------
    pixels : ndarray
        (rows, columns, 3).
    partial : bool
        YBR_PARTIAL instead of YBR_FULL: black is luminance 16, white 235.
    """
    if partial:
        ybr = pixels.astype(np.float64) - _PARTIAL_ZERO
        partial_rgb: NDArray[np.float64] = np.floor(ybr @ _RGB_FROM_PARTIAL + 0.5)
        return partial_rgb.clip(0, 255).astype(np.uint8)
    y = pixels[..., 0].astype(np.int32) * 1000 + 500
    cb, cr = pixels[..., 1].astype(np.int32) - 128, pixels[..., 2].astype(np.int32) - 128
    green = np.floor((y + _GREEN_FROM_CB * cb + _GREEN_FROM_CR * cr) / 1000).astype(np.int32)
    red, blue = (y + _RED_FROM_CR * cr) // 1000, (y + _BLUE_FROM_CB * cb) // 1000
    rgb: NDArray[np.int32] = np.stack((red, green, blue), axis=-1)
    return rgb.clip(0, 255).astype(np.uint8)


def upsample_422(pixels: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Return full YBR for native 4:2:2 color, stored as Y1 Y2 Cb Cr.

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
        raise FrameError("4:2:2 color with odd width (invalid)")
    pairs = pixels.reshape(rows, columns // 2, 4)
    full = np.empty((rows, columns, 3), dtype=pixels.dtype)
    full[:, 0::2, 0] = pairs[..., 0]
    full[:, 1::2, 0] = pairs[..., 1]
    full[:, 0::2, 1:] = pairs[..., 2:]
    full[:, 1::2, 1:] = pairs[..., 2:]
    return full


def eight_bit(pixels: NDArray[Any], bits_stored: int) -> NDArray[np.uint8]:
    """Scale color samples to 8 bits by dropping the lowest bits."""
    if pixels.dtype.itemsize == 1 and bits_stored >= 8:
        return pixels.view(np.uint8)
    shift = bits_stored - 8
    scaled = pixels >> shift if shift > 0 else pixels << -shift
    return (scaled & 0xFF).astype(np.uint8)
