"""Where every frame of a file lies, from its header by plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .decode import frame_count, header
from .oracle import nifti_volumes
from .values import RT_DOSE, shown

if TYPE_CHECKING:
    from pydicom import Dataset

TILES_IN_MOSAIC = (0x0019, 0x100A)


@dataclass(frozen=True, eq=False)
class Frame:
    """One image: where it lies, and which part of which file its values are.

    Attributes
    ----------
    time : tuple of int
        What orders frames at one position. In every case of the corpus this is the instance
        number, then the frame number: checked by hand against TemporalPositionIndex,
        DimensionIndexValues and the b-values.
    position, row, column : ndarray or None
        ImagePositionPatient and the direction cosines along a row and along a column.
    spacing : tuple of float or None
        Between rows, between columns.
    part : tuple of slice
        The rows and columns of the stored frame: a tile, for a mosaic.
    segment : int or None
        ReferencedSegmentNumber.
    tile : tuple of int or None
        Zero-based row and column of its corner in the total pixel matrix of a slide.
    """

    case: str
    file: str
    number: int
    time: tuple[int, int]
    position: np.ndarray | None
    row: np.ndarray | None
    column: np.ndarray | None
    spacing: tuple[float, float] | None
    part: tuple[slice, slice]
    segment: int | None = None
    tile: tuple[int, int] | None = None

    def values(self) -> np.ndarray:
        """Return the values to be shown, (rows, columns[, 3]) float32."""
        image: np.ndarray = shown(self.case, self.file)[self.number][self.part]
        return image

    def corners(self) -> np.ndarray | None:
        """Return the centers of the corner pixels in LPS millimeters: (0,0) (0,X) (Y,0) (Y,X)."""
        if self.position is None or self.row is None or self.column is None or not self.spacing:
            return None
        height, width = (s.stop - s.start for s in self.part)
        down = self.column * self.spacing[0] * (height - 1)
        along = self.row * self.spacing[1] * (width - 1)
        here = self.position
        return np.stack([here, here + along, here + down, here + down + along])

    def index_in(self, affine: np.ndarray) -> int:
        """Return the slice index at which a stack of this affine has the frame."""
        assert self.position is not None
        return round(float(np.linalg.solve(affine, np.append(self.position, 1))[0]))

    def along(self) -> float:
        """Return how far along its normal the frame lies."""
        assert self.position is not None
        assert self.normal is not None
        return float(self.position @ self.normal)

    @property
    def normal(self) -> np.ndarray | None:
        if self.row is None or self.column is None:
            return None
        return np.cross(self.row, self.column)


@lru_cache(maxsize=400)
def frames(case: str, file: str) -> list[Frame]:
    """Return the frames of a file in the order they are stored in."""
    ds = header(case, file)
    if TILES_IN_MOSAIC in ds and "MOSAIC" in ds.get("ImageType", []):
        return _mosaic(case, file, ds)
    shared = (ds.get("SharedFunctionalGroupsSequence") or [None])[0]
    own = ds.get("PerFrameFunctionalGroupsSequence") or []
    whole = (slice(0, ds.Rows), slice(0, ds.Columns))
    found = []
    for number in range(frame_count(ds)):
        groups = [own[number] if number < len(own) else None, shared]
        position = _get(groups, "PlanePositionSequence", "ImagePositionPatient")
        orientation = _get(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
        spacing = _get(groups, "PixelMeasuresSequence", "PixelSpacing")
        if not own and not shared:
            position, orientation = _top_level(ds, number)
            spacing = pixel_spacing(ds)
        elif spacing is None:
            spacing = pixel_spacing(ds)
        row, column = _cosines(orientation)
        found.append(
            Frame(
                case,
                file,
                number,
                (int(ds.get("InstanceNumber") or 0), number),
                None if position is None else np.array(position, float),
                row,
                column,
                None if spacing is None else (float(spacing[0]), float(spacing[1])),
                whole,
                _get(groups, "SegmentIdentificationSequence", "ReferencedSegmentNumber"),
                _tile(ds, groups, number),
            )
        )
    return found


def _get(groups: list[Dataset | None], sequence: str, name: str) -> Any:
    """Return an attribute of a functional group: the frame's own, else the shared one."""
    for group in groups:
        items = group.get(sequence) if group is not None else None
        if items and items[0].get(name) is not None:
            return items[0].get(name)
    return None


