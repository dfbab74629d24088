"""From a file to a scanned data set: preamble, file meta, encoding, fallback.

PS3.10 section 7.1. Files without a preamble, without file meta, or whose file
meta name the wrong encoding are met on discs and in research archives; what
the data set really looks like decides.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from napari_medscan.dicom.errors import NotDicomError, UnreadableError
from napari_medscan.dicom.fallback import scan_with_pydicom
from napari_medscan.dicom.scanner import PixelElement, UnusualError, scan
from napari_medscan.dicom.source import DicomBytes, Memory, OpenFile, Source, inflate
from napari_medscan.dicom.tags import WANTED, Tag, Wanted
from napari_medscan.dicom.values import DataSet

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

_FIRST_INFLATE = 4 * 2**20
"""A header longer than this, inflated, is taken for a bomb."""
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A DICOM file's wanted attributes and where its bytes are.

    Parameters
    ----------
    data_set : DataSet
        The wanted elements.
    pixels : PixelElement or None
        The pixel data element, if there is one.
    transfer_syntax : str
        UID from the file meta, or the native one that was recognised.
    sop_class : str
        Media Storage SOP Class UID from the file meta, '' without one.
    source : DicomBytes
        Reads any part of the file; offsets are those in `pixels`.
    size : int
        Number of bytes that `source` can give at most.
    """

    data_set: DataSet
    pixels: PixelElement | None
    transfer_syntax: str
    sop_class: str
    source: DicomBytes
    size: int


def scan_file(path: Path, wanted: Wanted = WANTED) -> ScannedFile:
    """Scan one file for the wanted attributes, reading no pixels.

    Raises
    ------
    NotDicomError
        When the file is not DICOM.
    UnreadableError
        When it is DICOM but damaged beyond reading.
    OSError
        When the file cannot be opened.
    """
    with path.open("rb", buffering=0) as stream:
        size = stream.seek(0, 2)
        source = OpenFile(stream)
        meta = _read_file_meta(source, size)
        try:
            return _scan_native(path, source, meta, size, wanted)
        except UnusualError:
            if meta.syntax == DEFLATED:
                raise UnreadableError("the compressed header is damaged") from None
    found = scan_with_pydicom(path, wanted)
    syntax = meta.syntax or found.transfer_syntax
    return ScannedFile(found.data_set, found.pixels, syntax, meta.sop_class, DicomBytes(path), size)


@dataclass(frozen=True, slots=True)
class _FileMeta:
    """Where the data set starts, and what group 0002 says of it, '' if nothing."""

    start: int
    syntax: str = ""
    sop_class: str = ""


def _read_file_meta(source: Source, size: int) -> _FileMeta:
    head = source.read_at(0, 1024)
    if not head:
        raise NotDicomError("the file is empty")
    if not looks_like_dicom(head):
        raise NotDicomError(_not_dicom(head))
    start = 132 if head[128:132] == b"DICM" else 0
    if head[start : start + 2] != b"\2\0":
        return _FileMeta(start)
    return _walk_file_meta(source, start, size)


# What else stands on discs and in downloads, by its first bytes.
_MAGIC = (
    (b"PK\3\4", "a ZIP archive: unpack it and open the folder"),
    (b"\x1f\x8b", "a gzip archive: unpack it and open the folder"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it and open the folder"),
    (b"Rar!", "a RAR archive: unpack it and open the folder"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"MZ", "a program"),
)


def looks_like_dicom(head: bytes) -> bool:
    """Whether a file that starts with `head` (1 KB of it) is DICOM."""
    return head[128:132] == b"DICM" or _looks_like_element(head)


def _not_dicom(head: bytes) -> str:
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return f"not DICOM but {what}"
    return "not a DICOM file"


def _looks_like_element(head: bytes) -> bool:
    """Whether bytes without a preamble start like file meta or a data set."""
    if len(head) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack_from(order + "HH", head)
        if group not in (2, 8) or element > 0x0100:
            continue
        if set(head[4:6]) <= _LETTERS:
            return True
        (length,) = struct.unpack_from(order + "I", head, 4)
        # Implicit VR: the first element of these groups is a short one, and a
        # second element of a low group follows.
        if length <= 64 and len(head) >= 12 + length:
            (next_group,) = struct.unpack_from(order + "H", head, 8 + length)
            if next_group in (2, 8):
                return True
    return False


def _walk_file_meta(source: Source, start: int, size: int) -> _FileMeta:
    """Walk group 0002 (PS3.10 7.1), which some writers encode implicitly."""
    head = source.read_at(start, 65536)
    position = 0
    uids = {Tag.TransferSyntaxUID: "", Tag.MediaStorageSOPClassUID: ""}
    while position + 8 <= len(head) and head[position : position + 2] == b"\2\0":
        (element,) = struct.unpack_from("<H", head, position + 2)
        vr = head[position + 4 : position + 6]
        if set(vr) <= _LETTERS:
            if vr in (b"OB", b"UN", b"UT", b"OW"):
                (length,) = struct.unpack_from("<I", head.ljust(position + 12, b"\0"), position + 8)
                value_at = position + 12
            else:
                (length,) = struct.unpack_from("<H", head, position + 6)
                value_at = position + 8
        else:
            (length,) = struct.unpack_from("<I", head, position + 4)
            value_at = position + 8
        if value_at + length > size - start:
            raise UnreadableError("the file ends inside its header")
        tag = 2 << 16 | element
        if tag in uids:
            uids[Tag(tag)] = head[value_at : value_at + length].decode("latin-1").strip(" \0")
        position = value_at + length
    return _FileMeta(
        start + position, uids[Tag.TransferSyntaxUID], uids[Tag.MediaStorageSOPClassUID]
    )


def _scan_native(
    path: Path, source: Source, meta: _FileMeta, size: int, wanted: Wanted
) -> ScannedFile:
    """Scan by our own scanner, in the encoding that the bytes show."""
    start, syntax = meta.start, meta.syntax
    bytes_ = DicomBytes(path)
    if syntax == DEFLATED:
        bytes_ = DicomBytes(path, deflated_at=start)
        source = Memory(inflate(path, start, _FIRST_INFLATE))
        inflated = len(source.data)
        # The whole inflated size is unknown until it is inflated; bound it by
        # what deflate can do at most (1032 : 1).
        start, size = 0, inflated if inflated < _FIRST_INFLATE else (size - start) * 1032
    head = source.read_at(start, 8)
    if len(head) < 8:
        raise UnreadableError("the file holds no data set")
    big_endian = syntax == EXPLICIT_BIG
    if head[:2] in (b"\0\x08", b"\0\x04", b"\0\x02"):
        big_endian = True
    elif head[0] in (2, 4, 8) and head[1] == 0:
        big_endian = False
    explicit = set(head[4:6]) <= _LETTERS
    found = scan(source, start, size, wanted, explicit=explicit, big_endian=big_endian)
    if not syntax or syntax in (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG):
        syntax = EXPLICIT_BIG if big_endian else EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE
    return ScannedFile(found.data_set, found.pixels, syntax, meta.sop_class, bytes_, size)
