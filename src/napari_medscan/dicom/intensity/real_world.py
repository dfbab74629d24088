"""Real World Value Mapping (PS3.3 C.7.6.16.2.11): from stored values to physical quantities.

A mapping stands in the functional groups, of all frames or of each, or at the top level of NM and
PET images. It refers to stored values, whatever the modality transform makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import WANTED_CODE, Tag, Wanted, want
from napari_medscan.dicom.intensity.rescale import ModalityTransform, left_as_stored
from napari_medscan.dicom.intensity.ucum import read_unit

_WANTED_QUANTITY: Wanted = {
    Tag.QuantityDefinitionSequence: {
        Tag.ConceptNameCodeSequence: WANTED_CODE,
        Tag.ConceptCodeSequence: WANTED_CODE,
    }
}
WANTED_REAL_WORLD: Wanted = {
    Tag.RealWorldValueMappingSequence: want(
        Tag.LUTExplanation,
        {Tag.MeasurementUnitsCodeSequence: want(Tag.CodeValue, Tag.CodingSchemeDesignator)},
        _WANTED_QUANTITY,
        Tag.LUTLabel,
        Tag.RealWorldValueFirstValueMapped,
        Tag.RealWorldValueLastValueMapped,
        Tag.DoubleFloatRealWorldValueFirstValueMapped,
        Tag.DoubleFloatRealWorldValueLastValueMapped,
        Tag.RealWorldValueLUTData,
        Tag.RealWorldValueIntercept,
        Tag.RealWorldValueSlope,
    )
}
_QUANTITY = frozenset(("246205007", "G-C1C6"))
"""Codes of the concept "Quantity" in SNOMED CT and SRT (PS3.3 C.7.6.16.2.11)."""
MOST = 32
"""Most mappings that are read of one frame."""
_MOST_ENTRIES = 2**16
"""Stored values of 16 bits."""


@dataclass(frozen=True, slots=True)
class RealWorldMapping:
    """One mapping of stored values.

    Parameters
    ----------
    label : str
        LUT Explanation, else LUT Label, cleaned.
    unit : str
        Unit of the mapped values, '' when they have none or it is not known.
    first, last : float or None
        Range of stored values that it is meant for.
    transform : ModalityTransform
        Maps stored values; ``is_uncertain`` when the mapping is unreadable.
    quantity : str
        What the mapped values are, cleaned: "Apparent Diffusion Coefficient"; '' if not said.
    """

    label: str
    unit: str
    first: float | None
    last: float | None
    transform: ModalityTransform
    quantity: str = ""

    @property
    def name(self) -> str:
        """What the mapped values are: the quantity, else the label unless it is a number."""
        return self.quantity or ("" if self.label.replace(".", "").isdigit() else self.label)


def read_mappings(
    data_set: DataSet,
    identifiers: tuple[str, ...] = (),
    character_sets: tuple[str, ...] = (),
    *,
    signed: bool,
    floating: bool = False,
) -> tuple[RealWorldMapping, ...]:
    """Return the mappings of a data set or of a functional group item, in their order.

    Parameters
    ----------
    data_set : DataSet
        Where the Real World Value Mapping Sequence stands.
    identifiers, character_sets : tuple of str
        What names the patient, to be kept out of labels; Specific Character Set.
    signed, floating : bool
        Whether stored values are signed; whether they are floating-point numbers.
    """
    mappings = []
    for item in data_set.items(Tag.RealWorldValueMappingSequence)[:MOST]:
        text = item.data(Tag.LUTExplanation) or item.data(Tag.LUTLabel)
        unit = read_unit(item)
        first, last = _range(item, signed=signed, floating=floating)
        transform = (
            _linear(item, unit)
            or _table(item, unit, None if floating else first, last)
            or left_as_stored("Real world value mapping is", "unreadable", unit)
        )
        label = clean(decode(text, character_sets), identifiers)
        quantity = clean(decode(_quantity(item), character_sets), identifiers)
        mappings.append(RealWorldMapping(label, unit, first, last, transform, quantity))
    return tuple(mappings)


def quantity_beside(description: str, mappings: Sequence[RealWorldMapping]) -> str:
    """Return what the first mapping gives, '' if the description of the series says so already."""
    name = mappings[0].name if mappings else ""
    return "" if name.lower() in description.lower() else name


def applied(
    rescale: ModalityTransform, mappings: tuple[RealWorldMapping, ...], unit: str | None
) -> ModalityTransform:
    """Return the transform of a frame that has a rescale, or none, and mappings.

    The first mapping, or those of disjoint ranges together, give values and unit if the rescale
    gives neither. Otherwise the rescale stays, because the file's windows refer to its values.

    Parameters
    ----------
    rescale : ModalityTransform
        From Modality LUT, rescale, dose scaling or fraction.
    mappings : tuple of RealWorldMapping
        Of the frame.
    unit : str or None
        Unit of the rescaled values by modality, unless the rescale has a unit of its own, or ''.
    """
    if not mappings:
        return rescale
    whole = _joined(mappings)
    mapping = mappings[0].transform if whole is None else whole
    gives_unit = bool(unit if rescale.unit is None else rescale.unit)
    if rescale.is_uncertain or (rescale.is_identity and not gives_unit):
        if mapping.is_uncertain:
            return rescale if rescale.is_uncertain else mapping
        if len(mappings) == 1 or whole is not None:
            return mapping
        note = f"The file has {len(mappings)} real world value mappings: the first is applied"
        return replace(mapping, note=note)
    same = (mapping.slope, mapping.intercept) == (rescale.slope, rescale.intercept)
    if same and mapping.table is rescale.table is None and not gives_unit:
        return replace(rescale, unit=mapping.unit)
    return rescale


def _joined(mappings: tuple[RealWorldMapping, ...]) -> ModalityTransform | None:
    """Return one transform of mappings that are parts of one: of disjoint ranges, in one unit.

    PS3.3 C.7.6.16.2.11.1.2: each range of stored values may have a mapping of its own. Values
    between and beyond the ranges have no meaning and become NaN.
    """
    parts = []
    for mapping in sorted(mappings, key=lambda each: each.first or 0):
        first, last = mapping.first, mapping.last
        if first is None or last is None or not (first % 1 == last % 1 == 0 <= last - first):
            return None
        parts.append((int(first), int(last), mapping.transform))
    apart = all(a[1] < b[0] for a, b in pairwise(parts))
    alike = len({(mapping.unit, mapping.quantity) for mapping in mappings}) == 1
    uncertain = any(transform.is_uncertain for *_, transform in parts)
    if len(parts) < 2 or not apart or not alike or uncertain:
        return None
    return _table_of_parts(tuple(parts), mappings[0].unit)


# The files of a series have equal mappings: they share one table.
@lru_cache(maxsize=8)
def _table_of_parts(
    parts: tuple[tuple[int, int, ModalityTransform], ...], unit: str
) -> ModalityTransform | None:
    start, stop = parts[0][0], parts[-1][1] + 1
    if stop - start > _MOST_ENTRIES:
        return None
    table = np.full(stop - start, np.nan)
    for first, last, transform in parts:
        stored = np.arange(first, last + 1)
        table[first - start : last + 1 - start] = transform.apply(stored, table.dtype)
    return ModalityTransform(table=table.tobytes(), first=start, is_real_table=True, unit=unit)


def _quantity(item: DataSet) -> bytes:
    """Return the meaning of the code that defines the quantity, b"" without one."""
    for part in item.items(Tag.QuantityDefinitionSequence):
        if part.item(Tag.ConceptNameCodeSequence).text(Tag.CodeValue) in _QUANTITY:
            return part.item(Tag.ConceptCodeSequence).data(Tag.CodeMeaning)
    return b""


def _linear(item: DataSet, unit: str) -> ModalityTransform | None:
    slope = item.exactly(1, Tag.RealWorldValueSlope)
    intercept = item.exactly(1, Tag.RealWorldValueIntercept)
    if not slope or not intercept or slope == (0.0,):
        return None
    return ModalityTransform(slope[0], intercept[0], unit=unit)


def _table(
    item: DataSet, unit: str, first: float | None, last: float | None
) -> ModalityTransform | None:
    """Return the lookup table if it has a value for each stored value of its range."""
    data = item.data(Tag.RealWorldValueLUTData)
    if first is None or last is None or not data or len(data) != 8 * (last - first + 1):
        return None
    table = np.frombuffer(data, f"{'>' if item.big_endian else '<'}f8").astype(np.float64)
    return ModalityTransform(table=table.tobytes(), first=int(first), is_real_table=True, unit=unit)


def _range(item: DataSet, *, signed: bool, floating: bool) -> tuple[float | None, float | None]:
    """Return first and last mapped value; those of 16 bits have the sign of the pixels."""
    if floating:
        firsts = item.exactly(1, Tag.DoubleFloatRealWorldValueFirstValueMapped)
        lasts = item.exactly(1, Tag.DoubleFloatRealWorldValueLastValueMapped)
        return (firsts[0] if firsts else None), (lasts[0] if lasts else None)
    found: list[float | None] = []
    for tag in (Tag.RealWorldValueFirstValueMapped, Tag.RealWorldValueLastValueMapped):
        value = item.integer(tag)
        if value is not None and signed and 0x8000 <= value < 0x10000:
            value -= 0x10000
        found.append(value)
    return found[0], found[1]
