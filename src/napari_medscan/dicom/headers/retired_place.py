"""Where images of ACR-NEMA 300 lie, the standard before DICOM."""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want

_PRESENT: Final = {
    Tag.ImagePosition: Tag.ImagePositionPatient,
    Tag.ImageOrientation: Tag.ImageOrientationPatient,
    Tag.Location: Tag.SliceLocation,
}
"""Of each retired attribute, the one that has replaced it (PS3.6 chapter 6)."""
WANTED_RETIRED_PLACE = want(*_PRESENT)
RETIRED_PLACE = "Slice positions are from retired attributes of ACR-NEMA"


def with_present_place(data_set: DataSet) -> tuple[DataSet, tuple[str, ...]]:
    """Return a data set in which attributes of place have their present tags, and notes.

    Those of ACR-NEMA count if the file has none of the present ones.
    """
    has_retired = any(map(data_set.has_value, _PRESENT))
    if not has_retired or any(map(data_set.has_value, _PRESENT.values())):
        return data_set, ()
    values = dict(data_set.values)
    for retired, present in _PRESENT.items():
        if data_set.has_value(retired):
            values[present] = values[retired]
    return DataSet(values, big_endian=data_set.big_endian), (RETIRED_PLACE,)
