"""What a JPEG XL image states about itself: header of ISO/IEC 18181-1 and boxes of 18181-2."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
"""Width over height, by the number that stands for it from 1 on."""
_RGB, _GRAY = 0, 1


def boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the contents of each box, as JP2 has them too (T.800 I.4)."""
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if size == 1 and position + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = len(data) if size == 0 else min(position + max(size, 8), len(data))
        yield kind, start, end
        position = end


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Facts from the image header.

    Parameters
    ----------
    rows, columns, samples, precision : int
        Extent, color channels and bits of a sample.
    plain : bool
        Whether it is one upright image of whole numbers without further channels, as DICOM has it.
    """

    rows: int
    columns: int
    samples: int
    precision: int
    plain: bool


def read_image_header(data: bytes) -> ImageHeader | None:
    """Return the image header at the start of a file or code stream; None when there is none."""
    start = _code_stream(data) if data.startswith(CONTAINER) else 0
    if start is None or data[start : start + 2] != SIGNATURE:
        return None
    # 64 bytes hold more than the longest header up to the color space.
    bits = _Bits(int.from_bytes(data[start + 2 : start + 66], "little"))
    rows, columns = _extent(bits)
    if bits.number(1):
        return ImageHeader(rows, columns, 3, 8, plain=True)
    plain = not bits.number(1) or _is_upright(bits)
    is_float = bits.number(1)
    precision = (
        bits.choice((32, 0), (16, 0), (24, 0), (1, 6)) if is_float else _bits_of_number(bits)
    )
    if is_float:
        bits.number(4)
    bits.number(1)
    if not plain or is_float or bits.choice((0, 0), (1, 0), (2, 4), (1, 12)):
        return ImageHeader(rows, columns, 3, precision, plain=False)
    bits.number(1)
    if bits.number(1):
        return ImageHeader(rows, columns, 3, precision, plain=True)
    bits.number(1)
    space = bits.choice((0, 0), (1, 0), (2, 4), (18, 6))
    samples = 1 if space == _GRAY else 3
    return ImageHeader(rows, columns, samples, precision, plain=space in (_RGB, _GRAY))


class _Bits:
    """Numbers of a code stream, the first bit of a byte being the lowest."""

    def __init__(self, data: int) -> None:
        self._data = data

    def number(self, bits: int) -> int:
        """Return the next bits as a number."""
        value = self._data & (1 << bits) - 1
        self._data >>= bits
        return value

    def choice(self, *kinds: tuple[int, int]) -> int:
        """Return a number encoded in one of four ways, each with its least value and its bits."""
        least, bits = kinds[self.number(2)]
        return least + self.number(bits)


def _extent(bits: _Bits) -> tuple[int, int]:
    """Return rows and columns (SizeHeader)."""
    is_by_eight = bool(bits.number(1))
    rows = _length(bits, is_by_eight=is_by_eight)
    ratio = bits.number(3)
    if not ratio:
        return rows, _length(bits, is_by_eight=is_by_eight)
    across, down = _RATIOS[ratio - 1]
    return rows, rows * across // down


def _length(bits: _Bits, *, is_by_eight: bool) -> int:
    if is_by_eight:
        return 8 * (1 + bits.number(5))
    return bits.choice((1, 9), (1, 13), (1, 18), (1, 30))


def _bits_of_number(bits: _Bits) -> int:
    return bits.choice((8, 0), (10, 0), (12, 0), (1, 6))


def _is_upright(bits: _Bits) -> bool:
    """Whether the image is upright, without a preview and frames of a movie."""
    is_turned = bits.number(3)
    if bits.number(1):
        _extent(bits)
    return not is_turned and not bits.number(1) and not bits.number(1)


def _code_stream(data: bytes) -> int | None:
    """Return where the code stream starts in a container, None if not in these bytes."""
    for kind, start, _ in boxes(data):
        if kind == b"jxlc":
            return start
        if kind == b"jxlp":
            # After the number of the part.
            return start + 4
    return None
