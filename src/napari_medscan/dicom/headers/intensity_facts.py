"""What the values of a frame are, from the top level of a file and its functional groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_medscan.dicom.elements.values import EMPTY, DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.intensity.real_world import RealWorldMapping, applied, read_mappings
from napari_medscan.dicom.intensity.rescale import ModalityTransform, no_rescale
from napari_medscan.dicom.intensity.scaling import (
    StoredValues,
    read_rescale,
    read_scaling,
    stored_values,
)
from napari_medscan.dicom.intensity.units import unit_of_frame
from napari_medscan.dicom.intensity.window import Voi, Window, has_unreadable_window, read_windows
from napari_medscan.dicom.kinds import Kind

WANTED_PADDING = want(Tag.PixelPaddingValue, Tag.PixelPaddingRangeLimit)
BAD_WINDOW = "Window center or width is unreadable: the window is ignored"


def stored_values_of(data_set: DataSet, kind: Kind, layout: PixelLayout) -> StoredValues:
    """Return what the stored values of a file mean."""
    indexed = layout.is_palette and kind.measures != "segments"
    gray = layout.samples == 1 and not indexed
    return stored_values(data_set, kind, signed=layout.signed, floating=layout.floating, gray=gray)


@dataclass(frozen=True, slots=True)
class FrameValues:
    """Reads what the values of a file's frames are.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    stored : StoredValues
        What its stored values mean.
    identifiers : tuple of str
        What names the patient, to be kept out of names.
    """

    data_set: DataSet
    stored: StoredValues
    identifiers: tuple[str, ...]

    def transform(self) -> ModalityTransform:
        """Return the transform that the top level of the file gives."""
        return read_scaling(self.data_set, self.stored)

    def own_transform(self, item: DataSet, base: ModalityTransform) -> ModalityTransform:
        """Return the transform of a functional group item, `base` if it has none."""
        rescale = item.item(Tag.PixelValueTransformationSequence)
        if rescale is EMPTY:
            return base
        found = read_rescale(rescale, self.stored)
        if self.stored.kind is not None and not found.is_uncertain:
            # PS3.3 C.7.6.16.2.9b: each frame has a Rescale Type of its own.
            unit = unit_of_frame(self.data_set, self.stored.kind, rescale, self.stored.unit)
            found = found if unit == self.stored.unit else replace(found, unit=unit or "")
        # One object for all equal frames: thousands of frames share a transform.
        return base if found == base else found

    def lacking(self) -> ModalityTransform:
        """Return the transform of a frame that has no rescale though others of the file have."""
        return no_rescale(self.stored.unit)

    def windows(
        self, data_set: DataSet, transform: ModalityTransform
    ) -> tuple[tuple[Voi, ...], tuple[str, ...]]:
        """Return the windows of a data set or Frame VOI LUT item for the transform's values.

        If one is unreadable, what the user should know about it comes with them.
        """
        signed = self.stored.signed or transform.intercept < 0
        windows = read_windows(
            data_set, self.identifiers, signed=signed, floating=self.stored.floating
        )
        return windows, (BAD_WINDOW,) if has_unreadable_window(data_set, windows) else ()

    def mappings(
        self, data_set: DataSet, base: tuple[RealWorldMapping, ...] = ()
    ) -> tuple[RealWorldMapping, ...]:
        """Return the Real World Value Mappings of a data set or item, `base` if it has none."""
        if Tag.RealWorldValueMappingSequence not in data_set or not self.stored.gray:
            return base
        found = read_mappings(
            data_set,
            self.identifiers,
            self.data_set.texts(Tag.SpecificCharacterSet),
            signed=self.stored.signed,
            floating=self.stored.floating,
        )
        return base if found == base else found

    def finished(self, frame: FrameHeader) -> FrameHeader:
        """Return a frame with its mapping applied, if it is, and windows that fit its values."""
        return with_mapping_applied(frame, self.stored.unit)


def with_mapping_applied(frame: FrameHeader, unit: str | None) -> FrameHeader:
    """Return a frame with its mapping applied, if it is, and windows that fit its values.

    Parameters
    ----------
    frame : FrameHeader
        With the transform of its rescale.
    unit : str or None
        Unit of rescaled values by modality.
    """
    rescale = frame.transform
    if not frame.real_world and rescale.state != "unreadable":
        return frame
    transform = applied(rescale, frame.real_world, unit)
    windows = frame.windows
    if rescale.state == "unreadable":
        # They refer to values that nobody can work out.
        windows = ()
    elif (transform.slope, transform.intercept, transform.table) != (
        rescale.slope,
        rescale.intercept,
        rescale.table,
    ):
        windows = _remapped(windows, transform)
    return replace(frame, transform=transform, windows=windows)


def _remapped(windows: tuple[Voi, ...], mapping: ModalityTransform) -> tuple[Voi, ...]:
    """Return windows of stored values as those of mapped values; tables of stored values go."""
    if mapping.table is not None:
        return ()
    return tuple(
        window.rescaled(mapping.slope, mapping.intercept)
        for window in windows
        if isinstance(window, Window)
    )


def read_padding(
    data_set: DataSet, layout: PixelLayout
) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """Return the range of stored values that mean no data, and notes (PS3.3 C.7.5.1.1.2)."""
    if layout.samples != 1 or layout.floating or not data_set.has_value(Tag.PixelPaddingValue):
        return None, ()
    value = data_set.integers(Tag.PixelPaddingValue)
    limit = data_set.integers(Tag.PixelPaddingRangeLimit)
    if len(value) != 1 or (len(limit) != 1 and data_set.has_value(Tag.PixelPaddingRangeLimit)):
        return None, ("Pixel padding value is unreadable",)
    first, last = (_as_stored(number, layout) for number in (*value, *(limit or value)))
    return (min(first, last), max(first, last)), ()


def _as_stored(value: int, layout: PixelLayout) -> int:
    """Give a value that may have been read with the wrong sign the pixels' sign."""
    span = 1 << layout.bits_allocated
    value &= span - 1
    if layout.signed and value < 1 << layout.bits_stored:
        # A negative number of Bits Stored, written as a pattern of so many bits.
        span = 1 << layout.bits_stored
    return value - span if layout.signed and value >= span >> 1 else value
