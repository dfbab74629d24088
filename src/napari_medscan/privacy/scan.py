"""The scan of a baseline JPEG, walked code by code, to make sure that it ends with its last block.

Decoders skip what stands between the last block and the end of the image, so bytes could hide
there. No pixel is decoded here: codes are only counted (ITU-T T.81 annex F.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Table = list[int]
"""For each 16 bits that may come next: the length of code and value in bits, plus 256 times the
coefficients that they stand for. 0 where no code begins so."""
_ALL = 64
"""Coefficients of a block."""
_END = 2 * _ALL
"""What the code for the end of a block counts: more than any other leads to."""
_WINDOW = 16


def huffman_tables(segments: bytes) -> dict[int, Table]:
    """Return the tables of DHT segments of one table each (ITU-T T.81 B.2.4.2).

    They are found by their class and number, 0x00 (DC) to 0x11 (AC).
    """
    tables = {}
    while segments:
        end = 2 + int.from_bytes(segments[2:4])
        which, lengths, symbols = segments[4], segments[5:21], segments[21:end]
        tables[which] = _table(lengths, symbols, is_ac=which >= 0x10)
        segments = segments[end:]
    return tables


def ends_with_last_block(scan: bytes, blocks: int, tables: Sequence[tuple[Table, Table]]) -> bool:
    """Whether a scan holds a number of blocks of each component, and not a bit more.

    Parameters
    ----------
    scan : bytes
        What stands between header and next marker, with the zeros that follow 0xFF.
    blocks : int
        Of 8 x 8 pixels in each component; all components are at full resolution.
    tables : sequence of (DC, AC)
        Of each component.
    """
    data = scan.replace(b"\xff\x00", b"\xff")
    padded = np.frombuffer(data + bytes(4), np.uint8).astype(np.uint32)
    # The three bytes from each on hold the sixteen bits from any bit of the first.
    words = (padded[:-2] << 16 | padded[1:-1] << 8 | padded[2:]).tolist()
    end, place = 8 * len(data), 0
    for _ in range(blocks):
        for first, others in tables:
            table, count = first, 0
            while count < _ALL:
                code = table[words[place >> 3] >> (8 - (place & 7)) & 0xFFFF]
                place += code & 0xFF
                count += code >> 8
                if not code or place > end:
                    return False
                table = others
            if _ALL < count < _END:
                return False
    left = end - place
    # The last byte is filled up with ones.
    filling = (1 << left) - 1 if left < 8 else 0
    return left < 8 and (not data or data[-1] & filling == filling)


def _table(lengths: bytes, symbols: bytes, *, is_ac: bool) -> Table:
    """Return the table of codes that are given by how many there are of each length."""
    of_each = np.repeat(np.arange(1, _WINDOW + 1), list(lengths))
    # Each code takes the windows that follow those of the one before it (annex C.2).
    edges = np.concatenate(([0], np.cumsum(1 << (_WINDOW - of_each))))
    table = np.zeros(1 << _WINDOW, np.uint32)
    for length, symbol, (start, stop) in zip(of_each, symbols, pairwise(edges), strict=True):
        bits = length + (symbol & 0xF)
        table[start:stop] = bits + 256 * (_coefficients(symbol) if is_ac else 1)
    found: Table = table.tolist()
    return found


def _coefficients(symbol: int) -> int:
    """Return how many coefficients a code of AC stands for: zeros and the value after them."""
    zeros, size = symbol >> 4, symbol & 0xF
    return zeros + 1 if size or zeros == 15 else _END
