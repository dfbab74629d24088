"""SlideSegmentation: segments of a slide as a pyramid of labels, of which only tiles are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import counted
from napari_medscan.dicom.errors import FrameError, MedscanError, UnreadableError
from napari_medscan.dicom.files.file_ref import GONE
from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.headers.read_many import Progress
from napari_medscan.dicom.headers.tile_places import read_places
from napari_medscan.dicom.objects.segment_overlap import label_sets
from napari_medscan.dicom.objects.segment_pixels import draw_labels, label_type
from napari_medscan.dicom.objects.segmentation import LABELS
from napari_medscan.dicom.objects.segments import Segment, SegmentFacts, read_segment_facts
from napari_medscan.dicom.objects.slide_files import pyramids_of
from napari_medscan.dicom.objects.tile_pyramid import Levels, TilePyramid, completed, matrix_of
from napari_medscan.dicom.pixels.read_frames import read_stored
from napari_medscan.frames import (
    FrameCache,
    TiledArray,
    TilePlane,
    highest_of,
    shared_cache,
)

_TOGETHER: Final = 64
"""Tiles that a thread reads at a time: those of one bit a pixel take less than starting it."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SlideSegmentation(TilePyramid):
    """A segmentation of a whole-slide image, whose frames are tiles (PS3.3 A.51, C.8.20.2).

    Parameters
    ----------
    levels : tuple of tuple of ImageHeader
        The files of each level, from the largest to the smallest.
    facts : SegmentFacts
        What they say of the segments.
    """

    facts: SegmentFacts

    @property
    def kind_name(self) -> str:
        """What a user calls it."""
        return "segmentation of a slide"

    @property
    def summary(self) -> str:
        """How many segments it has, and its extent."""
        matrix = self.matrix
        segments = counted(len(self.segments), "segment")
        return f"{segments}, {matrix.columns:,} × {matrix.rows:,} pixels"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of it."""
        return (*self.notes, *self.facts.notes)

    @property
    def referenced_series(self) -> tuple[str, ...]:
        """UIDs of the series that it refers to."""
        return self.facts.series

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments by number."""
        return self.facts.segments

    @property
    def is_label_map(self) -> bool:
        """Whether one tile holds all segments of its place."""
        return self.facts.is_label_map

    def empty_segments(self) -> frozenset[int]:
        """Return the numbers of the segments that have no tile, of a label map none.

        Raise as `pyramid`.
        """
        if self.is_label_map:
            return frozenset()
        headers = (header for level in self.levels for header in level)
        return self.facts.empty(n for header in headers for n in _segments_of(header)[1])

    def label_sets(self, progress: Progress | None = None) -> tuple[tuple[int, ...], ...]:
        """Return sets of segment numbers of which no two share a pixel; see `Segmentation`.

        Parameters
        ----------
        progress : callable, optional
            Told how far the comparison is; what it raises ends it.

        Raises
        ------
        FrameError
            If pixels have to be compared and cannot be read.
        UnreadableError, OSError
            As `pyramid`.
        """
        return label_sets(self.facts, self.segments, lambda: _cells_of(self.levels[0]), progress)

    def pyramid(
        self, numbers: Collection[int], cache: FrameCache | None = None
    ) -> tuple[TiledArray, ...]:
        """Return which segment each pixel is of, level by level; 0 is background.

        Levels that are smaller than those of the files have the highest label of each square.

        Parameters
        ----------
        numbers : collection of int
            Segments that do not overlap, one of `label_sets`.
        cache : FrameCache, optional
            Holds the tiles that were read; the one of this process when not given.

        Returns
        -------
        tuple of TiledArray
            (rows, columns) of Segment.value, from the largest to the smallest. Tiles of all focal
            planes are drawn as one.

        Raises
        ------
        UnreadableError
            If the file does not say where its tiles lie.
        OSError
            When the file cannot be read.
        """
        cache = shared_cache() if cache is None else cache
        values = {segment.number: segment.value for segment in self.segments}
        wanted = None if self.is_label_map else {n: values[n] for n in numbers}
        maps = [h for level in self.levels for h in level] if self.is_label_map else []
        dtype = label_type(values.values(), maps)
        levels = [_level(headers, wanted, dtype, cache) for headers in self.levels]
        return completed(levels, cache, highest_of)


def slide_segmentations_of(headers: Sequence[ImageHeader]) -> list[SlideSegmentation]:
    """Return the segmentations of slides among the files of a drop whose pixels are labels."""
    candidates = [h for h in headers if h.kind.measures == "segments" and h.matrix is not None]
    found = map(_segmentation, pyramids_of(candidates))
    return [each for each in found if each is not None]


