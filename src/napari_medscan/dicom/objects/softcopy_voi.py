"""Windows and VOI LUTs of presentation states, and the images that each is for (PS3.3 C.11.8)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted, want
from napari_medscan.dicom.intensity.window import WANTED_WINDOW, Voi, read_windows
from napari_medscan.dicom.objects.image_references import WANTED_IMAGES, Images, read_images


class _Tag(IntEnum):
    SoftcopyVOILUTSequence = 0x00283110


WANTED_VOIS: Final[Wanted] = {_Tag.SoftcopyVOILUTSequence: want(WANTED_IMAGES, WANTED_WINDOW)}
Vois = tuple[tuple[Images, tuple[Voi, ...]], ...]
"""Windows and VOI LUTs, each with the images that they are for."""


def read_vois(item: DataSet, identifiers: tuple[str, ...]) -> Vois:
    """Return the windows and VOI LUTs of a Softcopy VOI LUT Sequence."""
    found = (
        (read_images(each), read_windows(each, identifiers))
        for each in item.items(_Tag.SoftcopyVOILUTSequence)
    )
    return tuple((images, windows) for images, windows in found if windows)
