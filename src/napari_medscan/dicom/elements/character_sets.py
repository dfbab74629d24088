"""Decoding by Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 section 6.1).

The tables are small, and importing pydicom for one name with an umlaut takes
longer than reading the headers of a disc.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_ASCII: Final = "iso8859_1"
"""ISO-IR 6 needs no declaration. Bytes above 127 are not in it; most of them are Latin-1."""
_SHARED: Final = {
    "6": _ASCII,
    "13": "shift_jis",
    "100": "latin_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "126": "iso8859_7",
    "127": "iso8859_6",
    "138": "iso8859_8",
    "144": "iso8859_5",
    "148": "iso8859_9",
    "166": "tis_620",
    "203": "iso8859_15",
}
"""Codecs of ISO-IR registrations that are used with and without code extensions."""
_CODECS: Final = {
    "": _ASCII,
    **{f"ISO_IR {number}": codec for number, codec in _SHARED.items()},
    **{f"ISO 2022 IR {number}": codec for number, codec in _SHARED.items()},
    "ISO 2022 IR 58": "gb2312",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 58": "gb2312",
    "ISO 2022 GBK": "gbk",
    "ISO_IR 192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
"""Python's codecs by the standard's terms, and by two that Chinese devices write."""
_ESCAPES: Final = {
    b"(B": _ASCII,
    b"-A": "latin_1",
    b")I": "shift_jis",
    b"(J": "shift_jis",
    b"$B": "iso2022_jp",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-F": "iso8859_7",
    b"-G": "iso8859_6",
    b"-H": "iso8859_8",
    b"-L": "iso8859_5",
    b"-M": "iso8859_9",
    b"-T": "tis_620",
    b"-b": "iso8859_15",
    b"$)C": "euc_kr",
    b"$(D": "iso2022_jp_2",
    b"$)A": "gb2312",
}
"""Codecs by what follows the escape character (PS3.3 tables C.12-3 and C.12-4)."""
_TERM: Final = re.compile(r"ISO[ _-]?(2022[ _-])?IR[ _-]?(\d+)", re.IGNORECASE)
_PART_OF_8859: Final = re.compile(r"ISO[ _-]?8859[ _/-]?([1-9])", re.IGNORECASE)
_UTF_8: Final = re.compile(r"UTF[ _-]?8", re.IGNORECASE)
_LATIN: Final = frozenset((_ASCII, "latin_1", "iso8859_2", "iso8859_9", "iso8859_15"))
"""Codecs in which pairs of a letter and a sign, as UTF-8 looks like in them, are no text."""
_STATEFUL: Final = frozenset(("iso2022_jp", "iso2022_jp_2"))
"""Codecs that read the escape sequences themselves."""
_ESCAPE: Final = b"\x1b"
_CONTROL: Final = re.compile(rb"[\t\n\f\r]")
"""Characters after which the first character set holds again (PS3.5 6.1.2.5.3)."""


def decode_text(data: bytes, terms: Sequence[str]) -> str:
    """Decode a value by the terms of its Specific Character Set.

    Parameters
    ----------
    data : bytes
        The value.
    terms : sequence of str
        Values of (0008,0005). Those that the standard does not define are
        ignored: Python would take "hex" or "zlib" for a codec. UTF-8 if none
        is left.

    Returns
    -------
    str
        The text; bytes that do not decode become U+FFFD.
    """
    codecs = _codecs(terms)
    first, *parts = data.split(_ESCAPE)
    return first.decode(codecs[0], "replace") + "".join(_extension(p, codecs) for p in parts)


def fitting_codec(data: bytes, terms: Sequence[str]) -> str:
    """Return in which codec a value is written for certain if not in the first of its terms.

    That is so of UTF-8 that is declared as Latin, of Latin that is declared as UTF-8, and of Korean
    or Chinese without an escape sequence where the first term is ASCII.

    Parameters
    ----------
    data : bytes
        The value, without escape sequences.
    terms : sequence of str
        As in `decode_text`.

    Returns
    -------
    str
        Python's name of it; "" if it is the declared one, or not certain.
    """
    first, *others = _codecs(terms)
    if first == "utf_8":
        # One that is cut within a character has others that are whole.
        return "latin_1" if data.decode(first, "ignore").isascii() else ""
    if first not in _LATIN:
        return ""
    candidates = ("utf_8", *(others if first == _ASCII else ()))
    return next((codec for codec in candidates if _decodes(data, codec)), "")


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _codecs(terms: Sequence[str]) -> list[str]:
    return [codec for codec in map(_codec, terms) if codec] or ["utf_8"]


def _codec(term: str) -> str:
    """Return the codec of a term, however it is punctuated: "ISO-IR 100"; "" if there is none."""
    if _UTF_8.fullmatch(term):
        return "utf_8"
    if (part := _PART_OF_8859.fullmatch(term)) is not None:
        return f"iso8859_{part[1]}"
    found = _TERM.fullmatch(term)
    if term in _CODECS or found is None:
        return _CODECS.get(term, "")
    return _CODECS.get(f"ISO 2022 IR {found[2]}" if found[1] else f"ISO_IR {found[2]}", "")


def _extension(part: bytes, codecs: Sequence[str]) -> str:
    """Decode what follows an escape character, by the character set that it invokes."""
    sequence = part[: 3 if part.startswith((b"$(", b"$)")) else 2]
    codec = _ESCAPES.get(sequence, "")
    if codec != _ASCII and codec not in codecs:
        return (_ESCAPE + part).decode(codecs[0], "replace")
    try:
        if codec in _STATEFUL:
            return (_ESCAPE + part).decode(codec)
        text = part[len(sequence) :]
        control = _CONTROL.search(text)
        end = control.start() if control else len(text)
        return text[:end].decode(codec) + text[end:].decode(codecs[0])
    except UnicodeDecodeError:
        return (_ESCAPE + part).decode(codecs[0], "replace")
