"""PNG with nothing in it but the image: written from arrays, and compared before it leaves.

There is one way in which `encode` writes an image (PNG, third edition): signature, IHDR, IDAT,
IEND. Whatever else a PNG can hold is refused, because its pixels are written again and every byte
has to be the same.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_medscan.privacy.errors import EXTRA_DATA, ImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """Return the PNG of an image of shape (height, width) or (height, width, 3)."""
    stream = io.BytesIO()
    # From an array: an Image that was opened brings its comments and profiles along.
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return stream.getvalue()


def check(data: bytes) -> tuple[int, int]:
    """Return height and width of a PNG; raises ImageError unless it is as `encode` writes it."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that would fill the memory; here they are an error.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["PNG"])
            pixels = np.asarray(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        raise ImageError(EXTRA_DATA) from None
    is_image = pixels.dtype == np.uint8 and pixels.shape[2:] in ((), (3,))
    if not is_image or encode(pixels) != data:
        raise ImageError(EXTRA_DATA)
    return int(pixels.shape[0]), int(pixels.shape[1])
