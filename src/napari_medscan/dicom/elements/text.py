"""Text from a file, made fit to be shown: decoded, cleaned, defused.

A string from a DICOM file is untrusted input. Handed to Qt as it is,
``<img src="file:///dev/zero">`` in a layer name hangs napari, and a series
description can hold the patient's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from napari_medscan.dicom.elements.character_sets import decode_text, fitting_codec

MAX_NAME = 64
"""Longest description that becomes part of a layer name, in characters."""

_WORD = re.compile(r"[^\W_]+")
_DATE_OR_ID = re.compile(r"\d{6,}")


def decode(data: bytes, character_sets: tuple[str, ...] = ()) -> str:
    """Decode a string value by Specific Character Set (PS3.5 section 6.1).

    Parameters
    ----------
    data : bytes
        The value as it stands in the file.
    character_sets : tuple of str
        Specific Character Set (0008,0005); unknown terms are ignored, and so is one that cannot be
        meant.

    Returns
    -------
    str
        The text; bytes that do not decode become U+FFFD.
    """
    data = data.rstrip(b" \0")
    if data.isascii() and b"\x1b" not in data:
        return data.decode("ascii")
    codec = fitting_codec(data, character_sets) if b"\x1b" not in data else ""
    return data.decode(codec) if codec else decode_text(data, character_sets)


def defuse(text: str) -> str:
    """Make text harmless and one line for every place that may show it.

    ``<`` becomes ``‹`` so that Qt never takes it for rich text; control,
    format (bidirectional overrides) and unassigned characters go.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.replace("<", "‹").split())
    kept = (" " if c.isspace() else c for c in text.replace("<", "‹"))
    visible = "".join(c for c in kept if unicodedata.category(c)[0] != "C")
    return " ".join(visible.split())


def clean(text: str, identifiers: Iterable[str] = ()) -> str:
    """Defuse a description and take out what names the patient.

    Parameters
    ----------
    text : str
        A description as decoded.
    identifiers : iterable of str
        Patient's name, ID and birth date as in the same file; their words of
        three letters or more are removed wherever they stand, and those of
        scripts in which a name takes one or two characters.

    Returns
    -------
    str
        At most `MAX_NAME` characters; numbers of six digits and more, which
        are dates or record numbers, are removed as well.
    """
    text = unicodedata.normalize("NFC", defuse(text)) if text else ""
    if not text:
        return ""
    lowered = text.lower() if text.isascii() else None
    words = {w for i in identifiers for w in _WORD.findall(unicodedata.normalize("NFC", i))}
    # The longest first: a name that begins an ID must not leave the rest of it.
    for word in sorted(words, key=len, reverse=True):
        if lowered is not None and word.isascii() and word.lower() not in lowered:
            # Most descriptions name nobody, and compiling a pattern takes longer than looking.
            continue
        if len(word) >= 3 or _is_caseless(word):
            text = re.sub(re.escape(word), " ", text, flags=re.IGNORECASE)
    text = " ".join(_DATE_OR_ID.sub(" ", text).split()).strip(" ^-_,;:/")
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1].rstrip() + "…"


def _is_caseless(word: str) -> bool:
    """Whether a word is Chinese, Japanese, Korean or the like."""
    return not word.isascii() and word.lower() == word.upper()
