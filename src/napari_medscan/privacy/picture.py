"""One picture as it would be sent: rendered, masked, cropped, encoded, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy import jpeg
from napari_medscan.privacy.painting import Painted, paint

LONGEST = 1568
"""Most pixels along the longer side: what the models look at (privacy.md)."""
QUALITY = 95


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a picture, in its pixels before it is cropped."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True)
class Picture:
    """A picture that may be previewed and sent.

    Parameters
    ----------
    data : bytes
        The JPEG.
    width, height : int
        Of the JPEG.
    source : tuple of int
        Rows and columns of the slice that it shows.
    masked : int
        Boxes that were blacked out.
    is_cropped : bool
        Whether it is a part of the slice.
    regions_only : bool
        Whether all outside an ultrasound's regions was blacked out.
    """

    data: bytes
    width: int
    height: int
    source: tuple[int, int]
    masked: int = 0
    is_cropped: bool = False
    regions_only: bool = False

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the JPEG, as hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def description(self) -> str:
        """What was done to it, in a line for the user."""
        rows, columns = self.source
        words = [f"{self.width} × {self.height} pixels (slice: {columns} × {rows})"]
        if self.is_cropped:
            words.append("cropped")
        if self.masked:
            words.append(f"{self.masked} {'box' if self.masked == 1 else 'boxes'} masked")
        if self.regions_only:
            words.append("everything outside the ultrasound regions masked")
        words.append(f"{len(self.data) / 1000:,.0f} kB")
        return ", ".join(words)


def make_picture(
    layers: Sequence[Painted],
    *,
    longest: int = LONGEST,
    quality: int = QUALITY,
    masks: Sequence[Box] = (),
    crop: Box | None = None,
) -> Picture:
    """Render, clean and encode.

    Parameters
    ----------
    layers : sequence of Painted
        The lowest first.
    longest : int
        Most pixels along the longer side.
    quality : int
        Of the JPEG.
    masks : sequence of Box
        What is blacked out, in pixels of `render`'s picture.
    crop : Box, optional
        What is left of it, in the same pixels.

    Raises
    ------
    JpegError
        When it is too large, or nothing is left.
    """
    return encode_picture(render(layers, longest=longest), layers, quality, masks, crop)


def render(layers: Sequence[Painted], *, longest: int = LONGEST) -> NDArray[np.uint8]:
    """Return the picture before masks and crop, (height, width, 3): text is looked for in it."""
    return paint(layers, longest=longest)


def encode_picture(
    rgb: NDArray[np.uint8],
    layers: Sequence[Painted],
    quality: int = QUALITY,
    masks: Sequence[Box] = (),
    crop: Box | None = None,
) -> Picture:
    """Mask, crop and encode what `render` gave; as `make_picture`.

    Encoding and checking take up to a second of a megabyte: call it from a thread.
    """
    cleaned = rgb.copy()
    for box in masks:
        cleaned[_slices(box)] = 0
    if crop is not None:
        cleaned = cleaned[_slices(crop)]
    if not cleaned.size:
        raise jpeg.JpegError("The crop is empty. Draw a larger one.")
    data = jpeg.encode(cleaned, quality)
    height, width = cleaned.shape[:2]
    rows, columns = layers[0].values.shape[:2]
    return Picture(
        data,
        width,
        height,
        (rows, columns),
        masked=len(masks),
        is_cropped=crop is not None,
        regions_only=any(layer.kept is not None for layer in layers),
    )


def _slices(box: Box) -> tuple[slice, slice]:
    top, left = max(box.top, 0), max(box.left, 0)
    bottom, right = max(box.top + box.height, 0), max(box.left + box.width, 0)
    return slice(top, bottom), slice(left, right)