def _segmentation(levels: Levels) -> SlideSegmentation | None:
    try:
        facts = read_segment_facts(levels[0][0].source.file)
    except (MedscanError, OSError):
        return None
    return SlideSegmentation(levels, facts) if facts.encoding in LABELS else None


def _segments_of(header: ImageHeader) -> tuple[NDArray[np.intp], list[int]]:
    """Return which of the numbers each tile is of, and the segment numbers."""
    paths = matrix_of(header).paths
    numbers = np.array([int(p.identifier) if p.identifier.isdigit() else 0 for p in paths])
    used, index = np.unique(numbers[read_places(header).paths], return_inverse=True)
    return index, used.tolist()


def _cells_of(level: Sequence[ImageHeader]) -> list[dict[int, list[tuple[SliceRef, object]]]]:
    """Return the tiles of each place by their segments."""
    cells: dict[tuple[int, int], dict[int, list[tuple[SliceRef, object]]]] = {}
    for header in level:
        places = read_places(header)
        index, numbers = _segments_of(header)
        rows = zip(places.tops.tolist(), places.lefts.tolist(), index.tolist(), strict=True)
        for frame, (top, left, which) in enumerate(rows):
            cell = cells.setdefault((top, left), {})
            cell.setdefault(numbers[which], []).append((SliceRef(header, frame), None))
    return list(cells.values())


def _level(
    headers: tuple[ImageHeader, ...],
    values: Mapping[int, int] | None,
    dtype: np.dtype[Any],
    cache: FrameCache,
) -> TiledArray:
    """Return one level as an array of tiles, each made of the frames at one place.

    Parameters
    ----------
    headers : tuple of ImageHeader
        Its files.
    values : mapping of int to int or None
        What segments are drawn with, by number; None if that is what is stored.
    dtype : dtype
        Of the labels.
    cache : FrameCache
        Holds the tiles.
    """
    tables = []
    for number, header in enumerate(headers):
        places = read_places(header)
        frames = np.arange(len(places.tops))
        label = np.zeros(len(frames), np.intp)
        if values is not None:
            index, segments = _segments_of(header)
            label = np.array([values.get(segment, 0) for segment in segments], np.intp)[index]
            frames = frames[label > 0]
        file = np.full(len(frames), number)
        tables.append(
            np.stack((places.tops[frames], places.lefts[frames], file, frames, label[frames]))
        )
    table = np.concatenate(tables, axis=1)
    table = table[:, np.lexsort((table[1], table[0]))]
    corners, starts = np.unique(table[:2], axis=1, return_index=True)
    if not table.shape[1] and values is None:
        raise UnreadableError("it has no tiles")
    matrix, layout = matrix_of(headers[0]), headers[0].layout
    bounds = np.append(starts, table.shape[1])
    return TiledArray(
        _LabelTiles(headers, table[2:], bounds, is_stored=values is None),
        [TilePlane(np.arange(len(starts)), corners[0], corners[1])],
        (matrix.rows, matrix.columns),
        (layout.rows, layout.columns),
        dtype,
        0,
        cache,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _LabelTiles:
    """Reads tiles of labels.

    Parameters
    ----------
    headers : tuple of ImageHeader
        The files.
    frames : ndarray of int
        File, frame and label of each frame, (3, frames), tile by tile.
    bounds : ndarray of int
        Where the frames of each tile begin, and the end of the last.
    is_stored : bool
        Labels are what is stored.
    """

    headers: tuple[ImageHeader, ...]
    frames: NDArray[np.intp]
    bounds: NDArray[np.intp]
    is_stored: bool

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Draw the segments of one tile."""
        out[...] = 0
        mine = self.frames[:, self.bounds[index] : self.bounds[index + 1]]
        for file, frame, label in mine.T.tolist():
            header = self.headers[file]
            draw_labels(out, read_stored(header, frame), header, None if self.is_stored else label)

    def together(self, indices: Sequence[int]) -> int:
        """Return how many of the first of `indices` are best read at a time."""
        return min(_TOGETHER, len(indices))

    def read_together(
        self, indices: Sequence[int], out: NDArray[Any]
    ) -> Sequence[FrameError | None]:
        """Read tiles; return why each could not be read."""
        errors: list[FrameError | None] = []
        for index, place in zip(indices, out, strict=True):
            try:
                self.read(index, place)
                errors.append(None)
            except FrameError as error:
                errors.append(error)
            except OSError:
                errors.append(FrameError(GONE))
        return errors
