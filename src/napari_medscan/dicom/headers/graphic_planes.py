"""Which overlay planes and shutters a file has, told from its header alone.

Overlay Plane module: PS3.3 C.9.2; groups 6000 to 601E, even ones. Display Shutter: C.7.6.11.
"""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import DEFER, Wanted
from napari_medscan.dicom.headers.pixel_layout import PixelLayout

GROUPS: Final = range(0x6000, 0x6020, 2)
"""Groups of overlay planes."""
_FIRST: Final = GROUPS[0] << 16
SHUTTER: Final = 1 << len(GROUPS)
"""Bit of a file with a Display Shutter, after those of the overlay groups."""
BITS_ALLOCATED, BIT_POSITION, OVERLAY_DATA = 0x0100, 0x0102, 0x3000
"""Elements of an overlay group."""
SHUTTER_SHAPE: Final = 0x00181600
WANTED_PLANES: Final[Wanted] = {
    SHUTTER_SHAPE: b"CS",
    **{
        group << 16 | element: vr
        for group in GROUPS
        for element, vr in (
            (BITS_ALLOCATED, b"US"),
            (BIT_POSITION, b"US"),
            (OVERLAY_DATA, DEFER),
        )
    },
}


def graphic_planes(data_set: DataSet, layout: PixelLayout, pixels: PixelElement) -> int:
    """Return a bit for each overlay group of a file that can be drawn, and `SHUTTER`.

    A plane is in Overlay Data, or, in old files, in bits of Pixel Data beyond Bits Stored
    (retired, PS3.5-2004 8.1.2). Many files describe a plane that they do not have.
    """
    found = SHUTTER if SHUTTER_SHAPE in data_set else 0
    if max(data_set.values, default=0) < _FIRST:
        # Most files: this is asked of each.
        return found
    for number, group in enumerate(GROUPS):
        place = data_set.deferred(group << 16 | OVERLAY_DATA)
        if (place is not None and place.length) or plane_bit(data_set, group, layout, pixels):
            found |= 1 << number
    return found


def holds_planes(data_set: DataSet, layout: PixelLayout) -> bool:
    """Whether bits beyond Bits Stored are overlay planes, as far as the header tells.

    Overlay Data has one bit allocated: what has those of a pixel is in Pixel Data, whatever its
    bit position.
    """
    if layout.bits_stored == layout.bits_allocated or max(data_set.values, default=0) < _FIRST:
        return False
    return any(
        data_set.integer(group << 16 | BITS_ALLOCATED) == layout.bits_allocated
        and group << 16 | OVERLAY_DATA not in data_set
        for group in GROUPS
    )


def plane_bit(
    data_set: DataSet, group: int, layout: PixelLayout, pixels: PixelElement
) -> int | None:
    """Return the bit of Pixel Data that holds an overlay plane, None if there is none."""
    position = data_set.integer(group << 16 | BIT_POSITION)
    allocated = data_set.integer(group << 16 | BITS_ALLOCATED)
    is_stored = pixels.length is not None or layout.holds_planes
    if not position or allocated != layout.bits_allocated or not is_stored:
        return None
    is_free = not layout.high_bit + 1 - layout.bits_stored <= position <= layout.high_bit
    is_gray = layout.samples == 1 and not layout.floating
    return position if is_gray and is_free and 0 < position < allocated else None
