"""Who the patient is: read when it is asked for, kept by nobody."""

from __future__ import annotations

from napari_medscan.dicom.elements.date_times import date_of
from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.parsed_file import WANTED_IDENTITY, identifiers_of


def read_identity(header: ImageHeader) -> tuple[str, ...]:
    """Read name, ID and birth date of the patient (PS3.3 C.7.1.1) from a file.

    A `ImageHeader` holds no identity, so that none can leak from it; this goes back
    to the file. It may be slow: call it from a thread.

    Returns
    -------
    tuple of str
        Lines to show, defused; empty when the file tells nothing or is gone.
    """
    try:
        found = scan_file(header.source.file, WANTED_IDENTITY).data_set
    except (MedscanError, OSError):
        return ()
    name, number = map(defuse, identifiers_of(found)[:2])
    # The first component group; family and given name first (PS3.5 6.2.1).
    name = ", ".join(filter(None, name.partition("=")[0].split("^")[:2]))
    return tuple(filter(None, (name, number, _date(found.text(Tag.PatientBirthDate)))))


def _date(text: str) -> str:
    day = date_of(text)
    return defuse(text) if day is None else day.isoformat()
