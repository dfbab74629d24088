"""Elements whose value representation is none: where they end shows how they are encoded."""

from __future__ import annotations

from collections.abc import Callable

from napari_medscan.dicom.elements.element_head import (
    ITEM_GROUP,
    LONG_HEAD,
    LONG_VRS,
    SHORT_HEAD,
    SHORT_VRS,
    UNPACK_BIG,
    UNPACK_LITTLE,
    Head,
)

_RESERVED = b"\0\0"
"""What stands between a representation and a length of four bytes (PS3.5 7.1.2)."""


def resolve_head(
    read: Callable[[int, int], bytes], position: int, size: int, *, little: bool
) -> Head | None:
    """Return the head of an element of unknown representation, None if it is not certain.

    Writers put "??", zeros or lowercase letters in its place, or leave it out. The length takes two
    bytes or four; certain is the one that leads to the end of the data or to an element with a
    greater tag and a known representation.

    Parameters
    ----------
    read : callable
        Returns bytes from an offset on, so many or as many as there are.
    position, size : int
        Where the element starts, and where the data end.
    little : bool
        Byte order.
    """
    unpack_head, unpack_length = UNPACK_LITTLE if little else UNPACK_BIG
    data = read(position, LONG_HEAD)
    if len(data) < SHORT_HEAD:
        return None
    group, element, _, short = unpack_head(data)
    tag = group << 16 | element
    lengths = [(SHORT_HEAD, short), (SHORT_HEAD, unpack_length(data, 4)[0])]
    if len(data) == LONG_HEAD and data[6:8] == _RESERVED:
        lengths.append((LONG_HEAD, unpack_length(data, 8)[0]))
    found: dict[int, Head] = {}
    for before, length in lengths:
        end = position + before + length
        if end == size or (end < size and _follows(read(end, SHORT_HEAD), tag, little=little)):
            found.setdefault(end, (tag, b"", length, before))
    return next(iter(found.values())) if len(found) == 1 else None


def _follows(data: bytes, tag: int, *, little: bool) -> bool:
    """Whether an element starts here that can be the next one."""
    if len(data) < SHORT_HEAD:
        return False
    group, element, vr, _ = (UNPACK_LITTLE if little else UNPACK_BIG)[0](data)
    is_known = vr in SHORT_VRS or vr in LONG_VRS
    return group == ITEM_GROUP or (is_known and group << 16 | element > tag)
