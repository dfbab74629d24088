"""What a segmentation file says of its segments (PS3.3 C.8.20.2 and C.8.20.4)."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from napari_medscan.dicom.elements.part10 import scan_file
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import WANTED_CODE, Tag, Wanted
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.parsed_file import identifiers_of
from napari_medscan.dicom.intensity.cielab import rgb_from_cielab
from napari_medscan.dicom.intensity.palette import (
    WANTED_PALETTE,
    apply_palette,
    palette_if_whole,
)


class _Tag(IntEnum):
    SpecificCharacterSet = 0x00080005
    ReferencedSeriesSequence = 0x00081115
    PatientName = 0x00100010
    PatientID = 0x00100020
    PatientBirthDate = 0x00100030
    SeriesInstanceUID = 0x0020000E
    SegmentationType = 0x00620001
    SegmentSequence = 0x00620002
    SegmentedPropertyCategory = 0x00620003
    SegmentNumber = 0x00620004
    SegmentLabel = 0x00620005
    SegmentAlgorithmType = 0x00620008
    SegmentAlgorithmName = 0x00620009
    RecommendedDisplayCIELabValue = 0x0062000D
    SegmentedPropertyType = 0x0062000F
    SegmentsOverlap = 0x00620013
    TrackingID = 0x00620020
    TrackingUID = 0x00620021
    PrivateCreator = 0x00630010
    LabelValue = 0x00631001


CREATOR = "napari-medscan"
"""Private Creator of the elements below, in items of Segment Sequence."""
CREATOR_TAG, VALUE_TAG = int(_Tag.PrivateCreator), int(_Tag.LabelValue)
"""Segments are numbered from 1 without gaps (PS3.3 C.8.20.2.4); labels that people draw are not."""
_WANTED: Wanted = {
    **WANTED_PALETTE,
    _Tag.SpecificCharacterSet: b"CS",
    _Tag.PatientName: b"PN",
    _Tag.PatientID: b"LO",
    _Tag.PatientBirthDate: b"DA",
    _Tag.ReferencedSeriesSequence: {_Tag.SeriesInstanceUID: b"UI"},
    _Tag.SegmentationType: b"CS",
    _Tag.SegmentsOverlap: b"CS",
    _Tag.SegmentSequence: {
        _Tag.SegmentedPropertyCategory: WANTED_CODE,
        _Tag.SegmentNumber: b"US",
        _Tag.SegmentLabel: b"LO",
        _Tag.SegmentAlgorithmType: b"CS",
        _Tag.SegmentAlgorithmName: b"LO",
        _Tag.RecommendedDisplayCIELabValue: b"US",
        _Tag.SegmentedPropertyType: WANTED_CODE,
        _Tag.TrackingID: b"UT",
        _Tag.TrackingUID: b"UI",
        _Tag.PrivateCreator: b"LO",
        _Tag.LabelValue: b"US",
    },
}
_GOLDEN = 0.618034
"""Part of the circle of hues between the colors of neighboring numbers."""


class Code(NamedTuple):
    """A coded concept (PS3.3 8): value, coding scheme and meaning; '' where absent."""

    value: str = ""
    scheme: str = ""
    meaning: str = ""


_NO_CODE = Code()


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment.

    Parameters
    ----------
    number : int
        Segment Number.
    label : str
        Segment Label, cleaned.
    category, type : Code
        Segmented Property Category and Type.
    algorithm : str
        Segment Algorithm Type: "AUTOMATIC", "SEMIAUTOMATIC" or "MANUAL"; '' when absent.
    algorithm_name : str
        Segment Algorithm Name, cleaned.
    tracking_id, tracking_uid : str
        What identifies the same thing in other segmentations.
    color : tuple of float
        Red, green and blue between 0 and 1: of the file, else one that differs from its neighbors.
    has_own_color : bool
        The color is that of the file.
    drawn_as : int
        Value of the label that it was saved from; 0 if that is its number.
    """

    number: int
    label: str = ""
    category: Code = _NO_CODE
    type: Code = _NO_CODE
    algorithm: str = ""
    algorithm_name: str = ""
    tracking_id: str = ""
    tracking_uid: str = ""
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    has_own_color: bool = False
    drawn_as: int = 0

    @property
    def value(self) -> int:
        """Value of its pixels in a Labels layer."""
        return self.drawn_as or self.number

    @property
    def name(self) -> str:
        """What it is called: its label, else the meaning of its code, else its number."""
        return self.label or self.type.meaning or f"Segment {self.number}"


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What a segmentation file says of all its segments.

    Parameters
    ----------
    encoding : str
        Segmentation Type: "BINARY", "FRACTIONAL" or "LABELMAP".
    overlap : str
        Segments Overlap: "YES", "NO" or "UNDEFINED"; '' when absent.
    segments : tuple of Segment
        By number, each once; background (number 0) is not among them.
    series : tuple of str
        UIDs of the series that the file refers to.
    repeated : tuple of int
        Numbers that several segments have: their pixels cannot be told apart.
    """

    encoding: str
    overlap: str = ""
    segments: tuple[Segment, ...] = ()
    series: tuple[str, ...] = field(default=(), repr=False)
    repeated: tuple[int, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is amiss, each a sentence without the last period."""
        return tuple(
            f"Several segments have number {number}: the name is that of the first"
            for number in self.repeated
        )

    @property
    def is_label_map(self) -> bool:
        """Whether one frame holds all segments of its place."""
        return self.encoding == "LABELMAP"

    def empty(self, used: Iterable[int]) -> frozenset[int]:
        """Return the numbers of the segments without a frame, given those that have one.

        Of a label map nothing is known until all its pixels were read: none is empty.
        """
        numbers = () if self.is_label_map else (segment.number for segment in self.segments)
        return frozenset(numbers).difference(used)


