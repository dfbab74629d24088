"""What is read of a data set: which elements, and of which sequences what.

Each module that reads attributes says beside its readers which they are; what a file is scanned
for is put together from these. `Tag` knows the value representation of each attribute, `Private`
that of makers' elements, which are named by their creator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from napari_medscan.dicom.elements.attribute_tags import Tag
from napari_medscan.dicom.elements.private_elements import Private

__all__ = ["DEFER", "WANTED_CODE", "Private", "Tag", "Wanted", "deferred", "want"]

DEFER: Final = b"DEFER"
"""Marks a value to be located, not read: it is large and rarely needed."""

Wanted = dict[int, "bytes | Wanted"]
"""By tag, the value representation where the file does not say (implicit VR), or what is wanted
of the items of a sequence."""


def want(*wanted: Tag | Private | Mapping[int, bytes | Wanted] | Mapping[Any, Wanted]) -> Wanted:
    """Return all that is wanted: attributes, and sequences with what is in their items."""
    found: Wanted = {}
    for each in wanted:
        for tag, new in (each if isinstance(each, Mapping) else {each: each.vr}).items():
            old = found.get(tag)
            found[tag] = want(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return found


def deferred(*tags: Tag | Private) -> Wanted:
    """Return elements that are to be located, not read."""
    return dict.fromkeys(tags, DEFER)


WANTED_CODE: Final = want(Tag.CodeValue, Tag.CodingSchemeDesignator, Tag.CodeMeaning)
"""A coded concept (PS3.3 table 8.8-1)."""
