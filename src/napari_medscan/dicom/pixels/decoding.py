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
from napari_medscan.dicom.intensity.rescale import IDENTITY, ModalityTransform
from napari_medscan.dicom.pixels.codecs import decode
from napari_medscan.dicom.pixels.native import clear_outside
from napari_medscan.dicom.pixels.value_range import fits


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
        transform = IDENTITY if rescales is None else ModalityTransform(*rescales[number])
        try:
            _decode_into(data[start:stop], syntax, facts, transform, out[number])
        except FrameError as error:
            problems.append(str(error))
        else:
            problems.append(None)
    return problems


def _decode_into(
    data: bytes, syntax: str, layout: PixelLayout, transform: ModalityTransform, out: NDArray[Any]
) -> None:
    """Decode one frame to its values after the modality transform, color as 8-bit RGB.

    Raises
    ------
    FrameError
        As `codecs.decode`, or if a code stream of another precision than that of the series has
        values that `out` cannot hold.
    """
    decoded = decode(data, syntax, layout)
    pixels = decoded.pixels
    if layout.samples > 1:
        out[...] = as_rgb(pixels, layout, ycc=decoded.ycc, bits=decoded.bits)
        return
    pixels = pixels if pixels.flags.writeable else np.array(pixels)
    if decoded.bits is None:
        clear_outside(pixels, layout)
    elif out.dtype.kind in "iu" and transform.is_shift:
        shift = int(transform.intercept)
        low = -(1 << decoded.bits - 1) if pixels.dtype.kind == "i" else 0
        high = low + (1 << decoded.bits) - 1
        # Looking at the values takes longer than at what they could be.
        if not fits(out.dtype, low + shift, high + shift):
            low, high = int(pixels.min()), int(pixels.max())
            if not fits(out.dtype, low + shift, high + shift):
                raise FrameError("bit depth of the pixel data differs from the rest of the series")
    transform.apply_into(pixels, out)


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
    if not ycc:
        return shown
    return rgb_from_ybr(shown, partial=layout.photometric.startswith("YBR_PARTIAL"))