def _cosines(orientation: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
    if not orientation:
        return None, None
    return np.array(orientation[:3], float), np.array(orientation[3:], float)


def _top_level(ds: Dataset, number: int) -> tuple[Any, Any]:
    """Return position and orientation of a frame without functional groups.

    The frames of a dose lie at GridFrameOffsetVector along the normal (PS3.3 C.8.8.3.2); other
    multi-frame images without functional groups do not say where their frames lie.
    """
    position, orientation = ds.get("ImagePositionPatient"), ds.get("ImageOrientationPatient")
    if not position or not orientation:
        return None, None
    if str(ds.get("SOPClassUID")) == RT_DOSE and frame_count(ds) > 1:
        row, column = np.array(orientation, float).reshape(2, 3)
        offset = float(ds.GridFrameOffsetVector[number])
        return np.array(position, float) + offset * np.cross(row, column), orientation
    return (position, orientation) if frame_count(ds) == 1 else (None, None)


def pixel_spacing(ds: Dataset) -> tuple[float, float] | None:
    """Return (between rows, between columns) in millimeters where the header tells.

    PixelSpacing that differs from ImagerPixelSpacing is a calibrated one, and goes first
    (PS3.3 10.7.1.3). For ultrasound it is the 2D tissue region in centimeters (C.8.5.5).
    """
    for name in ("PixelSpacing", "ImagerPixelSpacing", "ImagePlanePixelSpacing"):
        if ds.get(name):
            return float(ds[name].value[0]), float(ds[name].value[1])
    for region in ds.get("SequenceOfUltrasoundRegions") or []:
        if region.PhysicalUnitsXDirection == 3 and region.PhysicalUnitsYDirection == 3:
            return abs(region.PhysicalDeltaY) * 10, abs(region.PhysicalDeltaX) * 10
    return None


def _tile(ds: Dataset, groups: list[Dataset | None], number: int) -> tuple[int, int] | None:
    """Return where a tile of a slide begins; row by row when TILED_FULL (PS3.3 C.7.6.17.3)."""
    if ds.get("TotalPixelMatrixColumns") is None:
        return None
    at = "PlanePositionSlideSequence"
    row = _get(groups, at, "RowPositionInTotalImagePixelMatrix")
    column = _get(groups, at, "ColumnPositionInTotalImagePixelMatrix")
    if row is not None and column is not None:
        return int(row) - 1, int(column) - 1
    across = -(-ds.TotalPixelMatrixColumns // ds.Columns)
    return number // across * ds.Rows, number % across * ds.Columns


def _mosaic(case: str, file: str, ds: Dataset) -> list[Frame]:
    """Cut a Siemens mosaic into its slices.

    The header's position is that of a sheet as large as all tiles, with the same center as the
    slice. The direction from tile to tile is in a private header; dcm2niix has read it, and its
    first slice must be our first tile.
    """
    row, column = _cosines(ds.ImageOrientationPatient)
    assert row is not None
    assert column is not None
    spacing = pixel_spacing(ds)
    assert spacing is not None
    count = int(ds[TILES_IN_MOSAIC].value)
    across = int(np.ceil(np.sqrt(count)))
    height, width = ds.Rows // across, ds.Columns // across
    first = (
        np.array(ds.ImagePositionPatient, float)
        + row * spacing[1] * (ds.Columns - width) / 2
        + column * spacing[0] * (ds.Rows - height) / 2
    )
    affine = np.array(nifti_volumes(case)[0]["affine_lps"])
    upside_down = affine[:3, 3] + affine[:3, 1] * (height - 1)
    assert np.linalg.norm(upside_down - first) < 0.01, "dcm2niix's first slice is another one"
    found = []
    for tile in range(count):
        top, left = tile // across * height, tile % across * width
        found.append(
            Frame(
                case,
                file,
                0,
                (int(ds.InstanceNumber), 0),
                first + tile * affine[:3, 2],
                row,
                column,
                spacing,
                (slice(top, top + height), slice(left, left + width)),
            )
        )
    return found
