"""Segmentation: binary segments or a label map, as label slices on the grid of a series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import counted
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.headers.read_many import Progress
from napari_medscan.dicom.objects.image_references import Images
from napari_medscan.dicom.objects.placement import PlacedFrame, Placement, has_place, place
from napari_medscan.dicom.objects.segment_overlap import label_sets
from napari_medscan.dicom.objects.segment_pixels import draw_labels, label_type
from napari_medscan.dicom.objects.segment_sources import place_on_sources, read_sources
from napari_medscan.dicom.objects.segments import Segment, SegmentFacts, read_segment_facts
from napari_medscan.dicom.pixels.read_frames import read_stored
from napari_medscan.dicom.series.concatenations import join_concatenations
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.frames import FrameCache, LazyStack, shared_cache

LABELS: Final = frozenset(("BINARY", "LABELMAP"))
_TOGETHER: Final = "Frames of one segment that lie in one place are drawn together"
_FEW: Final = 3
"""Empty segments that the summary lists by name."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Segmentation(DicomObject):
    """A segmentation whose pixels are labels (PS3.3 A.51 BINARY, A.90 label maps).

    Parameters
    ----------
    headers : tuple of ImageHeader
        Its files: several for a concatenation.
    facts : SegmentFacts
        What they say of the segments.
    frames : tuple of SliceRef
        Its frames, all of which have position, orientation and spacing, or `sources`.
    sources : tuple of tuple of ImageReference
        The images that frames without a place, or in one place, were drawn on; () for others.
    """

    headers: tuple[ImageHeader, ...]
    facts: SegmentFacts
    frames: tuple[SliceRef, ...]
    sources: tuple[Images, ...] = ()

    @property
    def header(self) -> ImageHeader:
        """Of its first file."""
        return self.headers[0]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of its files."""
        return tuple(header.name for header in self.headers)

    @property
    def kind_name(self) -> str:
        """What a user calls it."""
        return "segmentation"

    @property
    def summary(self) -> str:
        """How many segments it has, and which of them are empty."""
        segments, numbers = self.segments, self.empty_segments()
        text = counted(len(segments), "segment")
        empty = [each.name for each in segments if each.number in numbers]
        if not empty:
            return text
        few = ", ".join(empty) if len(empty) <= _FEW else f"{len(empty)}"
        return f"{text} (empty: {few})"

    @property
    def referenced_series(self) -> tuple[str, ...]:
        """UIDs of the series that it refers to."""
        return self.facts.series

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes of its files, each once."""
        notes = (note for header in self.headers for note in header.notes)
        return tuple(dict.fromkeys((*notes, *self.facts.notes)))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments by number; those without a frame as well."""
        known = {segment.number: segment for segment in self.facts.segments}
        used = {ref.frame.segment for ref in self.frames} - {0}
        known |= {number: Segment(number) for number in used if number not in known}
        return tuple(known[number] for number in sorted(known))

    @property
    def is_label_map(self) -> bool:
        """Whether one frame holds all segments of its plane."""
        return self.facts.is_label_map

    def empty_segments(self) -> frozenset[int]:
        """Return the numbers of the segments that have no frame; of a label map none."""
        return self.facts.empty(ref.frame.segment for ref in self.frames)

    def place(self, stacks: Iterable[Stack] = ()) -> Placement:
        """Return where its frames lie: on the grid of the series that fits, else on its own.

        Parameters
        ----------
        stacks : iterable of Stack
            Series that are open, in any order.
        """
        stacks = list(stacks)
        if self.sources:
            found = place_on_sources(self, self.frames, self.sources, stacks)
            if found.stack is not None or not all(map(has_place, self.frames)):
                return found
        found = place(self, self.frames, stacks)
        return replace(found, notes=(*found.notes, *[_TOGETHER] * _are_repeated(self.frames)))

    def notes_on(self, stacks: Sequence[Stack]) -> tuple[str, ...]:
        """Return why it lies on a grid of its own, and what is amiss there."""
        return self.place(stacks).notes

    def label_sets(
        self, placement: Placement, progress: Progress | None = None
    ) -> tuple[tuple[int, ...], ...]:
        """Return sets of segment numbers of which no two share a voxel.

        Each set makes one array of labels. The file is trusted if it says that segments do not
        overlap; if it does not, its pixels are compared.

        Parameters
        ----------
        placement : Placement
            As `place` returned it.
        progress : callable, optional
            Told how far the comparison is; what it raises ends it.

        Raises
        ------
        FrameError
            If pixels have to be compared and cannot be read.
        """
        planes = placement.frames.values()
        return label_sets(self.facts, self.segments, lambda: map(_by_segment, planes), progress)

    def labels(
        self, placement: Placement, numbers: Sequence[int], cache: FrameCache | None = None
    ) -> LazyStack:
        """Return which segment each voxel is of, in the shape of the placement; 0 is background.

        Values are those of `Segment.value`.

        Parameters
        ----------
        placement : Placement
            As `place` returned it.
        numbers : sequence of int
            Segments that do not overlap, one of `label_sets`.
        cache : FrameCache, optional
            Holds the slices that were read; the one of this process when not given.
        """
        values = {segment.number: segment.value for segment in self.segments}
        wanted = None if self.is_label_map else {number: values[number] for number in numbers}
        return LazyStack(
            _LabelSource(placement.frames, wanted),
            np.arange(prod(placement.shape[:-2])).reshape(placement.shape[:-2]),
            placement.shape[-2:],
            label_type(values.values(), self.headers if self.is_label_map else ()),
            0,
            shared_cache() if cache is None else cache,
        )


@dataclass(frozen=True, slots=True)
class _LabelSource:
    """Reads slices of segment numbers.

    Parameters
    ----------
    frames : mapping of int to sequence of (SliceRef, Fit)
        The frames on each slice.
    values : mapping of int to int or None
        What segments are drawn with, by number; None if that is what is stored.
    """

    frames: Mapping[int, Sequence[PlacedFrame]]
    values: Mapping[int, int] | None

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Draw the segments of slice number `index`."""
        out[...] = 0
        for ref, fit in self.frames.get(index, ()):
            segment = ref.frame.segment
            if self.values is not None and segment not in self.values:
                continue
            pixels = fit.turn.apply(read_stored(ref.header, ref.index))
            rows, columns = pixels.shape
            part = out[fit.row : fit.row + rows, fit.column : fit.column + columns]
            label = None if self.values is None else self.values[segment]
            draw_labels(part, pixels, ref.header, label)


