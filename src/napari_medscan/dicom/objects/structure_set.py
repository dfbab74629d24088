"""StructureSet: contours of regions on the slices of a series."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import counted
from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.objects.even_odd import fill_even_odd
from napari_medscan.dicom.objects.placement import slice_positions
from napari_medscan.dicom.objects.structures import (
    CLOSED,
    OPEN,
    POINT,
    Contour,
    Roi,
    StructureFacts,
    read_contours,
    read_structure_facts,
)
from napari_medscan.dicom.series.dicom_object import OneFileObject
from napari_medscan.dicom.series.relations import belongs_to
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.dicom.space.plane_grid import MAX_PLANES
from napari_medscan.dicom.space.tolerances import ONE_CONTOUR_PLANE, ROUNDING
from napari_medscan.dicom.space.vectors import normal_of, split_orientation
from napari_medscan.frames import FrameCache, LazyStack, shared_cache

_AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_HALF = 0.5
"""Slice steps from a slice up to which a contour is drawn on it."""
_FEW = 3


@dataclass(frozen=True, slots=True)
class DrawnContour:
    """A contour on a slice.

    Parameters
    ----------
    slice : int
        Index of the slice.
    points : ndarray, shape (points, 2)
        Row and column of each point, in pixels.
    is_closed : bool
        The last point is joined to the first.
    """

    slice: int
    points: NDArray[np.float64]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class DrawnStructures:
    """The contours of a structure set on a grid of slices.

    Parameters
    ----------
    stack : Stack or None
        The series whose slices they are; None for slices of their own.
    geometry : Geometry
        Of the grid.
    depth : int
        Number of slices.
    contours : mapping of int to sequence of DrawnContour
        By ROI number.
    points : mapping of int to ndarray, shape (points, 3)
        Slice, row and column of the points of interest, by ROI number.
    misfits : mapping of int to int
        How many contours of a region are not drawn, by ROI number: they are not complete, lie on no
        slice or across the slices, or a slice is nearer to others of the region.
    """

    stack: Stack | None
    geometry: Geometry
    depth: int
    contours: Mapping[int, Sequence[DrawnContour]]
    points: Mapping[int, NDArray[np.float64]]
    misfits: Mapping[int, int]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StructureSet(OneFileObject):
    """The regions of an RT Structure Set (PS3.3 A.19) in one frame of reference.

    Parameters
    ----------
    instance : Instance
        Its file, with the frame of reference of its contours.
    facts : StructureFacts
        What it says of its regions.
    """

    facts: StructureFacts

    @property
    def rois(self) -> tuple[Roi, ...]:
        """All regions by number; those without contours as well."""
        return self.facts.rois

    @property
    def summary(self) -> str:
        """How many regions it has, and which of them are empty."""
        text = counted(len(self.rois), "region")
        empty = [roi.name for roi in self.rois if not roi.contours]
        if not empty:
            return text
        return f"{text} (empty: {', '.join(empty) if len(empty) <= _FEW else len(empty)})"

    @property
    def referenced_series(self) -> tuple[str, ...]:
        """UIDs of the series that it refers to."""
        return self.facts.series

    @property
    def key(self) -> tuple[object, ...]:
        """What is the same when the same regions are opened again."""
        return *super(StructureSet, self).key, self.facts.frame_of_reference

    def read_contours(self) -> dict[int, list[Contour]]:
        """Read the contours of its regions, by ROI number; LPS, mm.

        A contour that is there twice is one: by the even-odd rule, both would enclose nothing.

        Raises
        ------
        MedscanError, OSError
            When the file cannot be read.
        """
        return {number: _distinct(same) for number, same in self._stored().items()}

    def _stored(self) -> dict[int, list[Contour]]:
        contours = read_contours(self.instance.source.file)
        return {n: same for n, same in contours.items() if n not in self.facts.elsewhere}

    def draw(self, stacks: Iterable[Stack] = ()) -> DrawnStructures:
        """Return the contours on the slices of the series that they fit best.

        A contour lies on the nearest slice, if it is within half a slice step of it: positions of
        slices and contours are rounded by different programs. Of closed contours that were drawn
        closer to each other than slices are, those nearest to the slice are the cut through the
        region there; by the even-odd rule, the others would make holes in it.

        Parameters
        ----------
        stacks : iterable of Stack
            Series that are open, in any order.

        Raises
        ------
        MedscanError, OSError
            When the file cannot be read.
        """
        stored = self._stored()
        counts = {roi.number: roi.contours - len(stored.get(roi.number, ())) for roi in self.rois}
        unread = {number: count for number, count in counts.items() if count > 0}
        contours = {number: _distinct(same) for number, same in stored.items()}
        related = [s for s in stacks if not s.kind.is_derived and belongs_to(self, s)]
        related.sort(key=lambda s: (s.header.series not in self.referenced_series, -len(s.slices)))
        drawn = [each for s in related if (each := _draw_on(contours, s, unread)) is not None]
        # The first one that takes the most contours.
        best = min(drawn, key=lambda each: sum(each.misfits.values()), default=None)
        fits = best is not None and (best.contours or best.points)
        return best if best is not None and fits else _draw_alone(contours, unread)

    def labels(
        self, drawn: DrawnStructures, number: int, cache: FrameCache | None = None
    ) -> LazyStack:
        """Return the voxels within a region, 1 where their centers are inside; uint8.

        Contours of one slice are combined by the even-odd rule, so that inner contours and
        keyholes make holes (PS3.3 C.8.8.6.3).

        Parameters
        ----------
        drawn : DrawnStructures
            Contours on the slices of a series.
        number : int
            ROI number.
        cache : FrameCache, optional
            Holds the slices that were drawn; the one of this process when not given.

        Raises
        ------
        ValueError
            If the contours lie on slices of their own, which have no pixels.
        """
        if drawn.stack is None:
            raise ValueError("the contours lie on no series")
        slices: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
        for contour in drawn.contours.get(number, ()):
            if contour.is_closed:
                slices[contour.slice].append(contour.points)
        return LazyStack(
            _MaskSource(slices),
            np.arange(drawn.depth),
            drawn.stack.header.shape,
            np.dtype(np.uint8),
            0,
            shared_cache() if cache is None else cache,
        )


@dataclass(frozen=True, slots=True)
class _MaskSource:
    slices: Mapping[int, Sequence[NDArray[np.float64]]]

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Draw the region on one slice."""
        out[...] = fill_even_odd(self.slices.get(index, ()), (out.shape[0], out.shape[1]))


