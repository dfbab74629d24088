"""The slices of one file: one, one a frame, or one a mosaic tile.

Classic single-frame images say everything at the top level; enhanced
multi-frame objects in shared and per-frame functional groups (PS3.3
C.7.6.16); NM, RT Dose and multi-frame Secondary Capture in vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

from napari_medscan.dicom.elements.values import EMPTY, DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, Wanted, want
from napari_medscan.dicom.headers.dimensions import (
    WANTED_DIMENSIONS,
    WANTED_GROUP_DIMENSIONS,
    read_dimensions,
    read_group_dimensions,
)
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.intensity_facts import FrameValues
from napari_medscan.dicom.headers.places import (
    WANTED_GROUP_PLACES,
    WANTED_PLACES,
    Place,
    group_locations,
    valid_orientation,
    valid_position,
    vector_dimensions,
    vector_places,
)
from napari_medscan.dicom.headers.unreadable import find_problems, own_value
from napari_medscan.dicom.intensity.real_world import WANTED_REAL_WORLD
from napari_medscan.dicom.intensity.rescale import IDENTITY, WANTED_MODALITY_LUT, WANTED_RESCALE
from napari_medscan.dicom.intensity.scaling import WANTED_SCALING
from napari_medscan.dicom.intensity.window import WANTED_WINDOW
from napari_medscan.dicom.space.spacing import (
    WANTED_GROUP_SPACING,
    Spacing,
    group_spacing,
    steady_spacings,
    valid_spacing,
)

_WANTED_GROUPS: Wanted = want(
    WANTED_GROUP_SPACING,
    WANTED_GROUP_PLACES,
    WANTED_GROUP_DIMENSIONS,
    WANTED_REAL_WORLD,
    {
        Tag.PixelValueTransformationSequence: WANTED_RESCALE,
        Tag.FrameVOILUTSequence: WANTED_WINDOW,
        Tag.SegmentIdentificationSequence: want(Tag.ReferencedSegmentNumber),
    },
)
WANTED_FRAMES: Wanted = want(
    Tag.InstanceNumber,
    Tag.ConcatenationFrameOffsetNumber,
    WANTED_PLACES,
    WANTED_DIMENSIONS,
    WANTED_RESCALE,
    WANTED_MODALITY_LUT,
    WANTED_SCALING,
    WANTED_WINDOW,
    WANTED_REAL_WORLD,
    {
        Tag.SharedFunctionalGroupsSequence: _WANTED_GROUPS,
        Tag.PerFrameFunctionalGroupsSequence: _WANTED_GROUPS,
    },
)
_NO_PLACE = "The header gives these frames no position, and others in the file one"
_MOST_OF_A_PART = 2**20
"""Frames by which parts are numbered on when they do not say where they begin."""


def read_frame_headers(
    data_set: DataSet,
    *,
    frames: int,
    values: FrameValues,
    spacing: Spacing | None,
    grid_problems: tuple[str, ...],
) -> tuple[FrameHeader, ...]:
    """Return a FrameHeader for each stored frame.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    frames : int
        How many frames there are.
    values : FrameValues
        What its stored values mean.
    spacing : tuple of float or None
        Row and column spacing of the top level, mm.
    grid_problems : tuple of str
        What is amiss with it; see `find_grid_problems`.
    """
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
        segment=_only_segment(data_set),
        slice_location=data_set.data(Tag.SliceLocation),
        real_world=values.mappings(data_set),
        problems=(*find_problems(data_set, position, orientation), *grid_problems, *bad_windows),
    )
    per_frame = data_set.items(Tag.PerFrameFunctionalGroupsSequence)
    shared = data_set.item(Tag.SharedFunctionalGroupsSequence)
    if per_frame or shared is not EMPTY:
        if 0 < len(per_frame) < frames:
            few = f"The header describes {len(per_frame)} of {frames} frames"
            problem = f"{few}: which of them is not certain"
            whole = whole.like(problems=(*whole.problems, problem))
        own = per_frame[:frames] + (EMPTY,) * (frames - len(per_frame))
        return _FunctionalGroups(whole, shared, values).all_frames(data_set, own)
    whole = values.finished(whole)
    if frames == 1 and Tag.GridFrameOffsetVector not in data_set:
        return (whole,)
    places = vector_places(data_set, Place(whole.position, whole.orientation), frames)
    dimensions = vector_dimensions(data_set, frames)
    # PS3.3 C.8.6.3: of documents and films, frame by frame.
    pages = data_set.integers(Tag.PageNumberVector)
    ranks = [(page,) for page in pages] if len(pages) == frames else [()] * frames
    return tuple(
        whole.like(
            position=place.position,
            orientation=place.orientation,
            frame_location=place.location,
            slice_location=b"",
            dimensions={**whole.dimensions, **own} if own else whole.dimensions,
            order=(*whole.order, *rank, index),
        )
        for index, (place, own, rank) in enumerate(zip(places, dimensions, ranks, strict=True))
    )


def _only_segment(data_set: DataSet) -> int:
    """Return the number of the segment that all frames are of which do not say it, 0 if of none."""
    segments = data_set.items(Tag.SegmentSequence)
    if len(segments) != 1 or data_set.text(Tag.SegmentationType) not in ("BINARY", "FRACTIONAL"):
        return 0
    return segments[0].integer(Tag.SegmentNumber) or 0


class _FunctionalGroups:
    """Frames from shared and per-frame functional groups.

    What is shared is read once; a frame's own macro replaces it whole, and a
    macro that is in neither falls back to the top level.
    """

    def __init__(self, whole: FrameHeader, shared: DataSet, values: FrameValues) -> None:
        self.values = values
        self.shared_item = shared
        self.lacks_rescale = False
        self.shared = self._merge(shared, whole)

    def all_frames(self, data_set: DataSet, own: Sequence[DataSet]) -> tuple[FrameHeader, ...]:
        """Return the header of every frame; `own` are their functional groups."""
        # PS3.3 C.7.6.16.2.2.4: the parts of a concatenation number their frames on.
        first = data_set.integer(Tag.ConcatenationFrameOffsetNumber)
        if first is None:
            number = data_set.integer(Tag.InConcatenationNumber) or 1
            first = (number - 1) * _MOST_OF_A_PART
        has_rescale = [Tag.PixelValueTransformationSequence in item for item in own]
        self.lacks_rescale = any(has_rescale) and self.shared.transform is IDENTITY
        frames = tuple(self._frame(item, first + index) for index, item in enumerate(own))
        has_place = [bool(frame.position and frame.orientation) for frame in frames]
        placed = all(has_place)
        moved = any(frame.position != frames[0].position for frame in frames)
        if len(frames) == 1 or (placed and moved):
            return frames
        locations = group_locations(data_set, self.shared_item, own)
        spacings = steady_spacings([frame.spacing for frame in frames])
        notes = [(_NO_PLACE,) if any(has_place) and not has else () for has in has_place]
        return tuple(
            # The Slice Location of a whole file is that of none of its frames.
            frame.like(
                frame_location=location,
                spacing=spacing,
                slice_location=b"",
                problems=(*frame.problems, *note),
            )
            for frame, location, spacing, note in zip(
                frames, locations, spacings, notes, strict=True
            )
        )

    def _frame(self, item: DataSet, index: int) -> FrameHeader:
        """Return the header of the frame that `item` describes."""
        merged = self._merge(item, self.shared) if item is not EMPTY else self.shared
        indices = item.item(Tag.FrameContentSequence).integers(Tag.DimensionIndexValues)
        if not indices:
            converted = item.item(Tag.UnassignedPerFrameConvertedAttributesSequence)
            indices = converted.integers(Tag.InstanceNumber)
        if self.lacks_rescale and Tag.PixelValueTransformationSequence not in item:
            merged = merged.like(transform=self.values.lacking())
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
        spacing = group_spacing(item, self.shared_item)[0] or base.spacing
        return base.like(
            position=own_value(
                valid_position, place, Tag.ImagePositionPatient, base.position, problems
            ),
            orientation=own_value(
                valid_orientation, plane, Tag.ImageOrientationPatient, base.orientation, problems
            ),
            spacing=own_value(valid_spacing, measures, Tag.PixelSpacing, spacing, problems),
            transform=transform,
            windows=windows if windows and windows != base.windows else base.windows,
            dimensions={**base.dimensions, **read_group_dimensions(item)},
            segment=segment.integer(Tag.ReferencedSegmentNumber) or base.segment,
            real_world=self.values.mappings(item, base.real_world),
            problems=tuple(sorted(problems)),
        )
