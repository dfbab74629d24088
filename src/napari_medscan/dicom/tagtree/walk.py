"""Walking the data set of a file, element by element, with pydicom. Only ever in a worker.

pydicom finds where elements begin and end. What it makes of their values is not used: see
:mod:`texts`. Nothing here recurses, and sequences are not followed deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.filereader import read_partial

from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.fallback import _silent as silent
from napari_medscan.dicom.scanner import UNDEFINED
from napari_medscan.dicom.tags import Tag
from napari_medscan.dicom.tagtree.places import ITEM
from napari_medscan.dicom.tagtree.texts import MAX_SHOWN

if TYPE_CHECKING:
    from pydicom.dataelem import RawDataElement
    from pydicom.dataset import Dataset, FileDataset
    from pydicom.tag import BaseTag

MAX_DEPTH: Final = 64
"""Deepest nesting of sequences that is followed."""
PIXELS: Final = (Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData)

_DEFER_FROM = 4 << 20
_DEFLATED = b"1.2.840.10008.1.2.1.99\0"
_CHARSETS = 0x00080005
_TOO_DEEP = "nested too deeply to be shown"
_TOO_MANY = "not shown: the file has too many elements"


class Visit(NamedTuple):
    """One element or item of a data set, in the order of their tags.

    Parameters
    ----------
    depth : int
        0 for an element of the data set itself; items count as a level.
    tag : int
        `ITEM` for an item.
    vr, creator : str
        Value representation; private creator, '' for public attributes.
    length : int
        Bytes of the value; items of a sequence; -1 for encapsulated pixels.
    data : bytes
        The value, or its start when it was left in the file.
    charsets : tuple of str
        Specific Character Set in force.
    little : bool
        Byte order of numbers.
    number : int
        Of an item within its sequence, from 0.
    note : str
        Why the value or the contents are not shown, '' when they are.
    """

    depth: int
    tag: int
    vr: str
    creator: str = ""
    length: int = 0
    data: bytes = b""
    charsets: tuple[str, ...] = ()
    little: bool = True
    number: int = 0
    note: str = ""


_Step = tuple[Visit, "Iterable[Dataset] | Dataset | None"]


class Walker:
    """The data set of one file.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    UnreadableError
        When pydicom cannot parse it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stopped: tuple[int, str] | None = None
        with silent():
            try:
                with path.open("rb") as stream:
                    self._found = self._parse(stream)
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - pydicom raises whatever its parsing meets
                raise UnreadableError("its data set cannot be read") from None
        signed = self._found.get_item(Tag.PixelRepresentation, keep_deferred=True)
        self._signed = bool(getattr(signed, "value", None) in (b"\1\0", b"\0\1", 1))

    def visits(self, most: int) -> Iterator[Visit]:
        """Walk the file meta, then the data set with what is nested in it.

        Parameters
        ----------
        most : int
            After so many elements and items sequences are not followed any more.
        """
        with silent():
            yield from self._visits(most)

    def _visits(self, most: int) -> Iterator[Visit]:
        found = self._found
        pending = [self._elements(found, 0, ()), self._elements(found.file_meta, 0, ())]
        count = 0
        while pending:
            step = next(pending[-1], None)
            if step is None:
                pending.pop()
                continue
            visit, inside = step
            count += 1
            if inside is None:
                yield visit
            elif visit.vr == "SQ" and visit.depth >= 2 * MAX_DEPTH:
                yield visit._replace(note=_TOO_DEEP)
            elif visit.vr == "SQ" and count + visit.length > most:
                yield visit._replace(note=_TOO_MANY)
            else:
                yield visit
                pending.append(self._inside(visit, inside))
        if self._stopped is not None:
            tag, vr = self._stopped
            yield Visit(0, tag, vr, length=-1, note="encapsulated")

    def whole(self, visit: Visit) -> bytes:
        """Return all bytes of a value, those included that were left in the file."""
        if len(visit.data) >= visit.length:
            return visit.data
        raw: Any = self._found.get_item(visit.tag, keep_deferred=True)
        return self._left_in_file(raw, visit.length)

    def _parse(self, stream: BinaryIO) -> FileDataset:
        def at_encapsulated_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
            if int(tag) in PIXELS and length == UNDEFINED:
                self._stopped = int(tag), vr or "OB"
                return True
            return False

        # Offsets into a deflated data set mean nothing in the file: there all is read at once.
        head = stream.read(4096)
        stream.seek(0)
        defer = None if _DEFLATED in head else _DEFER_FROM
        return read_partial(stream, at_encapsulated_pixels, defer_size=defer, force=True)

    def _inside(self, visit: Visit, inside: Any) -> Iterator[_Step]:  # noqa: ANN401 - as `visit` says
        if visit.tag == ITEM:
            return self._elements(inside, visit.depth + 1, visit.charsets)
        return (
            (Visit(visit.depth + 1, ITEM, "", charsets=visit.charsets, number=number), item)
            for number, item in enumerate(inside)
        )

    def _elements(self, found: Dataset, depth: int, charsets: tuple[str, ...]) -> Iterator[_Step]:
        """Walk one level of a data set or item."""
        if _CHARSETS in found:
            charsets = _charsets(found.get_item(_CHARSETS))
        creators: dict[tuple[int, int], str] = {}
        for key in sorted(found.keys()):
            tag = int(key)
            group, element = tag >> 16, tag & 0xFFFF
            creator = creators.get((group, element >> 8), "") if group & 1 else ""
            raw: Any = found.get_item(key, keep_deferred=True)
            vr = self._vr(tag, raw.VR, creator, raw.value)
            if vr == "SQ":
                items = _items(found, key)
                if items is not None:
                    yield Visit(depth, tag, vr, creator, len(items), charsets=charsets), items
                    continue
                vr = "UN"
            little = raw.is_little_endian if hasattr(raw, "is_little_endian") else True
            data = _bytes(raw)
            length = len(data)
            if not data and (length := int(getattr(raw, "length", None) or 0)):
                data = self._left_in_file(raw, MAX_SHOWN)
            if group & 1 and 0x10 <= element <= 0xFF:
                creators[group, element] = data.decode("latin-1").strip(" \0")
            yield Visit(depth, tag, vr, creator, length, data, charsets, little), None

    def _vr(self, tag: int, vr: str | None, creator: str, value: object) -> str:
        """Return the value representation, from the dictionary where the file does not say."""
        if vr is None or vr == "UN":
            vr = _known_vr(tag, creator)
        if " or " not in vr:
            return str(vr)
        if "OB" in vr or ("OW" in vr and isinstance(value, bytes) and len(value) > 6):
            return "OW"
        return "SS" if self._signed and "SS" in vr else "US"

    def _left_in_file(self, raw: RawDataElement, most: int) -> bytes:
        try:
            with self._path.open("rb") as stream:
                stream.seek(raw.value_tell)
                return stream.read(min(most, raw.length))
        except OSError:
            return b""


