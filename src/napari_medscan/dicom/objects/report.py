"""Report and EncapsulatedDocument: what is read beside the images."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.wanted_tags import DEFER, Wanted
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.objects.report_content import ReportContent, read_report
from napari_medscan.dicom.series.dicom_object import ObjectBesideImages

_MOST_BYTES: Final = 512 * 2**20
_SUFFIXES: Final = {"application/pdf": ".pdf", "text/xml": ".xml", "model/stl": ".stl"}


class _Tag(IntEnum):
    EncapsulatedDocument = 0x00420011
    MIMETypeOfEncapsulatedDocument = 0x00420012
    EncapsulatedDocumentLength = 0x00420015


_WANTED: Wanted = {
    _Tag.EncapsulatedDocument: DEFER,
    _Tag.MIMETypeOfEncapsulatedDocument: b"LO",
    _Tag.EncapsulatedDocumentLength: b"UL",
}


class Measurement(NamedTuple):
    """A number of a report: the names above it, its own, value and unit."""

    context: str
    name: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Report(ObjectBesideImages):
    """A structured report (PS3.3 A.35), or a selection of key objects (A.35.4).

    Parameters
    ----------
    instance : Instance
        Its file.
    """

    def read(self) -> ReportContent:
        """Read what it says.

        Raises
        ------
        MedscanError, OSError
            When the file cannot be read.
        """
        return read_report(self.instance.source.file)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EncapsulatedDocument(ObjectBesideImages):
    """A PDF or another document within a DICOM file (PS3.3 A.45).

    Parameters
    ----------
    instance : Instance
        Its file.
    """

    def read(self) -> tuple[bytes, str]:
        """Return the document, and the suffix of files of its type: ".pdf".

        Raises
        ------
        UnreadableError
            When the file holds no document, or the document is truncated.
        MedscanError, OSError
            When the file cannot be read.
        """
        scanned = scan_file(self.instance.source.file, _WANTED)
        data_set = scanned.data_set
        place = data_set.deferred(_Tag.EncapsulatedDocument)
        if place is None or not 0 < place.length <= _MOST_BYTES:
            raise UnreadableError("no document in it")
        length = data_set.integer(_Tag.EncapsulatedDocumentLength) or place.length
        data = scanned.source.read_at(place.offset, min(length, place.length))
        if len(data) < min(length, place.length):
            raise UnreadableError("truncated document")
        mime = data_set.text(_Tag.MIMETypeOfEncapsulatedDocument).lower()
        if not data_set.integer(_Tag.EncapsulatedDocumentLength):
            # A value of odd length is padded.
            data = data.removesuffix(b"\0")
        is_pdf = mime == "application/pdf" or data.startswith(b"%PDF")
        return data, ".pdf" if is_pdf else _SUFFIXES.get(mime, ".bin")


def measurements_of(content: ReportContent) -> list[Measurement]:
    """Return the numbers of a report in its order, each with the names above it."""
    return [
        Measurement(" / ".join(path[1:]), item.name, item.value, item.unit)
        for path, item in content.root.walk()
        if item.value_type == "NUM" and item.value
    ]


def measurements_csv(content: ReportContent) -> str:
    """Return the numbers of a report as CSV, with a line of headings."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("Context", "Name", "Value", "Unit"))
    writer.writerows(measurements_of(content))
    return text.getvalue()
