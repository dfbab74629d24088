"""What a presentation state says: how images are to be displayed (PS3.3 A.33, C.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from napari_medscan.dicom.elements.part10 import ScannedFile, scan_file
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.graphic_planes import GROUPS
from napari_medscan.dicom.headers.parsed_file import WANTED_IDENTITY, identifiers_of
from napari_medscan.dicom.intensity.palette import WANTED_PALETTE, Palette, palette_if_whole
from napari_medscan.dicom.intensity.rescale import (
    WANTED_MODALITY_LUT,
    WANTED_RESCALE,
    WANTED_TABLE,
    ModalityTransform,
    read_table,
    read_transform,
)
from napari_medscan.dicom.objects.annotations import (
    WANTED_ANNOTATIONS,
    Annotation,
    read_annotations,
)
from napari_medscan.dicom.objects.blending import (
    WANTED_BLENDED,
    WANTED_BLENDING,
    WANTED_REFERENCES,
    BlendingPart,
    has_unclear_order,
    read_blended,
    read_blending,
    referenced,
)
from napari_medscan.dicom.objects.display_area import (
    WANTED_AREA,
    WANTED_TURN,
    Area,
    DisplayTurn,
    read_area,
    read_turn,
)
from napari_medscan.dicom.objects.graphic_styles import WANTED_NOT_DRAWN, not_drawn
from napari_medscan.dicom.objects.gray_pipeline import PresentationLut
from napari_medscan.dicom.objects.image_references import WANTED_IMAGES, Images, read_images
from napari_medscan.dicom.objects.overlay_data import OverlayData, overlay_data, wanted_of_group
from napari_medscan.dicom.objects.shutter_shapes import (
    WANTED_SHUTTER,
    ShutterShapes,
    read_shutter,
)
from napari_medscan.dicom.objects.softcopy_voi import WANTED_VOIS, Vois, read_vois


class _Tag(IntEnum):
    DisplayedAreaSelectionSequence = 0x0070005A
    ContentLabel = 0x00700080
    ContentDescription = 0x00700081
    PresentationLUTSequence = 0x20500010
    PresentationLUTShape = 0x20500020


_ACTIVATION: Final = 0x1001
"""Element of an overlay group: Overlay Activation Layer (C.11.7)."""
_LABEL: Final[Wanted] = {_Tag.ContentLabel: b"CS", _Tag.ContentDescription: b"LO"}
_DISPLAY: Final[Wanted] = {
    **WANTED_VOIS,
    _Tag.DisplayedAreaSelectionSequence: want(WANTED_IMAGES, WANTED_AREA),
    _Tag.PresentationLUTSequence: WANTED_TABLE,
    _Tag.PresentationLUTShape: b"CS",
}
_WANTED_SUMMARY: Final[Wanted] = want(
    WANTED_IDENTITY,
    WANTED_REFERENCES,
    _LABEL,
    WANTED_NOT_DRAWN,
    WANTED_BLENDED,
)
_WANTED: Final[Wanted] = want(
    WANTED_IDENTITY,
    WANTED_BLENDING,
    WANTED_ANNOTATIONS,
    WANTED_TURN,
    WANTED_SHUTTER,
    WANTED_PALETTE,
    WANTED_MODALITY_LUT,
    WANTED_RESCALE,
    _DISPLAY,
    *(want(wanted_of_group(g), {g << 16 | _ACTIVATION: b"CS"}) for g in GROUPS),
)


@dataclass(frozen=True, slots=True)
class PresentationFacts:
    """What a presentation state says of itself.

    Parameters
    ----------
    label : str
        Content Description, else Content Label, without what names the patient.
    images : mapping of str to tuple of ImageReference
        The images that it is for, by Series Instance UID; () for all of a series.
    not_drawn : tuple of str
        What of it is not drawn, such as styles of its annotations, in words.
    """

    label: str
    images: dict[str, Images]
    not_drawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentationContent:
    """How a presentation state displays its images.

    Parameters
    ----------
    annotations : tuple of Annotation
        In the order in which they are drawn.
    left_out : int
        Annotations of an unknown type, or not complete; overlay planes that are cut off as well.
    vois : tuple of (tuple of ImageReference, tuple of Window or VoiLut)
        Windows and VOI LUTs, and the images that they are for.
    areas : tuple of (tuple of ImageReference, Area)
        Displayed areas, and the images that they are for.
    turn : DisplayTurn
        Rotation and flip.
    modality : ModalityTransform
        Makes the values that windows are for of stored values.
    is_inverse : bool
        The lowest value is white.
    presentation : PresentationLut or None
        Bends the grays.
    shutter : ShutterShapes
        What is hidden.
    overlays : mapping of int to OverlayData
        Overlay planes of its own, by group.
    activated : tuple of int
        Overlay groups that are displayed, its own and those of the images.
    palette : Palette or None
        Colors of a pseudo-color state, or of what lies on top in one that blends.
    blending : mapping of str to BlendingPart
        How series are blended, by Series Instance UID; empty for a state that does not blend.
    """

    annotations: tuple[Annotation, ...]
    left_out: int
    vois: Vois
    areas: tuple[tuple[Images, Area], ...]
    turn: DisplayTurn
    modality: ModalityTransform
    is_inverse: bool
    presentation: PresentationLut | None
    shutter: ShutterShapes
    overlays: dict[int, OverlayData]
    activated: tuple[int, ...]
    palette: Palette | None
    blending: Mapping[str, BlendingPart]

    def on(self, series: str) -> PresentationContent:
        """Return what it says of one of the series that it blends, or all if it does not."""
        part = self.blending.get(series)
        if part is None:
            return self
        palette = None if part.opacity is None else self.palette
        return replace(self, vois=part.vois, modality=part.modality, palette=palette)


def read_presentation_facts(file: FileRef) -> PresentationFacts:
    """Read what a presentation state says of itself.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED_SUMMARY).data_set
    charsets, identifiers = data_set.texts(Tag.SpecificCharacterSet), identifiers_of(data_set)
    labels = (
        clean(decode(data_set.data(tag), charsets), identifiers)
        for tag in (_Tag.ContentDescription, _Tag.ContentLabel)
    )
    images = read_blended(data_set) | referenced([data_set])
    unclear = ("blending, as no series is said to be on top",) * has_unclear_order(data_set)
    styles = not_drawn(data_set)
    return PresentationFacts(next(filter(None, labels), ""), images, (*styles, *unclear))


