"""ColorProfile: the ICC profile of a file, by which its colors become sRGB (PS3.3 C.11.15)."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.values import Deferred
from napari_medscan.dicom.errors import MedscanError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.header import (
    WANTED_COLOR_PROFILES,
    ImageHeader,
    color_profiles,
)

_LONGEST: Final = 16 << 20
"""Bytes: profiles of scanners have up to 4 MB."""
_STEPS: Final = np.linspace(0, 255, 9).astype(np.uint8)
_ROUNDING: Final = 2
"""Levels of 255 that sRGB may differ from itself when it is converted."""


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
        """Return the colors of (rows, columns, 3) in sRGB, by the intent of the profile.

        If the profile is that of sRGB, they stay as they are.
        """
        if _is_srgb(self.data):
            return pixels
        image = _transform(self.data).apply(Image.fromarray(np.ascontiguousarray(pixels)))
        converted: NDArray[np.uint8] = np.asarray(image)
        return converted


def read_color_profile(source: FileRef, place: Deferred) -> ColorProfile:
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
    data = source.read_at(place.offset, place.length)
    try:
        _transform(data)
    except (ImageCms.PyCMSError, OSError, ValueError):
        raise UnreadableError("its ICC profile is damaged") from None
    return ColorProfile(data)


def convert_colors(header: ImageHeader, pixels: NDArray[np.uint8]) -> None:
    """Convert the colors of a frame, (rows, columns, 3), to sRGB by the profile of its file.

    They stay as they are if there is none, or it is damaged: see `profile_note`.
    """
    if header.has_color_profile and pixels.ndim == 3 and pixels.shape[-1] == 3:
        profile, _ = _profile_in(header.source.file)
        if profile is not None:
            pixels[...] = profile.to_srgb(pixels)


def profile_note(header: ImageHeader) -> str:
    """Return why the colors of a file are not converted, though it has a profile; else ''."""
    why = _profile_in(header.source.file)[1] if header.has_color_profile else ""
    return f"Colors are not converted to sRGB: {why}" if why else ""


@lru_cache(maxsize=8)
def _profile_in(file: FileRef) -> tuple[ColorProfile | None, str]:
    """Return the first profile of a file, or why it has none that is good."""
    try:
        scanned = scan_file(file, WANTED_COLOR_PROFILES)
        places = color_profiles(scanned.data_set)
        return (read_color_profile(scanned.source, places[0]) if places else None), ""
    except MedscanError as error:
        return None, str(error)
    except OSError:
        return None, "its file can no longer be read"


@lru_cache(maxsize=8)
def _is_srgb(data: bytes) -> bool:
    """Whether a profile changes no color; names and versions of that of sRGB are many."""
    colors = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1).reshape(-1, 9, 3)
    found = np.asarray(_transform(data).apply(Image.fromarray(colors)))
    return bool(np.abs(found.astype(int) - colors).max() <= _ROUNDING)


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
