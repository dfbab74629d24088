"""ParsedFile: a scanned file, and what several attributes of its header follow from."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import Final

from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.transfer_syntaxes import GE_BIG_PIXELS, unsupported
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.headers.frame_index import OffsetTable
from napari_medscan.dicom.headers.graphic_planes import holds_planes
from napari_medscan.dicom.headers.intensity_facts import (
    FrameValues,
    read_padding,
    stored_values_of,
)
from napari_medscan.dicom.headers.pixel_layout import layout_notes, read_layout
from napari_medscan.dicom.headers.retired_place import with_present_place
from napari_medscan.dicom.headers.slide_matrix import TileMatrix, read_matrix
from napari_medscan.dicom.headers.stored_frames import Stored, stored_frames
from napari_medscan.dicom.intensity.suv import SuvFactors, read_suv
from napari_medscan.dicom.kinds import Kind, kind_of, modality_of
from napari_medscan.dicom.space.spacing import Spacing, read_spacing

WANTED_IDENTITY = want(
    Tag.SpecificCharacterSet, Tag.PatientName, Tag.PatientID, Tag.PatientBirthDate
)
_CODE: Final = re.compile(r"[A-Z]{2,12}")


class ParsedFile:
    """A scanned file, and what several attributes of its header follow from.

    Each is worked out once, and only if an attribute asks.

    Parameters
    ----------
    scanned : ScannedFile
        The file.
    name : str
        Its name relative to what was dropped.
    data_set : DataSet, optional
        Its data set; that of `scanned` if it is not given. Retired attributes of place have their
        present tags in it, and `place_notes` say so.
    """

    def __init__(
        self, scanned: ScannedFile, name: str = "", data_set: DataSet | None = None
    ) -> None:
        self.scanned, self.name = scanned, name
        self.data_set, self.place_notes = with_present_place(
            scanned.data_set if data_set is None else data_set
        )

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """What names the patient, to be kept out of all texts."""
        return identifiers_of(self.data_set)

    @cached_property
    def modality(self) -> str:
        """The modality, that of the SOP class if it is absent; '' when it is no code string.

        It becomes part of layer names: free text in it could be a name, but "ct" is none.
        """
        value = self.data_set.text(Tag.Modality) or modality_of(self.sop_class)
        code = value.upper()
        is_known = kind_of("", code) is not kind_of("")
        return code if is_known or _CODE.fullmatch(value) else ""

    @cached_property
    def sop_class(self) -> str:
        """SOP Class UID, that of the file meta if the data set has none."""
        return self.data_set.uid(Tag.SOPClassUID) or self.scanned.sop_class

    @cached_property
    def kind(self) -> Kind:
        """What follows from its SOP class and modality."""
        return kind_of(self.sop_class, self.modality)

    @cached_property
    def offset_table(self) -> OffsetTable | None:
        """Where the Extended Offset Table lies, when there is one."""
        offsets = self.data_set.deferred(Tag.ExtendedOffsetTable)
        lengths = self.data_set.deferred(Tag.ExtendedOffsetTableLengths)
        if offsets is None or lengths is None:
            return None
        return (offsets.offset, offsets.length), (lengths.offset, lengths.length)

    @cached_property
    def stored(self) -> Stored:
        """Layout and place of the pixels, and notes; raise UnreadableError when it has none."""
        pixels = self.scanned.pixels
        if pixels is None:
            raise UnreadableError(unsupported(self.scanned.transfer_syntax) or "missing pixel data")
        layout = read_layout(self.data_set, pixels)
        if self.scanned.transfer_syntax == GE_BIG_PIXELS and pixels.length is not None:
            layout = replace(layout, big_endian=True)
        layout, place, notes = stored_frames(layout, self.scanned, pixels, self.offset_table)
        native = place.length is not None
        if not native and holds_planes(self.data_set, layout):
            layout = replace(layout, holds_planes=True)
        return layout, place, (*layout_notes(self.data_set, layout, native=native), *notes)

    @cached_property
    def matrix(self) -> TileMatrix | None:
        """The total pixel matrix of a slide, None for other images."""
        return read_matrix(self)

    @cached_property
    def spacing(self) -> tuple[Spacing | None, str]:
        """Row and column spacing in mm, and a note on their origin."""
        return read_spacing(self.data_set, self.kind)

    @cached_property
    def values(self) -> FrameValues:
        """What the stored values mean."""
        stored = stored_values_of(self.data_set, self.kind, self.stored[0])
        return FrameValues(self.data_set, stored, self.identifiers)

    @cached_property
    def padding(self) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
        """Stored values that mean no data, and notes."""
        return read_padding(self.data_set, self.stored[0])

    @cached_property
    def suv(self) -> tuple[SuvFactors | None, str]:
        """What makes SUV of the values, or why nothing does."""
        return read_suv(self.data_set) if self.kind.measures == "uptake" else (None, "")

    def label(self, tag: Tag) -> str:
        """Return a description, cleaned and defused."""
        data = self.data_set.data(tag)
        if not data:
            return ""
        charsets = self.data_set.texts(Tag.SpecificCharacterSet)
        return clean(decode(data, charsets), self.identifiers)


def identifiers_of(data_set: DataSet) -> tuple[str, ...]:
    """Return what names the patient: name, ID, birth date."""
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    tags = (Tag.PatientName, Tag.PatientID, Tag.PatientBirthDate)
    return tuple(decode(data_set.data(tag), charsets) for tag in tags)
