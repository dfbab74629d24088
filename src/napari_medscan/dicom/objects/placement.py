"""Where the planes of a derived object lie: on the slices of a series, or on a grid of their own.

References to series and images help to choose between series that fit. They are never a condition:
they are missing in many files and name other copies of the series in others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_medscan.counted import agreeing, counted
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.relations import belongs_to
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.dicom.space.grid_fit import Fit, Orientation, Spacing, fit_plane, turn_between
from napari_medscan.dicom.space.plane_grid import MAX_PLANES, plane_step
from napari_medscan.dicom.space.tolerances import ONE_POSITION, PARALLEL, ROUNDING
from napari_medscan.dicom.space.vectors import Vector, dot, moved, normal_of

Plane = tuple[Vector, Orientation, Spacing]
PlacedFrame = tuple[SliceRef, Fit]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the frames of a derived object lie on a grid of voxels.

    Parameters
    ----------
    stack : Stack or None
        The series whose grid it is; None for a grid of the object's own.
    geometry : Geometry
        Of the grid.
    shape : tuple of int
        Slices, rows, columns; before the slices the points of time of a series, if each has
        segments of its own.
    frames : mapping of int to sequence of (SliceRef, Fit)
        The frames on each slice, counted on from time to time; slices without any are absent.
    notes : tuple of str
        What the user should know, each a sentence without the last period.
    """

    stack: Stack | None
    geometry: Geometry
    shape: tuple[int, ...]
    frames: Mapping[int, Sequence[PlacedFrame]]
    notes: tuple[str, ...] = ()


class MisfitError(Exception):
    """The planes do not lie on the grid of a series; says why."""


def place(derived: DicomObject, frames: Sequence[SliceRef], stacks: Iterable[Stack]) -> Placement:
    """Return where the frames of an object lie: on the series that fits best, else on their own.

    Parameters
    ----------
    derived : DicomObject
        The object.
    frames : sequence of SliceRef
        Its frames, all with position, orientation and spacing.
    stacks : iterable of Stack
        The series that are known, in any order.
    """
    related = [s for s in stacks if not s.kind.is_derived and belongs_to(derived, s)]
    # The series that it refers to first, then the largest.
    related.sort(
        key=lambda s: (s.header.series not in derived.referenced_series, -len(s.slices), s.name)
    )
    reasons = []
    for stack in related:
        try:
            return _place_on(frames, stack)
        except MisfitError as reason:
            reasons.append(f"{reason} {stack.name}")
    why = reasons[0] if reasons else "no series with its frame of reference is open"
    own = own_grid(frames)
    return replace(own, notes=(*own.notes, f"Shown on its own grid: {why}"))


def _place_on(frames: Sequence[SliceRef], stack: Stack) -> Placement:
    """Return where frames lie on a series; raise MisfitError, a phrase that ends in "of"."""
    geometry = stack.geometry
    if geometry.orientation is None or geometry.origin is None or not geometry.calibrated:
        raise MisfitError("no position is known of")
    normal = normal_of(geometry.orientation)
    positions = slice_positions(stack)
    heights = positions @ normal
    limit = max(ROUNDING, ONE_POSITION * geometry.scale[0])
    spacing = geometry.spacing[1:]
    shape = stack.header.shape
    known: dict[Plane, tuple[int, Fit]] = {}
    placed: dict[int, list[PlacedFrame]] = defaultdict(list)
    for ref in frames:
        plane = plane_of(ref)
        if plane not in known:
            if turn_between(plane[1], geometry.orientation) is None:
                raise MisfitError("its planes are not those of")
            height = dot(plane[0], normal)
            number = int(np.argmin(abs(heights - height)))
            if abs(heights[number] - height) > limit:
                raise MisfitError("its planes lie between or beyond the slices of")
            x, y, z = positions[number].tolist()
            target = ((x, y, z), geometry.orientation, (spacing[0], spacing[1]))
            fit = fit_plane(plane, ref.header.shape, target, shape)
            if fit is None:
                raise MisfitError("its pixels do not lie on those of")
            known[plane] = number, fit
        number, fit = known[plane]
        placed[number].append((ref, fit))
    return Placement(stack, geometry, (len(positions), *shape), dict(placed))


