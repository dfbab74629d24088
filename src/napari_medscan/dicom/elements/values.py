"""Raw data elements and their typed reading.

A :class:`DataSet` keeps each value as the bytes that stand in the file and
converts on demand. Conversion is tolerant where the meaning is certain (``"0,5"``,
``"1.0 HU"``, ``" 12 "`` for an integer). A value that cannot be read gives no numbers, as an
absent one does; :meth:`DataSet.is_unreadable` tells the two apart, for everyone whose values or
geometry depend on it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from napari_medscan.dicom.elements.decimal_text import UNITS, read_decimals, read_each_decimal

# PS3.5 table 6.2-1: binary value representations and how one value is packed.
_BINARY = {
    b"US": "H",
    b"SS": "h",
    b"UL": "I",
    b"SL": "i",
    b"UV": "Q",
    b"SV": "q",
    b"FL": "f",
    b"FD": "d",
    b"OV": "Q",
    b"OL": "I",
}
_TEXT_NUMBERS = frozenset((b"DS", b"IS", b"UN", b"LO", b"SH", b"CS", b"UT", b"LT", b"ST", b"UC"))
_DIGITS = frozenset(b"0123456789")
_WRITTEN = _DIGITS | frozenset(b"+-.,eE \0")
"""Bytes of a number that is written as text."""


# Not frozen, as nothing else is here: thousands are made of a file, and a frozen one takes three
# times as long to make.
@dataclass(slots=True)
class Element:
    """One data element: its value representation and the bytes of its value."""

    vr: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Deferred:
    """A value left in the file because it is large: where it lies."""

    offset: int
    length: int


Value = Element | Deferred | tuple["DataSet", ...]


@dataclass(slots=True)
class DataSet:
    """The wanted elements of one data set or sequence item (PS3.5 section 7).

    Parameters
    ----------
    values : mapping of int to Element, Deferred or tuple of DataSet
        Keyed by tag, ``group << 16 | element``.
    big_endian : bool
        Byte order of the binary values.
    """

    values: Mapping[int, Value] = field(default_factory=dict)
    big_endian: bool = False

    def __contains__(self, tag: int) -> bool:
        value = self.values.get(tag)
        return bool(value.data if isinstance(value, Element) else value)

    def data(self, tag: int) -> bytes:
        """Return the bytes of a value, empty when it is absent."""
        value = self.values.get(tag)
        return value.data if isinstance(value, Element) else b""

    def deferred(self, tag: int) -> Deferred | None:
        """Return where a large value lies, or None."""
        value = self.values.get(tag)
        return value if isinstance(value, Deferred) else None

    def items(self, tag: int) -> tuple[DataSet, ...]:
        """Return the items of a sequence, empty when it is absent."""
        value = self.values.get(tag)
        return value if isinstance(value, tuple) else ()

    def item(self, tag: int) -> DataSet:
        """Return the first item of a sequence, an empty one when there is none."""
        value = self.values.get(tag)
        return value[0] if isinstance(value, tuple) and value else EMPTY

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the values of an ASCII string element (CS, UI, AE, TM …)."""
        value = self.values.get(tag)
        if not isinstance(value, Element) or not value.data:
            return ()
        text = value.data.decode("latin-1").rstrip(" \0")
        return tuple([part.strip(" \0") for part in text.split("\\")]) if text else ()

    def text(self, tag: int) -> str:
        """Return the first value of an ASCII string element, or ''."""
        value = self.values.get(tag)
        if not isinstance(value, Element) or not value.data:
            return ""
        return value.data.split(b"\\", 1)[0].decode("latin-1").strip(" \0")

    def uid(self, tag: int) -> str:
        """Return a UID, or '' when the value is none (PS3.5 section 9)."""
        value = self.text(tag)
        return value if is_uid(value) else ""

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return numeric values as floats; () when absent or not all certain and finite."""
        value = self.values.get(tag)
        if not isinstance(value, Element):
            return ()
        if value.vr in _BINARY:
            numbers = tuple(float(v) for v in self._unpack(value))
        elif value.vr in _TEXT_NUMBERS:
            # Padded with NUL by some.
            data = value.data.replace(b"\0", b" ") if b"\0" in value.data else value.data
            try:
                numbers = tuple(map(float, data.split(b"\\")))
            except ValueError:
                return read_decimals(data, UNITS.get(tag, b"")) or ()
            # Python reads "1_0" as ten.
            if b"_" in data:
                return ()
        else:
            return ()
        return numbers if all(map(math.isfinite, numbers)) else ()

    def number(self, tag: int) -> float | None:
        """Return the first numeric value, or None."""
        values = self.numbers(tag) if tag in self.values else ()
        return values[0] if values else None

    def exactly(self, count: int, tag: int) -> tuple[float, ...]:
        """Return so many numbers; () when absent, or when it is not certain that these are meant.

        One number that is repeated counts as one. Text that stands under a binary value
        representation is not certain.
        """
        if tag not in self.values:
            return ()
        numbers = self.numbers(tag)
        if len(numbers) != count and (count != 1 or len(set(numbers)) != 1):
            return ()
        value = self.values[tag]
        is_text = isinstance(value, Element) and value.vr in _BINARY and _is_written(value.data)
        return () if is_text else numbers[:count]

    def is_unreadable(self, tag: int, count: int = 1) -> bool:
        """Whether there is a value, but not certainly one of so many numbers."""
        return self.has_value(tag) and not self.exactly(count, tag)

    def has_value(self, tag: int) -> bool:
        """Whether there is a value, be it readable or not: blanks and backslashes are none."""
        value = self.values.get(tag)
        if not isinstance(value, Element):
            return bool(value)
        return bool(value.data if value.vr in _BINARY else value.data.strip(b" \0\\"))

    def each_number(self, tag: int) -> tuple[float | None, ...]:
        """Return numeric values as floats, None for each that is not certain."""
        numbers = self.numbers(tag)
        if numbers:
            return numbers
        value = self.values.get(tag)
        if isinstance(value, Element) and value.vr in _TEXT_NUMBERS:
            return read_each_decimal(value.data, UNITS.get(tag, b""))
        return (None,) if self.has_value(tag) else ()

    def integers(self, tag: int) -> tuple[int, ...]:
        """Return integer values; () when absent or not all whole numbers."""
        value = self.values.get(tag)
        if isinstance(value, Element) and _BINARY.get(value.vr, "f") not in "fd":
            return tuple(int(v) for v in self._unpack(value))
        numbers = self.numbers(tag)
        return tuple(map(int, numbers)) if all(n == int(n) for n in numbers) else ()

    def integer(self, tag: int) -> int | None:
        """Return the first integer value, or None."""
        value = self.values.get(tag)
        if value is None:
            return None
        if isinstance(value, Element):
            if value.vr == b"US" and len(value.data) == 2:
                return int.from_bytes(value.data, "big" if self.big_endian else "little")
            digits = value.data.strip(b" \0") if value.vr == b"IS" else b""
            if digits.isdigit() and len(digits) < 16:
                return int(digits)
        values = self.integers(tag)
        return values[0] if values else None

    def tags(self, tag: int) -> tuple[int, ...]:
        """Return the values of an AT element as tags."""
        data = self.data(tag)
        words = struct.unpack(
            f"{'>' if self.big_endian else '<'}{len(data) // 4 * 2}H", data[: len(data) // 4 * 4]
        )
        return tuple(
            group << 16 | element for group, element in zip(*[iter(words)] * 2, strict=True)
        )

    def _unpack(self, value: Element) -> tuple[int | float, ...]:
        code = _BINARY[value.vr]
        count = len(value.data) // struct.calcsize(code)
        order = ">" if self.big_endian else "<"
        return struct.unpack_from(f"{order}{count}{code}", value.data)


def _is_written(data: bytes) -> bool:
    """Whether bytes can be a number written as text, of a digit or more."""
    return _WRITTEN.issuperset(data) and not _DIGITS.isdisjoint(data)


def holds_items(value: bytes) -> bool:
    """Whether a value of VR UN is a sequence whose VR got lost (PS3.5 6.2.2)."""
    return value.startswith(b"\xfe\xff\x00\xe0")


def is_uid(text: str) -> bool:
    """Whether text has the form of a UID: digits and dots, 64 at most."""
    return 0 < len(text) <= 64 and not text.strip("0123456789.")


EMPTY = DataSet()
