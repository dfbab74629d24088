"""The modality transform: from stored values to values that mean something.

PS3.3 section C.11.1 (Modality LUT module): a rescale slope and intercept, or a
lookup table. Values are never rounded: integers stay integers when slope and
intercept allow, everything else becomes float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import UnreadableError

_MOST = 1e15
"""A slope or intercept beyond this is damage: values would leave float32."""
INT16 = np.iinfo(np.int16)
EXACT = 2**53
"""Whole intercepts beyond this are not exact as floating point."""


@dataclass(frozen=True, slots=True)
class ModalityTransform:
    """Rescale or lookup of stored values.

    Parameters
    ----------
    slope, intercept : float
        Rescale Slope, Rescale Intercept.
    table : bytes or None
        Modality LUT entries as native uint16; replaces the rescale.
    first : int
        Stored value that the first entry of the table stands for.
    """

    slope: float = 1.0
    intercept: float = 0.0
    table: bytes | None = None
    first: int = 0

    def dtype(self, stored: np.dtype[Any], low: int, high: int) -> np.dtype[Any]:
        """Return the dtype of the result for stored values in low … high.

        The stored dtype when nothing changes; int16 when the slope is 1 and
        all values fit; the exact 64-bit integer for 32-bit stored integers
        with a whole shift; else float32.
        """
        if self.table is not None:
            return np.dtype(np.uint16)
        if stored.kind == "f" or (self.slope == 1 and self.intercept == 0):
            return stored
        if self.slope == 1 and self.intercept == int(self.intercept):
            shift = int(self.intercept)
            if INT16.min <= low + shift and high + shift <= INT16.max:
                return np.dtype(np.int16)
            if stored.itemsize == 4 and abs(shift) < EXACT:
                return np.dtype(np.int64)
        return np.dtype(np.float32)

    @property
    def is_shift(self) -> bool:
        """Whether whole numbers stay whole: nothing but a whole intercept is added."""
        return self.table is None and self.slope == 1 and self.intercept == int(self.intercept)

    def apply_into(self, stored: NDArray[Any], out: NDArray[Any]) -> None:
        """Put the transformed values of one frame into `out`; see `apply`."""
        if self.is_shift and out.dtype.kind in "iu":
            shift = np.array(int(self.intercept)).astype(out.dtype)
            np.add(stored, shift, out=out, dtype=out.dtype, casting="unsafe")
        else:
            out[...] = self.apply(stored, out.dtype)

    def apply(self, stored: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return the transformed values of one frame in `dtype`.

        Arithmetic is in double precision, rounded once: the same as the
        reference tools give, bit for bit.
        """
        if self.table is not None:
            table = np.frombuffer(self.table, dtype=np.uint16)
            index = np.clip(stored.astype(np.int64) - self.first, 0, len(table) - 1)
            entries: NDArray[Any] = table[index]
            return entries.astype(dtype, copy=False)
        if self.slope == 1 and self.intercept == 0:
            return stored.astype(dtype, copy=False)
        if dtype.kind in "iu":
            # Both operands wrap alike, so a sum that fits comes out right.
            shift = np.array(int(self.intercept)).astype(dtype)
            shifted: NDArray[Any] = np.add(stored, shift, dtype=dtype, casting="unsafe")
            return shifted
        # An absurd slope makes values infinite; a warning would help nobody.
        with np.errstate(over="ignore", invalid="ignore"):
            values: NDArray[Any] = np.multiply(stored, self.slope, dtype=np.float64)
            values += self.intercept
            return values.astype(dtype)


IDENTITY = ModalityTransform()


def read_transform(data_set: DataSet, *, signed: bool) -> ModalityTransform:
    """Return the modality transform of a data set.

    Parameters
    ----------
    data_set : DataSet
        The file's data set, or a Pixel Value Transformation item.
    signed : bool
        Whether stored values are signed (for the table's first value).

    Raises
    ------
    UnreadableError
        When slope or intercept are beyond all reason.

    Notes
    -----
    A slope of 0 would make every pixel equal; it is met in files that mean
    "no rescale", and is read so.
    """
    table = read_table(data_set.item(Tag.ModalityLUTSequence), signed=signed)
    if table is not None:
        first, _, entries = table
        return ModalityTransform(table=entries.tobytes(), first=first)
    slope = data_set.number(Tag.RescaleSlope)
    intercept = data_set.number(Tag.RescaleIntercept)
    if max(abs(slope or 0), abs(intercept or 0)) > _MOST:
        raise UnreadableError("invalid rescale slope or intercept")
    return ModalityTransform(slope or 1.0, intercept or 0.0)


def read_table(item: DataSet, *, signed: bool) -> tuple[int, int, NDArray[np.uint16]] | None:
    """Return first mapped value, bits and entries of a LUT item (PS3.3 C.11.1.1).

    Returns None when there is no table or it is shorter than it says.
    """
    descriptor = item.integers(Tag.LUTDescriptor)
    data = item.data(Tag.LUTData)
    if len(descriptor) != 3 or not data:
        return None
    count, first, bits = descriptor
    # PS3.3 C.11.1.1: 0 entries means 65536, and the first value has the sign
    # of the pixels whatever the VR says.
    count = (count & 0xFFFF) or 65536
    first &= 0xFFFF
    if signed and first >= 0x8000:
        first -= 0x10000
    order = ">" if item.big_endian else "<"
    if len(data) >= 2 * count:
        entries = np.frombuffer(data, dtype=f"{order}u2", count=count).astype(np.uint16)
    elif len(data) >= count and bits <= 8:
        entries = np.frombuffer(data, dtype=np.uint8, count=count).astype(np.uint16)
    else:
        return None
    return first, bits, entries
