"""Labels from the stored pixels of a segmentation: of its slices, and of the tiles of a slide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import ImageHeader

_SMALL: Final = 200
"""Segments that fit into bytes, with room for some that are drawn by hand."""


def label_type(values: Iterable[int], maps: Iterable[ImageHeader] = ()) -> np.dtype[Any]:
    """Return the type of an array of labels with these values.

    Files of a label map may hold numbers of segments that they do not describe.
    """
    is_small = max(values, default=0) <= _SMALL
    is_small = is_small and all(header.layout.bits_allocated <= 8 for header in maps)
    return np.dtype(np.uint8 if is_small else np.uint16)


def draw_labels(
    out: NDArray[Any], pixels: NDArray[Any], header: ImageHeader, label: int | None
) -> None:
    """Draw the pixels of a frame as labels.

    Parameters
    ----------
    out : ndarray of int, shape (rows, columns)
        Takes the labels. Without a segment, pixels keep what they have, unless the frame is one of
        a label map.
    pixels : ndarray, shape (rows, columns)
        As stored.
    header : ImageHeader
        Of the frame.
    label : int or None
        What the segment of the frame is drawn with; None if labels are what is stored (PS3.3 A.90),
        of which Pixel Padding Value is background.
    """
    if label is not None:
        np.copyto(out, out.dtype.type(label), where=pixels != 0)
    elif header.padding is None:
        out[...] = pixels
    else:
        out[...] = np.where(pixels == header.padding[0], 0, pixels)
