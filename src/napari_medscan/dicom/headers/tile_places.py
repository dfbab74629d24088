"""Where the tiles of a slide lie in its total pixel matrix.

A slide has up to some 100,000 tiles. In a full matrix their order says where each lies (PS3.3
C.7.6.17.3); in a sparse one each says it in functional groups (C.8.12.6.1), of which the few
numbers that count are found by their tags, without parsing the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.located import scan_items
from napari_medscan.dicom.elements.scanner import UnusualError
from napari_medscan.dicom.elements.values import DataSet, Deferred, Element
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.slide_matrix import WANTED_TILE, TileMatrix, path_of

_LONGEST: Final = 512 << 20
"""Bytes of functional groups that are read."""
MOST_TILES: Final = 2**22
_MOST_PIXELS: Final = 2**40
_SAME_PLANE: Final = 1e-6
"""Millimeters between two Z offsets that are one."""
_MICRON: Final = 1e-3


@dataclass(frozen=True, slots=True)
class TilePlaces:
    """Where the tiles of one file lie, tile by tile.

    Parameters
    ----------
    tops, lefts : ndarray of int
        First row and column of each in the total pixel matrix, from 0.
    planes : ndarray of float
        Height of each above the slide, mm; in a full matrix, multiples of the step, or of 1 µm.
    paths : ndarray of int
        Number of the optical path of each in ``TileMatrix.paths``.
    missing : int
        Tiles that a full matrix should have, and has not.
    """

    tops: NDArray[np.int64]
    lefts: NDArray[np.int64]
    planes: NDArray[np.floating[Any]]
    paths: NDArray[np.intp]
    missing: int = 0


@lru_cache(maxsize=64)
def read_places(header: ImageHeader) -> TilePlaces:
    """Return where the tiles of a slide's file lie.

    Raises
    ------
    UnreadableError
        If tiles do not say where they lie.
    OSError
        When the file cannot be read.
    """
    matrix = header.matrix
    if matrix is None:
        raise UnreadableError("no slide")
    if _grid(header, matrix)[0] > MOST_TILES or matrix.rows * matrix.columns > _MOST_PIXELS:
        raise UnreadableError("its size is far larger than a slide")
    if not matrix.is_full:
        located = matrix.places
        if isinstance(located, Deferred):
            return _located(header, matrix, located)
        if located:
            return _of_items(header, matrix, located)
        if header.layout.frames > 1 and header.layout.frames < _grid(header, matrix)[0]:
            raise UnreadableError("its tiles have no positions")
    return _full(header, matrix)


def _grid(header: ImageHeader, matrix: TileMatrix) -> tuple[int, int]:
    """Return how many tiles a plane has, and how many stand in a row."""
    across = ceil(matrix.columns / header.layout.columns)
    return across * ceil(matrix.rows / header.layout.rows), across


def _full(header: ImageHeader, matrix: TileMatrix) -> TilePlaces:
    """Return the places of a full matrix: along rows, then planes, then optical paths."""
    count = header.layout.frames
    per_plane, across = _grid(header, matrix)
    paths = len(matrix.paths)
    depth = matrix.planes or max(1, round(count / per_plane / paths))
    if header.concatenation is None and count <= per_plane:
        # Of the paths and planes that the slide has, this file holds one.
        depth, paths = 1, 1
    numbers = np.arange(matrix.first, matrix.first + count)
    # Tiles beyond the matrix have no place.
    numbers = numbers[numbers < per_plane * depth * paths]
    place, plane = numbers % per_plane, numbers // per_plane
    missing = 0
    if header.concatenation is None:
        missing = max(0, per_plane * depth * paths - count)
    return TilePlaces(
        place // across * header.layout.rows,
        place % across * header.layout.columns,
        plane % depth * (matrix.plane_step or _MICRON),
        _own_path(matrix) + plane // depth,
        missing,
    )


def _own_path(matrix: TileMatrix) -> int:
    """Return the number of the optical path that all tiles share."""
    return _path_numbers(matrix).get(path_of(matrix.shared), 0)


def _path_numbers(matrix: TileMatrix) -> dict[str, int]:
    return {path.identifier: number for number, path in enumerate(matrix.paths)}


def _of_items(header: ImageHeader, matrix: TileMatrix, items: tuple[DataSet, ...]) -> TilePlaces:
    """Return the places that functional groups give."""
    count = header.layout.frames
    numbers, own = _path_numbers(matrix), _own_path(matrix)
    shared = matrix.shared.item(Tag.PlanePositionSlideSequence)
    rows: list[tuple[int, int, float, int]] = []
    for item in items[:count]:
        place = item.item(Tag.PlanePositionSlideSequence)
        top = place.integer(Tag.RowPositionInTotalImagePixelMatrix)
        left = place.integer(Tag.ColumnPositionInTotalImagePixelMatrix)
        if top is None or left is None:
            raise UnreadableError("its tiles have no positions")
        z = place.number(Tag.ZOffsetInSlideCoordinateSystem)
        z = z if z is not None else shared.number(Tag.ZOffsetInSlideCoordinateSystem) or 0.0
        rows.append((top - 1, left - 1, z * _MICRON, numbers.get(path_of(item), own)))
    table = np.array(rows, np.float64).reshape(-1, 4)
    return _checked(header, table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _checked(
    header: ImageHeader,
    tops: NDArray[np.floating[Any]],
    lefts: NDArray[np.floating[Any]],
    planes: NDArray[np.floating[Any]],
    paths: NDArray[np.floating[Any]],
) -> TilePlaces:
    count = header.layout.frames
    planes = np.round(planes / _SAME_PLANE) * _SAME_PLANE
    return TilePlaces(
        tops.astype(np.int64),
        lefts.astype(np.int64),
        planes,
        paths.astype(np.intp),
        max(0, count - len(tops)),
    )


def _located(header: ImageHeader, matrix: TileMatrix, located: Deferred) -> TilePlaces:
    """Return the places that functional groups give which were not read yet."""
    if located.length > _LONGEST:
        raise UnreadableError("its tiles take too many functional groups")
    found = None
    if not matrix.big_endian:
        data = header.source.read_at(located.offset, located.length)
        found = _Search(data, header.layout.frames, explicit=matrix.explicit).run(matrix)
    if found is not None:
        return _checked(header, *found)
    try:
        with header.source.opened() as source:
            items = scan_items(
                source,
                located,
                WANTED_TILE,
                explicit=matrix.explicit,
                big_endian=matrix.big_endian,
            )
    except UnusualError:
        raise UnreadableError("its functional groups are damaged") from None
    return _of_items(header, matrix, items)


Columns = tuple[
    NDArray[np.floating[Any]],
    NDArray[np.floating[Any]],
    NDArray[np.floating[Any]],
    NDArray[np.floating[Any]],
]


class _Search:
    """Finds the values of functional groups by their tags.

    It is certain only if each tile has one of each, in the order of the tiles.

    Parameters
    ----------
    data : bytes
        The items, little endian.
    count : int
        Number of tiles.
    explicit : bool
        Whether value representations stand in them.
    """

    def __init__(self, data: bytes, count: int, *, explicit: bool) -> None:
        self._data, self._count, self._explicit = data, count, explicit
        self._low: NDArray[np.intp] | None = None
        self._high = np.empty(0, np.intp)

    def run(self, matrix: TileMatrix) -> Columns | None:
        """Return row, column, height and optical path of each tile; None if it is not certain."""
        tops = self._numbers(Tag.RowPositionInTotalImagePixelMatrix)
        lefts = self._numbers(Tag.ColumnPositionInTotalImagePixelMatrix)
        heights = self._texts(Tag.ZOffsetInSlideCoordinateSystem)
        paths = self._paths()
        if tops is None or lefts is None or heights is None or paths is None or not self._is_even():
            return None
        own = _own_path(matrix)
        shared = matrix.shared.item(Tag.PlanePositionSlideSequence)
        height = shared.number(Tag.ZOffsetInSlideCoordinateSystem) or 0.0
        planes = np.full(self._count, height)
        if heights:
            known = {text: _decimal(text) for text in set(heights)}
            if None in known.values():
                return None
            planes = np.array([known[text] for text in heights], np.float64)
        numbers = _path_numbers(matrix)
        names = {text: numbers.get(text, own) for text in set(paths)}
        indices = np.array([names[text] for text in paths] or [own] * self._count, np.float64)
        return tops - 1.0, lefts - 1.0, planes * _MICRON, indices

    def _paths(self) -> list[str] | None:
        """Return the segment or the optical path of each tile, [] if no tile gives any."""
        segments = self._numbers(Tag.ReferencedSegmentNumber)
        if segments is not None:
            return [str(number) for number in segments.tolist()]
        codes = self._texts(Tag.OpticalPathIdentifier)
        if codes is None:
            return None
        known = {text: _code(text) for text in set(codes)}
        return [known[text] for text in codes]

    def _numbers(self, tag: Tag) -> NDArray[np.int64] | None:
        """Return the 16-bit or 32-bit values of an element, one a tile."""
        width = 2 if tag.vr == b"US" else 4
        size = width.to_bytes(2 if self._explicit else 4, "little")
        head = self._head(tag, tag.vr) + size
        places = self._places(re.escape(head))
        if len(places) != self._count:
            return None
        raw = np.frombuffer(self._data, np.uint8)
        at = places[:, None] + np.arange(len(head), len(head) + width)
        if at.size and at.max() >= len(raw):
            return None
        kind = "<u2" if width == 2 else "<i4"
        values: NDArray[np.int64] = raw[at].copy().view(kind)[:, 0].astype(np.int64)
        self._note(places)
        return values

    def _texts(self, tag: Tag) -> list[bytes] | None:
        """Return the texts of an element, one a tile, or none at all."""
        head = self._head(tag, tag.vr)
        places = self._places(re.escape(head))
        if not len(places):
            return []
        if len(places) != self._count:
            return None
        self._note(places)
        width = 2 if self._explicit else 4
        texts = []
        for place in (places + len(head)).tolist():
            length = int.from_bytes(self._data[place : place + width], "little")
            if length > 64:
                return None
            texts.append(self._data[place + width : place + width + length])
        return texts

    def _head(self, tag: Tag, vr: bytes) -> bytes:
        group, element = divmod(int(tag), 1 << 16)
        head = group.to_bytes(2, "little") + element.to_bytes(2, "little")
        return head + vr if self._explicit else head

    def _places(self, pattern: bytes) -> NDArray[np.intp]:
        found = [match.start() for match in re.finditer(pattern, self._data)]
        return np.array(found, np.intp)

    def _note(self, places: NDArray[np.intp]) -> None:
        self._low = places if self._low is None else np.minimum(self._low, places)
        self._high = places if not len(self._high) else np.maximum(self._high, places)

    def _is_even(self) -> bool:
        """Whether all values of a tile stand before those of the next."""
        return self._low is not None and bool(np.all(self._high[:-1] < self._low[1:]))


def _decimal(text: bytes) -> float | None:
    tag = Tag.ZOffsetInSlideCoordinateSystem
    return DataSet({tag: Element(tag.vr, text)}).number(tag)


def _code(text: bytes) -> str:
    tag = Tag.OpticalPathIdentifier
    return DataSet({tag: Element(tag.vr, text)}).text(tag)
