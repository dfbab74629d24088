"""The slices of one file: one, one a frame, or one a mosaic tile.

Classic single-frame images say everything at the top level; enhanced
multi-frame objects in shared and per-frame functional groups (PS3.3
C.7.6.16); NM, RT Dose and multi-frame Secondary Capture in vectors.
"""

from __future__ import annotations

from napari_medscan.dicom.elements.values import EMPTY, DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.headers.dimensions import read_dimensions, read_group_dimensions
from napari_medscan.dicom.headers.header import FrameHeader
from napari_medscan.dicom.headers.intensity_facts import FrameValues
from napari_medscan.dicom.headers.unreadable import find_problems, own_value
from napari_medscan.dicom.intensity.scaling import StoredValues
from napari_medscan.dicom.space.spacing import Spacing, valid_spacing
from napari_medscan.dicom.space.vectors import (
    Vector,
    cross,
    dot,
    moved,
    norm,
    normal_of,
    split_orientation,
)

_ORTHONORMAL = 0.01
_FAR = 1e7
"""Millimetres: no scanner is that long, and beyond it arithmetic may overflow."""


def read_frame_headers(
    data_set: DataSet,
    *,
    frames: int,
    stored: StoredValues,
    spacing: Spacing | None,
    grid_problems: tuple[str, ...],
    identifiers: tuple[str, ...],
) -> tuple[FrameHeader, ...]:
    """Return a FrameHeader for each stored frame.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    frames : int
        How many frames there are.
    stored : StoredValues
        What the stored values mean.
    spacing : tuple of float or None
        Row and column spacing of the top level, mm.
    grid_problems : tuple of str
        What is amiss with it; see `find_grid_problems`.
    identifiers : tuple of str
        What names the patient, to be kept out of window names.
    """
    values = FrameValues(data_set, stored, identifiers)
    position = valid_position(data_set.exactly(3, Tag.ImagePositionPatient))
    orientation = valid_orientation(data_set.exactly(6, Tag.ImageOrientationPatient))
    transform = values.transform()
    windows, bad_windows = values.windows(data_set, transform)
    whole = FrameHeader(
        position=position,
        orientation=orientation,
        spacing=spacing,
        transform=transform,
        windows=windows,
        dimensions=read_dimensions(data_set),
        order=(data_set.integer(Tag.InstanceNumber) or 0,),
        real_world=values.mappings(data_set),
        problems=(*find_problems(data_set, position, orientation), *grid_problems, *bad_windows),
    )
    per_frame = data_set.items(Tag.PerFrameFunctionalGroupsSequence)
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    if per_frame or shared is not EMPTY:
        groups = _FunctionalGroups(whole, shared, values)
        own = per_frame[:frames] + (EMPTY,) * (frames - len(per_frame))
        return tuple(groups.frame(item, index) for index, item in enumerate(own))
    whole = values.finished(whole)
    if frames == 1 and Tag.GridFrameOffsetVector not in data_set:
        return (whole,)
    positions = _positions(data_set, whole, frames)
    orientation = whole.orientation or _detector_orientation(data_set)
    return tuple(
        whole.like(position=position, orientation=orientation, order=(*whole.order, index))
        for index, position in enumerate(positions)
    )


def valid_position(values: tuple[float, ...]) -> Vector | None:
    """Return Image Position (Patient) if it has three values that can be places."""
    if len(values) != 3:
        return None
    x, y, z = values
    # What is no number is not less than anything.
    is_near = -_FAR < x < _FAR and -_FAR < y < _FAR and -_FAR < z < _FAR
    return (x, y, z) if is_near else None


def valid_orientation(values: tuple[float, ...]) -> tuple[float, ...] | None:
    """Return Image Orientation (Patient) if its directions are orthonormal."""
    if len(values) != 6:
        return None
    row, column = split_orientation(values)
    if abs(norm(row) - 1) > _ORTHONORMAL or abs(norm(column) - 1) > _ORTHONORMAL:
        return None
    if abs(dot(row, column)) > _ORTHONORMAL or norm(cross(row, column)) < 0.5:
        return None
    return values


