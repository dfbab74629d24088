"""Who a file is of, as a keyed hash: it tells patients apart and means nothing elsewhere."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

from napari_medscan.dicom.elements.date_times import date_of
from napari_medscan.dicom.elements.text import decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag

_HASH_KEY: Final = os.urandom(16)
"""Made anew in every process."""
_PART: Final = 16
"""Bytes of the hash of each part; zeros for one that is absent."""
_PARTS: Final = 4
"""ID, name in Latin letters, name in other ones, birth date."""
_SPACES: Final = re.compile(r"\s*\^\s*")
"""Between the components of a name (PS3.5 6.2.1.2)."""


def patient_of(data_set: DataSet) -> bytes:
    """Return hashes of ID, name and birth date (PS3.3 C.7.1.1); b"" if the file has none of them.

    Programs that derive objects write the name in another character set or in capitals, and leave
    out a birth date that is none: it is the text that counts. They may leave out how the name is
    written in other letters, too (PS3.5 6.2.1.1).
    """
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    name, _, others = decode(data_set.data(Tag.PatientName), charsets).partition("=")
    texts = decode(data_set.data(Tag.PatientID), charsets), name, others
    values = [_SPACES.sub("^", text.casefold()).strip(" \0^=") for text in texts]
    born = date_of(data_set.text(Tag.PatientBirthDate))
    values.append(born.isoformat() if born else "")
    return b"".join(map(_hash, values)) if any(values) else b""


def may_be_one_patient(one: bytes, other: bytes) -> bool:
    """Whether two hashes of `patient_of` differ only in what one of the files lacks."""
    if one == other:
        return True
    for start in range(0, _PART * _PARTS, _PART):
        mine, theirs = one[start : start + _PART], other[start : start + _PART]
        if mine != theirs and any(mine) and any(theirs):
            return False
    return True


def more_complete(one: bytes, other: bytes) -> bytes:
    """Return the hash of one patient that leaves out less."""
    parts = range(0, _PART * _PARTS, _PART)
    return max(one, other, key=lambda own: sum(any(own[at : at + _PART]) for at in parts))


def _hash(value: str) -> bytes:
    if not value:
        return bytes(_PART)
    text = value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=_HASH_KEY, digest_size=_PART).digest()
