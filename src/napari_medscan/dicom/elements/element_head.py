"""What stands before the value of a data element: tag, value representation, length.

PS3.5 section 7.1. `read_head` reads whatever is there; `scanner`, which refuses what is unusual,
has the same in its loop, as a call would take as long as all else that it does with an element.
"""

from __future__ import annotations

import struct
from typing import Final

UNDEFINED: Final = 0xFFFFFFFF
"""The length of what ends with a delimiter."""
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
"""Tags of items, and of what ends items and sequences of undefined length (PS3.5 7.5)."""
ITEM_GROUP: Final = 0xFFFE
SHORT_VRS: Final = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)
"""Value representations whose length takes two bytes (PS3.5 table 7.1-2)."""
LONG_VRS: Final = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
"""Those whose length takes four (PS3.5 table 7.1-1)."""
SHORT_HEAD, LONG_HEAD = 8, 12
"""Bytes before a value."""
UNPACK_LITTLE: Final = struct.Struct("<HH2sH").unpack_from, struct.Struct("<I").unpack_from
UNPACK_BIG: Final = struct.Struct(">HH2sH").unpack_from, struct.Struct(">I").unpack_from
"""Group, element, VR, short length; long length."""
_LETTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")

Head = tuple[int, bytes, int, int]
"""Tag, value representation (b"" if there is none), length, and bytes before the value."""


def is_vr(data: bytes) -> bool:
    """Whether two bytes may be a value representation, known or not."""
    return _LETTERS.issuperset(data)


def read_head(data: bytes, *, explicit: bool = True, little: bool = True) -> Head | None:
    """Return the head of an element, None when the data end within it.

    Parameters
    ----------
    data : bytes
        The first `LONG_HEAD` bytes of the element, fewer at the end of the data.
    explicit : bool
        Elements have a value representation. One without is read all the same.
    little : bool
        Byte order.
    """
    if len(data) < SHORT_HEAD:
        return None
    unpack_head, unpack_length = UNPACK_LITTLE if little else UNPACK_BIG
    group, element, vr, short = unpack_head(data)
    tag = group << 16 | element
    if not explicit or group == ITEM_GROUP or not (vr in SHORT_VRS or is_vr(vr)):
        return tag, b"", unpack_length(data, 4)[0], SHORT_HEAD
    if vr not in LONG_VRS:
        return tag, vr, short, SHORT_HEAD
    if len(data) < LONG_HEAD:
        return None
    return tag, vr, unpack_length(data, 8)[0], LONG_HEAD