def has_place(ref: SliceRef) -> bool:
    """Whether a frame has position, orientation and spacing."""
    frame = ref.frame
    return None not in (frame.position, frame.orientation, frame.spacing)


def plane_of(ref: SliceRef) -> Plane:
    """Return position, orientation and spacing of a frame that has all three."""
    frame = ref.frame
    if frame.position is None or frame.orientation is None or frame.spacing is None:
        raise ValueError("a frame without a place")
    return frame.position, frame.orientation, frame.spacing


def slice_positions(stack: Stack) -> NDArray[np.float64]:
    """Return the position of each slice along z, (slices, 3), LPS, mm; missing ones as well."""
    geometry = stack.geometry
    places = stack.array.places
    numbers = places.reshape(-1, places.shape[-1]).max(axis=0)
    origin, step = np.array(geometry.origin), np.array(geometry.step)
    found: NDArray[np.float64] = origin + np.arange(len(numbers))[:, None] * step
    for index, number in enumerate(numbers.tolist()):
        if number >= 0 and (position := stack.slices[number].position) is not None:
            found[index] = position
    return found


def own_grid(frames: Sequence[SliceRef]) -> Placement:
    """Return the grid that most planes of an object lie on by themselves.

    Its planes are even steps apart; those without a frame are empty.

    Parameters
    ----------
    frames : sequence of SliceRef
        With position, orientation and spacing, at least one.
    """
    ((common, _),) = Counter(plane_of(ref)[1:] for ref in frames).most_common(1)
    orientation, spacing = common
    first = next(ref for ref in frames if plane_of(ref)[1:] == common)
    normal = normal_of(orientation)
    kept = [ref for ref in frames if _is_like(ref, first)]
    heights = sorted({round(dot(plane_of(ref)[0], normal), 6) for ref in kept})
    header = first.header
    hints = [hint for hint in (header.slice_spacing, header.slice_thickness) if hint]
    even = plane_step(heights, hints)
    step = even or (hints[0] if hints else 1.0)
    depth = round((heights[-1] - heights[0]) / step) + 1
    if depth > MAX_PLANES:
        depth, step = MAX_PLANES, (heights[-1] - heights[0]) / (MAX_PLANES - 1)
    lowest = min(kept, key=lambda ref: dot(plane_of(ref)[0], normal))
    origin = plane_of(lowest)[0]
    placed: dict[int, list[PlacedFrame]] = defaultdict(list)
    off = 0.0
    target_shape = header.shape
    for ref in kept:
        plane = plane_of(ref)
        place = (dot(plane[0], normal) - heights[0]) / step
        off = max(off, abs(place - round(place)))
        at = moved(origin, normal, dot(plane[0], normal) - heights[0])
        fit = fit_plane(plane, ref.header.shape, (at, orientation, spacing), target_shape)
        if fit is not None:
            placed[round(place)].append((ref, fit))
    notes = []
    if off > ONE_POSITION:
        notes.append("Planes are unevenly spaced: each is drawn at the nearest of even steps")
    if left := len(frames) - sum(map(len, placed.values())):
        frames_lie = counted(left, "frame", "lies")
        notes.append(f"{frames_lie} on another grid and {agreeing(left, 'is')} not shown")
    vector = (normal[0] * step, normal[1] * step, normal[2] * step)
    geometry = Geometry((step, *spacing), origin, orientation, vector)
    return Placement(None, geometry, (depth, *target_shape), dict(placed), tuple(notes))


def _is_like(ref: SliceRef, first: SliceRef) -> bool:
    _, orientation, spacing = plane_of(ref)
    _, same, alike = plane_of(first)
    if ref.header.shape != first.header.shape:
        return False
    # Nearly all are equal, which numpy takes long to find.
    return (orientation == same or np.allclose(orientation, same, atol=PARALLEL)) and (
        spacing == alike or np.allclose(spacing, alike, rtol=PARALLEL, atol=0)
    )
