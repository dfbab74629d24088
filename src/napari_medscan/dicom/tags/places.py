"""Where in a data set an element stands, as a key that is the same in every file of a series."""

from __future__ import annotations

from typing import Final

from napari_medscan.dicom.elements.element_head import ITEM

SHARED: Final = 0x52009229
"""Shared Functional Groups Sequence."""
PER_FRAME: Final = 0x52009230
"""Per-Frame Functional Groups Sequence."""

MAX_ROWS: Final = 500_000
"""Elements and items of one file that are read."""


def place(parent: str, tag: int, number: int) -> str:
    """Return the place of an element or item within that of its parent.

    The items of the per-frame functional groups all have one place: they are what a slice says
    of itself, as the other files of a series do.

    Parameters
    ----------
    parent : str
        Its place, '' for the data set itself.
    tag : int
        `ITEM` for an item.
    number : int
        Of an item, from 0.
    """
    if tag != ITEM:
        return f"{parent}/{tag:08X}"
    return f"{parent}*" if parent == f"/{PER_FRAME:08X}" else f"{parent}#{number}"