def read_presentation(file: FileRef) -> PresentationContent:
    """Read how a presentation state displays its images.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    scanned = scan_file(file, _WANTED)
    data_set = scanned.data_set
    charsets, identifiers = data_set.texts(Tag.SpecificCharacterSet), identifiers_of(data_set)
    annotations, left_out = read_annotations(data_set, charsets)
    overlays = _overlays(scanned)
    whole = {group: data for group, data in overlays.items() if not data.is_truncated}
    areas = [
        (read_images(item), area)
        for item in data_set.items(_Tag.DisplayedAreaSelectionSequence)
        if (area := read_area(item)) is not None
    ]
    return PresentationContent(
        annotations,
        left_out + len(overlays) - len(whole),
        read_vois(data_set, identifiers),
        tuple(areas),
        read_turn(data_set),
        read_transform(data_set, signed=False),
        data_set.text(_Tag.PresentationLUTShape) == "INVERSE",
        _presentation_lut(data_set),
        read_shutter(data_set),
        whole,
        _activated(data_set),
        palette_if_whole(data_set),
        read_blending(data_set, identifiers),
    )


def _overlays(scanned: ScannedFile) -> dict[int, OverlayData]:
    used = {tag >> 16 for tag in scanned.data_set.values}
    found = {group: overlay_data(scanned, group) for group in GROUPS if group in used}
    return {group: data for group, data in found.items() if data.data is not None}


def _activated(data_set: DataSet) -> tuple[int, ...]:
    return tuple(group for group in GROUPS if group << 16 | _ACTIVATION in data_set)


def _presentation_lut(data_set: DataSet) -> PresentationLut | None:
    table = read_table(data_set.item(_Tag.PresentationLUTSequence), signed=False)
    if table is None:
        return None
    _, bits, entries = table
    white = max((1 << min(max(bits, 1), 16)) - 1, int(entries.max()))
    return PresentationLut(entries / white)
