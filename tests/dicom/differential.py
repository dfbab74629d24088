"""Our scanner's values against pydicom's, one by one and typed."""

from __future__ import annotations

import logging
import math
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from napari_medscan.dicom.elements import part10
from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.text import decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag
from napari_medscan.dicom.headers.parse_header import WANTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medscan.dicom.elements.part10 import ScannedFile
    from napari_medscan.dicom.files.file_ref import FileRef

UNDEFINED = 0xFFFFFFFF
_DEFER_FROM = 1 << 20
_AFTER_IMAGE_PIXEL = 0x00290000
_AMBIGUOUS = frozenset(
    (
        Tag.PixelPaddingValue,
        Tag.PixelPaddingRangeLimit,
        Tag.RedPaletteColorLookupTableDescriptor,
        Tag.GreenPaletteColorLookupTableDescriptor,
        Tag.BluePaletteColorLookupTableDescriptor,
        Tag.LUTDescriptor,
        Tag.RealWorldValueFirstValueMapped,
        Tag.RealWorldValueLastValueMapped,
    )
)
"""US or SS: ours are unsigned until the sign of the pixels is known."""
_INTEGERS = frozenset(("US", "SS", "UL", "SL", "UV", "SV"))
_FLOATS = frozenset(("FL", "FD"))
_PHILIPS = ("Philips Medical Systems", "Philips Healthcare")
_CODES = frozenset(("AE", "AS", "CS", "DA", "DT", "TM", "UI"))
_TEXTS = frozenset(("LO", "SH", "PN", "UC"))


@contextmanager
def tolerant() -> Iterator[None]:
    """Let pydicom read invalid values without a word: it would log each of them."""
    mode = pydicom.config.settings.reading_validation_mode
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    logger = logging.getLogger("pydicom")
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = False
        pydicom.config.settings.reading_validation_mode = mode


@contextmanager
def fallbacks() -> Iterator[list[str]]:
    """Record the names of files that are scanned by pydicom."""
    seen: list[str] = []
    real = part10.scan_with_pydicom

    def recorded(file: FileRef, wanted: Any) -> Any:
        seen.append(file.path_on_disk.name)
        return real(file, wanted)

    part10.scan_with_pydicom = recorded
    try:
        yield seen
    finally:
        part10.scan_with_pydicom = real


def read(path: Path) -> pydicom.Dataset:
    """Read by pydicom, however bad, leaving large values in the file."""
    with tolerant():
        return pydicom.dcmread(path, force=True, defer_size=_DEFER_FROM)


def compare(ours: ScannedFile, theirs: pydicom.Dataset) -> tuple[int, list[str]]:
    """Return how many values were compared, and which differ."""
    with tolerant():
        comparison = _Comparison(ours.data_set.texts(Tag.SpecificCharacterSet))
        stop = None if Tag.Rows in ours.data_set.values else _AFTER_IMAGE_PIXEL
        comparison.data_set(ours.data_set, theirs, WANTED, "", stop)
        comparison.pixels(ours, theirs, stop)
    return comparison.count, comparison.differences


