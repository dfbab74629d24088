"""FrameHeader: what may differ from frame to frame of one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from napari_medscan.dicom.elements.values import DataSet, Element
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.intensity.real_world import RealWorldMapping
from napari_medscan.dicom.intensity.rescale import ModalityTransform
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.space.locations import Location, location_of
from napari_medscan.dicom.space.vectors import Vector


class Alike:
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
class FrameHeader(Alike):
    """What may differ from frame to frame of one file.

    Parameters
    ----------
    position : tuple of float or None
        Image Position (Patient), mm, LPS: center of the first voxel.
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