def structure_sets_of(instances: Iterable[Instance]) -> Iterator[StructureSet]:
    """Yield the structure sets among the files of a drop that can be read.

    A file whose regions are in several frames of reference makes one for each.
    """
    for instance in instances:
        if instance.kind.has_regions:
            try:
                known = read_structure_facts(instance.source.file)
            except (MedscanError, OSError):
                continue
            for facts in known:
                in_frame = instance.like(frame_of_reference=facts.frame_of_reference)
                yield StructureSet(in_frame, facts)


def _draw_on(
    contours: Mapping[int, Sequence[Contour]], stack: Stack, unread: Mapping[int, int]
) -> DrawnStructures | None:
    geometry = stack.geometry
    if geometry.affine is None:
        return None
    return _drawn(contours, geometry, slice_positions(stack), stack, unread)


def _draw_alone(
    contours: Mapping[int, Sequence[Contour]], unread: Mapping[int, int]
) -> DrawnStructures:
    """Return contours on axial slices as far apart as their own planes."""
    heights = np.unique(
        np.round([c.points[:, 2].mean() for same in contours.values() for c in same], 3)
    )
    heights = heights[np.diff(heights, prepend=-np.inf) > ONE_CONTOUR_PLANE]
    gaps = np.diff(heights).tolist()
    # The lower median: of two different gaps the shorter is the step.
    step = statistics.median_low(gaps) if gaps else 1.0
    first = float(heights[0]) if heights.size else 0.0
    depth = round((float(heights[-1]) - first) / step) + 1 if heights.size else 1
    if depth > MAX_PLANES:
        depth, step = MAX_PLANES, (float(heights[-1]) - first) / (MAX_PLANES - 1)
    positions = np.array([(0.0, 0.0, first + step * number) for number in range(depth)])
    geometry = Geometry((step, 1.0, 1.0), (0.0, 0.0, first), _AXIAL, (0.0, 0.0, step))
    return _drawn(contours, geometry, positions, None, unread)


def _drawn(
    contours: Mapping[int, Sequence[Contour]],
    geometry: Geometry,
    positions: NDArray[np.float64],
    stack: Stack | None,
    unread: Mapping[int, int],
) -> DrawnStructures:
    orientation = geometry.orientation or _AXIAL
    normal = np.array(normal_of(orientation))
    row, column = (np.array(axis) for axis in split_orientation(orientation))
    heights = positions @ normal
    limit = _HALF * geometry.scale[0] + ROUNDING
    lines: dict[int, list[DrawnContour]] = defaultdict(list)
    points: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    misfits: dict[int, int] = defaultdict(int, unread)
    for number, same in contours.items():
        nearest: dict[int, tuple[float, float]] = {}
        placed: list[tuple[DrawnContour, tuple[float, float]]] = []
        for contour, plane in zip(same, _planes_of(same, normal), strict=True):
            distances = abs(heights - plane)
            # Of contours that lie half-way, by more and by less, all go to the slice before.
            index = int(np.argmax(distances <= distances.min() + ROUNDING))
            along = contour.points @ normal
            if abs(along - along.mean() + plane - heights[index]).max() > limit:
                misfits[number] += 1
                continue
            offset = contour.points - positions[index]
            pixels = np.column_stack(
                (offset @ column / geometry.spacing[1], offset @ row / geometry.spacing[2])
            )
            if contour.geometric_type == POINT:
                at = np.full((len(pixels), 1), float(index))
                points[number].append(np.hstack((at, pixels)))
            elif contour.geometric_type == OPEN and len(pixels) > 1:
                lines[number].append(DrawnContour(index, pixels, is_closed=False))
            elif contour.geometric_type == CLOSED and len(pixels) > 1:
                off = abs(plane - heights[index]), plane
                nearest[index] = min(nearest.get(index, off), off)
                placed.append((DrawnContour(index, pixels, is_closed=True), off))
            else:
                misfits[number] += 1
        drawn = [contour for contour, off in placed if off == nearest[contour.slice]]
        misfits[number] += len(placed) - len(drawn)
        lines[number] += drawn
    together = {number: np.vstack(same) for number, same in points.items()}
    shown = {number: same for number, same in lines.items() if same}
    left = {number: count for number, count in misfits.items() if count}
    return DrawnStructures(stack, geometry, len(positions), shown, together, left)


def _distinct(contours: Sequence[Contour]) -> list[Contour]:
    return list({(c.geometric_type, c.points.tobytes()): c for c in contours}.values())


def _planes_of(contours: Sequence[Contour], normal: NDArray[np.float64]) -> list[float]:
    """Return the height of the plane of each contour: of those in one plane, the lowest middle."""
    middles = [float((contour.points @ normal).mean()) for contour in contours]
    planes, plane = middles.copy(), -np.inf
    for number in sorted(range(len(middles)), key=middles.__getitem__):
        if middles[number] - plane > ONE_CONTOUR_PLANE:
            plane = middles[number]
        planes[number] = plane
    return planes
