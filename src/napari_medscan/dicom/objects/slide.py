"""Slide: a whole-slide image as a pyramid of levels, of which only tiles in view are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError, LateFrameError, UnreadableError
from napari_medscan.dicom.files.file_ref import GONE
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.slide_matrix import OpticalPath
from napari_medscan.dicom.headers.tile_places import read_places
from napari_medscan.dicom.objects.tile_pyramid import TilePyramid, completed, matrix_of
from napari_medscan.dicom.pixels.color_profile import ColorProfile, read_color_profile
from napari_medscan.dicom.pixels.read_frames import read_tiles
from napari_medscan.dicom.pixels.value_range import value_range
from napari_medscan.dicom.series.series_name import series_name
from napari_medscan.frames import FrameCache, TiledArray, TilePlane, mean_of, shared_cache

_TOGETHER: Final = 2 << 20
"""Bytes of tiles that a worker decodes by one request."""
NO_SPACING: Final = "No pixel spacing: sizes are unknown"
MAY_NAME: Final = "It may show the label of the specimen, which identifies the patient"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slide(TilePyramid):
    """A whole-slide image, or the overview or label image of one (PS3.3 A.32.8).

    A fractional segmentation of one is another, whose `paths` are the segments.
    """

    @property
    def role(self) -> str:
        """What it is of a slide: "slide", "overview" or "label"."""
        return {"OVERVIEW": "overview", "LABEL": "label"}.get(self.matrix.flavor, "slide")

    @property
    def may_name(self) -> bool:
        """Whether it may show the label of the specimen, which names the patient."""
        return any(matrix_of(header).may_name for level in self.levels for header in level)

    @property
    def is_fractional(self) -> bool:
        """Whether pixels are probabilities or occupancies of segments."""
        return self.header.kind.measures == "segments"

    @property
    def is_shown_at_once(self) -> bool:
        """Not if it may show the label, unless it is the slide itself."""
        return self.role == "slide" or not self.may_name

    @property
    def kind_name(self) -> str:
        """What a user calls it."""
        if self.is_fractional:
            return "fractional segmentation of a slide"
        return "slide" if self.role == "slide" else f"{self.role} image of a slide"

    @property
    def name(self) -> str:
        """Modality, series number, description and role; of a label image no description."""
        header = self.header
        description = "" if self.role == "label" else header.description
        role = "" if self.role == "slide" else self.role
        return series_name(header.modality, header.series_number, description, role)

    @property
    def summary(self) -> str:
        """Its extent, levels and optical paths."""
        matrix = self.matrix
        parts = [f"{matrix.columns:,} × {matrix.rows:,} pixels"]
        if len(self.levels) > 1:
            parts.append(f"{len(self.levels)} levels")
        if len(self.paths) > 1:
            what = "segments" if self.is_fractional else "optical paths"
            parts.append(f"{len(self.paths)} {what}")
        if self.has_color_profile:
            parts.append("ICC profile")
        return ", ".join(parts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes of its files, each once, and what is not known."""
        notes = [*self.notes, *[MAY_NAME] * self.may_name]
        notes += [NO_SPACING] * (not self.geometry.is_calibrated)
        return tuple(dict.fromkeys(notes))

    @property
    def is_rgb(self) -> bool:
        """Whether pixels are red, green and blue."""
        return is_color(self.header)

    @property
    def has_color_profile(self) -> bool:
        """Whether an ICC profile says which colors red, green and blue are."""
        return self.is_rgb and any(path.profile for path in self.paths)

    @property
    def paths(self) -> tuple[OpticalPath, ...]:
        """The optical paths of its largest level."""
        found: dict[str, OpticalPath] = {}
        for header in self.levels[0]:
            for path in matrix_of(header).paths:
                found.setdefault(path.identifier, path)
        return tuple(found.values())

    def pyramid(
        self, path: int = 0, cache: FrameCache | None = None, *, to_srgb: bool = False
    ) -> tuple[TiledArray, ...]:
        """Return the levels of an optical path as lazy arrays, from the largest to the smallest.

        Parameters
        ----------
        path : int
            Number of the optical path in `paths`.
        cache : FrameCache, optional
            Holds the tiles that were read; the one of this process when not given.
        to_srgb : bool
            Convert colors by the ICC profile of the file, if it has one; else they are as stored.

        Returns
        -------
        tuple of TiledArray
            ([focal planes,] rows, columns[, 3]). Levels that are smaller than those of the files
            are means of these.

        Raises
        ------
        UnreadableError
            If the file does not say where its tiles lie, or its ICC profile is damaged.
        OSError
            When the file cannot be read.
        """
        cache = shared_cache() if cache is None else cache
        identifier = self.paths[path].identifier
        found = [_tiles_of(level, identifier, to_srgb=to_srgb) for level in self.levels]
        depth = max((len(tiles.planes) for tiles in found), default=0)
        if not depth:
            raise UnreadableError("it has no tiles")
        levels = [tiles.array(depth, cache) for tiles in found if tiles.planes]
        return completed(levels, cache, mean_of, channels=int(self.is_rgb))

    def missing_tiles(self) -> int:
        """Return how many tiles the files should have, and do not; raise as `pyramid`."""
        return sum(read_places(header).missing for level in self.levels for header in level)


def is_color(header: ImageHeader) -> bool:
    """Whether tiles are shown as red, green and blue."""
    return header.layout.samples > 1 or header.palette is not None


