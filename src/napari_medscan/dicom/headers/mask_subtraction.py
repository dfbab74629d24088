"""Whether the frames of an angiography are meant to be shown minus a mask (PS3.3 C.7.6.10)."""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want

WANTED_MASK: Final[Wanted] = {Tag.MaskSubtractionSequence: want(Tag.MaskOperation)}
_SUBTRACTIONS: Final = ("AVG_SUB", "TID", "REV_TID")
UNSUBTRACTED: Final = "Frames are shown without the mask subtraction that the file describes"


def mask_notes(data_set: DataSet) -> tuple[str, ...]:
    """Return a note where a mask is to be subtracted, which is not done."""
    operations = {
        each.text(Tag.MaskOperation) for each in data_set.items(Tag.MaskSubtractionSequence)
    }
    return () if operations.isdisjoint(_SUBTRACTIONS) else (UNSUBTRACTED,)