def _by_segment(placed: Iterable[PlacedFrame]) -> dict[int, list[PlacedFrame]]:
    frames: dict[int, list[PlacedFrame]] = {}
    for ref, fit in placed:
        frames.setdefault(ref.frame.segment, []).append((ref, fit))
    return frames


def segmentations_of(
    headers: Sequence[ImageHeader],
) -> tuple[list[Segmentation], dict[str, str]]:
    """Return the segmentations among the files of a drop whose pixels are labels.

    Fractional segmentations are images of probability or occupancy, those of slides are of
    `slide_segmentation`, and those without positions and images have no place: they are not among
    them.

    Returns
    -------
    segmentations : list of Segmentation
        In the order of their files.
    reasons : dict of str to str
        Why files that should be segmentations are shown as images, by name.
    """
    candidates = [h for h in headers if h.kind.measures == "segments" and h.matrix is None]
    by_object: dict[str, list[ImageHeader]] = {}
    for header in join_concatenations(candidates):
        by_object.setdefault(header.object_name, []).append(header)
    found: list[Segmentation] = []
    reasons: dict[str, str] = {}
    for same in by_object.values():
        made = _segmentation(tuple(same))
        if isinstance(made, Segmentation):
            found.append(made)
        elif made:
            reasons |= {header.name: f"Not shown as labels: {made}" for header in same}
    return found, reasons


def _segmentation(headers: tuple[ImageHeader, ...]) -> Segmentation | str:
    """Return a segmentation, or why its files are none; '' if they are images."""
    frames = tuple(SliceRef(h, index) for h in headers for index in range(len(h.frames)))
    sources: tuple[Images, ...] = ()
    try:
        facts = read_segment_facts(headers[0].source.file)
        if facts.encoding not in LABELS:
            return "" if facts.encoding == "FRACTIONAL" else "its Segmentation Type is unknown"
        are_placed = all(map(has_place, frames))
        if not are_placed or _are_repeated(frames):
            parts = [read_sources(h.source.file, len(h.frames)) for h in headers]
            if all(parts):
                sources = tuple(images for part in parts for images in part)
                sources = () if are_placed and _are_repeated(frames, sources) else sources
            elif not are_placed:
                return "a frame has neither a place nor a source image"
    except (MedscanError, OSError):
        return "its segments cannot be read"
    if facts.encoding == "BINARY" and not all(ref.frame.segment for ref in frames):
        return "a frame does not say which segment it shows"
    return Segmentation(headers, facts, frames, sources)


def _are_repeated(frames: Sequence[SliceRef], sources: Sequence[Images] = ()) -> bool:
    """Whether two frames of a segment, drawn on one image, lie in one place.

    Without their images, those of two points of time do.
    """
    own = [(ref.frame.segment, ref.frame.position, ref.frame.orientation) for ref in frames]
    return len(set(zip(own, sources, strict=True) if sources else own)) < len(own)
