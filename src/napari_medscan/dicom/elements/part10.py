"""From a file to a scanned data set: file meta, encoding, fallback (PS3.10 section 7.1).

File meta may name the wrong encoding, or be missing: what the data set really looks like decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from napari_medscan.dicom.elements.damaged_sequences import scan_around
from napari_medscan.dicom.elements.element_head import SHORT_VRS, is_vr
from napari_medscan.dicom.elements.file_meta import FileMeta, bytes_at, from_meta, read_file_meta
from napari_medscan.dicom.elements.isolation import scan_with_pydicom
from napari_medscan.dicom.elements.scanner import PixelElement, UnusualError, scan
from napari_medscan.dicom.elements.transfer_syntaxes import DEFLATED_DATA_SETS
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef, file_ref
from napari_medscan.dicom.files.source import Memory, Source

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

HEAD = 8192
"""Bytes read of a file at first: most headers are shorter."""
_FIRST_INFLATE = 4 * 2**20
"""A header longer than this, inflated, is taken for a bomb."""
DAMAGED = "Part of the header is corrupt and was passed over"


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
    meta = read_file_meta(source, head, size)
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
    file: FileRef, source: Source, head: bytes, meta: FileMeta, wanted: Wanted
) -> ScannedFile | None:
    """Scan a file around a damaged sequence, None if that leads nowhere."""
    first = bytes_at(source, head, meta.start, 8)
    big_endian, explicit = _is_big_endian(first, meta.syntax), is_vr(first[4:6])
    found = scan_around(
        source, meta.start, meta.size, wanted, explicit=explicit, big_endian=big_endian
    )
    if found is None:
        return None
    syntax = meta.syntax or _native_syntax(explicit=explicit, big_endian=big_endian)
    return ScannedFile(
        found.data_set,
        found.pixels,
        syntax,
        meta.sop_class,
        file,
        meta.size,
        meta.start,
        explicit,
        notes=(DAMAGED,),
    )


def is_plain(first: bytes) -> bool:
    """Whether a data set starts here that is not deflated, whatever the transfer syntax."""
    return first[:2] in (b"\x08\0", b"\4\0") and first[4:6] in SHORT_VRS


def _is_big_endian(first: bytes, syntax: str) -> bool:
    """Return the byte order that the first tag of a data set shows, else that of the syntax."""
    if first[:2] in (b"\0\x08", b"\0\x04", b"\0\x02"):
        return True
    return syntax == EXPLICIT_BIG and not (first[0] in (2, 4, 8) and first[1] == 0)


def _native_syntax(*, explicit: bool, big_endian: bool) -> str:
    return EXPLICIT_BIG if big_endian else EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE


def _scan_native(
    file: FileRef, source: Source, head: bytes, meta: FileMeta, wanted: Wanted
) -> ScannedFile:
    """Scan by our own scanner, in the encoding that the bytes show."""
    start, size, syntax = meta.start, meta.size, meta.syntax
    bytes_ = file
    if syntax in DEFLATED_DATA_SETS and is_plain(bytes_at(source, head, start, 8)):
        # No deflate stream starts so.
        syntax = ""
    if syntax in DEFLATED_DATA_SETS:
        bytes_ = file.data_set_at(start)
        source = Memory(bytes_.prefix(_FIRST_INFLATE))
        head, inflated = source.data, len(source.data)
        # The whole inflated size is unknown until it is inflated; bound it by
        # what deflate can do at most (1032 : 1).
        start, size = 0, inflated if inflated < _FIRST_INFLATE else (size - start) * 1032
    first = bytes_at(source, head, start, 8)
    if len(first) < 8:
        raise UnreadableError("missing data set")
    big_endian = _is_big_endian(first, syntax)
    explicit = is_vr(first[4:6])
    found = scan(source, start, size, wanted, explicit=explicit, big_endian=big_endian, head=head)
    if not syntax or syntax in (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG):
        syntax = _native_syntax(explicit=explicit, big_endian=big_endian)
    return ScannedFile(
        found.data_set, found.pixels, syntax, meta.sop_class, bytes_, size, start, explicit
    )
