"""From a file to a scanned data set: preamble, file meta, encoding, fallback.

PS3.10 section 7.1. Files without a preamble, without file meta, or whose file
meta name the wrong encoding are met on discs and in research archives; what
the data set really looks like decides.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from os import PathLike

from napari_medscan.dicom.elements.damaged_sequences import scan_around
from napari_medscan.dicom.elements.element_head import LONG_HEAD, SHORT_VRS, is_vr, read_head
from napari_medscan.dicom.elements.isolation import scan_with_pydicom
from napari_medscan.dicom.elements.scanner import PixelElement, UnusualError, scan
from napari_medscan.dicom.elements.transfer_syntaxes import DEFLATED_DATA_SETS
from napari_medscan.dicom.elements.values import DataSet, is_uid
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted
from napari_medscan.dicom.errors import NotDicomError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.files.source import Memory, Source

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

HEAD = 8192
"""Bytes read of a file at first: most headers are shorter."""
_FIRST_INFLATE = 4 * 2**20
"""A header longer than this, inflated, is taken for a bomb."""
_MAX_META_ELEMENTS = 1000
_MAX_UID = 64
DAMAGED = "Part of the header is corrupt and was passed over"
_META_GROUP = 0x0002
_PREFIX = b"DICM"
_META = _PREFIX + b"\2\0\0\0UL\4\0"
"""The prefix, and the first element of the file meta."""
_LONGEST_LEAD = 1024


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
        UID from the file meta, or the native one that was recognized.
    sop_class : str
        Media Storage SOP Class UID from the file meta, '' without one.
    source : FileRef
        Reads any part of the file; offsets are those in `pixels`.
    size : int
        Number of bytes that `source` can give at most.
    start : int or None
        Where the data set starts, None when that is not known.
    explicit : bool
        The data set has explicit value representations.
    notes : tuple of str
        What the user should know of its structure.
    """

    data_set: DataSet
    pixels: PixelElement | None
    transfer_syntax: str
    sop_class: str
    source: FileRef
    size: int
    start: int | None = None
    explicit: bool = True
    notes: tuple[str, ...] = ()


def scan_file(file: FileRef | str | PathLike[str], wanted: Wanted) -> ScannedFile:
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
    file = file_ref(file)
    head, size = file.start(HEAD)
    file, head, size = from_meta(file, head, size)
    with file.opened() as source:
        return scan_source(source, size, head, file, wanted)


def scan_source(
    source: Source, size: int, head: bytes, file: FileRef, wanted: Wanted
) -> ScannedFile:
    """Scan a file that is open, and of which the first bytes have been read.

    Parameters
    ----------
    source : Source
        Its bytes.
    size : int
        How many they are.
    head : bytes
        Its first `HEAD` bytes: one read serves whoever looks at them first, the
        file meta and the start of the data set.
    file : FileRef
        Where it is, to read its pixels later.
    wanted : Wanted
        What to keep.

    Raises
    ------
    NotDicomError, UnreadableError, OSError
        As `scan_file`.
    """
    meta = _read_file_meta(source, head, size)
    try:
        return _scan_native(file, source, head, meta, wanted)
    except UnusualError:
        if meta.syntax in DEFLATED_DATA_SETS:
            raise UnreadableError("corrupt compressed header") from None
    try:
        found = scan_with_pydicom(file, wanted)
    except UnreadableError:
        found = None
    if found is None or (found.pixels is None and Tag.Rows in wanted):
        around = _scan_around_damage(file, source, head, meta, wanted)
        if around is not None:
            return around
    if found is None:
        raise UnreadableError("corrupt header")
    syntax = meta.syntax or found.transfer_syntax
    return ScannedFile(found.data_set, found.pixels, syntax, meta.sop_class, file, size)


def _scan_around_damage(
    file: FileRef, source: Source, head: bytes, meta: _FileMeta, wanted: Wanted
) -> ScannedFile | None:
    """Scan a file around a damaged sequence, None if that leads nowhere."""
    if not is_vr(_bytes_at(source, head, meta.start, 8)[4:6]):
        return None
    big_endian = _is_big_endian(_bytes_at(source, head, meta.start, 8), meta.syntax)
    found = scan_around(source, meta.start, meta.size, wanted, big_endian=big_endian)
    if found is None:
        return None
    syntax = meta.syntax or (EXPLICIT_BIG if big_endian else EXPLICIT_LITTLE)
    return ScannedFile(
        found.data_set,
        found.pixels,
        syntax,
        meta.sop_class,
        file,
        meta.size,
        meta.start,
        notes=(DAMAGED,),
    )


@dataclass(frozen=True, slots=True)
class _FileMeta:
    """How long the file is, where its data set starts, what group 0002 says, '' if nothing."""

    size: int
    start: int
    syntax: str = ""
    sop_class: str = ""


def _read_file_meta(source: Source, head: bytes, size: int) -> _FileMeta:
    if not head:
        raise NotDicomError("empty file")
    if not looks_like_dicom(head):
        raise NotDicomError(_not_dicom(head))
    start = 132 if head[128:132] == _PREFIX else 0
    if head[start : start + 2] != b"\2\0":
        return _FileMeta(size, start)
    return _walk_file_meta(source, head, start, size)


# What else stands on discs and in downloads, by its first bytes.
_MAGIC = (
    (b"PK\3\4", "ZIP archive (unpack it and open the folder)"),
    (b"\x1f\x8b", "gzip archive (unpack it and open the folder)"),
    (b"7z\xbc\xaf", "7-Zip archive (unpack it and open the folder)"),
    (b"Rar!", "RAR archive (unpack it and open the folder)"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"MZ", "executable file"),
)


