"""Coded types that a segment can have, by category (PS3.16 CID 7150 and 7151).

The tables are pydicom's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from napari_medscan.dicom.objects.segments import Code

TISSUE: Final = Code("85756007", "SCT", "Tissue")
"""Category and type of a segment of which nothing is known."""
_TYPES: Final = {
    "AnatomicalStructure": "cid7192",
    "Tissue": "cid7191",
    "MorphologicallyAbnormalStructure": "cid7194",
    "BodySubstance": "cid7197",
    "Substance": "cid7198",
    "PhysicalObject": "cid7193",
    "Function": "cid7195",
    "SpatialAndRelationalConcept": "cid7196",
}
"""Context group of the types of each category, by its name in CID 7150; the most usual first."""


@dataclass(frozen=True, slots=True)
class PropertyType:
    """What a segment can be.

    Parameters
    ----------
    category, type : Code
        Segmented Property Category and Type (PS3.3 C.8.20.4).
    """

    category: Code
    type: Code

    @property
    def name(self) -> str:
        """What a user reads: "Liver"."""
        return self.type.meaning


@lru_cache(maxsize=1)
def property_types() -> tuple[PropertyType, ...]:
    """Return all types by name, each once, in the first category that has it."""
    from pydicom.sr.codedict import codes

    categories = codes.cid7150
    found: dict[tuple[str, str], PropertyType] = {}
    for name, group in _TYPES.items():
        category = _code(getattr(categories, name))
        context = getattr(codes, group)
        for keyword in context.dir():
            kind = _code(getattr(context, keyword))
            found.setdefault((kind.value, kind.scheme), PropertyType(category, kind))
    return tuple(sorted(found.values(), key=lambda each: each.name.casefold()))


def property_type(name: str) -> PropertyType:
    """Return the type of a name, such as "Liver"; upper and lower case do not matter.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    wanted = name.strip().casefold()
    found = next((each for each in property_types() if each.name.casefold() == wanted), None)
    if found is None:
        raise ValueError("no type of a segment has this name")
    return found


def _code(code: Any) -> Code:  # noqa: ANN401 - pydicom's
    return Code(str(code.value), str(code.scheme_designator), str(code.meaning))
