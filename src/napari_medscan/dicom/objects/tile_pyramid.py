"""TilePyramid: what has its pixels in the tiles of a slide, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.headers.slide_matrix import TileMatrix
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.frames import Combine, FrameCache, TiledArray, reduced

_SMALLEST: Final = 2048
"""Rows or columns of a smallest level: napari reads all of it for the thumbnail."""
_FACTOR: Final = 4
"""How much smaller each level is that the files do not have."""
_TILE: Final = 256
"""Rows and columns of their tiles."""

Levels = tuple[tuple[ImageHeader, ...], ...]
"""The files of each level, from the largest to the smallest: several if they hold parts of a
concatenation, or different optical paths or focal planes."""


@dataclass(frozen=True, slots=True)
class SlideGeometry:
    """Where the largest level of a slide lies.

    Parameters
    ----------
    scale : tuple of float
        Step of focal planes, row spacing, column spacing; mm, or 1 if unknown.
    translate : tuple of float
        Of the first pixel along these axes, mm.
    is_calibrated : bool
        Whether the spacing is known.
    """

    scale: tuple[float, float, float]
    translate: tuple[float, float, float]
    is_calibrated: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TilePyramid(DicomObject):
    """A whole-slide image, or segments of one.

    Parameters
    ----------
    levels : tuple of tuple of ImageHeader
        The files of each level, from the largest to the smallest.
    """

    levels: Levels

    @property
    def header(self) -> ImageHeader:
        """Of its first file."""
        return self.levels[0][0]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of its files."""
        return tuple(header.name for level in self.levels for header in level)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of its files, each once."""
        return tuple(dict.fromkeys(n for level in self.levels for h in level for n in h.notes))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of it."""
        return self.notes

    @property
    def matrix(self) -> TileMatrix:
        """The total pixel matrix of its largest level."""
        return matrix_of(self.header)

    @property
    def geometry(self) -> SlideGeometry:
        """Where its largest level lies, along its own rows and columns."""
        matrix = self.matrix
        spacing = matrix.spacing or (1.0, 1.0)
        translate = (0.0, 0.0)
        if matrix.spacing and matrix.origin and matrix.orientation:
            x, y = matrix.origin
            along_row, along_column = matrix.orientation[:2], matrix.orientation[3:5]
            translate = (
                x * along_column[0] + y * along_column[1],
                x * along_row[0] + y * along_row[1],
            )
        scale = (matrix.plane_step or 1.0, *spacing)
        return SlideGeometry(scale, (0.0, *translate), matrix.spacing is not None)


def matrix_of(header: ImageHeader) -> TileMatrix:
    """Return the total pixel matrix of a slide's file."""
    if header.matrix is None:
        raise ValueError("the file is no slide")
    return header.matrix


def completed(
    levels: list[TiledArray], cache: FrameCache, combine: Combine, *, channels: int = 0
) -> tuple[TiledArray, ...]:
    """Return levels with those that the files do not have, down to one for a thumbnail.

    Parameters
    ----------
    levels : list of TiledArray
        From the largest to the smallest.
    cache : FrameCache
        Holds the tiles.
    combine : callable
        Makes one pixel of a square of them.
    channels : int
        Axes of color, after rows and columns.
    """
    rows = levels[0].ndim - 2 - channels
    while max(levels[-1].shape[rows : rows + 2]) > _SMALLEST:
        levels = [*levels, reduced(levels[-1], _FACTOR, _TILE, cache, combine)]
    return tuple(levels)
