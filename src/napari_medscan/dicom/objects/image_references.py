"""References of objects to images, and the slices of a series that they mean (PS3.3 table 10-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Wanted
from napari_medscan.dicom.objects.catalogue import slices_by_instance
from napari_medscan.dicom.series.stack import Stack


class _Tag(IntEnum):
    ReferencedImageSequence = 0x00081140
    ReferencedSOPInstanceUID = 0x00081155
    ReferencedFrameNumber = 0x00081160


WANTED_REFERENCE: Final[Wanted] = {
    _Tag.ReferencedSOPInstanceUID: b"UI",
    _Tag.ReferencedFrameNumber: b"IS",
}
WANTED_IMAGES: Final[Wanted] = {_Tag.ReferencedImageSequence: WANTED_REFERENCE}


class ImageReference(NamedTuple):
    """An image that something holds for: SOP Instance UID, and frames from 1; () for all."""

    sop_instance: str
    frames: tuple[int, ...] = ()


Images = tuple[ImageReference, ...]
"""The images that something holds for; () for all of the object that says so."""
ByImage = Mapping[str, Sequence[tuple[int, int]]]
"""Number of the slice and index of the frame of each image, by SOP Instance UID."""


def read_images(item: DataSet) -> Images:
    """Return the images that an item refers to in its Referenced Image Sequence."""
    return read_references(item.items(_Tag.ReferencedImageSequence))


def read_references(items: Sequence[DataSet]) -> Images:
    """Return the images that items of a sequence of references name."""
    found = []
    for image in items:
        uid = image.uid(_Tag.ReferencedSOPInstanceUID)
        if uid:
            found.append(ImageReference(uid, image.integers(_Tag.ReferencedFrameNumber)))
    return tuple(found)


def slices_by_image(stack: Stack) -> ByImage:
    """Return the slices of a series by the images that they are of."""
    return {
        uid: [(number, stack.slices[number].index) for number in numbers]
        for uid, numbers in slices_by_instance(stack).items()
    }


def slices_of(images: Images, by_image: ByImage) -> list[int]:
    """Return the numbers of the slices of some images, of all slices if none are named."""
    if not images:
        return [number for same in by_image.values() for number, _ in same]
    found = (
        number
        for image in images
        for number, frame in by_image.get(image.sop_instance, ())
        if not image.frames or frame + 1 in image.frames
    )
    return list(dict.fromkeys(found))