@dataclass(frozen=True, slots=True)
class _TileSource:
    """Reads the tiles of a level, numbered on from file to file.

    Parameters
    ----------
    headers : tuple of ImageHeader
        The files.
    starts : tuple of int
        Number of the first tile of each.
    profiles : tuple of ColorProfile or None
        By which the colors of each are converted; None leaves them as they are.
    """

    headers: tuple[ImageHeader, ...]
    starts: tuple[int, ...]
    profiles: tuple[ColorProfile | None, ...]

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read one tile."""
        (error,) = self.read_together([index], out[None])
        if error is not None:
            raise error

    def together(self, indices: Sequence[int]) -> int:
        """Return how many of the first of `indices` are best read at a time."""
        file = self._file_of(indices[0])
        most = max(1, _TOGETHER // self.headers[file].layout.decoded_bytes)
        count = 1
        while count < min(most, len(indices)) and self._file_of(indices[count]) == file:
            count += 1
        return count

    def read_together(
        self, indices: Sequence[int], out: NDArray[Any]
    ) -> Sequence[FrameError | None]:
        """Read tiles of one file; return why each could not be read."""
        file = self._file_of(indices[0])
        frames = [index - self.starts[file] for index in indices]
        try:
            errors = read_tiles(self.headers[file], frames, out)
        except FrameError as error:
            return [error] * len(indices)
        except OSError:
            return [FrameError(GONE)] * len(indices)
        if (profile := self.profiles[file]) is not None:
            for tile in out:
                tile[...] = profile.to_srgb(tile)
        return errors

    @staticmethod
    def is_late(error: Exception) -> bool:
        """Whether decoding a tile took too long."""
        return isinstance(error, LateFrameError)

    def _file_of(self, index: int) -> int:
        return int(np.searchsorted(self.starts, index, side="right")) - 1


@dataclass(frozen=True, slots=True)
class _LevelTiles:
    """The tiles of one optical path in a level, plane by plane."""

    headers: tuple[ImageHeader, ...]
    planes: tuple[TilePlane, ...]
    profiles: tuple[ColorProfile | None, ...]

    def array(self, depth: int, cache: FrameCache) -> TiledArray:
        """Return the level as an array of `depth` focal planes: where it has fewer, the nearest."""
        header, matrix = self.headers[0], matrix_of(self.headers[0])
        layout = header.layout
        channels = (3,) if is_color(header) else ()
        dtype = np.dtype(np.uint8)
        if not channels:
            stored = value_range(header)
            transform = header.frames[0].transform
            dtype = transform.dtype(stored.dtype, stored.low, stored.high)
        starts = np.cumsum([0, *(each.layout.frames for each in self.headers)])[:-1]
        have = len(self.planes)
        planes = [self.planes[min(have - 1, number * have // depth)] for number in range(depth)]
        lead = (depth,) if depth > 1 else ()
        return TiledArray(
            _TileSource(self.headers, tuple(starts.tolist()), self.profiles),
            planes,
            (*lead, matrix.rows, matrix.columns, *channels),
            (layout.rows, layout.columns, *channels),
            dtype,
            matrix.background if channels else 0,
            cache,
        )


def _profile_of(header: ImageHeader, identifier: str) -> ColorProfile | None:
    """Return the ICC profile of an optical path in a file, None if it has none."""
    paths = (path for path in matrix_of(header).paths if path.identifier == identifier)
    place = next((path.profile for path in paths), None)
    return read_color_profile(header.source, place) if place and is_color(header) else None


def _tiles_of(headers: tuple[ImageHeader, ...], identifier: str, *, to_srgb: bool) -> _LevelTiles:
    """Return where the tiles of an optical path lie in a level."""
    numbers, tops, lefts, heights = [], [], [], []
    start, is_gapless = 0, True
    for header in headers:
        places, paths = read_places(header), matrix_of(header).paths
        chosen = np.flatnonzero(
            np.array([path.identifier == identifier for path in paths])[places.paths]
        )
        numbers.append(start + chosen)
        tops.append(places.tops[chosen])
        lefts.append(places.lefts[chosen])
        heights.append(places.planes[chosen])
        start += header.layout.frames
        is_gapless &= matrix_of(header).is_full
    number, top, left = np.concatenate(numbers), np.concatenate(tops), np.concatenate(lefts)
    planes = _plane_numbers(top, left, np.concatenate(heights))
    return _LevelTiles(
        headers,
        tuple(
            TilePlane(number[inside], top[inside], left[inside], is_gapless)
            for inside in (planes == each for each in range(int(planes.max(initial=-1)) + 1))
        ),
        tuple(_profile_of(header, identifier) if to_srgb else None for header in headers),
    )


def _plane_numbers(
    tops: NDArray[np.int64], lefts: NDArray[np.int64], heights: NDArray[np.floating[Any]]
) -> NDArray[np.intp]:
    """Return the focal plane of each tile, from 0.

    Scanners focus anew on each tile: heights alone make no planes. Tiles at one place do, counted
    from the slide up.
    """
    if not len(tops):
        return np.zeros(0, np.intp)
    order = np.lexsort((heights, lefts, tops))
    same = (np.diff(tops[order]) == 0) & (np.diff(lefts[order]) == 0)
    begins = np.concatenate(([True], ~same))
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    planes = np.empty(len(order), np.intp)
    planes[order] = np.arange(len(order)) - first
    return planes
