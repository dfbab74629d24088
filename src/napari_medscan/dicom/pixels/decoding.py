"""What a worker does with compressed frames: from code streams to values.

Several frames go to a worker at a time, since a message costs as much as a quick frame; their
modality transform is applied there too, while the values are still in that core's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.intensity.color import eight_bit, rgb_from_ybr
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.pixels.codecs import decode
from napari_medscan.dicom.pixels.native import clear_outside, stored_dtype


def decode_request(
    data: bytes,
    *,
    out: NDArray[Any],
    lengths: Sequence[int],
    syntax: str,
    layout: dict[str, Any],
    rescales: Sequence[tuple[float, float]] | None,
) -> list[str | None]:
    """Decode frames as a worker is asked to.

    Parameters
    ----------
    data : bytes
        The code streams, one after another.
    out : ndarray
        Takes them, (frames, rows, columns) or, 8-bit RGB, (frames, rows, columns, 3).
    lengths : sequence of int
        Bytes of each.
    syntax : str
        Transfer Syntax UID.
    layout : dict
        The `PixelLayout` of them all.
    rescales : sequence of (slope, intercept), optional
        The modality transform of each; None for stored values, and for color.

    Returns
    -------
    list of str or None
        Why each frame could not be decoded, in words for the user.
    """
    facts = PixelLayout(**layout)
    problems: list[str | None] = []
    for number, (start, stop) in enumerate(pairwise(accumulate(lengths, initial=0))):
        try:
            stored = stored_values(data[start:stop], syntax, facts)
        except FrameError as error:
            problems.append(str(error))
            continue
        problems.append(None)
        if rescales is None:
            out[number] = stored
        else:
            ModalityTransform(*rescales[number]).apply_into(stored, out[number])
    return problems


def stored_values(data: bytes, syntax: str, layout: PixelLayout) -> NDArray[Any]:
    """Decode one frame to stored values, color as 8-bit RGB.

    Raises
    ------
    FrameError
        As `codecs.decode`.
    """
    decoded = decode(data, syntax, layout)
    pixels = decoded.pixels
    if layout.samples > 1:
        return as_rgb(pixels, layout, ycc=decoded.ycc, bits=decoded.bits)
    pixels = pixels if pixels.flags.writeable else np.array(pixels)
    if decoded.bits is None:
        clear_outside(pixels, layout)
    return pixels


def decoded_dtype(layout: PixelLayout) -> np.dtype[Any]:
    """Return the dtype of what `stored_values` gives."""
    return np.dtype(np.uint8) if layout.samples > 1 else stored_dtype(layout)


def as_rgb(
    pixels: NDArray[Any],
    layout: PixelLayout,
    *,
    ycc: bool | None = None,
    bits: int | None = None,
) -> NDArray[np.uint8]:
    """Return color samples as 8-bit RGB.

    Parameters
    ----------
    pixels : ndarray
        (rows, columns, 3).
    layout : PixelLayout
        Their bits, and what they say of their colors.
    ycc : bool, optional
        Whether they are luminance and chrominance, where the code stream has told.
    bits : int, optional
        Bits of a sample, where the code stream has told; else Bits Stored.
    """
    if ycc is None:
        transformed = ("YBR_RCT", "YBR_ICT")
        ycc = layout.photometric.startswith("YBR") and layout.photometric not in transformed
    shown = eight_bit(pixels, bits or layout.bits_stored)
    return rgb_from_ybr(shown) if ycc else shown
