"""The modality transform: from stored values to values that mean something.

PS3.3 section C.11.1 (Modality LUT module): a rescale slope and intercept, or a
lookup table. Values are never rounded: integers stay integers when slope and
intercept allow, everything else becomes float32.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want

WANTED_TABLE = want(Tag.LUTDescriptor, Tag.LUTData)
WANTED_RESCALE = want(Tag.RescaleIntercept, Tag.RescaleSlope, Tag.RescaleType)
WANTED_MODALITY_LUT: Wanted = {Tag.ModalityLUTSequence: want(WANTED_TABLE, Tag.ModalityLUTType)}
_MOST = 1e15
"""A slope or intercept beyond this is damage: values would leave float32."""
INT16 = np.iinfo(np.int16)
EXACT = 2**53
"""Whole intercepts beyond this are not exact as floating point."""


State = Literal["known", "absent", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class ModalityTransform:
    """Rescale or lookup of stored values.

    Parameters
    ----------
    slope, intercept : float
        Rescale Slope, Rescale Intercept.
    table : bytes or None
        Entries as native uint16, or float64 if `is_real_table`; replaces the rescale.
    first : int
        Stored value that the first entry of the table stands for.
    is_real_table : bool
        The table is a Real World Value LUT: values beyond its ends have no meaning and become NaN.
    unit : str or None
        Unit of the values if the transform itself gives one, '' if they have none; None if the
        modality decides.
    state : {"known", "absent", "missing", "unreadable"}
        Whether what the file says of its values was applied, or why values stay as stored: it says
        nothing, not enough, or what cannot be read.
    note : str
        What the user should know about the values.
    """

    slope: float = 1.0
    intercept: float = 0.0
    table: bytes | None = None
    first: int = 0
    is_real_table: bool = False
    unit: str | None = None
    state: State = "known"
    note: str = ""

    def dtype(self, stored: np.dtype[Any], low: int, high: int) -> np.dtype[Any]:
        """Return the dtype of the result for stored values in low … high.

        The stored dtype when nothing changes; int16 when the slope is 1 and
        all values fit; the exact 64-bit integer for 32-bit stored integers
        with a whole shift; else float32.
        """
        if self.table is not None:
            return np.dtype(np.float32 if self.is_real_table else np.uint16)
        if stored.kind == "f" or self.is_identity:
            return stored
        if self.slope == 1 and self.intercept == int(self.intercept):
            shift = int(self.intercept)
            if INT16.min <= low + shift and high + shift <= INT16.max:
                return np.dtype(np.int16)
            if stored.itemsize == 4 and abs(shift) < EXACT:
                return np.dtype(np.int64)
        return np.dtype(np.float32)

    @property
    def is_uncertain(self) -> bool:
        """Whether values are stored values, and it is not certain what they mean."""
        return self.state != "known"

    @property
    def is_identity(self) -> bool:
        """Whether values stay as they are stored."""
        return self.table is None and self.slope == 1 and self.intercept == 0

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
            return self._look_up(self.table, stored).astype(dtype, copy=False)
        if self.is_identity:
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

    def _look_up(self, data: bytes, stored: NDArray[Any]) -> NDArray[Any]:
        table: NDArray[Any] = np.frombuffer(data, np.float64 if self.is_real_table else np.uint16)
        index = stored.astype(np.int64) - self.first
        entries: NDArray[Any] = table[np.clip(index, 0, len(table) - 1)]
        if self.is_real_table:
            entries[(index < 0) | (index >= len(table))] = np.nan
        return entries


IDENTITY = ModalityTransform()


def left_as_stored(name: str, state: str, unit: str | None) -> ModalityTransform:
    """Return the transform of values whose meaning is not certain: none, and a warning.

    Parameters
    ----------
    name : str
        What is amiss, with a verb: "Rescale slope is".
    state : str
        "missing" or, of what stands in the file and does not serve, "unreadable", "invalid", "0".
    unit : str or None
        The unit that the values would have otherwise.
    """
    not_so = f", not {unit}" if unit else ""
    return ModalityTransform(
        state="missing" if state == "missing" else "unreadable",
        note=f"{name} {state}: values are stored values{not_so}",
    )


def no_rescale(unit: str | None) -> ModalityTransform:
    """Return the transform of values that have no rescale, and would have a unit with one."""
    found = left_as_stored("Rescale slope and intercept are", "missing", unit)
    return replace(found, state="absent")


def read_transform(
    data_set: DataSet, *, signed: bool, unit: str | None = None, required: bool = False
) -> ModalityTransform:
    """Return the modality transform of a data set.

    Parameters
    ----------
    data_set : DataSet
        The file's data set, or a Pixel Value Transformation item.
    signed : bool
        Whether stored values are signed (for the table's first value).
    unit : str or None
        Unit of the result by modality and Rescale Type.
    required : bool
        Whether values without any rescale do not have that unit.

    Notes
    -----
    Only what is certain is applied. If one of slope and intercept cannot be read, neither is used.
    A slope of 0 would make every pixel equal; it is met in files that mean "no rescale".
    """
    broken = False
    if data_set.has_value(Tag.ModalityLUTSequence):
        table = read_table(data_set.item(Tag.ModalityLUTSequence), signed=signed)
        if table is not None:
            first, _, entries = table
            return ModalityTransform(table=entries.tobytes(), first=first)
        broken = True
    rescale = _read_rescale(data_set, unit, required=required and not broken)
    if broken and rescale is IDENTITY:
        return left_as_stored("Modality LUT is", "unreadable", unit)
    if broken and not rescale.is_uncertain:
        note = "Modality LUT is unreadable: rescale slope and intercept are used instead"
        return ModalityTransform(rescale.slope, rescale.intercept, note=note)
    return rescale


def _read_rescale(data_set: DataSet, unit: str | None, *, required: bool) -> ModalityTransform:
    slopes = data_set.exactly(1, Tag.RescaleSlope)
    intercepts = data_set.exactly(1, Tag.RescaleIntercept)
    if slopes and intercepts:
        return _certain_rescale(slopes, intercepts, unit)
    unreadable = [
        name
        for name, tag, numbers in (
            ("slope", Tag.RescaleSlope, slopes),
            ("intercept", Tag.RescaleIntercept, intercepts),
        )
        if not numbers and data_set.has_value(tag)
    ]
    if unreadable:
        verb = "are" if len(unreadable) > 1 else "is"
        return left_as_stored(f"Rescale {' and '.join(unreadable)} {verb}", "unreadable", unit)
    if not slopes and not intercepts:
        if required:
            return no_rescale(unit)
        return IDENTITY
    return _certain_rescale(slopes, intercepts, unit)


def _certain_rescale(
    slopes: tuple[float, ...], intercepts: tuple[float, ...], unit: str | None
) -> ModalityTransform:
    """Return the rescale of readable numbers, of which one may be missing."""
    if max(map(abs, (*slopes, *intercepts))) > _MOST:
        return left_as_stored("Rescale slope or intercept is", "invalid", unit)
    if slopes == (0.0,):
        return left_as_stored("Rescale slope is", "0", unit)
    if not slopes:
        note = "Rescale slope is missing and assumed to be 1"
        return ModalityTransform(1.0, intercepts[0], note=note)
    if not intercepts:
        # Slopes alone are usual where 0 is "nothing"; Hounsfield units start at -1024.
        if unit == "HU":
            return left_as_stored("Rescale intercept is", "missing", unit)
        note = "Rescale intercept is missing and assumed to be 0"
        return ModalityTransform(slopes[0], note=note)
    return ModalityTransform(slopes[0], intercepts[0])


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