def looks_like_dicom(head: bytes) -> bool:
    """Whether a file that starts with `head` (1 KB of it) is DICOM."""
    return head[128:132] == _PREFIX or _looks_like_element(head) or _META in head[:_LONGEST_LEAD]


def from_meta(file: FileRef, head: bytes, size: int) -> tuple[FileRef, bytes, int]:
    """Return a file from its file meta on, if these do not stand where they should.

    The prefix may stand without a preamble, or behind what a download or another file system
    (MacBinary) has put before it.

    Parameters
    ----------
    file : FileRef
        The file.
    head : bytes
        Its first bytes.
    size : int
        Bytes that it has.

    Returns
    -------
    tuple of FileRef, bytes and int
        The same of the file that is to be read: those given for nearly all files.
    """
    if head[128:132] == _PREFIX or _looks_like_element(head):
        return file, head, size
    lead = head.find(_META, 0, _LONGEST_LEAD) + len(_PREFIX)
    if lead < len(_PREFIX):
        return file, head, size
    return file.part(lead, size - lead), head[lead:], size - lead


def dicom_in(file: FileRef) -> FileRef:
    """Return a file as pydicom can read it: from its file meta on; see `from_meta`.

    Raises
    ------
    OSError, UnreadableError
        As `FileRef.start`.
    """
    return from_meta(file, *file.start(_LONGEST_LEAD))[0]


def _not_dicom(head: bytes) -> str:
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return what if what.endswith(")") else f"{what}, not DICOM"
    return "not DICOM"


def _looks_like_element(head: bytes) -> bool:
    """Whether bytes without a preamble start like file meta or a data set."""
    if len(head) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack_from(order + "HH", head)
        if group not in (2, 8) or element > 0x0100:
            continue
        if is_vr(head[4:6]):
            return True
        (length,) = struct.unpack_from(order + "I", head, 4)
        # Implicit VR: the first element of these groups is a short one, and a
        # second element of a low group follows.
        if length <= 64 and len(head) >= 12 + length:
            (next_group,) = struct.unpack_from(order + "H", head, 8 + length)
            if next_group in (2, 8):
                return True
    return False


def _walk_file_meta(source: Source, head: bytes, start: int, size: int) -> _FileMeta:
    """Walk group 0002 (PS3.10 7.1), which some writers encode implicitly."""
    position = start
    uids: dict[int, str] = {Tag.TransferSyntaxUID: "", Tag.MediaStorageSOPClassUID: ""}
    for _ in range(_MAX_META_ELEMENTS):
        field = read_head(_bytes_at(source, head, position, LONG_HEAD))
        if field is None or field[0] >> 16 != _META_GROUP:
            break
        tag, _, length, before = field
        value_at = position + before
        if value_at + length > size:
            raise UnreadableError("truncated header")
        if tag in uids:
            value = _bytes_at(source, head, value_at, min(length, _MAX_UID))
            uid = value.decode("latin-1").strip(" \0")
            uids[tag] = uid if is_uid(uid) else ""
        position = value_at + length
    else:
        raise UnreadableError("corrupt header")
    return _FileMeta(size, position, uids[Tag.TransferSyntaxUID], uids[Tag.MediaStorageSOPClassUID])


def is_plain(first: bytes) -> bool:
    """Whether a data set starts here that is not deflated, whatever the transfer syntax."""
    return first[:2] in (b"\x08\0", b"\4\0") and first[4:6] in SHORT_VRS


def _bytes_at(source: Source, head: bytes, position: int, length: int) -> bytes:
    """Return bytes of a file of which the first ones are read already."""
    if position + length <= len(head):
        return head[position : position + length]
    return source.read_at(position, length)


def _is_big_endian(first: bytes, syntax: str) -> bool:
    """Return the byte order that the first tag of a data set shows, else that of the syntax."""
    if first[:2] in (b"\0\x08", b"\0\x04", b"\0\x02"):
        return True
    return syntax == EXPLICIT_BIG and not (first[0] in (2, 4, 8) and first[1] == 0)


def _scan_native(
    file: FileRef, source: Source, head: bytes, meta: _FileMeta, wanted: Wanted
) -> ScannedFile:
    """Scan by our own scanner, in the encoding that the bytes show."""
    start, size, syntax = meta.start, meta.size, meta.syntax
    bytes_ = file
    if syntax in DEFLATED_DATA_SETS and is_plain(_bytes_at(source, head, start, 8)):
        # No deflate stream starts so.
        syntax = ""
    if syntax in DEFLATED_DATA_SETS:
        bytes_ = file.data_set_at(start)
        source = Memory(bytes_.prefix(_FIRST_INFLATE))
        head, inflated = source.data, len(source.data)
        # The whole inflated size is unknown until it is inflated; bound it by
        # what deflate can do at most (1032 : 1).
        start, size = 0, inflated if inflated < _FIRST_INFLATE else (size - start) * 1032
    first = _bytes_at(source, head, start, 8)
    if len(first) < 8:
        raise UnreadableError("missing data set")
    big_endian = _is_big_endian(first, syntax)
    explicit = is_vr(first[4:6])
    found = scan(source, start, size, wanted, explicit=explicit, big_endian=big_endian, head=head)
    if not syntax or syntax in (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG):
        syntax = EXPLICIT_BIG if big_endian else EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE
    return ScannedFile(
        found.data_set, found.pixels, syntax, meta.sop_class, bytes_, size, start, explicit
    )