class _Comparison:
    def __init__(self, charsets: tuple[str, ...]) -> None:
        self.charsets = charsets
        self.count = 0
        self.differences: list[str] = []

    def same(self, where: str, mine: object, yours: object) -> None:
        self.count += 1
        if mine != yours:
            self.differences.append(f"{where}: {mine!r:.120} is not {yours!r:.120}")

    def data_set(
        self, ours: DataSet, theirs: pydicom.Dataset, wanted: Any, where: str, stop: int | None
    ) -> None:
        for key, want in wanted.items():
            tag = _private_tag(theirs, key) if isinstance(key, Private) else key
            if tag is None:
                self.same(f"{where}/{key!r}", key in ours.values, False)
                continue
            if stop is not None and tag >= stop:
                continue
            here = f"{where}/{tag:08x}"
            mine = DataSet({tag: ours.values[key]} if key in ours.values else {}, ours.big_endian)
            if tag not in theirs:
                self.same(here, key in ours.values, False)
            elif isinstance(want, dict):
                self.sequence(mine, theirs, tag, want, here)
            elif want is DEFER:
                raw = theirs.get_item(tag)
                place = mine.deferred(tag)
                if "[" in where:
                    # pydicom counts from the start of the sequence.
                    self.same(here, place and place.length, _place(raw)[1])
                else:
                    self.same(here, place and (place.offset, place.length), _place(raw))
            else:
                self.plain(mine, theirs, tag, here)

    def sequence(
        self, ours: DataSet, theirs: pydicom.Dataset, tag: int, wanted: Any, where: str
    ) -> None:
        element = theirs[tag]
        if ours.deferred(tag) is not None:
            # The functional groups of a slide are read when its tiles are.
            self.same(where, "TotalPixelMatrixRows" in theirs, True)
            return
        if element.VR != "SQ":
            self.same(where, ours.items(tag), ())
            return
        self.same(where, tag in ours.values, True)
        self.same(f"{where} items", len(ours.items(tag)), len(element.value))
        for number, pair in enumerate(zip(ours.items(tag), element.value, strict=False)):
            self.data_set(*pair, wanted, f"{where}[{number}]", None)

    def plain(self, ours: DataSet, theirs: pydicom.Dataset, tag: int, where: str) -> None:
        raw = theirs._dict[BaseTag(tag)]
        # What was deferred, or converted already, has no bytes to compare.
        if isinstance(raw, RawDataElement) and (raw.value is not None or not raw.length):
            self.same(f"{where} bytes", ours.data(tag), raw.value or b"")
        try:
            element = theirs[tag]
            value, vr = element.value, element.VR
        except (ValueError, TypeError, OverflowError, AttributeError):
            if tag in _AMBIGUOUS or tag == Tag.LUTData:
                # pydicom needs a neighbor that is missing to tell the VR.
                return
            # pydicom refuses the value: then nothing may be made of it here either.
            vr = str(getattr(raw, "VR", None) or pydicom.datadict.dictionary_VR(tag))
            self.same(where, ours.integers(tag) if vr == "IS" else ours.numbers(tag), ())
            return
        self.typed(ours, tag, where, vr, value)

    def typed(self, ours: DataSet, tag: int, where: str, vr: str, value: Any) -> None:
        multiple = isinstance(value, pydicom.multival.MultiValue | list | tuple)
        values = tuple(value) if multiple else () if value in (None, "", b"") else (value,)
        if vr in _INTEGERS and tag in _AMBIGUOUS:
            expected: Any = tuple(v & 0xFFFF for v in values)
            self.same(where, tuple(v & 0xFFFF for v in ours.integers(tag)), expected)
        elif vr in _INTEGERS:
            self.same(where, ours.integers(tag), values)
        elif vr in _FLOATS:
            self.same(where, ours.numbers(tag), _finite(values))
        elif vr == "IS":
            numbers = _finite(values)
            whole = all(number == int(number) for number in numbers)
            self.same(where, ours.integers(tag), tuple(map(int, numbers)) if whole else ())
        elif vr == "DS":
            self.same(where, ours.numbers(tag), _finite(values))
        elif vr == "AT":
            self.same(where, ours.tags(tag), tuple(map(int, values)))
        elif vr in _CODES:
            self.same(where, ours.texts(tag), tuple(str(v).strip(" \0") for v in values))
        elif vr in _TEXTS and not self.charsets and not ours.data(tag).isascii():
            # Without a character set ours is UTF-8, pydicom's Latin-1: a choice, no difference.
            return
        elif vr in _TEXTS:
            text = decode(ours.data(tag), self.charsets)
            # pydicom drops empty components at the end of a name.
            ends = "=" if vr == "PN" else ""
            mine = tuple(part.strip(" \0").rstrip(ends) for part in text.split("\\"))
            self.same(where, mine if text else (), tuple(str(v).strip(" \0") for v in values))
        elif isinstance(value, bytes):
            self.same(where, ours.data(tag), value)

    def pixels(self, ours: ScannedFile, theirs: pydicom.Dataset, stop: int | None) -> None:
        tags = (Tag.FloatPixelData, Tag.DoubleFloatPixelData, Tag.PixelData)
        tag = next((tag for tag in tags if tag in theirs), None)
        if tag is None or (stop is not None and ours.pixels is None):
            self.same("/pixels", ours.pixels, None)
            return
        raw = theirs.get_item(int(tag))
        offset, length = _place(raw)
        place = offset, None if length == UNDEFINED else length
        found = ours.pixels
        self.same("/pixels", found and (found.tag, found.offset, found.length), (tag, *place))


def _private_tag(data: pydicom.Dataset, key: Private) -> int | None:
    """Return where pydicom has a private element, None where nothing is."""
    tags = data.keys()
    creators = sorted(at for at in tags if at.group == key.group and at.elem < 0x100)
    for creator in creators:
        tag = key.group << 16 | creator.elem << 8 | key.element
        if str(data[creator].value).strip(" \0") == key.creator and tag in data:
            return tag
    # What anonymizers leave; the rule has a test of its own.
    usual = key.group << 16 | 0x1000 | key.element
    stripped = not creators and str(data.get("Manufacturer", "")) in (
        "GE MEDICAL SYSTEMS",
        *_PHILIPS,
    )
    return usual if stripped and usual in data else None


def _finite(values: tuple[Any, ...]) -> tuple[float, ...]:
    """Return what numbers must become: none at all when one of them is no number.

    Empty values at the end are none.
    """
    while values and values[-1] in ("", None):
        values = values[:-1]
    try:
        numbers = tuple(v if isinstance(v, int) else float(v) for v in values)
    except (ValueError, TypeError):
        return ()
    return numbers if all(map(math.isfinite, numbers)) else ()


def _place(element: Any) -> tuple[int, int]:
    """Return where pydicom found a value, and how long it is."""
    if isinstance(element, RawDataElement):
        return element.value_tell, element.length
    return element.file_tell, len(element.value or b"")
