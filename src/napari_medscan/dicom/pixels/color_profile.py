"""ColorProfile: the ICC profile of a file, by which its colors become sRGB (PS3.3 C.11.15)."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from napari_medscan.dicom.elements.values import Deferred
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.headers.header import ImageHeader

_LONGEST: Final = 16 << 20
"""Bytes: profiles of scanners have up to 4 MB."""


@dataclass(frozen=True, slots=True)
class ColorProfile:
    """An input profile for red, green and blue.

    Parameters
    ----------
    data : bytes
        As it is in the file.
    """

    data: bytes = field(repr=False)

    def to_srgb(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the colors of (rows, columns, 3) in sRGB, by the intent of the profile."""
        image = _transform(self.data).apply(Image.fromarray(np.ascontiguousarray(pixels)))
        converted: NDArray[np.uint8] = np.asarray(image)
        return converted


def read_color_profile(header: ImageHeader, place: Deferred) -> ColorProfile:
    """Return the profile that lies at a place in a file.

    Raises
    ------
    UnreadableError
        If it is no valid profile of an RGB device.
    FrameError
        When the file cannot be read.
    """
    if place.length > _LONGEST:
        raise UnreadableError("its ICC profile is far too large")
    data = header.source.read_at(place.offset, place.length)
    try:
        _transform(data)
    except (ImageCms.PyCMSError, OSError, ValueError):
        raise UnreadableError("its ICC profile is damaged") from None
    return ColorProfile(data)


@lru_cache(maxsize=8)
def _transform(data: bytes) -> Any:  # noqa: ANN401 - Pillow does not annotate it
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    return ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        "RGB",
        "RGB",
        ImageCms.Intent(ImageCms.getDefaultIntent(profile)),
    )
