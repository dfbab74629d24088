"""Which transform turns a file's stored values into the values shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.intensity.rescale import (
    IDENTITY,
    ModalityTransform,
    left_as_stored,
    read_transform,
)
from napari_medscan.dicom.intensity.units import needs_rescale, unit_of
from napari_medscan.dicom.kinds import Kind

WANTED_SCALING = want(
    Tag.DoseGridScaling,
    Tag.MaximumFractionalValue,
    Tag.SegmentationFractionalType,
    Tag.SegmentationType,
)
_FRACTIONS = {"PROBABILITY": "probability", "OCCUPANCY": "occupancy"}


@dataclass(frozen=True, slots=True)
class StoredValues:
    """What the values of a file are stored as, and what they mean once they are rescaled.

    Parameters
    ----------
    signed, floating : bool
        Stored values are signed integers, or floating-point numbers.
    gray : bool
        They are intensities, not colors.
    unit : str or None
        Unit after the rescale, by modality and Rescale Type.
    needs_rescale : bool
        Without a rescale they do not have that unit.
    scaling : {"rescale", "dose", "fraction"}
        What turns them into the values shown.
    kind : Kind or None
        Of the file.
    """

    signed: bool = False
    floating: bool = False
    gray: bool = True
    unit: str | None = None
    needs_rescale: bool = False
    scaling: Literal["rescale", "dose", "fraction"] = "rescale"
    kind: Kind | None = None


def stored_values(
    data_set: DataSet, kind: Kind, *, signed: bool, floating: bool, gray: bool
) -> StoredValues:
    """Return what the stored values of a file mean; see `StoredValues`."""
    if not gray:
        return StoredValues(signed=signed, gray=False)
    unit = unit_of(data_set, kind)
    needed = unit is not None and not floating and needs_rescale(data_set, kind)
    if data_set.has_value(Tag.DoseGridScaling) or (kind.measures == "dose" and not floating):
        return StoredValues(signed, floating, True, unit, needed, "dose")
    if data_set.text(Tag.SegmentationType) == "FRACTIONAL":
        return StoredValues(signed, floating, True, unit, needed, "fraction")
    return StoredValues(signed, floating, True, unit, needed, kind=kind)


def read_scaling(data_set: DataSet, stored: StoredValues) -> ModalityTransform:
    """Return the transform that the top level of a file gives its values.

    Dose Grid Scaling (PS3.3 C.8.8.3) and Maximum Fractional Value (C.8.20.2.3) replace the
    rescale.
    """
    if stored.scaling == "dose":
        scaling = data_set.exactly(1, Tag.DoseGridScaling)
        if scaling and scaling[0] > 0:
            return ModalityTransform(scaling[0])
        return _lacking(data_set, Tag.DoseGridScaling, "Dose grid scaling", stored.unit)
    if stored.scaling == "fraction":
        most = data_set.exactly(1, Tag.MaximumFractionalValue)
        unit = _FRACTIONS.get(data_set.text(Tag.SegmentationFractionalType), "fraction")
        if most and most[0] > 0:
            return ModalityTransform(1 / most[0], unit=unit)
        return _lacking(data_set, Tag.MaximumFractionalValue, "Maximum fractional value", None)
    return read_rescale(data_set, stored)


def read_rescale(data_set: DataSet, stored: StoredValues) -> ModalityTransform:
    """Return the modality transform of a data set or of a Pixel Value Transformation item."""
    if not stored.gray:
        return IDENTITY
    return read_transform(
        data_set, signed=stored.signed, unit=stored.unit, required=stored.needs_rescale
    )


def _lacking(data_set: DataSet, tag: Tag, name: str, unit: str | None) -> ModalityTransform:
    state = "missing"
    if data_set.has_value(tag):
        state = "unreadable" if data_set.is_unreadable(tag) else "invalid"
    return left_as_stored(f"{name} is", state, unit)
