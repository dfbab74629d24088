"""DICOMDIR: the table of contents of a disc (PS3.3 annex F).

It is used to tell what is missing, never to find files: the folder itself is
scanned, so that a file it forgets is found and a path it invents is not opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.files.file_ref import FileRef

NAME = "DICOMDIR"
WANTED_DIRECTORY: Wanted = want(
    Tag.SOPClassUID, {Tag.DirectoryRecordSequence: want(Tag.ReferencedFileID)}
)


def is_dicomdir(name: str) -> bool:
    """Whether a file, its folders before it or not, is named like a disc's table of contents."""
    return name[-len(NAME) :].upper() == NAME and name.rpartition("/")[2].upper() == NAME


def missing_references(
    file: FileRef | str | PathLike[str], present: Iterable[str]
) -> tuple[int, int]:
    """Count the files that a DICOMDIR names, and those of them that are absent.

    Parameters
    ----------
    file : FileRef or path
        The DICOMDIR.
    present : iterable of str
        Names of the files beside and below it, relative to its folder.

    Returns
    -------
    missing, named : int
        Both 0 when the DICOMDIR is damaged.
    """
    try:
        directory = scan_file(file, WANTED_DIRECTORY).data_set
    except (MedscanError, OSError):
        return 0, 0
    named = {
        "/".join(record.texts(Tag.ReferencedFileID)).upper()
        for record in directory.items(Tag.DirectoryRecordSequence)
        if Tag.ReferencedFileID in record
    }
    # ISO 9660 discs may add ";1" or an empty extension, and change the case.
    found = {name.upper().split(";")[0].rstrip(".") for name in present}
    return len(named - found), len(named)
