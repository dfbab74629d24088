"""ImageHeader: one DICOM image file, as far as order, geometry and decoding need it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.transfer_syntaxes import LOSSY, video_name
from napari_medscan.dicom.elements.values import DataSet, Deferred
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, deferred, want
from napari_medscan.dicom.headers.attribute import attribute
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.frame_index import OffsetTable
from napari_medscan.dicom.headers.frame_times import (
    WANTED_FRAME_TIMES,
    frame_duration,
    frame_times,
)
from napari_medscan.dicom.headers.functional_groups import WANTED_FRAMES, read_frame_headers
from napari_medscan.dicom.headers.graphic_planes import WANTED_PLANES, graphic_planes
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.headers.intensity_facts import WANTED_PADDING
from napari_medscan.dicom.headers.mask_subtraction import WANTED_MASK, mask_notes
from napari_medscan.dicom.headers.parsed_file import ParsedFile
from napari_medscan.dicom.headers.pixel_layout import WANTED_LAYOUT, PixelLayout
from napari_medscan.dicom.headers.places import (
    WANTED_PLACES,
    clip_position,
    frames_are_slices,
    slice_spacing,
    slice_thickness,
)
from napari_medscan.dicom.headers.projection_view import WANTED_VIEW, laterality_of, view_of
from napari_medscan.dicom.headers.retired_place import WANTED_RETIRED_PLACE
from napari_medscan.dicom.headers.slide_matrix import WANTED_MATRIX, TileMatrix
from napari_medscan.dicom.headers.unreadable import find_grid_problems
from napari_medscan.dicom.intensity.palette import WANTED_PALETTE, Palette, read_palette
from napari_medscan.dicom.intensity.suv import WANTED_SUV, SuvFactors
from napari_medscan.dicom.intensity.units import WANTED_UNITS
from napari_medscan.dicom.space.spacing import WANTED_IMAGE_SPACING, WANTED_SPACING, read_aspect
from napari_medscan.dicom.space.vectors import Vector

_LETTERS: Final = re.compile(r"[LRPAHF]{1,3}")
"""One value of Patient Orientation."""


class Concatenation(NamedTuple):
    """Which part of a multi-frame object a file is (PS3.3 C.7.6.16.2.2.4).

    Parameters
    ----------
    uid : str
        Concatenation UID, which all parts share.
    number, total : int
        In-concatenation Number, from 1, and In-concatenation Total Number; 0 when absent.
    """

    uid: str
    number: int
    total: int


def _frames(file: ParsedFile) -> tuple[FrameHeader, ...]:
    spacing = file.spacing[0]
    return read_frame_headers(
        file.data_set,
        # Tiles have places of their own, and everything else in common.
        frames=file.stored[0].frames if file.matrix is None else 1,
        values=file.values,
        spacing=spacing,
        grid_problems=find_grid_problems(file.data_set, spacing),
    )


def _palette(file: ParsedFile) -> Palette | None:
    # A segmentation's indices are its labels: its colors are for display only.
    if not file.stored[0].is_palette or file.kind.measures == "segments":
        return None
    return read_palette(file.data_set)


def _patient_orientation(data_set: DataSet) -> tuple[str, ...]:
    if data_set.text(Tag.AnatomicalOrientationType) == "QUADRUPED":
        return ()
    # What is not in the standard's letters (PS3.3 C.7.6.1.1.1) is free text: the index would store
    # it on disk.
    texts = data_set.texts(Tag.PatientOrientation)
    return texts if all(_LETTERS.fullmatch(text) for text in texts) else ()


def _concatenation(data_set: DataSet) -> Concatenation | None:
    uid = data_set.uid(Tag.ConcatenationUID)
    if not uid:
        return None
    number = data_set.integer(Tag.InConcatenationNumber) or 0
    total = data_set.integer(Tag.InConcatenationTotalNumber) or 0
    return Concatenation(uid, number, total)


def _is_lossy(data_set: DataSet, syntax: str) -> bool:
    """Whether an image has been through lossy compression (PS3.3 C.7.6.1.1.5)."""
    return (
        data_set.text(Tag.LossyImageCompression) == "01"
        or syntax in LOSSY
        or bool(video_name(syntax))
    )


def _segments(data_set: DataSet, identifiers: tuple[str, ...]) -> dict[int, str]:
    charsets = data_set.texts(Tag.SpecificCharacterSet)
    found = {}
    for item in data_set.items(Tag.SegmentSequence):
        number = item.integer(Tag.SegmentNumber)
        if number is not None:
            found[number] = clean(decode(item.data(Tag.SegmentLabel), charsets), identifiers)
    return found


_PROFILE: Final = deferred(Tag.ICCProfile)
WANTED_COLOR_PROFILES: Final[Wanted] = want(_PROFILE, {Tag.OpticalPathSequence: _PROFILE})


def color_profiles(data_set: DataSet) -> list[Deferred]:
    """Return where the ICC profiles of a file are: its own, then those of its optical paths."""
    items = (data_set, *data_set.items(Tag.OpticalPathSequence))
    places = (item.deferred(Tag.ICCProfile) for item in items)
    return [place for place in places if place is not None and place.length]


def _has_color_profile(file: ParsedFile) -> bool:
    layout = file.stored[0]
    if layout.samples == 1 and not layout.is_palette:
        return False
    return bool(color_profiles(file.data_set))


@dataclass(frozen=True, eq=False)
class ImageHeader(Instance):
    """An instance with frames.

    Parameters
    ----------
    layout : PixelLayout
        The stored pixels.
    pixels : PixelElement
        Where they lie.
    frames : tuple of FrameHeader
        One for every slice that the file holds; a mosaic has several a frame, and a slide with a
        `matrix` one for all tiles.
    tile_shape : tuple of int or None
        Rows and columns of one slice of a mosaic.
    palette : Palette or None
        Color lookup table.
    has_color_profile : bool
        An ICC profile says which colors red, green and blue are (PS3.3 C.11.15).
    padding : tuple of int or None
        Stored values that mean "no data", lowest and highest.
    unit : str or None
        Unit of the rescaled values by modality: "HU", "Bq/ml", "Gy" … `SliceRef.unit` is that of
        the values shown.
    suv : SuvFactors or None
        What makes SUV of them.
    no_suv : str
        Why nothing does though they are of PET, '' otherwise.
    slice_thickness, slice_spacing : float or None
        Slice Thickness, |Spacing Between Slices|; mm.
    spacing_note : str
        Where an uncalibrated in-plane spacing came from, '' when calibrated.
    frame_duration : float or None
        Milliseconds a frame of a cine.
    frame_times : tuple of float
        Milliseconds from the first frame to each, where the file gives every increment.
    frames_are_slices : bool
        Frames without positions follow each other in space, not in time.
    clip_position : tuple of float or None
        Where all frames of a clip lie, if its file gives one position.
    patient_orientation : tuple of str
        Patient Orientation in the standard's letters for humans, else (). Animals on four legs
        have other letters.
    aspect : float
        Pixel height over width where spacing is unknown.
    has_inverse_shape : bool
        Presentation LUT Shape is INVERSE: gray values are inverted to get P-Values (PS3.3
        C.7.6.1.1.5), as those of MONOCHROME1 are.
    offset_table : tuple of Deferred pairs
        Extended Offset Table and its Lengths, when there is one.
    lossy : bool
        The values have been through lossy compression, whatever they are stored in now.
    segments : mapping of int to str
        Segment labels, cleaned.
    notes : tuple of str
        What the user should know about this file.
    concatenation : Concatenation or None
        Which part of a larger object the file is; None if it is one by itself.
    planes : int
        A bit for each overlay group that has a plane, and one for a shutter; see `graphic_planes`.
    matrix : TileMatrix or None
        What the tiles of a slide make up.
    """

    layout: PixelLayout = attribute(lambda file: file.stored[0], WANTED_LAYOUT)
    pixels: PixelElement = attribute(lambda file: file.stored[1])
    frames: tuple[FrameHeader, ...] = attribute(_frames, WANTED_FRAMES)
    tile_shape: tuple[int, int] | None = None
    palette: Palette | None = attribute(_palette, WANTED_PALETTE, default=None)
    has_color_profile: bool = attribute(_has_color_profile, WANTED_COLOR_PROFILES, default=False)
    padding: tuple[int, int] | None = attribute(
        lambda file: file.padding[0], WANTED_PADDING, default=None
    )
    unit: str | None = attribute(lambda file: file.values.stored.unit, WANTED_UNITS, default=None)
    suv: SuvFactors | None = attribute(lambda file: file.suv[0], WANTED_SUV, default=None)
    no_suv: str = attribute(lambda file: file.suv[1], default="")
    slice_thickness: float | None = attribute(
        lambda file: slice_thickness(file.data_set), WANTED_SPACING, default=None
    )
    slice_spacing: float | None = attribute(
        lambda file: slice_spacing(file.data_set), WANTED_SPACING, default=None
    )
    spacing_note: str = attribute(lambda file: file.spacing[1], WANTED_IMAGE_SPACING, default="")
    frame_duration: float | None = attribute(
        lambda file: frame_duration(file.data_set),
        WANTED_FRAME_TIMES,
        default=None,
    )
    frame_times: tuple[float, ...] = attribute(
        lambda file: frame_times(file.data_set, file.stored[0].frames),
        WANTED_FRAME_TIMES,
        default=(),
    )
    frames_are_slices: bool = attribute(
        lambda file: frames_are_slices(file.data_set, file.kind, file.stored[0].frames),
        WANTED_PLACES,
        default=False,
    )
    clip_position: tuple[float, float, float] | None = attribute(
        lambda file: clip_position(file.data_set, file.kind, file.stored[0].frames),
        WANTED_PLACES,
        default=None,
    )
    patient_orientation: tuple[str, ...] = attribute(
        lambda file: _patient_orientation(file.data_set),
        want(Tag.AnatomicalOrientationType, Tag.PatientOrientation),
        default=(),
    )
    aspect: float = attribute(
        lambda file: read_aspect(file.data_set), want(Tag.PixelAspectRatio), default=1.0
    )
    has_inverse_shape: bool = attribute(
        lambda file: file.data_set.text(Tag.PresentationLUTShape) == "INVERSE",
        want(Tag.PresentationLUTShape),
        default=False,
    )
    offset_table: OffsetTable | None = attribute(
        lambda file: file.offset_table,
        deferred(Tag.ExtendedOffsetTable, Tag.ExtendedOffsetTableLengths),
        default=None,
    )
    lossy: bool = attribute(
        lambda file: _is_lossy(file.data_set, file.scanned.transfer_syntax),
        want(Tag.LossyImageCompression),
        default=False,
    )
    segments: Mapping[int, str] = attribute(
        lambda file: _segments(file.data_set, file.identifiers),
        {Tag.SegmentSequence: want(Tag.SegmentNumber, Tag.SegmentLabel)},
        default_factory=dict,
    )
    notes: tuple[str, ...] = attribute(
        lambda file: (
            *file.scanned.notes,
            *file.stored[2],
            *file.place_notes,
            *file.padding[1],
            *mask_notes(file.data_set),
        ),
        want(WANTED_RETIRED_PLACE, WANTED_MASK),
        default=(),
    )
    concatenation: Concatenation | None = attribute(
        lambda file: _concatenation(file.data_set),
        want(Tag.ConcatenationUID, Tag.InConcatenationNumber, Tag.InConcatenationTotalNumber),
        default=None,
    )
    planes: int = attribute(
        lambda file: graphic_planes(file.data_set, *file.stored[:2]), WANTED_PLANES, default=0
    )
    laterality: str = attribute(lambda file: laterality_of(file.data_set), WANTED_VIEW, default="")
    view: str = attribute(lambda file: view_of(file.data_set), WANTED_VIEW, default="")
    matrix: TileMatrix | None = attribute(lambda file: file.matrix, WANTED_MATRIX, default=None)

    def noted(self, *notes: str) -> Self:
        """Return this header with further notes."""
        return self.like(notes=(*self.notes, *notes))

    @property
    def alike(self) -> object:
        """One object for all files that differ in what every file has of its own, and else equal.

        They differ in `source`, `name`, `size`, `sop_instance`, `instance_number`, the offset of
        `pixels`, and of their one frame in position, location, order and `own_dimensions`.
        """
        return self

    @property
    def own_dimensions(self) -> Collection[str]:
        """Attributes of `FrameHeader.dimensions` in which the files that are `alike` differ."""
        return ()

    def position_of(self, index: int) -> Vector | None:
        """Return the position of a frame: sooner than by `frames` where many files are alike."""
        return self.frames[index].position

    def dimension_of(self, index: int, name: str) -> object:
        """Return one of the dimensions of a frame, None if it has none of that name."""
        return self.frames[index].dimensions.get(name)

    def common_dimensions(self, index: int) -> Mapping[str, object]:
        """Return the dimensions of a frame but for `own_dimensions`, which may be among them."""
        return self.frames[index].dimensions

    @property
    def object_name(self) -> str:
        """What the files of one object share: their Concatenation UID, else the file's name."""
        return self.concatenation.uid if self.concatenation else self.name

    @property
    def is_inverted(self) -> bool:
        """Whether the lowest gray value is meant to be white."""
        is_gray = self.layout.samples == 1 and self.palette is None
        return is_gray and (self.layout.photometric == "MONOCHROME1" or self.has_inverse_shape)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of one slice as shown."""
        return self.tile_shape or (self.layout.rows, self.layout.columns)


# Not frozen, as nothing else is here: there are thousands, and a frozen one takes three times as
# long to make.
@dataclass(slots=True, unsafe_hash=True)
class SliceRef:
    """One slice: which file, which of its frames."""

    header: ImageHeader
    index: int

    @property
    def frame(self) -> FrameHeader:
        """The slice's own attributes."""
        return self.header.frames[self.index]

    @property
    def unit(self) -> str | None:
        """Unit of the values shown, None when they have none or it is not certain."""
        transform = self.frame.transform
        if transform.is_uncertain:
            return None
        return self.header.unit if transform.unit is None else transform.unit or None
