"""Stack: one thing to show, from ordered frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError, LateFrameError
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.intensity.real_world import RealWorldMapping
from napari_medscan.dicom.intensity.suv import SuvFactors
from napari_medscan.dicom.intensity.window import Voi, ascending, percentile_limits
from napari_medscan.dicom.kinds import Kind, kind_of
from napari_medscan.dicom.pixels import decoded_cache
from napari_medscan.dicom.pixels.read_frames import is_decoded_as_shown, read_slice, read_slices
from napari_medscan.dicom.series.axis_values import FRAME, AxisValues
from napari_medscan.dicom.series.slice_headers import SliceHeaders
from napari_medscan.dicom.series.slice_table import SliceTable
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.frames import LazyStack

TOGETHER_BYTES = 2 << 20
"""What is decoded in one go: enough to make a message cheap, too little to keep a core waiting."""


@dataclass(frozen=True, slots=True)
class SliceSource:
    """Reads the slices of a stack.

    Parameters
    ----------
    headers : SliceHeaders
        Gives the headers of the stack's slices.
    problems : dict of int to str
        As in `Stack`. A slice that can be read again, from a disc that was put back, is taken out.
    """

    headers: SliceHeaders
    problems: dict[int, str] = field(default_factory=dict)

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read slice number `index` after the modality transform."""
        ref = self.headers.read(index)
        key = decoded_cache.key_of(ref, out)
        if key is None or not decoded_cache.read(key, out):
            try:
                read_slice(ref.header, ref.index, out)
            except MemoryError:
                raise FrameError("not enough memory") from None
            if key is not None:
                decoded_cache.write(key, out)
        self.problems.pop(index, None)

    @staticmethod
    def is_late(error: Exception) -> bool:
        """Whether decoding a slice took too long."""
        return isinstance(error, LateFrameError)

    def together(self, indices: Sequence[int]) -> int:
        """Return how many of the first of `indices` are best read at a time."""
        first = self._ref(indices[0])
        if first is None:
            return 1
        most = max(1, TOGETHER_BYTES // max(1, first.header.layout.decoded_bytes))
        count = 1
        for index in indices[1:most]:
            ref = self._ref(index)
            if ref is None or not _is_read_like(ref, first):
                break
            count += 1
        return count

    def read_together(
        self, indices: Sequence[int], out: NDArray[Any]
    ) -> Sequence[FrameError | None]:
        """Read slices as `together` has found them; return why each could not be read."""
        refs = [self.headers.read(index) for index in indices]
        if not decoded_cache.is_used() and is_decoded_as_shown(refs[0].header, refs[0].index):
            errors = read_slices([(ref.header, ref.index) for ref in refs], out)
            for index, error in zip(indices, errors, strict=True):
                if error is None:
                    self.problems.pop(index, None)
            return errors
        return [self._attempt(index, place) for index, place in zip(indices, out, strict=True)]

    def _ref(self, index: int) -> SliceRef | None:
        """Return a slice with its header, None when its file cannot be read."""
        try:
            return self.headers.read(index)
        except FrameError:
            return None

    def _attempt(self, index: int, out: NDArray[Any]) -> FrameError | None:
        try:
            self.read(index, out)
        except FrameError as error:
            return error
        return None


def _is_read_like(one: SliceRef, other: SliceRef) -> bool:
    """Whether a worker can decode two slices together, or none of them needs one."""
    mine, theirs = one.header, other.header
    if mine is theirs:
        return True
    decoded = is_decoded_as_shown(mine, one.index)
    if decoded != is_decoded_as_shown(theirs, other.index):
        return False
    same = mine.transfer_syntax == theirs.transfer_syntax and mine.layout == theirs.layout
    return same or not decoded


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """What a stack was derived from.

    Parameters
    ----------
    series : Stack
        The series.
    has_slices : bool
        Whether each of its slices lies in one of the series, whose tags hold for it.
    """

    series: Stack
    has_slices: bool


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """What one napari layer shows.

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
        The pixels, axes as in `axes`, after the modality transform.
    unit : str or None
        Unit of the values.
    suv : SuvFactors or None
        What makes standardised uptake values of them; None when they are none of PET, are SUV
        already, or `warnings` say what is missing.
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
    def is_inverted(self) -> bool:
        """Whether the lowest value is meant to be white (MONOCHROME1)."""
        return self.header.layout.photometric == "MONOCHROME1"

    @property
    def name(self) -> str:
        """Modality, series number and description: "CT 3 · Chest 1.0 B30f"."""
        number = "" if self.series_number is None else f" {self.series_number}"
        segment = self.slices[0].segment
        label = self.header.segments.get(segment, "") if segment else ""
        parts = [f"{self.modality or 'Image'}{number}", self.description, label]
        return " · ".join(part for part in parts if part)

    @property
    def voxel_size(self) -> tuple[float, ...] | None:
        """Slice step, row and column spacing in mm, None when unknown; of one slice no step."""
        if not self.geometry.calibrated:
            return None
        return self.geometry.spacing[int(self.array.places.shape[-1:] in ((), (1,))) :]

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
        padding = self.header.padding
        if padding is None:
            return None
        first, last = self.transformed(padding)
        if math.isnan(first) or math.isnan(last):
            # Beyond the range of a Real World Value LUT: these values are NaN, as good as padding.
            return None
        return min(first, last), max(first, last)

    def transformed(self, stored: Sequence[int]) -> tuple[float, ...]:
        """Return what stored values become in the middle slice, as the array has them."""
        transform = self.typical_frame.transform
        values = transform.apply(np.array(stored, dtype=np.int64), self.array.dtype)
        return tuple(float(value) for value in values)

    def default_limits(self) -> tuple[float, float]:
        """Return contrast limits: the file's first window, else 1-99 %.

        Reads the middle slice when the file has no window.
        """
        windows = self.windows
        if windows:
            return ascending(*windows[0].limits)
        return percentile_limits(self.array.frame(self.typical), self.padding)
