"""Windows that are no straight line: VOI LUTs and the sigmoid, as curves to draw.

PS3.3 C.11.2.1.1 (VOI LUT), C.11.2.1.3.1 (SIGMOID).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.intensity.rescale import WANTED_TABLE, read_table

WANTED_VOI_LUT: Wanted = {Tag.VOILUTSequence: want(WANTED_TABLE, Tag.LUTExplanation)}
STEPS = 512
"""Longest table that is drawn entry by entry.

vispy turns every colormap into a texture of 1,024 colors, of which a value takes the nearest.
Up to half as many entries each value finds its own.
"""
POINTS = 4096
"""Most points of a longer table, with lines between them: four for each of vispy's colors."""
_SIZE = 16
"""Bits that an entry takes in the file."""
_SIGMOID_POINTS = 257
_SIGMOID_REACH = 2.0
"""Widths on either side of the center: there the sigmoid is 0.0003, a tenth of one gray of 256."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Gray by value.

    Parameters
    ----------
    limits : tuple of float
        Values at 0 and 1; beyond them the gray of the ends goes on.
    places : ndarray of float
        Ascending from 0 to 1. One a gray, between which lines are drawn; with `steps` the edges
        of the steps, one more than grays.
    grays : ndarray of float
        0 is black, 1 is white.
    steps : bool
        Whether each gray holds for all of its step.
    """

    limits: tuple[float, float]
    places: NDArray[np.float64]
    grays: NDArray[np.float64]
    steps: bool = False

    def at(self, shares: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the grays of values, which are given as shares of the way between the limits."""
        found: NDArray[np.float64]
        if self.steps:
            step = np.searchsorted(self.places, shares, side="right") - 1
            found = self.grays[np.clip(step, 0, len(self.grays) - 1)]
        else:
            found = np.interp(shares, self.places, self.grays)
        return found


@dataclass(frozen=True, slots=True)
class VoiLut:
    """A lookup table of the file (PS3.3 C.11.2.1.1).

    Parameters
    ----------
    name : str
        Its explanation (0028,3003), or "VOI LUT 1", "VOI LUT 2" …
    first : int
        Value, after the modality transform, that the first entry stands for.
    bits : int
        Bits of an entry: white is 2^bits - 1.
    entries : bytes
        Native uint16; the first and the last hold for all values beyond them.
    """

    name: str
    first: int
    bits: int
    entries: bytes

    @property
    def limits(self) -> tuple[float, float]:
        """Values between which the gray changes."""
        start, stop = self._changing(self._table())
        return float(self.first + start), float(self.first + stop)

    @property
    def center(self) -> float:
        """Middle of the limits; the standard gives a table no center."""
        return sum(self.limits) / 2

    @property
    def width(self) -> float:
        """Distance of the limits."""
        low, high = self.limits
        return high - low

    @property
    def curve(self) -> Curve:
        """The table as a curve: entry by entry, or through `POINTS` points of a long one."""
        table = self._table()
        start, stop = self._changing(table)
        low, high, count = self.first + start, self.first + stop, stop - start + 1
        grays = table[start : stop + 1] / self._white(table)
        if count <= STEPS:
            edges = np.linspace(0, 1, count + 1)
            return Curve((low - 0.5, high + 0.5), edges, grays, steps=True)
        places = np.linspace(0, 1, min(count, POINTS))
        return Curve(
            (float(low), float(high)),
            places,
            np.interp(places, np.linspace(0, 1, count), grays),
        )

    def _table(self) -> NDArray[np.uint16]:
        return np.frombuffer(self.entries, dtype=np.uint16)

    def _white(self, table: NDArray[np.uint16]) -> int:
        # Entries beyond what the descriptor says would be whiter than white.
        return max((1 << self.bits) - 1, int(table.max()))

    @staticmethod
    def _changing(table: NDArray[np.uint16]) -> tuple[int, int]:
        """Return the first and last entry of the part between the even ends."""
        changes = np.flatnonzero(np.diff(table.astype(np.int32)))
        return int(changes[0]), int(changes[-1]) + 1


def read_voi_luts(
    data_set: DataSet, identifiers: tuple[str, ...] = (), *, signed: bool
) -> tuple[VoiLut, ...]:
    """Return the VOI LUTs of a data set or of its Frame VOI LUT item.

    Parameters
    ----------
    data_set : DataSet
        Where the VOI LUT Sequence stands.
    identifiers : tuple of str
        What names the patient, to be kept out of names.
    signed : bool
        Whether the values to look up may be negative.

    Notes
    -----
    A table that is damaged, or gives one gray for everything, is left out.
    """
    luts = []
    for number, item in enumerate(data_set.items(Tag.VOILUTSequence), 1):
        read = read_table(item, signed=signed)
        if read is None:
            continue
        first, bits, entries = read
        if not 8 <= bits <= 16 or entries.min() == entries.max():
            continue
        explanation = decode(
            item.data(Tag.LUTExplanation), data_set.texts(Tag.SpecificCharacterSet)
        )
        name = clean(explanation, identifiers) or f"VOI LUT {number}"
        luts.append(_shared(VoiLut(name, first, _bits(bits, entries), entries.tobytes())))
    return tuple(luts)


def _bits(stated: int, entries: NDArray[np.uint16]) -> int:
    """Return the bits of an entry; where its size is stated in their place, those that are used.

    No table is meant to draw nothing but the darkest quarter of the grays.
    """
    used = max(8, int(entries.max()).bit_length())
    return used if stated == _SIZE and used <= stated - 2 else stated


def sigmoid(center: float, width: float) -> Curve:
    """Return the curve of VOI LUT Function SIGMOID (PS3.3 C.11.2.1.3.1)."""
    places = np.linspace(0, 1, _SIGMOID_POINTS)
    reach = _SIGMOID_REACH * width
    distance = (2 * places - 1) * _SIGMOID_REACH
    return Curve((center - reach, center + reach), places, 1 / (1 + np.exp(-4 * distance)))


def sigmoid_window(low: float, high: float) -> tuple[float, float]:
    """Return center and width of the sigmoid that is drawn over `low` … `high`."""
    return (low + high) / 2, (high - low) / (2 * _SIGMOID_REACH)


@lru_cache(maxsize=16)
def _shared(lut: VoiLut) -> VoiLut:
    """Return one object for all equal tables: the files of a series repeat theirs."""
    return lut
