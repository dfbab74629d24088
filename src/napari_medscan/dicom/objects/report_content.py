"""The content tree of a structured report (PS3.3 C.17.3), read whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.text import decode, defuse
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import WANTED_CODE, Tag, Wanted
from napari_medscan.dicom.files.file_ref import FileRef

MAX_DEPTH: Final = 24
"""Levels of the tree that are read: the deepest templates of the standard have ten."""
_CELLS: Final = 6
"""Coordinates of a region that are listed; the others are counted."""


class _Tag(IntEnum):
    SpecificCharacterSet = 0x00080005
    ReferencedSOPInstanceUID = 0x00081155
    ReferencedFrameNumber = 0x00081160
    ReferencedSOPSequence = 0x00081199
    MeasurementUnitsCodeSequence = 0x004008EA
    RelationshipType = 0x0040A010
    ValueType = 0x0040A040
    ConceptNameCodeSequence = 0x0040A043
    DateTime = 0x0040A120
    Date = 0x0040A121
    Time = 0x0040A122
    PersonName = 0x0040A123
    UID = 0x0040A124
    TextValue = 0x0040A160
    ConceptCodeSequence = 0x0040A168
    MeasuredValueSequence = 0x0040A300
    NumericValue = 0x0040A30A
    CompletionFlag = 0x0040A491
    VerificationFlag = 0x0040A493
    ContentSequence = 0x0040A730
    GraphicData = 0x00700022
    GraphicType = 0x00700023


_TEXTS: Final = {
    "TEXT": _Tag.TextValue,
    "PNAME": _Tag.PersonName,
    "DATE": _Tag.Date,
    "TIME": _Tag.Time,
    "DATETIME": _Tag.DateTime,
    "UIDREF": _Tag.UID,
}
_IDENTITY: Final = frozenset(("121008", "121028", "121029", "121030", "121031"))
"""Person Observer Name, Subject UID, Name, ID and Birth Date (PS3.16 TID 1003 and 1007)."""
_REFERENCES: Final = frozenset(("IMAGE", "COMPOSITE", "WAVEFORM"))


def _wanted(depth: int) -> Wanted:
    wanted: Wanted = {
        _Tag.ReferencedSOPSequence: {
            _Tag.ReferencedSOPInstanceUID: b"UI",
            _Tag.ReferencedFrameNumber: b"IS",
        },
        _Tag.RelationshipType: b"CS",
        _Tag.ValueType: b"CS",
        _Tag.ConceptNameCodeSequence: WANTED_CODE,
        _Tag.DateTime: b"DT",
        _Tag.Date: b"DA",
        _Tag.Time: b"TM",
        _Tag.PersonName: b"PN",
        _Tag.UID: b"UI",
        _Tag.TextValue: b"UT",
        _Tag.ConceptCodeSequence: WANTED_CODE,
        _Tag.MeasuredValueSequence: {
            _Tag.MeasurementUnitsCodeSequence: WANTED_CODE,
            _Tag.NumericValue: b"DS",
        },
        _Tag.GraphicData: b"FL",
        _Tag.GraphicType: b"CS",
    }
    if depth:
        wanted[_Tag.ContentSequence] = _wanted(depth - 1)
    return wanted


_WANTED: Final[Wanted] = {
    _Tag.SpecificCharacterSet: b"CS",
    _Tag.CompletionFlag: b"CS",
    _Tag.VerificationFlag: b"CS",
    **_wanted(MAX_DEPTH),
}


@dataclass(frozen=True, slots=True)
class ContentItem:
    """One item of a report.

    Parameters
    ----------
    value_type : str
        Value Type: "CONTAINER", "TEXT", "NUM", "CODE", "PNAME", "IMAGE" …
    name : str
        Meaning of its concept name, '' when it has none. Many writers leave it out.
    value : str
        As text: a number without its unit, the meaning of a code, the kind of a reference.
    unit : str
        Of a number.
    reference : str
        SOP Instance UID that it refers to.
    frame : int
        Frame number that it refers to, the first of several; 0 if none is given.
    relationship : str
        To the item above: "CONTAINS", "HAS PROPERTIES" …
    is_identifying : bool
        Its value says who somebody is.
    children : tuple of ContentItem
        Items below.
    code : str
        Of its concept name: "125007 (DCM)"; '' when it has none.
    """

    value_type: str
    name: str = ""
    value: str = ""
    unit: str = ""
    reference: str = ""
    frame: int = 0
    relationship: str = ""
    is_identifying: bool = False
    children: tuple[ContentItem, ...] = ()
    code: str = ""

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ContentItem]]:
        """Yield this item and all below, each with the names of those above it."""
        yield path, self
        below = (*path, self.name) if self.name else path
        for child in self.children:
            yield from child.walk(below)


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What a structured report says.

    Parameters
    ----------
    root : ContentItem
        Its title, with everything below.
    is_complete, is_verified : bool
        As its flags say.
    """

    root: ContentItem
    is_complete: bool
    is_verified: bool


