"""TileMatrix: the total pixel matrix of a slide or its segmentation, whose frames are its tiles.

PS3.3 C.8.12.4 (Whole Slide Microscopy Image module), C.8.12.5 (Optical Path), C.8.20.2
(Segmentation Image) and C.7.6.17.3 (full and sparse tiling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet, Deferred
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, deferred, want
from napari_medscan.dicom.intensity.cielab import rgb_from_cielab
from napari_medscan.dicom.space.spacing import WANTED_SPACING, valid_spacing

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.parsed_file import ParsedFile

MAX_EXTENT: Final = 2**22
"""Rows or columns: 4 million pixels of 0.1 µm are wider than any slide."""
_MOST_PLANES: Final = 1000
_PLACES: Final[Wanted] = want(
    Tag.XOffsetInSlideCoordinateSystem, Tag.YOffsetInSlideCoordinateSystem
)
WANTED_TILE: Final[Wanted] = {
    Tag.PlanePositionSlideSequence: want(
        Tag.ZOffsetInSlideCoordinateSystem,
        Tag.ColumnPositionInTotalImagePixelMatrix,
        Tag.RowPositionInTotalImagePixelMatrix,
    ),
    Tag.OpticalPathIdentificationSequence: want(Tag.OpticalPathIdentifier),
    Tag.SegmentIdentificationSequence: want(Tag.ReferencedSegmentNumber),
}
"""In the functional groups of a tile."""
WANTED_MATRIX: Final[Wanted] = want(
    Tag.ImageType,
    Tag.PyramidUID,
    Tag.DimensionOrganizationType,
    Tag.ConcatenationFrameOffsetNumber,
    Tag.BurnedInAnnotation,
    Tag.ImagedVolumeWidth,
    Tag.ImagedVolumeHeight,
    Tag.TotalPixelMatrixColumns,
    Tag.TotalPixelMatrixRows,
    Tag.TotalPixelMatrixFocalPlanes,
    Tag.SpecimenLabelInImage,
    Tag.NumberOfFocalPlanes,
    Tag.DistanceBetweenFocalPlanes,
    Tag.RecommendedAbsentPixelCIELabValue,
    Tag.ImageOrientationSlide,
    deferred(Tag.ICCProfile),
    {
        Tag.TotalPixelMatrixOriginSequence: _PLACES,
        Tag.OpticalPathSequence: want(
            Tag.OpticalPathIdentifier, Tag.OpticalPathDescription, deferred(Tag.ICCProfile)
        ),
        Tag.SegmentSequence: want(Tag.SegmentNumber, Tag.SegmentLabel),
        Tag.SharedFunctionalGroupsSequence: want(
            WANTED_TILE, {Tag.PixelMeasuresSequence: WANTED_SPACING}
        ),
        Tag.PerFrameFunctionalGroupsSequence: WANTED_TILE,
    },
)


@dataclass(frozen=True, slots=True)
class OpticalPath:
    """One way of lighting and filtering, or one segment of a segmentation.

    Parameters
    ----------
    identifier : str
        Optical Path Identifier or Segment Number, to which tiles refer.
    name : str
        What a user calls it: its description or label, cleaned, '' when absent.
    profile : Deferred or None
        Where its ICC profile lies in the file, if it has one.
    """

    identifier: str
    name: str = ""
    profile: Deferred | None = None


@dataclass(frozen=True, slots=True)
class TileMatrix:
    """What one file of a slide says of the matrix that its tiles make up.

    Parameters
    ----------
    rows, columns : int
        Extent of the total pixel matrix.
    flavor : str
        Value 3 of Image Type: "VOLUME", "THUMBNAIL", "OVERVIEW", "LABEL"; '' when absent.
    pyramid : str
        Pyramid UID, '' when absent.
    is_full : bool
        Tiles are in the order of PS3.3 C.7.6.17.3, and each place has one; else each says where
        it lies.
    first : int
        Number of the first frame in the whole of a concatenation.
    paths : tuple of OpticalPath
        In their order, at least one.
    planes : int
        Focal planes of a full matrix; 0 if the file does not say.
    plane_step : float or None
        Distance of focal planes, mm.
    spacing : tuple of float or None
        Row spacing, column spacing; mm.
    origin : tuple of float or None
        X and Y of the first pixel on the slide, mm.
    orientation : tuple of float or None
        Direction cosines of a row and of a column on the slide.
    background : tuple of int
        Red, green and blue where there is no tile.
    may_name : bool
        It shows the label of the specimen, or text that was burned in.
    places : Deferred or tuple of DataSet
        The functional groups of the tiles.
    shared : DataSet
        Those that all tiles share.
    explicit, big_endian : bool
        How `places` are encoded.
    """

    rows: int
    columns: int
    flavor: str
    pyramid: str
    is_full: bool
    first: int
    paths: tuple[OpticalPath, ...]
    planes: int
    plane_step: float | None
    spacing: tuple[float, float] | None
    origin: tuple[float, float] | None
    orientation: tuple[float, ...] | None
    background: tuple[int, int, int]
    may_name: bool
    places: Deferred | tuple[DataSet, ...]
    shared: DataSet
    explicit: bool
    big_endian: bool


def read_matrix(file: ParsedFile) -> TileMatrix | None:
    """Return the total pixel matrix of a file; None if it is invalid or frames are no tiles."""
    if not file.kind.may_have_tiles:
        return None
    data_set = file.data_set
    rows, columns = (
        data_set.integer(tag) or 0
        for tag in (Tag.TotalPixelMatrixRows, Tag.TotalPixelMatrixColumns)
    )
    if not 0 < rows <= MAX_EXTENT or not 0 < columns <= MAX_EXTENT:
        return None
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    measures = shared.item(Tag.PixelMeasuresSequence)
    types = data_set.texts(Tag.ImageType)
    flavor = types[2] if len(types) > 2 else ""
    planes = data_set.integer(Tag.TotalPixelMatrixFocalPlanes)
    planes = planes or data_set.integer(Tag.NumberOfFocalPlanes) or 0
    step = measures.number(Tag.SpacingBetweenSlices)
    microns = data_set.number(Tag.DistanceBetweenFocalPlanes)
    if step is None and microns is not None:
        step = microns / 1000
    per_frame = data_set.deferred(Tag.PerFrameFunctionalGroupsSequence)
    return TileMatrix(
        rows=rows,
        columns=columns,
        flavor=flavor,
        pyramid=data_set.uid(Tag.PyramidUID),
        is_full=data_set.text(Tag.DimensionOrganizationType) == "TILED_FULL",
        first=max(0, data_set.integer(Tag.ConcatenationFrameOffsetNumber) or 0),
        paths=_paths(file),
        planes=planes if 0 < planes <= _MOST_PLANES else 0,
        plane_step=step if step and 1e-7 < step < 10 else None,
        spacing=_spacing(data_set, measures, (rows, columns)),
        origin=_origin(data_set),
        orientation=_orientation(data_set),
        background=_background(data_set),
        may_name=flavor == "LABEL"
        or "YES" in (
            data_set.text(Tag.BurnedInAnnotation), data_set.text(Tag.SpecimenLabelInImage)
        ),
        places=per_frame or data_set.items(Tag.PerFrameFunctionalGroupsSequence),
        shared=shared,
        explicit=file.scanned.explicit,
        big_endian=data_set.big_endian,
    )  # fmt: skip


def path_of(groups: DataSet) -> str:
    """Return the `OpticalPath.identifier` that functional groups refer to, '' for none."""
    segment = groups.item(Tag.SegmentIdentificationSequence).integer(Tag.ReferencedSegmentNumber)
    if segment is not None:
        return str(segment)
    return groups.item(Tag.OpticalPathIdentificationSequence).text(Tag.OpticalPathIdentifier)


def _paths(file: ParsedFile) -> tuple[OpticalPath, ...]:
    data_set = file.data_set
    if file.kind.measures == "segments":
        items = data_set.items(Tag.SegmentSequence)
        numbers = [str(item.integer(Tag.SegmentNumber)) for item in items]
        labels = [item.data(Tag.SegmentLabel) for item in items]
    else:
        items = data_set.items(Tag.OpticalPathSequence)
        numbers = [item.text(Tag.OpticalPathIdentifier) for item in items]
        labels = [item.data(Tag.OpticalPathDescription) for item in items]
    whole = data_set.deferred(Tag.ICCProfile)
    profiles = [item.deferred(Tag.ICCProfile) or whole for item in items]
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    found: dict[str, OpticalPath] = {}
    for number, label, profile in zip(numbers, labels, profiles, strict=True):
        name = clean(decode(label, charsets), file.identifiers)
        found.setdefault(number, OpticalPath(number, name, profile))
    return tuple(found.values()) or (OpticalPath("", profile=whole),)


def _spacing(
    data_set: DataSet, measures: DataSet, shape: tuple[int, int]
) -> tuple[float, float] | None:
    """Return the pixel spacing: that of the pixel measures, else of the imaged volume."""
    spacing = valid_spacing(measures.exactly(2, Tag.PixelSpacing))
    if spacing is not None:
        return spacing
    height = data_set.number(Tag.ImagedVolumeHeight) or 0.0
    width = data_set.number(Tag.ImagedVolumeWidth) or 0.0
    return valid_spacing((height / shape[0], width / shape[1]))


def _origin(data_set: DataSet) -> tuple[float, float] | None:
    item = data_set.item(Tag.TotalPixelMatrixOriginSequence)
    x = item.number(Tag.XOffsetInSlideCoordinateSystem)
    y = item.number(Tag.YOffsetInSlideCoordinateSystem)
    return None if x is None or y is None else (x, y)


def _orientation(data_set: DataSet) -> tuple[float, ...] | None:
    found = data_set.exactly(6, Tag.ImageOrientationSlide)
    lengths = [sum(value**2 for value in part) for part in (found[:3], found[3:])]
    return found if found and all(abs(length - 1) < 1e-2 for length in lengths) else None


def _background(data_set: DataSet) -> tuple[int, int, int]:
    lab = data_set.integers(Tag.RecommendedAbsentPixelCIELabValue)
    if len(lab) != 3 or not all(0 <= value < 65536 for value in lab):
        return 255, 255, 255
    red, green, blue = (round(255 * part) for part in rgb_from_cielab(lab))
    return red, green, blue
