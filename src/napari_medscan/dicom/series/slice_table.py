"""SliceTable: where each slice of a stack lies, and in which file, without opening one.

The same table serves a stack that was just read and one that comes from the index.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeVar, overload

import numpy as np

from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.alike import Kinds, kinds_of
from napari_medscan.dicom.series.positions import positions_of
from napari_medscan.dicom.space.vectors import Vector, moved

_T = TypeVar("_T", bound=Hashable)
_UNKNOWN = (float("nan"),) * 3
_POSITIONS = np.dtype("<f8")


def _text_of(places: Sequence[Vector]) -> str:
    """Return positions as base64: JSON takes ten times as long to read numbers."""
    return base64.b64encode(np.array(places, _POSITIONS).tobytes()).decode("ascii")


class _Positions(Sequence[Vector | None]):
    """Positions as `_text_of` wrote them; a tuple is made when it is asked for."""

    def __init__(self, text: str) -> None:
        # What is not base64 raises ValueError.
        data = base64.b64decode(text, validate=True)
        self._places = np.frombuffer(data, _POSITIONS).reshape(-1, 3)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Vector | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Vector | None]: ...

    def __getitem__(self, index: int | slice) -> Vector | Sequence[Vector | None] | None:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        x, y, z = self._places[index].tolist()
        return None if math.isnan(x) else (x, y, z)


def _orientations(values: Sequence[Any]) -> list[tuple[float, ...] | None]:
    return [None if value is None else _floats(value, 6) for value in values]


def _spacings(values: Sequence[Any]) -> list[tuple[float, ...] | None]:
    return [None if value is None else _floats(value, 2) for value in values]


def _floats(value: Sequence[Any], length: int) -> tuple[float, ...]:
    found = tuple(map(float, value))
    if len(found) != length:
        raise ValueError("another number of values was expected")
    return found


def _patient_orientations(values: Sequence[Any]) -> list[tuple[str, ...]]:
    return [tuple(map(str, value)) for value in values]


def _whole(values: Sequence[Any]) -> list[int]:
    return list(map(int, values))


def _tiles(values: Sequence[Any]) -> list[tuple[int, int] | None]:
    return [None if value is None else (int(value[0]), int(value[1])) for value in values]


_Owner = Literal["slice", "header", "frame"]
_KEY: Final = "stored"


@dataclass(frozen=True, slots=True)
class _Stored:
    """How an attribute of a slice is taken from its header, and read back from the index.

    Parameters
    ----------
    owner : {"slice", "header", "frame"}
        What has it.
    read : callable
        Returns its values from what JSON gave.
    get : callable or None
        Takes it from there; None if it has the same name there.
    """

    owner: _Owner
    read: Callable[[Any], Sequence[Any]]
    get: Callable[[Any], Any] | None

    def of(self, name: str, owners: Iterable[Any]) -> list[Any]:
        """Return the attribute of a name of each of some slices, headers or frames."""
        return list(map(self.get or attrgetter(name), owners))


def _stored(
    owner: _Owner,
    read: Callable[[Any], Sequence[Any]],
    get: Callable[[Any], Any] | None = None,
) -> Any:  # noqa: ANN401 - as `dataclasses.field`
    """Return a field that the index stores: one more is one more line in `SliceRecord`."""
    return field(metadata={_KEY: _Stored(owner, read, get)})


@dataclass(frozen=True, slots=True)
class SliceRecord:
    """What is known of one slice while its file stays closed.

    Windows are not here: they belong to the stack, whose middle slice decides, and their names
    are free text, which the index does not store.

    Parameters
    ----------
    name : str
        File path relative to what was dropped, with forward slashes.
    file : FileRef
        Where the file is.
    index : int
        Index into ``ImageHeader.frames``.
    frames : int
        Length of ``ImageHeader.frames``.
    position : tuple of float or None
        Image Position (Patient), LPS, mm.
    orientation : tuple of float or None
        Image Orientation (Patient): direction cosines of a row, then of a column.
    spacing : tuple of float or None
        Row spacing, column spacing, mm.
    patient_orientation : tuple of str
        Patient Orientation of radiographs and films, as in `ImageHeader`.
    segment : int
        Referenced Segment Number; 0 outside segmentations.
    tile : tuple of int or None
        First row and first column within the stored frame, for mosaics.
    planes : int
        Overlay planes and shutter of its file, as in `ImageHeader`.
    """

    name: str
    file: FileRef
    index: int = _stored("slice", _whole)
    frames: int = _stored("header", _whole, lambda header: len(header.frames))
    position: Vector | None = _stored("frame", _Positions)
    orientation: tuple[float, ...] | None = _stored("frame", _orientations)
    spacing: tuple[float, float] | None = _stored("frame", _spacings)
    patient_orientation: tuple[str, ...] = _stored("header", _patient_orientations)
    segment: int = _stored("frame", _whole)
    tile: tuple[int, int] | None = _stored("frame", _tiles)
    planes: int = _stored("header", _whole)

    @classmethod
    def of(cls, ref: SliceRef) -> SliceRecord:
        """Return the record of a slice whose header is in memory."""
        owner = {"slice": ref, "header": ref.header, "frame": ref.frame}
        values = {name: each.of(name, (owner[each.owner],))[0] for name, each in _COLUMNS.items()}
        return cls(name=ref.header.name, file=ref.header.source.file, **values)


_COLUMNS: Final[Mapping[str, _Stored]] = {
    each.name: each.metadata[_KEY] for each in fields(SliceRecord) if _KEY in each.metadata
}
"""All attributes of a record but the file and its name."""


@dataclass(frozen=True, slots=True)
class _Column(Generic[_T]):
    """One attribute of all slices; slices with equal values share one.

    Parameters
    ----------
    values : sequence
        The distinct values.
    at : sequence of int
        Index into `values` of each slice. Empty when all slices have the first value, or each
        slice has its own.
    """

    values: Sequence[_T]
    at: Sequence[int] = ()

    def __getitem__(self, number: int) -> _T:
        if self.at:
            return self.values[self.at[number]]
        return self.values[number if len(self.values) > 1 else 0]

    @classmethod
    def of(cls, items: Sequence[_T], which: Sequence[int] | None = None) -> _Column[_T]:
        """Return the column of some items; of `items[which[n]]` for slice n if that is given."""
        values = tuple(dict.fromkeys(items))
        if len(values) == 1:
            return cls(values)
        if which is not None:
            items = [items[number] for number in which]
        if len(values) == len(items):
            return cls(tuple(items))
        places = {value: place for place, value in enumerate(values)}
        return cls(values, [places[item] for item in items])

    def taken(self, numbers: Sequence[int]) -> _Column[_T]:
        """Return the values of some slices."""
        return _Column.of([self[number] for number in numbers])

    def checked(self, slices: int) -> _Column[_T]:
        """Return self; raise ValueError unless there is a value for each of so many slices."""
        if self.at:
            if len(self.at) != slices or not 0 <= min(self.at) <= max(self.at) < len(self.values):
                raise ValueError("a column does not fit the slices")
        elif len(self.values) not in (1, slices):
            raise ValueError("a column does not fit the slices")
        return self


class SliceTable(Sequence[SliceRecord]):
    """The records of all slices of a stack, time by time; no access opens a file.

    Equal values are stored once, and a record is made when it is asked for: a stack of 2,000
    slices that comes from the index costs no 2,000 objects.

    Parameters
    ----------
    slices : int
        Number of slices.
    columns : mapping of str to column
        "file", and every attribute of `SliceRecord` but the file and its name.
    """

    def __init__(self, slices: int, columns: Mapping[str, _Column[Any]]) -> None:
        self._slices = slices
        self._file: _Column[DroppedFile] = columns["file"]
        self._columns = {name: column for name, column in columns.items() if name != "file"}

    @classmethod
    def of(cls, refs: Sequence[SliceRef], kinds: Kinds | None = None) -> SliceTable:
        """Return the table of slices whose headers are in memory; `kinds` are theirs if known."""
        headers = {id(ref.header): ref.header for ref in refs}
        at = []
        if 1 < len(headers) < len(refs):
            numbers = dict(zip(headers, range(len(headers)), strict=True))
            at = [numbers[id(ref.header)] for ref in refs]
        files = [DroppedFile(header.source.file, header.name) for header in headers.values()]
        firsts, which = kinds or kinds_of(refs)
        owners: dict[str, Sequence[object]] = {
            "slice": firsts,
            "header": [ref.header for ref in firsts],
            "frame": [ref.frame for ref in firsts],
        }
        columns = {
            name: _Column.of(each.of(name, owners[each.owner]), which)
            for name, each in _COLUMNS.items()
            if name != "position"
        }
        columns["position"] = _Column.of(positions_of(refs))
        return cls(len(refs), {"file": _Column(files, at), **columns})

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files in the order of the slices, each once."""
        return tuple(file.name for file in self._file.values)

    def __len__(self) -> int:
        """Return the number of slices."""
        return self._slices

    def __repr__(self) -> str:
        """Return the number of slices: names and paths can identify a patient."""
        return f"SliceTable({self._slices} slices)"

    @overload
    def __getitem__(self, index: int) -> SliceRecord: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SliceRecord]: ...

    def __getitem__(self, index: int | slice) -> SliceRecord | Sequence[SliceRecord]:
        """Return the record of a slice."""
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._slices))]
        number = range(self._slices)[index]
        file = self._file[number]
        values = {name: column[number] for name, column in self._columns.items()}
        return SliceRecord(name=file.name, file=file.ref, **values)

    @property
    def planes(self) -> Sequence[int]:
        """Overlay planes and shutter of every slice, as in `ImageHeader`."""
        column = self._columns["planes"]
        return [column[number] for number in range(self._slices)]

    def taken(self, numbers: Sequence[int], shift: Vector | None) -> SliceTable:
        """Return the table of some of the slices, in the order given.

        Parameters
        ----------
        numbers : sequence of int
            Which slices.
        shift : tuple of float or None
            What is added to their positions, LPS, mm; with None they have no position.
        """
        columns = {"file": self._file, **self._columns}
        taken = {name: column.taken(numbers) for name, column in columns.items()}
        positions = [
            None if shift is None or place is None else moved(place, shift, 1.0)
            for place in (columns["position"][number] for number in numbers)
        ]
        return SliceTable(len(numbers), {**taken, "position": _Column.of(positions)})

    def packed(self, numbers: Mapping[str, int]) -> dict[str, Any]:
        """Return the table as JSON can hold it, without a name or a path.

        Parameters
        ----------
        numbers : mapping of str to int
            Number of each file within the drop, by name.
        """
        packed: dict[str, Any] = {
            name: [list(column.values), list(column.at)] for name, column in self._columns.items()
        }
        places = [place or _UNKNOWN for place in self._columns["position"].values]
        packed["position"][0] = _text_of(places)
        files = self._file.values
        packed["file"] = [[numbers[file.name] for file in files], list(self._file.at)]
        return {"slices": self._slices, **packed}

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any], files: Sequence[DroppedFile]) -> SliceTable:
        """Return the table that `packed` made.

        Parameters
        ----------
        packed : mapping
            Whatever JSON gave: it may be damaged.
        files : sequence of DroppedFile
            All of the drop.

        Raises
        ------
        KeyError, IndexError, TypeError, ValueError
            When it is not what `packed` makes of such a drop.
        """
        slices = int(packed["slices"])
        numbers, at = packed["file"]
        columns: dict[str, _Column[Any]] = {"file": _Column([files[n] for n in numbers], at)}
        for name, each in _COLUMNS.items():
            values, at = packed[name]
            columns[name] = _Column(each.read(values), at)
        return cls(slices, {name: column.checked(slices) for name, column in columns.items()})
