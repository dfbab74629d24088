"""ValueMapping: units and values that a file of its own gives to images (PS3.3 A.46)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from napari_medscan.counted import counted
from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.intensity_facts import with_mapping_applied
from napari_medscan.dicom.headers.parsed_file import WANTED_IDENTITY, identifiers_of
from napari_medscan.dicom.intensity.real_world import (
    WANTED_REAL_WORLD,
    RealWorldMapping,
    read_mappings,
)
from napari_medscan.dicom.intensity.ucum import read_unit
from napari_medscan.dicom.objects.catalogue import slices_by_instance
from napari_medscan.dicom.objects.image_references import WANTED_IMAGES, read_images
from napari_medscan.dicom.series.dicom_object import DicomObject, ObjectBesideImages, OneFileObject
from napari_medscan.dicom.series.relations import same_patient
from napari_medscan.dicom.series.stack import Stack

_REFERENCED: Final = 0x00409094
"""Referenced Image Real World Value Mapping Sequence."""
_WANTED: Final[Wanted] = {
    **WANTED_IDENTITY,
    _REFERENCED: want(WANTED_IMAGES, WANTED_REAL_WORLD),
}
_TOO_LATE: Final = "Open it together with its images: those that are open keep their values"


@dataclass(frozen=True, slots=True, eq=False)
class ImageMapping:
    """What one item says of one image.

    Parameters
    ----------
    item : DataSet
        Has the Real World Value Mapping Sequence.
    frames : frozenset of int
        Numbers of the frames that it is for, from 1; all if empty.
    """

    item: DataSet
    frames: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ValueMapping(ObjectBesideImages):
    """A Real World Value Mapping object.

    Images that are opened together with it have its values and its unit, unless their own files
    define values.

    Parameters
    ----------
    instance : Instance
        Its file.
    images : mapping of str to sequence of ImageMapping
        By SOP Instance UID.
    character_sets, identifiers : tuple of str
        Of its file: what its labels are written in, and what they must not hold.
    """

    images: Mapping[str, Sequence[ImageMapping]]
    character_sets: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def summary(self) -> str:
        """How many images it maps, and to which unit: "3 images in um2/s"."""
        count = counted(len(self.images), "image")
        items = [each.item for same in self.images.values() for each in same]
        first = items[0].item(Tag.RealWorldValueMappingSequence) if items else DataSet()
        unit = read_unit(first)
        return f"real world values: {count} in {unit}" if unit else f"real world values: {count}"

    def notes_on(self, stacks: Sequence[Stack]) -> tuple[str, ...]:
        """Return that images were opened before it, which keep the values they have."""
        for stack in stacks:
            known = slices_by_instance(stack) if same_patient(self, stack) else {}
            if not stack.real_world_mappings and any(uid in known for uid in self.images):
                return (_TOO_LATE,)
        return ()

    def applied(self, header: ImageHeader) -> ImageHeader:
        """Return the header of an image with the values that are defined here."""
        mappings = self.images.get(header.sop_instance)
        if (
            not mappings
            or header.layout.samples != 1
            or not same_patient(self, OneFileObject(header))
        ):
            return header
        frames = list(header.frames)
        for each in mappings:
            found = read_mappings(
                each.item,
                self.identifiers,
                self.character_sets,
                signed=header.layout.signed,
                floating=header.layout.floating,
            )
            for number, frame in enumerate(frames):
                if not frame.real_world and (not each.frames or number + 1 in each.frames):
                    frames[number] = _mapped(frame, found, header.unit)
        return header.like(frames=tuple(frames))


def _mapped(
    frame: FrameHeader, mappings: tuple[RealWorldMapping, ...], unit: str | None
) -> FrameHeader:
    return with_mapping_applied(frame.like(real_world=mappings), unit)


def value_mapping_of(instance: Instance) -> ValueMapping | None:
    """Return the mapping that a file is, None if it cannot be read or is of no image."""
    try:
        data_set = scan_file(instance.source.file, _WANTED).data_set
    except (MedscanError, OSError):
        return None
    images: dict[str, list[ImageMapping]] = {}
    for item in data_set.items(_REFERENCED):
        for image in read_images(item):
            mapping = ImageMapping(item, frozenset(image.frames))
            images.setdefault(image.sop_instance, []).append(mapping)
    if not images:
        return None
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    return ValueMapping(instance, images, charsets, identifiers_of(data_set))


def with_value_mappings(
    headers: Sequence[ImageHeader], objects: Iterable[DicomObject]
) -> list[ImageHeader]:
    """Return headers of images with the values that some objects define."""
    mappings: dict[str, list[ValueMapping]] = defaultdict(list)
    for each in objects:
        if isinstance(each, ValueMapping):
            for uid in each.images:
                mappings[uid].append(each)
    if not mappings:
        return list(headers)
    found = []
    for header in headers:
        mapped = header
        for mapping in mappings.get(header.sop_instance, ()):
            mapped = mapping.applied(mapped)
        found.append(mapped)
    return found
