"""Raw data elements and their typed reading.

A :class:`DataSet` keeps each value as the bytes that stand in the file and
converts on demand. Conversion is tolerant where the meaning is clear (``" 12 "``
for an integer) and silent where it is not: a value that cannot be read counts
as absent, and whoever needs it decides whether that matters.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
        return value is not None and not (isinstance(value, Element) and not value.data)

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
        items = self.items(tag)
        return items[0] if items else EMPTY

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the values of an ASCII string element (CS, UI, AE, TM …)."""
        data = self.data(tag)
        if not data:
            return ()
        text = data.decode("latin-1").rstrip(" \0")
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()

    def text(self, tag: int) -> str:
        """Return the first value of an ASCII string element, or ''."""
        return self.data(tag).split(b"\\", 1)[0].decode("latin-1").strip(" \0")

    def uid(self, tag: int) -> str:
        """Return a UID, or '' when the value is none (PS3.5 section 9)."""
        value = self.text(tag)
        return value if is_uid(value) else ""

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return numeric values as floats; () when absent or not all finite numbers."""
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
                return ()
        else:
            return ()
        return numbers if all(map(math.isfinite, numbers)) else ()

    def number(self, tag: int) -> float | None:
        """Return the first numeric value, or None."""
        values = self.numbers(tag)
        return values[0] if values else None

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
        if isinstance(value, Element) and value.vr == b"IS":
            digits = value.data.strip(b" \0")
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


def is_uid(text: str) -> bool:
    """Whether text has the form of a UID: digits and dots, 64 at most."""
    return 0 < len(text) <= 64 and not text.strip("0123456789.")


EMPTY = DataSet()