def read_report(file: FileRef) -> ReportContent:
    """Read the content of a structured report.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED).data_set
    charsets = data_set.texts(_Tag.SpecificCharacterSet)
    return ReportContent(
        _item(data_set, charsets),
        data_set.text(_Tag.CompletionFlag) == "COMPLETE",
        data_set.text(_Tag.VerificationFlag) == "VERIFIED",
    )


def _item(item: DataSet, charsets: tuple[str, ...]) -> ContentItem:
    kind = item.text(_Tag.ValueType)
    reference = item.item(_Tag.ReferencedSOPSequence)
    value, unit = _value(item, kind, charsets)
    name = item.item(_Tag.ConceptNameCodeSequence)
    code, scheme = name.text(Tag.CodeValue), name.text(Tag.CodingSchemeDesignator)
    return ContentItem(
        kind,
        _meaning(name, charsets),
        value,
        unit,
        reference.uid(_Tag.ReferencedSOPInstanceUID),
        reference.integer(_Tag.ReferencedFrameNumber) or 0,
        item.text(_Tag.RelationshipType),
        bool(value) and (kind == "PNAME" or (scheme == "DCM" and code in _IDENTITY)),
        tuple(_item(child, charsets) for child in item.items(_Tag.ContentSequence)),
        f"{code} ({scheme})" if code else "",
    )


def _value(item: DataSet, kind: str, charsets: tuple[str, ...]) -> tuple[str, str]:
    if kind in _TEXTS:
        return _text(item, _TEXTS[kind], charsets), ""
    if kind == "CODE":
        return _meaning(item.item(_Tag.ConceptCodeSequence), charsets), ""
    if kind == "NUM":
        measured = item.item(_Tag.MeasuredValueSequence)
        unit = measured.item(_Tag.MeasurementUnitsCodeSequence)
        # UCUM codes are what people write: "mm", while their meaning is "millimeter".
        text = unit.text(Tag.CodeValue) or _meaning(unit, charsets)
        return _text(measured, _Tag.NumericValue, charsets), "" if text == "1" else text
    if kind in _REFERENCES:
        frames = item.item(_Tag.ReferencedSOPSequence).integers(_Tag.ReferencedFrameNumber)
        listed = f", frame {', '.join(map(str, frames))}" if frames else ""
        return f"{kind.lower()}{listed}", ""
    numbers = item.numbers(_Tag.GraphicData)
    if numbers:
        few = ", ".join(f"{number:g}" for number in numbers[:_CELLS])
        more = f", … ({len(numbers)} numbers)" if len(numbers) > _CELLS else ""
        return f"{item.text(_Tag.GraphicType).lower()} {few}{more}", ""
    return "", ""


def _meaning(code: DataSet, charsets: tuple[str, ...]) -> str:
    return _text(code, Tag.CodeMeaning, charsets) or code.text(Tag.CodeValue)


def _text(item: DataSet, tag: int, charsets: tuple[str, ...]) -> str:
    text = decode(item.data(tag), charsets)
    # Paragraphs stay: reports are written in lines.
    return "\n".join(filter(None, map(defuse, text.replace("\r\n", "\n").split("\n"))))
