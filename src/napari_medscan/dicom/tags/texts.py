"""The text that a value is shown as, from the bytes in the file.

Bytes are never handed to pydicom's converters: those raise on what real files hold, and print all
of a value however long.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from napari_medscan.dicom.elements.text import decode

MAX_SHOWN: Final = 1024
"""Bytes of a value from which its text is made; longer values are shortened."""
_HEX_BYTES = 16

_TEXT = "AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT"
TEXT_VRS: Final = frozenset(_TEXT.split())
_ENCODED = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
# PS3.5 table 6.2-1.
_NUMBERS = {
    "US": "u2",
    "SS": "i2",
    "UL": "u4",
    "SL": "i4",
    "UV": "u8",
    "SV": "i8",
    "FL": "f4",
    "FD": "f8",
    "AT": "u2",
}
WHOLE_VRS: Final = TEXT_VRS | frozenset(_NUMBERS)
"""Those whose values can be shown as a whole; of the others bytes alone are known."""


def text_of(
    vr: str, data: bytes, length: int, *, little: bool = True, charsets: tuple[str, ...] = ()
) -> str:
    """Return what a value is shown as.

    Parameters
    ----------
    vr : str
        Value representation.
    data : bytes
        The value, or as much of its start as there is.
    length : int
        Bytes of the whole value.
    little : bool
        Byte order of numbers.
    charsets : tuple of str
        Specific Character Set.

    Returns
    -------
    str
        Values separated by backslashes. Numbers and text of more than `MAX_SHOWN` bytes are
        shortened and end with their length; of bytes the first 16 are shown in hexadecimal.
    """
    start = data[:MAX_SHOWN]
    if vr in WHOLE_VRS:
        text = whole_text(vr, start, little=little, charsets=charsets)
        if length <= MAX_SHOWN:
            return text
        if vr in _NUMBERS:
            return f"{text}\\… ({length // np.dtype(_NUMBERS[vr]).itemsize:,} values)"
        # Shortening may have cut a character in two.
        return f"{text.rstrip('�')}… ({length:,} bytes)"
    if not length:
        return ""
    more = " …" if length > _HEX_BYTES else ""
    return f"{length:,} bytes: {data[:_HEX_BYTES].hex(' ')}{more}"


def whole_text(vr: str, data: bytes, *, little: bool, charsets: tuple[str, ...]) -> str:
    """Return a value of text or numbers, however long."""
    if vr in _ENCODED:
        return decode(data, charsets)
    if vr in TEXT_VRS:
        return data.decode("latin-1").strip(" \0")
    numbers = np.dtype(f"{'<' if little else '>'}{_NUMBERS[vr]}")
    values = np.frombuffer(data, numbers, len(data) // numbers.itemsize)
    return "\\".join(_tags(values) if vr == "AT" else map(str, values))


def _tags(words: np.ndarray[tuple[int], np.dtype[np.generic]]) -> list[str]:
    pairs = words[: len(words) // 2 * 2].reshape(-1, 2)
    return [f"({group:04X},{element:04X})" for group, element in pairs.tolist()]
