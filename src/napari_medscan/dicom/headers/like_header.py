"""Headers of files that are like one another: what each has of its own is kept as columns.

The slices of a series differ in number, place and times. Grouping and ordering take these from the
columns; the frame of a slice is made when somebody asks for more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, NamedTuple, Self

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.space.vectors import Vector


class OpenedFile(NamedTuple):
    """A file of which the first bytes are read.

    Parameters
    ----------
    file : FileRef
        The file.
    name : str
        Its name relative to what was dropped.
    size : int
        Bytes it has in all.
    head : bytes
        The first of them.
    """

    file: FileRef
    name: str
    size: int
    head: bytes


@dataclass(frozen=True, slots=True, eq=False)
class OwnColumns:
    """What each of some files has of its own, one value a file; all else of them is equal.

    Parameters
    ----------
    base : ImageHeader
        Has what they share, and what has no column here. It has one frame.
    ends : sequence of int
        Where the pixels begin.
    instances : sequence of str or None
        SOP Instance UID.
    numbers : sequence of int or None
        Instance Number.
    positions : sequence of tuple of float or None
        Image Position (Patient), mm, LPS.
    slice_locations : sequence of bytes or None
        Slice Location as the files write it.
    dimensions : mapping of str to sequence
        Attributes of `FrameHeader.dimensions`; None for a file that has no value.
    """

    base: ImageHeader
    ends: Sequence[int]
    instances: Sequence[str] | None
    numbers: Sequence[int] | None
    positions: Sequence[Vector] | None
    slice_locations: Sequence[bytes] | None
    dimensions: Mapping[str, Sequence[object]]

    def headers(self, files: Sequence[OpenedFile]) -> list[ImageHeader]:
        """Return the headers of the files."""
        base, count = self.base, len(files)
        instances = self.instances or [base.sop_instance] * count
        numbers: Sequence[int | None] = self.numbers or [base.instance_number] * count
        positions: Sequence[Vector | None] = self.positions or [base.position_of(0)] * count
        headers: list[ImageHeader] = []
        own = zip(files, instances, numbers, positions, strict=True)
        for row, (file, instance, number, position) in enumerate(own):
            source, name, size, _ = file
            values = {
                "source": source,
                "name": name,
                "size": size,
                "sop_instance": instance,
                "instance_number": number,
                "_columns": self,
                "_row": row,
                "_position": position,
            }
            header = object.__new__(_LikeHeader)
            object.__setattr__(header, "__dict__", values)
            headers.append(header)
        return headers

    def frame(self, row: int) -> FrameHeader:
        """Return the frame of a file."""
        frame: dict[str, object] = {}
        if self.positions is not None:
            frame["position"] = self.positions[row]
        if self.slice_locations is not None:
            frame["slice_location"] = self.slice_locations[row]
        if self.numbers is not None:
            frame["order"] = (self.numbers[row],)
        base = self.base.frames[0]
        if self.dimensions:
            own = {name: column[row] for name, column in self.dimensions.items()}
            all_of_them = {**base.dimensions, **own}
            frame["dimensions"] = {n: v for n, v in all_of_them.items() if v is not None}
        return base.like(**frame)

    def pixels(self, row: int) -> PixelElement:
        """Return where the pixels of a file lie."""
        pixels, end = self.base.pixels, self.ends[row]
        return pixels if end == pixels.offset else pixels._replace(offset=end)


class _LikeHeader(ImageHeader):
    """The header of a file that is like others; its frame is made when it is asked for."""

    _columns: OwnColumns
    _row: int
    _position: Vector | None

    def __new__(cls, **attributes: Any) -> ImageHeader:  # type: ignore[misc]  # noqa: ANN401
        """Return an ImageHeader: what `dataclasses.replace` makes is like no other."""
        return ImageHeader(**attributes)

    @cached_property
    def frames(self) -> tuple[FrameHeader, ...]:
        return (self._columns.frame(self._row),)

    @cached_property
    def pixels(self) -> PixelElement:
        return self._columns.pixels(self._row)

    @property
    def alike(self) -> object:
        return self._columns

    @property
    def own_dimensions(self) -> Collection[str]:
        return self._columns.dimensions.keys()

    def position_of(self, index: int) -> Vector | None:
        return self.frames[index].position if index else self._position

    def dimension_of(self, index: int, name: str) -> object:
        column = self._columns.dimensions.get(name)
        if column is not None and index == 0:
            return column[self._row]
        return self._columns.base.dimension_of(index, name)

    def common_dimensions(self, index: int) -> Mapping[str, object]:
        return self._columns.base.frames[index].dimensions

    def like(self, **changes: object) -> Self:
        return _image_header(self._values() | changes)  # type: ignore[return-value]

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], ImageHeader], tuple[dict[str, Any]]]:
        """Pickle it as an ImageHeader, without what other files have of their own."""
        return _image_header, (self._values(),)

    def _values(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in _OWN}
        return {**self._columns.base.__dict__, **own}


_OWN: Final = ("source", "name", "size", "sop_instance", "instance_number", "frames", "pixels")
"""What each file has of its own, whatever it is like."""
for _field in fields(ImageHeader):
    if _field.name not in _OWN:
        # All else is of the base: a copy for each of thousands would take longer than reading them.
        setattr(_LikeHeader, _field.name, property(attrgetter(f"_columns.base.{_field.name}")))


def _image_header(values: dict[str, Any]) -> ImageHeader:
    header = object.__new__(ImageHeader)
    object.__setattr__(header, "__dict__", values)
    return header
