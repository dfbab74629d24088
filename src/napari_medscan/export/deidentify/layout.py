"""The layout of the pixels in a copy: what its header loses as malformed is stated anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydicom.dataset import Dataset

from napari_medscan.dicom.headers.pixel_layout import PixelLayout

_PHOTOMETRIC: Final = frozenset(
    [
        "MONOCHROME1",
        "MONOCHROME2",
        "PALETTE COLOR",
        "RGB",
        "YBR_FULL",
        "YBR_FULL_422",
        "YBR_ICT",
        "YBR_RCT",
        "YBR_PARTIAL_420",
        "YBR_PARTIAL_422",
        "XYB",
    ]
)
"""Terms of PS3.3 C.7.6.3.1.2."""


def _photometric(layout: PixelLayout) -> str:
    # A text that is no such term may name anybody; pixels are shown like this.
    usual = "MONOCHROME2" if layout.samples == 1 else "RGB"
    return layout.photometric if layout.photometric in _PHOTOMETRIC else usual


_STATED: Final[dict[str, Callable[[PixelLayout], Any]]] = {
    "SamplesPerPixel": lambda layout: layout.samples,
    "PhotometricInterpretation": _photometric,
    "PlanarConfiguration": lambda layout: int(layout.planar),
    "NumberOfFrames": lambda layout: layout.frames,
    "Rows": lambda layout: layout.rows,
    "Columns": lambda layout: layout.columns,
    "BitsAllocated": lambda layout: layout.bits_allocated,
    "BitsStored": lambda layout: layout.bits_stored,
    "HighBit": lambda layout: layout.high_bit,
    "PixelRepresentation": lambda layout: int(layout.signed),
}
"""Attributes of the Image Pixel and Multi-frame modules (PS3.3 C.7.6.3, C.7.6.6)."""


def layout_names(data: Dataset) -> frozenset[str]:
    """Return which attributes of the layout a data set has with a value."""
    return frozenset(name for name in _STATED if name in data and not _is_empty(data, name))


def _is_empty(data: Dataset, name: str) -> bool:
    # Without converting the value: "1A" is no integer, but pixels were shown all the same.
    return not data.get_item(name).value and data.get_item(name).value != 0


def restore_layout(data: Dataset, before: frozenset[str], layout: PixelLayout) -> None:
    """State what a copy lost of its layout, as MedScan reads it from the original.

    Without it, other pixels would be shown of the same bytes, or fewer frames.

    Parameters
    ----------
    data : Dataset
        The copy; it is changed in place.
    before : frozenset of str
        `layout_names` of the original.
    layout : PixelLayout
        That of the original.
    """
    for name in before - layout_names(data):
        setattr(data, name, _STATED[name](layout))