def _items(found: Dataset, tag: BaseTag) -> list[Dataset] | None:
    """Return the items of a sequence, None when what stands there is none."""
    try:
        value = found[tag].value
        return list(value or ())
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pydicom raises whatever its parsing meets
        return None


def _bytes(raw: RawDataElement | DataElement) -> bytes:
    """Return the value; pydicom has converted some of the file meta for its own use."""
    value = raw.value
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    if isinstance(value, int):
        return struct.pack("<I", value & 0xFFFFFFFF)
    values = [value] if isinstance(raw, DataElement) and raw.VM == 1 else value
    return "\\".join(map(str, values)).encode("latin-1", "replace")


def _charsets(raw: RawDataElement | DataElement) -> tuple[str, ...]:
    text = _bytes(raw).decode("latin-1")
    return tuple(part.strip(" \0") for part in text.split("\\"))


@lru_cache(maxsize=4096)
def _known_vr(tag: int, creator: str) -> str:
    group, element = tag >> 16, tag & 0xFFFF
    if element == 0:
        return "UL"
    if group & 1 and 0x10 <= element <= 0xFF:
        return "LO"
    try:
        return private_dictionary_VR(tag, creator) if group & 1 else dictionary_VR(tag)
    except (KeyError, ValueError):
        return "UN"
