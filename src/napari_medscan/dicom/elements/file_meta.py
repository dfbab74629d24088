"""What tells that bytes are a DICOM file, and its file meta (PS3.10 section 7.1).

Files without a preamble, without file meta, or with something before them are met on discs and in
downloads.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from napari_medscan.dicom.elements.element_head import LONG_HEAD, is_vr, read_head
from napari_medscan.dicom.elements.values import is_uid
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import NotDicomError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.source import Source

_MAX_META_ELEMENTS = 1000
_MAX_UID = 64
_META_GROUP = 0x0002
_PREFIX = b"DICM"
_META = _PREFIX + b"\2\0\0\0UL\4\0"
"""The prefix, and the first element of the file meta."""
_LONGEST_LEAD = 1024
"""Most bytes before the prefix."""


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What is known of a file before its data set is read.

    Parameters
    ----------
    size : int
        Bytes of the file.
    start : int
        Where its data set starts.
    syntax, sop_class : str
        Transfer Syntax UID and Media Storage SOP Class UID, '' if group 0002 does not say.
    """

    size: int
    start: int
    syntax: str = ""
    sop_class: str = ""


def read_file_meta(source: Source, head: bytes, size: int) -> FileMeta:
    """Return the file meta of a file that is open.

    Parameters
    ----------
    source : Source
        Its bytes.
    head : bytes
        The first 1,024 of them or more, all of a shorter file.
    size : int
        How many they are.

    Raises
    ------
    NotDicomError
        When the file is not DICOM.
    UnreadableError
        When the file meta are damaged.
    """
    if not head:
        raise NotDicomError("empty file")
    if not looks_like_dicom(head):
        raise NotDicomError(_not_dicom(head))
    start = 132 if head[128:132] == _PREFIX else 0
    if head[start : start + 2] != b"\2\0":
        return FileMeta(size, start)
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
    return head[128:132] == _PREFIX or _looks_like_element(head) or _lead(head) >= 0


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
    lead = _lead(head) + len(_PREFIX)
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


def _lead(head: bytes) -> int:
    """Return how many bytes stand before the prefix, -1 if it is that of a file in an archive."""
    return -1 if _other_kind(head) else head.find(_META, 0, _LONGEST_LEAD)


def _other_kind(head: bytes) -> str:
    """Return what else a file is, by its first bytes; '' if these do not say."""
    if head[257:262] == b"ustar":
        return "tar archive (unpack it and open the folder)"
    return next((what for magic, what in _MAGIC if head.startswith(magic)), "")


def _not_dicom(head: bytes) -> str:
    what = _other_kind(head)
    return what if what.endswith(")") else f"{what}, not DICOM".lstrip(", ")


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


def _walk_file_meta(source: Source, head: bytes, start: int, size: int) -> FileMeta:
    """Walk group 0002 (PS3.10 7.1), which some writers encode implicitly."""
    position = start
    uids: dict[int, str] = {Tag.TransferSyntaxUID: "", Tag.MediaStorageSOPClassUID: ""}
    for _ in range(_MAX_META_ELEMENTS):
        field = read_head(bytes_at(source, head, position, LONG_HEAD))
        if field is None or field[0] >> 16 != _META_GROUP:
            break
        tag, _, length, before = field
        value_at = position + before
        if value_at + length > size:
            raise UnreadableError("truncated header")
        if tag in uids:
            value = bytes_at(source, head, value_at, min(length, _MAX_UID))
            uid = value.decode("latin-1").strip(" \0")
            uids[tag] = uid if is_uid(uid) else ""
        position = value_at + length
    else:
        raise UnreadableError("corrupt header")
    return FileMeta(size, position, uids[Tag.TransferSyntaxUID], uids[Tag.MediaStorageSOPClassUID])


def bytes_at(source: Source, head: bytes, position: int, length: int) -> bytes:
    """Return bytes of a file of which the first ones are read already."""
    if position + length <= len(head):
        return head[position : position + length]
    return source.read_at(position, length)
