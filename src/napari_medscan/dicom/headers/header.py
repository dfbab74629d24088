"""Header: one DICOM image file, as far as order, geometry and decoding need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.values import DataSet, Element
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.intensity.palette import Palette
from napari_medscan.dicom.intensity.real_world import RealWorldMapping
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.suv import SuvFactors
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.kinds import Kind, kind_of
from napari_medscan.dicom.space.locations import Location, location_of

Vector = tuple[float, float, float]


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


class _Alike:
    """Values of which many others differ in a few fields."""

    def like(self, **changes: object) -> Self:
        """Return these values with some of them changed.

        The files of a series have nearly everything in common, and
        `dataclasses.replace` takes as long as reading one of them.
        """
        new = object.__new__(type(self))
        object.__setattr__(new, "__dict__", self.__dict__ | changes)
        return new


@dataclass(frozen=True)
class FrameHeader(_Alike):
    """What may differ from frame to frame of one file.

    Parameters
    ----------
    position : tuple of float or None
        Image Position (Patient), mm, LPS: centre of the first voxel.
    orientation : tuple of float or None
        Image Orientation (Patient): direction cosines of a row, of a column.
    spacing : tuple of float or None
        Row spacing, column spacing in mm.
    transform : ModalityTransform
        From stored values to the values shown.
    windows : tuple of Window or VoiLut
        The frame's windows, then its VOI LUTs.
    dimensions : mapping
        Attributes that may tell repeated frames at one position apart.
    order : tuple
        Sorts frames where positions do not.
    segment : int
        Referenced Segment Number; 0 outside segmentations.
    tile : tuple of int or None
        First row and first column within the stored frame, for mosaics.
    real_world : tuple of RealWorldMapping
        Real World Value Mappings of the stored values, applied or not.
    problems : tuple of str
        Attributes that are present and unreadable, each a sentence without the period.
    frame_location : Location or None
        Where a frame of a multi-frame image lies relative to the others, when its position in the
        patient is unknown.
    slice_location : bytes
        Slice Location as the file writes it; see `location`.
    """

    position: Vector | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    transform: ModalityTransform
    windows: tuple[Voi, ...]
    dimensions: Mapping[str, object]
    order: tuple[int, ...]
    segment: int = 0
    tile: tuple[int, int] | None = None
    real_world: tuple[RealWorldMapping, ...] = ()
    problems: tuple[str, ...] = ()
    frame_location: Location | None = None
    slice_location: bytes = b""

    @property
    def location(self) -> Location | None:
        """Where the slice lies relative to others whose positions are unknown or all the same.

        Slice Location is read here, when somebody asks: most series have positions.
        """
        if self.frame_location is not None:
            return self.frame_location
        element = Element(b"DS", self.slice_location)
        number = DataSet({Tag.SliceLocation: element}).number(Tag.SliceLocation)
        return location_of(number, "Slice Location")


@dataclass(frozen=True, eq=False)
class Header(_Alike):
    """One DICOM image file, without patient name, ID or any other identity.

    Parameters
    ----------
    name : str
        Path relative to what was dropped, with forward slashes.
    source : FileRef
        Reads the file's bytes.
    size : int
        Bytes that the source can give.
    transfer_syntax, sop_class, sop_instance, study, series, frame_of_reference : str
        UIDs; '' when absent.
    patient : bytes
        A keyed hash that tells patients apart and means nothing outside
        this process.
    modality, description : str
        Modality; Series Description, cleaned and defused.
    series_number, instance_number : int or None
        Series Number, Instance Number.
    layout : PixelLayout
        The stored pixels.
    pixels : PixelElement
        Where they lie.
    frames : tuple of FrameHeader
        One for every slice that the file holds; a mosaic has several a frame.
    tile_shape : tuple of int or None
        Rows and columns of one slice of a mosaic.
    palette : Palette or None
        Color lookup table.
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
    frames_are_slices : bool
        Frames without positions follow each other in space, not in time.
    patient_orientation : tuple of str
        Patient Orientation in the standard's letters for humans, else (). Animals on four legs
        have other letters.
    aspect : float
        Pixel height over width where spacing is unknown.
    offset_table : tuple of Deferred pairs
        Extended Offset Table and its Lengths, when there is one.
    lossy : bool
        The values have been through lossy compression, whatever they are stored in now.
    segments : mapping of int to str
        Segment labels, cleaned.
    study_date : datetime or None
        Study Date and Time, to put studies in order and to tell the interval between them. It can
        identify a patient: it is not part of the repr.
    study_description, body_part : str
        Study Description and Body Part Examined, cleaned and defused.
    notes : tuple of str
        What the user should know about this file.
    concatenation : Concatenation or None
        Which part of a larger object the file is; None if it is one by itself.
    """

    name: str
    source: FileRef
    size: int
    transfer_syntax: str
    sop_class: str
    sop_instance: str
    study: str
    series: str
    frame_of_reference: str
    patient: bytes
    modality: str
    description: str
    series_number: int | None
    instance_number: int | None
    layout: PixelLayout
    pixels: PixelElement
    frames: tuple[FrameHeader, ...]
    tile_shape: tuple[int, int] | None = None
    palette: Palette | None = None
    padding: tuple[int, int] | None = None
    unit: str | None = None
    suv: SuvFactors | None = None
    no_suv: str = ""
    slice_thickness: float | None = None
    slice_spacing: float | None = None
    spacing_note: str = ""
    frame_duration: float | None = None
    frames_are_slices: bool = False
    patient_orientation: tuple[str, ...] = ()
    aspect: float = 1.0
    offset_table: tuple[tuple[int, int], tuple[int, int]] | None = None
    lossy: bool = False
    segments: Mapping[int, str] = field(default_factory=dict)
    study_date: datetime | None = field(default=None, repr=False)
    study_description: str = ""
    body_part: str = ""
    notes: tuple[str, ...] = ()
    concatenation: Concatenation | None = None

    @property
    def kind(self) -> Kind:
        """What follows from its SOP class and modality."""
        return kind_of(self.sop_class, self.modality)

    @property
    def object_name(self) -> str:
        """What the files of one object share: their Concatenation UID, else the file's name."""
        return self.concatenation.uid if self.concatenation else self.name

    @property
    def folder(self) -> str:
        """Folder of the file relative to what was dropped."""
        return self.name.rpartition("/")[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of one slice as shown."""
        return self.tile_shape or (self.layout.rows, self.layout.columns)


@dataclass(frozen=True, slots=True)
class SliceRef:
    """One slice: which file, which of its frames."""

    header: Header
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
