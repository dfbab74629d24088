"""Items of Segment Sequence (PS3.3 C.8.20.4): names, codes, colors and tracking of segments."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.intensity.cielab import cielab_from_rgb
from napari_medscan.dicom.objects.property_types import TISSUE
from napari_medscan.dicom.objects.segmentation import Segmentation
from napari_medscan.dicom.objects.segments import (
    CREATOR,
    CREATOR_TAG,
    VALUE_TAG,
    Code,
    Segment,
    color_of,
)

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription
    from pydicom.dataset import Dataset

_ALGORITHMS: Final = ("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL")
_LONGEST: Final = 64
"""Characters of a long string (PS3.5 6.2, LO)."""
_KEPT: Final = (
    "SegmentDescription",
    "AnatomicRegionSequence",
    "PrimaryAnatomicStructureSequence",
    "SegmentationAlgorithmIdentificationSequence",
)
"""What `Segment` does not hold, and an edited segment keeps of the file it comes from."""


def segment_item(
    number: int, segment: Segment, original: Dataset | None = None
) -> SegmentDescription:
    """Return the description of a segment, as highdicom takes it.

    Parameters
    ----------
    number : int
        Segment Number.
    segment : Segment
        What is known of it; its own number is the value of its label.
    original : Dataset, optional
        Its item in the file that was opened and edited.
    """
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentDescription
    from pydicom.sr.coding import Code as PydicomCode
    from pydicom.uid import generate_uid

    kind, category = segment.type, segment.category
    if not is_complete(kind):
        kind, category = TISSUE, category if is_complete(category) else TISSUE
    elif not is_complete(category):
        category = TISSUE
    algorithm = segment.algorithm.upper()
    algorithm = algorithm if algorithm in _ALGORITHMS else "MANUAL"
    identification = None
    if algorithm != "MANUAL":
        identification = AlgorithmIdentificationSequence(
            name=_line(segment.algorithm_name) or "Unknown",
            family=PydicomCode("123109", "DCM", "Manual Processing")
            if algorithm == "SEMIAUTOMATIC"
            else PydicomCode("123110", "DCM", "Artificial Intelligence"),
            version="Unknown",
        )
    tracking_uid = segment.tracking_uid
    if segment.tracking_id and not tracking_uid:
        tracking_uid = generate_uid(None)
    item = SegmentDescription(
        segment_number=number,
        segment_label=_line(segment.name),
        segmented_property_category=PydicomCode(*_coded(category)),
        segmented_property_type=PydicomCode(*_coded(kind)),
        algorithm_type=algorithm,
        algorithm_identification=identification,
        tracking_uid=tracking_uid or None,
        tracking_id=(segment.tracking_id or segment.name) if tracking_uid else None,
    )
    color = segment.color if segment.has_own_color else color_of(segment.number)
    item.RecommendedDisplayCIELabValue = list(cielab_from_rgb(color))
    if original is not None:
        _keep(item, original)
    if number != segment.number:
        item.add_new(CREATOR_TAG, "LO", CREATOR)
        item.add_new(VALUE_TAG, "US", segment.number)
    return item


def original_items(source: Segmentation | None) -> Mapping[int, Dataset]:
    """Return the items of the file that was opened, by the value of the label; none without it."""
    from napari_medscan.dicom.elements.pydicom_dataset import read_dataset

    if source is None:
        return {}
    try:
        items = read_dataset(source.header.source.file).get("SegmentSequence") or ()
    except (MedscanError, OSError):
        return {}
    values = {segment.number: segment.value for segment in source.segments}
    numbered = ((item.get("SegmentNumber"), item) for item in items)
    return {values[number]: item for number, item in numbered if number in values}


def is_complete(code: Code) -> bool:
    """Return whether a code has all its parts (PS3.3 8.8)."""
    return bool(code.value and code.scheme and code.meaning)


def _keep(item: Dataset, original: Dataset) -> None:
    """Take from an original what the new item does not say, if it is of the same type."""
    kind = original.get("SegmentedPropertyTypeCodeSequence") or [None]
    new = item.SegmentedPropertyTypeCodeSequence[0]
    if kind[0] is None or _value(kind[0]) != _value(new):
        return
    for keyword in _KEPT:
        if original.get(keyword):
            setattr(item, keyword, deepcopy(original[keyword].value))
    modifiers = kind[0].get("SegmentedPropertyTypeModifierCodeSequence")
    if modifiers:
        new.SegmentedPropertyTypeModifierCodeSequence = deepcopy(modifiers)


def _value(code: Any) -> tuple[str, str]:  # noqa: ANN401 - an item of a code sequence
    return str(code.get("CodeValue", "")), str(code.get("CodingSchemeDesignator", ""))


def _coded(code: Code) -> tuple[str, str, str]:
    return code.value, code.scheme, _line(code.meaning)


def _line(text: str) -> str:
    """Return a text as a long string: one line without backslashes."""
    line = "".join(each if each.isprintable() and each != "\\" else " " for each in text)
    return line.strip()[:_LONGEST]
