"""From a scanned file to an Instance or an ImageHeader, as these declare their attributes."""

from __future__ import annotations

from os import PathLike
from typing import Final

from napari_medscan.dicom.elements.part10 import ScannedFile, scan_file
from napari_medscan.dicom.elements.transfer_syntaxes import unsupported
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.errors import NoImageError, UnreadableError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.attribute import read_attributes, wanted_of
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.parsed_file import ParsedFile
from napari_medscan.dicom.headers.tiled_sheets import WANTED_SHEETS, unfold_sheet
from napari_medscan.dicom.kinds import kind_of

MAX_FRAMES = 2**20
"""Each takes a quarter of a kilobyte; the largest slides have half a million tiles."""
WANTED: Final[Wanted] = want(wanted_of(ImageHeader), WANTED_SHEETS, Tag.Manufacturer)
"""What a file is scanned for; Manufacturer tells whose private elements it has."""


def read_header(file: FileRef | str | PathLike[str], name: str) -> ImageHeader:
    """Read the header of one image file; see `header_of`.

    Parameters
    ----------
    file : FileRef or path
        The file.
    name : str
        Its name relative to what was dropped.

    Raises
    ------
    NotDicomError, NoImageError, UnreadableError
        When there is nothing to show, with the reason.
    OSError
        When the file cannot be opened.
    """
    return header_of(scan_file(file, WANTED), name)


def header_of(scanned: ScannedFile, name: str) -> ImageHeader:
    """Return the header of a scanned image file.

    Raises
    ------
    NoImageError, UnreadableError
        When there is nothing to show, with the reason.
    """
    _require_image(scanned)
    file = ParsedFile(scanned, name)
    if file.stored[0].frames > MAX_FRAMES:
        raise UnreadableError("too many frames")
    return unfold_sheet(read_attributes(ImageHeader, file), scanned.data_set)


def instance_of(scanned: ScannedFile, name: str) -> Instance:
    """Return the instance that a scanned file is, whatever it holds."""
    return read_attributes(Instance, ParsedFile(scanned, name))


def object_of(scanned: ScannedFile, name: str) -> Instance | None:
    """Return the instance of a file without an image that is shown all the same, else None."""
    sop_class = scanned.data_set.uid(Tag.SOPClassUID) or scanned.sop_class
    return instance_of(scanned, name) if kind_of(sop_class).is_object else None


def _require_image(scanned: ScannedFile) -> None:
    data_set = scanned.data_set
    name = kind_of(data_set.text(Tag.SOPClassUID) or scanned.sop_class).name
    has_size = Tag.Rows in data_set and Tag.Columns in data_set
    if name:
        raise NoImageError(name)
    if scanned.pixels is None:
        if not has_size and scanned.start is None:
            # It could not be followed to its end.
            raise UnreadableError("corrupt header")
        if not has_size:
            raise NoImageError("no pixel data")
        raise UnreadableError(unsupported(scanned.transfer_syntax) or "missing pixel data")
    if not has_size:
        raise UnreadableError("missing or invalid image size")
