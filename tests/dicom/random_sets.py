"""Random data sets, plausible and odd, written by pydicom."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from napari_medscan.dicom.elements.private_elements import Private
from napari_medscan.dicom.elements.wanted_tags import DEFER, Tag
from napari_medscan.dicom.headers.diffusion import PRIVATE_DIFFUSION
from napari_medscan.dicom.headers.parse_header import WANTED

from .differential import tolerant
from .making import ITEM, ITEM_END, NATIVE, UNDEFINED, delimiter

if TYPE_CHECKING:
    from random import Random

KINDS = (
    "wanted",
    "wanted",
    "wanted",
    "sequence",
    "sequence",
    "standard",
    "private",
    "known private",
    "nested",
    "unknown",
    "unknown sequence",
    "long",
    "deferred",
)
_PIXEL_KINDS = ("none", "native", "native", "encapsulated", "float")
_PUBLIC = [(tag, want) for tag, want in WANTED.items() if not isinstance(tag, Private)]
_PLAIN = [(tag, vr) for tag, vr in _PUBLIC if isinstance(vr, bytes) and vr is not DEFER]
_SEQUENCES = [(tag, inner) for tag, inner in _PUBLIC if isinstance(inner, dict)]
_PRIVATE = [
    (tag, vr) for tag, vr in WANTED.items() if isinstance(tag, Private) and isinstance(vr, bytes)
]
_STANDARD = (
    (0x00080070, "LO"),
    (0x00081030, "LO"),
    (0x00101010, "AS"),
    (0x00180060, "DS"),
    (0x00189073, "FD"),
    (0x00204000, "LT"),
    (0x00280106, "US"),
    (0x00321060, "LO"),
    (0x00400244, "DA"),
    (0x00540081, "US"),
    (0x00880140, "UI"),
)
_UNKNOWN_SEQUENCES = (0x00081140, 0x00400275, 0x00081115, 0x00189006)
_PACKED = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "AT": "HH"}
_NUMBERS = (b"1", b"-3.5", b" 12 ", b"+7", b"1e3", b"0", b"", b"1A", b"nan", b"1e999", b"0012")
_WHOLE = (b"1", b"-3", b" 12 ", b"+7", b"0", b"007", b"", b"1A", b"3.0", b"3.5")
_CODES = (b"ORIGINAL", b" PRIMARY ", b"", b"A B", b"M\xfcnchen", b"x" * 64)
_UIDS = (b"1.2.840.10008.5.1.4.1.1.2", b"1.2.3", b"", b"not a uid")
_NAMES = (b"Doe^Jane", b"", b" two words ", b"a=b", b"x" * 200, b"<b>bold</b>")


class Writer:
    """Writes one random file.

    Parameters
    ----------
    random : Random
        Where every choice comes from: the same seed gives the same bytes.
    encoding : str
        A key of `making.NATIVE`.
    """

    def __init__(self, random: Random, encoding: str) -> None:
        self.random = random
        self.encoding = encoding
        self.implicit = encoding == "implicit"
        self.little = encoding != "big"

    def file(self, plan: list[str]) -> bytes:
        """Return a file with one element for each kind in the plan, and perhaps pixels."""
        data = Dataset()
        for kind in plan:
            getattr(self, kind.replace(" ", "_"))(data)
        if self.random.random() < 0.8:
            for tag in (Tag.Rows, Tag.Columns):
                data._dict[BaseTag(tag)] = self.raw(tag, "US", self.packed("H", [4]))
        self.pixels(data)
        return self.written(data)

    def written(self, data: Dataset) -> bytes:
        self.as_read(data)
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = NATIVE[self.encoding]
        data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
        buffer = BytesIO()
        with tolerant():
            pydicom.dcmwrite(buffer, data, enforce_file_format=True)
        return buffer.getvalue()

    def as_read(self, data: Dataset) -> None:
        """Make pydicom write raw values as they are, however odd."""
        data.set_original_encoding(self.implicit, self.little, data._character_set)

    def raw(self, tag: int, vr: str, value: bytes, length: int | None = None) -> RawDataElement:
        """Return an element whose bytes pydicom writes as they are."""
        size = len(value) if length is None else length
        return RawDataElement(BaseTag(tag), vr, size, value, 0, self.implicit, self.little)

    def packed(self, code: str, values: list[Any]) -> bytes:
        return struct.pack(f"{'<' if self.little else '>'}{len(values)}{code}", *values)

    def value(self, vr: str) -> bytes:
        """Return a value, mostly of even length, of one or more parts."""
        choice, random = self.random.choice, self.random
        if vr in _PACKED:
            code = _PACKED[vr]
            size = struct.calcsize(f"<{code}")
            return random.randbytes(size * choice((0, 1, 1, 1, 2, 3, 6)))
        if vr in ("OW", "OB", "UN"):
            return random.randbytes(2 * random.randrange(9))
        texts = {"DS": _NUMBERS, "IS": _WHOLE, "UI": _UIDS, "CS": _CODES}.get(vr, _NAMES)
        parts = [choice(texts) for _ in range(choice((1, 1, 1, 2, 3, 6)))]
        value = b"\\".join(parts)
        padding = b"\0" if vr == "UI" else b" "
        odd = random.random()
        if odd < 0.1:
            # Padded with the wrong character, or twice over.
            return value + choice((b"\0\0", b"  ", b" \0"))[len(value) % 2 :]
        return value + padding * (len(value) % 2)

    def wanted(self, data: Dataset) -> None:
        tag, vr = self.random.choice(_PLAIN)
        name = vr.decode()
        # Some writers give a number as text, or forget the VR.
        if not self.implicit and tag != Tag.SpecificCharacterSet and self.random.random() < 0.1:
            name = "UN" if name in (*_PACKED, "OW") else self.random.choice(("UN", "IS", "LO"))
        value = b"ISO_IR 100" if tag == Tag.SpecificCharacterSet else self.value(vr.decode())
        data._dict[BaseTag(tag)] = self.raw(tag, name, value)

    def standard(self, data: Dataset) -> None:
        tag, vr = self.random.choice(_STANDARD)
        data._dict[BaseTag(tag)] = self.raw(tag, vr, self.value(vr))

    def private(self, data: Dataset) -> None:
        group = self.random.choice((0x0009, 0x0019, 0x0029, 0x0043, 0x2001, 0x7005))
        creator = self.random.choice((b"ACME 1.0", b"SIEMENS MR HEADER ", b"GEMS_PARM_01"))
        data._dict[BaseTag(group << 16 | 0x10)] = self.raw(group << 16 | 0x10, "LO", creator)
        for _ in range(self.random.randrange(4)):
            tag = group << 16 | 0x1000 | self.random.randrange(256)
            vr = self.random.choice(("LO", "US", "FD", "OB", "UN", "DS"))
            data._dict[BaseTag(tag)] = self.raw(tag, vr, self.value(vr))

    def known_private(self, data: Dataset, wanted: Any = WANTED) -> None:
        """Add a wanted private element in any block, perhaps not that of its creator."""
        choices = _PRIVATE if wanted is WANTED else list(PRIVATE_DIFFUSION.items())
        place, vr = self.random.choice(choices)
        block = self.random.choice((0x10, 0x10, 0x11, 0x42, 0xFF))
        creator = self.random.choice((place.creator, place.creator + " ", "ACME 1.0", "x" * 80))
        tag = place.group << 16 | block
        if self.random.random() < 0.9:
            data._dict.setdefault(BaseTag(tag), self.raw(tag, "LO", creator.encode()))
        tag = place.group << 16 | block << 8 | place.element
        vr = b"OB" if vr is DEFER else vr
        data._dict[BaseTag(tag)] = self.raw(tag, vr.decode(), self.value(vr.decode()))

    def sequence(self, data: Dataset) -> None:
        tag, inner = self.random.choice(_SEQUENCES)
        self.filled(data, tag, inner, 0)

    def filled(self, data: Dataset, tag: int, inner: dict[int, Any], depth: int) -> None:
        items = []
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            item = Dataset()
            for _ in range(self.random.randrange(4)):
                child, want = self.random.choice(list(inner.items()))
                if isinstance(child, Private):
                    self.known_private(item, inner)
                elif isinstance(want, dict):
                    self.filled(item, child, want, depth + 1)
                else:
                    vr = "OB" if want is DEFER else want.decode()
                    item._dict[BaseTag(child)] = self.raw(child, vr, self.value(vr))
            if self.random.random() < 0.3:
                self.standard(item)
            if depth < 2 and self.random.random() < 0.2:
                self.nested(item, depth + 1)
            items.append(item)
        self.add(data, tag, items)

    def add(self, data: Dataset, tag: int, items: list[Dataset]) -> None:
        for item in items:
            self.as_read(item)
            item.is_undefined_length_sequence_item = self.random.random() < 0.5
        sequence = Sequence(items)
        sequence.is_undefined_length = self.random.random() < 0.5
        element = DataElement(tag, "SQ", sequence)
        element.is_undefined_length = sequence.is_undefined_length
        data[tag] = element

    def nested(self, data: Dataset, depth: int = 0) -> None:
        """Add a sequence that nobody wants."""
        items = []
        for _ in range(self.random.randrange(3)):
            item = Dataset()
            self.standard(item)
            if self.random.random() < 0.3:
                self.wanted(item)
            if depth < 4 and self.random.random() < 0.5:
                self.nested(item, depth + 1)
            items.append(item)
        self.add(data, self.random.choice(_UNKNOWN_SEQUENCES), items)

    def unknown(self, data: Dataset) -> None:
        tag = self.random.choice((0x00091234, 0x00211001, 0x00280199, 0x00331010))
        data._dict[BaseTag(tag)] = self.raw(
            tag, "UN", self.random.randbytes(2 * self.random.randrange(50))
        )

    def unknown_sequence(self, data: Dataset) -> None:
        """Add a sequence of VR UN (PS3.5 6.2.2): implicit little endian inside."""
        if not self.little:
            return
        body = struct.pack("<HHIH", 0x0018, 0x6014, 2, 1)
        if self.random.random() < 0.5:
            items = delimiter(ITEM, UNDEFINED) + body + delimiter(ITEM_END)
        else:
            items = delimiter(ITEM, len(body)) + body
        tag = self.random.choice((0x00091001, 0x2005140F, Tag.SequenceOfUltrasoundRegions))
        if self.random.random() < 0.5:
            data._dict[BaseTag(tag)] = self.raw(tag, "UN", items, UNDEFINED)
        else:
            data._dict[BaseTag(tag)] = self.raw(tag, "UN", items)

    def long(self, data: Dataset) -> None:
        """Add a value that reaches beyond what is read ahead."""
        tag, vr = self.random.choice(((0x00291020, "OB"), (0x00204000, "LT"), (0x00081030, "UN")))
        data._dict[BaseTag(tag)] = self.raw(
            tag, vr, b"long" * self.random.choice((1000, 3000, 16000))
        )

    def deferred(self, data: Dataset) -> None:
        tag = self.random.choice((Tag.ExtendedOffsetTable, Tag.ExtendedOffsetTableLengths))
        data._dict[BaseTag(tag)] = self.raw(
            tag, "OB", self.random.randbytes(2 * self.random.randrange(40))
        )

    def pixels(self, data: Dataset) -> None:
        kind = self.random.choice(_PIXEL_KINDS)
        if kind == "native":
            value = self.random.randbytes(self.random.choice((0, 32, 20000)))
            data._dict[BaseTag(Tag.PixelData)] = self.raw(Tag.PixelData, "OW", value)
        elif kind == "float":
            data._dict[BaseTag(Tag.FloatPixelData)] = self.raw(Tag.FloatPixelData, "OF", bytes(64))
        elif kind == "encapsulated" and self.encoding == "explicit":
            value = delimiter(ITEM) + delimiter(ITEM, 8) + b"\xff\xd8 jpeg "
            data._dict[BaseTag(Tag.PixelData)] = self.raw(Tag.PixelData, "OB", value, UNDEFINED)
