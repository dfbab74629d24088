"""Stack: one thing to show, from ordered frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.intensity.real_world import RealWorldMapping
from napari_medscan.dicom.intensity.suv import SuvFactors
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.kinds import Kind, kind_of
from napari_medscan.dicom.series import conversions, values
from napari_medscan.dicom.series.axis_values import FRAME, AxisValues
from napari_medscan.dicom.series.coordinates import Coordinates
from napari_medscan.dicom.series.derivation import Derivation
from napari_medscan.dicom.series.series_label import label_of
from napari_medscan.dicom.series.series_name import series_name
from napari_medscan.dicom.series.slice_headers import SliceHeaders
from napari_medscan.dicom.series.slice_table import SliceTable
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.frames import LazyStack
from napari_medscan.frames.batch import Progress

if TYPE_CHECKING:
    import nibabel
    import SimpleITK
    import xarray
    from pydicom.dataset import FileDataset


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stack:
    """One series, or one volume of it: what one napari layer shows.

    Parameters
    ----------
    modality, sop_class : str
        Of all its files.
    series_number : int or None
        Series Number.
    description : str
        Series Description, cleaned and defused.
    axes : str
        "zyx", with a leading "t" and a trailing "c" where there are any.
    array : LazyStack
        The pixels, axes as in `axes`, after the modality transform; strict and read-only.
    unit : str or None
        Unit of the values.
    suv : SuvFactors or None
        What makes SUV of them; None if they are none of PET, or `warnings` say what is missing.
    geometry : Geometry
        Where it lies.
    slices : SliceTable
        Every slice, time by time; missing ones are not among them. No access opens a file.
    headers : SliceHeaders
        Gives the slices' headers; see `read_header`.
    header : ImageHeader
        ImageHeader of the first slice's file.
    typical : int
        The slice in the middle, which napari shows first; one near by if it is missing.
    typical_frame : FrameHeader
        Its frame header: the windows of the file and the modality transform of the stack are
        those of this slice.
    files : tuple of str
        Names of its files, in stack order, each once.
    transfer_syntaxes : tuple of str
        Transfer Syntax UIDs of its files, each once.
    is_compressed : bool
        Whether pixels have to be decoded.
    dimension : str
        Attribute along t, '' when there is no t.
    axis_values : AxisValues or None
        Name, unit and values of t: times in seconds, b-values, echo times …; None when there is
        no t.
    holes : tuple of int
        Places of the table time x slice, without the slices that are missing at all times, at
        which one time point lacks a slice.
    warnings : tuple of str
        What the user should know, each a sentence or two without the last period.
    problems : dict of int to str
        Slices that could not be read so far, and why, as a phrase ("truncated pixel data").
        Filled as pixels are read.
    derivation : Derivation or None
        What it was derived from, if it is a copy that another program made of a series.
    part : str
        What tells it from others of its name in the same study ("magnitude"); '' if there are none.
    """

    modality: str
    sop_class: str
    series_number: int | None
    description: str
    axes: str
    array: LazyStack
    unit: str | None
    geometry: Geometry
    slices: SliceTable
    headers: SliceHeaders = field(repr=False)
    header: ImageHeader = field(repr=False)
    typical: int
    typical_frame: FrameHeader = field(repr=False)
    files: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]
    is_compressed: bool
    dimension: str = ""
    axis_values: AxisValues | None = None
    holes: tuple[int, ...] = ()
    suv: SuvFactors | None = None
    warnings: tuple[str, ...] = ()
    problems: dict[int, str] = field(default_factory=dict)
    derivation: Derivation | None = None
    part: str = ""

    def __repr__(self) -> str:
        """Return name, axes, extents, type and unit of the values, and voxel size."""
        size = "×".join(map(str, self.array.shape))
        spacing = self.voxel_size
        parts = [
            f"{self.name}: {self.axes} {size}",
            " ".join(filter(None, (str(self.array.dtype), self.unit))),
            *(["×".join(f"{step:.4g}" for step in spacing) + " mm"] if spacing else []),
        ]
        return f"<Stack {', '.join(parts)}>"

    def __deepcopy__(self, memo: dict[int, object]) -> Stack:
        """Return self: a stack is not copied with the layer that shows it."""
        return self

    def read_header(self, number: int) -> ImageHeader:
        """Return the header of a slice's file, which is opened if it was not before.

        The slice is ``header.frames[stack.slices[number].index]``. A disc may have been ejected,
        a network share may be slow: what the GUI thread needs is in `slices`.

        Raises
        ------
        FrameError
            When the file cannot be read, or is no longer the one that was opened.
        """
        return self.headers.read(number).header

    @property
    def kind(self) -> Kind:
        """What follows from its SOP class and modality."""
        return kind_of(self.sop_class, self.modality)

    def read(
        self, errors: Literal["raise", "blank"] = "raise", progress: Progress | None = None
    ) -> NDArray[Any]:
        """Read all slices into one new array, axes as in `axes`, after the modality transform.

        Parameters
        ----------
        errors : {"raise", "blank"}
            What becomes of slices that are missing or cannot be read. A blank is padding if the
            file names it, else the value of air or 0.
        progress : callable, optional
            Called with (slices read, slices in all) every 50 ms; False cancels.

        Raises
        ------
        UnreadableFramesError
            When a slice is missing or cannot be read, unless `errors` is "blank".
        ReadCanceledError
            When the user cancels.
        """
        return self.array.read(errors, progress)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Which slices hold data, shape (z,) or (t, z); see `LazyStack.valid`."""
        return self.array.valid

    @property
    def origin(self) -> Stack:
        """The series that it was derived from; itself if it is a series."""
        return self if self.derivation is None else self.derivation.series

    @property
    def is_rgb(self) -> bool:
        """Whether the last axis holds red, green and blue."""
        return self.axes.endswith("c")

    @property
    def is_clip(self) -> bool:
        """Whether the images along t are the frames of a clip."""
        return self.dimension == FRAME

    @property
    def frame_seconds(self) -> float | None:
        """Mean time from a frame of a clip to the next, in seconds; None if it is unknown."""
        axis = self.axis_values
        if not self.is_clip or axis is None or axis.unit != "s":
            return None
        return float(axis.values[-1]) / (len(axis.values) - 1)

    @property
    def frame_rate(self) -> float | None:
        """Frames a second at which frames in time are played; None for slices, or if unknown.

        By Frame Time, Recommended Display Frame Rate or Cine Rate (PS3.3 C.7.6.5), else by when
        the frames were taken.
        """
        if self.axes[0] != "t" and self.header.frames_are_slices:
            return None
        duration = self.header.frame_duration
        seconds = duration / 1000 if duration else self.frame_seconds
        return 1 / seconds if seconds else None

    @property
    def is_inverted(self) -> bool:
        """Whether the lowest value is meant to be white."""
        return self.header.is_inverted

    @property
    def name(self) -> str:
        """Modality, series number, description and part: "MR 5 · Flow · magnitude"."""
        segment = self.typical_frame.segment
        label = label_of(self.header, segment, self.description, self.real_world_mappings)
        modality = self.modality or "Image"
        return series_name(modality, self.series_number, self.description, label, self.part)

    @property
    def voxel_size(self) -> tuple[float, ...] | None:
        """Slice step, row and column spacing in mm, None when unknown; of one slice no step."""
        if not self.geometry.calibrated:
            return None
        return self.geometry.spacing[int(self.array.places.shape[-1:] in ((), (1,))) :]

    @property
    def spacing(self) -> tuple[float, float, float] | None:
        """Slice step, row and column spacing in mm, None when unknown."""
        return self.geometry.spacing if self.geometry.calibrated else None

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """4x4 matrix from (slice, row, column, 1) to LPS (x, y, z, 1) in mm; None when unknown."""
        return self.geometry.affine

    @property
    def affine_ras(self) -> NDArray[np.float64] | None:
        """`affine` to RAS, the coordinates of NIfTI; None when unknown."""
        return conversions.affine_ras(self)

    @property
    def coordinates(self) -> Coordinates:
        """What turns array indices into places in the patient."""
        return Coordinates(self.geometry, self.slices, self.array.places)

    @property
    def positions(self) -> NDArray[np.float64]:
        """Image Position (Patient) of every slice, (z, 3) or (t, z, 3); NaN where there is none."""
        return self.coordinates.positions()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where its files are on disk, each once, in stack order; of archives, the archive."""
        return tuple(dict.fromkeys(record.file.file.path_on_disk for record in self.slices))

    def dataset(self, number: int) -> FileDataset:
        """Return the data set of a slice's file as pydicom has it, without its pixels.

        It is parsed in a worker process, so that a malformed file does no harm here.

        Parameters
        ----------
        number : int
            Of the slice in `slices`; negative numbers count from the end.

        Raises
        ------
        IndexError
            If there is no such slice.
        UnreadableError
            When pydicom cannot parse the file, crashes or takes too long.
        """
        from napari_medscan.dicom.elements.pydicom_dataset import read_dataset

        return read_dataset(self.slices[number].file)

    def to_patient(self, index: ArrayLike) -> NDArray[np.float64]:
        """Return the places of array indices in the patient.

        Parameters
        ----------
        index : array_like, shape (..., 3)
            Slice, row and column; fractions are fine. Of a series with an axis t, places are those
            of its first time point.

        Returns
        -------
        ndarray, shape (..., 3)
            LPS, mm.

        Raises
        ------
        GeometryError
            If position, orientation or spacing is not known.
        """
        return self.coordinates.to_patient(index)

    def to_index(self, point: ArrayLike) -> NDArray[np.float64]:
        """Return the array indices of places in the patient.

        Parameters
        ----------
        point : array_like, shape (..., 3)
            LPS, mm; inside the series or not.

        Returns
        -------
        ndarray, shape (..., 3)
            Slice, row and column, not rounded: a voxel reaches from its index - 0.5 to + 0.5.

        Raises
        ------
        GeometryError
            As `to_patient`; also if two slices lie in one plane.
        """
        return self.coordinates.to_index(point)

    def to_sitk(self) -> SimpleITK.Image:
        """Return it as an image of SimpleITK, in LPS; reads all pixels.

        Raises
        ------
        ImportError
            If SimpleITK is not installed.
        GeometryError
            If the slices are unevenly spaced.
        """
        return cast("SimpleITK.Image", conversions.to_sitk(self))

    def to_nibabel(self) -> nibabel.Nifti1Image:
        """Return it as an image of nibabel, axes x, y, z, t, in RAS; reads all pixels.

        Raises
        ------
        ImportError
            If nibabel is not installed.
        GeometryError
            If the slices are unevenly spaced.
        """
        return cast("nibabel.Nifti1Image", conversions.to_nibabel(self))

    def to_xarray(self) -> xarray.DataArray:
        """Return it as an array of xarray with the axes of `axes`; reads all pixels.

        Coordinates along z, y and x are mm along the series' own axes.

        Raises
        ------
        ImportError
            If xarray is not installed.
        """
        return cast("xarray.DataArray", conversions.to_xarray(self))

    @property
    def windows(self) -> tuple[Voi, ...]:
        """Windows and VOI LUTs of the middle slice."""
        return self.typical_frame.windows

    @property
    def real_world_mappings(self) -> tuple[RealWorldMapping, ...]:
        """Real World Value Mappings of the middle slice (PS3.3 C.7.6.16.2.11), applied or not.

        They refer to stored values. The first is applied if there is no rescale.
        """
        return self.typical_frame.real_world

    @property
    def padding(self) -> tuple[float, float] | None:
        """Values, after the modality transform, that mean "no data"."""
        return values.padding(self)

    def default_limits(self) -> tuple[float, float]:
        """Return contrast limits: the file's first window, else 1-99 %.

        Reads the middle slice when the file has no window.
        """
        return values.default_limits(self)