class _FunctionalGroups:
    """Frames from shared and per-frame functional groups.

    What is shared is read once; a frame's own macro replaces it whole, and a
    macro that is in neither falls back to the top level.
    """

    def __init__(self, whole: FrameHeader, shared: DataSet, values: FrameValues) -> None:
        self.values = values
        self.shared = self._merge(shared, whole)

    def frame(self, item: DataSet, index: int) -> FrameHeader:
        """Return the header of the frame that `item` describes."""
        merged = self._merge(item, self.shared) if item is not EMPTY else self.shared
        indices = item.item(Tag.FrameContentSequence).integers(Tag.DimensionIndexValues)
        return self.values.finished(merged).like(order=(*self.shared.order, *indices, index))

    def _merge(self, item: DataSet, base: FrameHeader) -> FrameHeader:
        measures = item.item(Tag.PixelMeasuresSequence)
        place = item.item(Tag.PlanePositionSequence)
        plane = item.item(Tag.PlaneOrientationSequence)
        voi = item.item(Tag.FrameVOILUTSequence)
        transform = self.values.own_transform(item, base.transform)
        windows, bad_windows = (
            self.values.windows(voi, transform) if voi is not EMPTY else (base.windows, ())
        )
        problems = {*base.problems, *bad_windows}
        segment = item.item(Tag.SegmentIdentificationSequence)
        return base.like(
            position=own_value(
                valid_position, place, Tag.ImagePositionPatient, base.position, problems
            ),
            orientation=own_value(
                valid_orientation, plane, Tag.ImageOrientationPatient, base.orientation, problems
            ),
            spacing=own_value(valid_spacing, measures, Tag.PixelSpacing, base.spacing, problems),
            transform=transform,
            windows=windows if windows and windows != base.windows else base.windows,
            dimensions={**base.dimensions, **read_group_dimensions(item)},
            segment=segment.integer(Tag.ReferencedSegmentNumber) or base.segment,
            real_world=self.values.mappings(item, base.real_world),
            problems=tuple(sorted(problems)),
        )


def _detector_orientation(data_set: DataSet) -> tuple[float, ...] | None:
    """Return the orientation that NM keeps with its detector (PS3.3 C.8.4.11)."""
    detector = data_set.item(Tag.DetectorInformationSequence)
    return valid_orientation(detector.exactly(6, Tag.ImageOrientationPatient))


def _positions(data_set: DataSet, whole: FrameHeader, frames: int) -> list[Vector | None]:
    """Return a position for every frame of a classic multi-frame image.

    RT Dose: Grid Frame Offset Vector (PS3.3 C.8.8.3.2), relative to the first
    plane when it starts at 0, patient z otherwise. NM: Slice Vector (C.8.4.8)
    times Spacing Between Slices along the normal of the detector's plane.
    """
    orientation = whole.orientation or _detector_orientation(data_set)
    detector = data_set.item(Tag.DetectorInformationSequence)
    first = whole.position or valid_position(detector.exactly(3, Tag.ImagePositionPatient))
    offsets = data_set.numbers(Tag.GridFrameOffsetVector)
    slices = data_set.integers(Tag.SliceVector)
    steps = data_set.exactly(1, Tag.SpacingBetweenSlices)
    if orientation is None or first is None:
        return [None] * frames
    if len(offsets) >= frames:
        start = first if offsets[0] == 0 else (first[0], first[1], 0.0)
        if offsets[0] != 0 and abs(normal_of(orientation)[2]) < 1 - 1e-4:
            return [None] * frames
        direction = normal_of(orientation) if offsets[0] == 0 else (0.0, 0.0, 1.0)
        return [valid_position(moved(start, direction, offset)) for offset in offsets[:frames]]
    if len(slices) >= frames and any(steps):
        normal = normal_of(orientation)
        return [
            valid_position(moved(first, normal, steps[0] * (number - 1.0)))
            for number in slices[:frames]
        ]
    return [None] * frames