def read_segment_facts(file: FileRef) -> SegmentFacts:
    """Read what a segmentation file says of its segments.

    Raises
    ------
    MedscanError, OSError
        When the file cannot be read.
    """
    data_set = scan_file(file, _WANTED).data_set
    reader = _Texts(data_set)
    segments: dict[int, Segment] = {}
    repeated: set[int] = set()
    for item in data_set.items(_Tag.SegmentSequence):
        number = item.integer(_Tag.SegmentNumber)
        if number in segments:
            repeated.add(number)
        elif number is not None and 0 < number < 65536:
            segments[number] = reader.segment(item, number)
    if len({segment.value for segment in segments.values()}) < len(segments):
        segments = {n: replace(segment, drawn_as=0) for n, segment in segments.items()}
    referenced = data_set.items(_Tag.ReferencedSeriesSequence)
    return SegmentFacts(
        encoding=data_set.text(_Tag.SegmentationType),
        overlap=data_set.text(_Tag.SegmentsOverlap),
        segments=tuple(segments[number] for number in sorted(segments)),
        series=tuple(filter(None, (item.uid(_Tag.SeriesInstanceUID) for item in referenced))),
        repeated=tuple(sorted(repeated)),
    )


class _Texts:
    """Reads texts of one file without what names the patient."""

    def __init__(self, data_set: DataSet) -> None:
        self._charsets = data_set.texts(_Tag.SpecificCharacterSet)
        self._identifiers = identifiers_of(data_set)
        self._palette = palette_if_whole(data_set)

    def text(self, item: DataSet, tag: int) -> str:
        return clean(decode(item.data(tag), self._charsets), self._identifiers)

    def code(self, item: DataSet, tag: int) -> Code:
        code = item.item(tag)
        return Code(
            code.text(Tag.CodeValue),
            code.text(Tag.CodingSchemeDesignator),
            self.text(code, Tag.CodeMeaning),
        )

    def segment(self, item: DataSet, number: int) -> Segment:
        color = self.color(item, number)
        return Segment(
            number,
            label=self.text(item, _Tag.SegmentLabel),
            category=self.code(item, _Tag.SegmentedPropertyCategory),
            type=self.code(item, _Tag.SegmentedPropertyType),
            algorithm=item.text(_Tag.SegmentAlgorithmType),
            algorithm_name=self.text(item, _Tag.SegmentAlgorithmName),
            tracking_id=self.text(item, _Tag.TrackingID),
            tracking_uid=item.uid(_Tag.TrackingUID),
            color=color or color_of(number),
            has_own_color=color is not None,
            drawn_as=self.drawn_as(item),
        )

    def color(self, item: DataSet, number: int) -> tuple[float, float, float] | None:
        """Return the color of a segment, that of its number in the palette of a label map."""
        lab = item.integers(_Tag.RecommendedDisplayCIELabValue)
        if len(lab) == 3 and all(0 <= value < 65536 for value in lab):
            return rgb_from_cielab(lab)
        if self._palette is None:
            return None
        red, green, blue = (apply_palette(np.array(number), self._palette) / 255).tolist()
        return red, green, blue

    def drawn_as(self, item: DataSet) -> int:
        value = item.integer(_Tag.LabelValue) if item.text(_Tag.PrivateCreator) == CREATOR else None
        return value if value is not None and 0 < value < 65536 else 0


def color_of(number: int) -> tuple[float, float, float]:
    """Return a color for a number, unlike those of its neighbors."""
    return colorsys.hsv_to_rgb(number * _GOLDEN % 1, 0.75 if number % 2 else 0.55, 1.0)
