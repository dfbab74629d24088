"""Where the slices of a grid lie, and what the user should know about it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial
from itertools import pairwise

from napari_medscan.counted import counted
from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.series.derived_planes import DerivedPlanes
from napari_medscan.dicom.series.grid import Grid
from napari_medscan.dicom.series.meaning import further_facts
from napari_medscan.dicom.series.slice_locations import location_geometry
from napari_medscan.dicom.space.geometry import (
    ASSUMED_STEP,
    SHEAR,
    TILT,
    Geometry,
    StepSource,
    stack_geometry,
    uneven_gaps,
)
from napari_medscan.dicom.space.plane_grid import sparse_gaps
from napari_medscan.dicom.space.tolerances import MULTIPLE_GAP
from napari_medscan.dicom.space.vectors import Vector, dot, normal_of


def grid_geometry(grid: Grid, header: ImageHeader, planes: DerivedPlanes) -> Geometry:
    """Return the geometry of a grid, from positions, else locations, else attributes.

    Parameters
    ----------
    grid : Grid
        At least one slice.
    header : ImageHeader
        Of its first slice.
    planes : DerivedPlanes
        Knows the steps of files that leave empty planes out.
    """
    depth = len(grid.rows[0])
    first = grid.slices[0].frame
    by_location = location_geometry(grid, _assumed_step(header))
    if by_location is not None:
        return by_location
    if depth > 1 and grid.positions and first.orientation is not None:
        derived = header.kind.omits_empty_planes
        judge = None
        if derived:
            step = planes.step((ref.header for ref in grid.slices), first.orientation)
            judge = partial(sparse_gaps, step=step)
        place = partial(
            stack_geometry, grid.positions, first.orientation, first.spacing, grid.spread
        )
        geometry = place(judge)
        if geometry.missing and not derived and _follow_thickness(grid, first.orientation):
            geometry = place(uneven_gaps)
        return replace(geometry, missing_are_empty=derived)
    step, source = _assumed_step(header)
    in_plane = first.spacing or (header.aspect, 1.0)
    vector: Vector | None = None
    if first.orientation is not None:
        x, y, z = normal_of(first.orientation)
        vector = (x * step, y * step, z * step)
    return Geometry(
        spacing=(step, *in_plane),
        origin=first.position or (header.clip_position if depth == 1 else None),
        orientation=first.orientation,
        step=vector,
        measurable=depth == 1 or source == "spacing",
        calibrated=first.spacing is not None,
        step_source=source,
    )


def _follow_thickness(grid: Grid, orientation: tuple[float, ...]) -> bool:
    """Whether slices of several thicknesses are as far apart as these say: none is missing."""
    normal = normal_of(orientation)
    distances = [dot(position, normal) for position in grid.positions]
    thicknesses = [None if ref is None else further_facts(ref).thickness for ref in grid.rows[0]]
    shares: dict[float, list[float]] = defaultdict(list)
    for (thickness, at), (other, after) in pairwise(zip(thicknesses, distances, strict=True)):
        if not isinstance(thickness, float) or not thickness:
            return False
        if thickness == other:
            shares[thickness].append((after - at) / thickness)
    found = [share for each in shares.values() for share in each]
    return len(shares) > 1 and max(found) < (1 + MULTIPLE_GAP) * min(found)


def _assumed_step(header: ImageHeader) -> tuple[float, StepSource]:
    if header.slice_spacing:
        return header.slice_spacing, "spacing"
    if header.slice_thickness:
        return header.slice_thickness, "thickness"
    return 1.0, "assumed"


def geometry_warnings(geometry: Geometry, depth: int, header: ImageHeader) -> list[str]:
    """Return what is assumed or missing of the geometry of a stack of so many slices."""
    found = _gap_warnings(geometry, header)
    if geometry.tilt:
        what = TILT if header.kind.measures == "attenuation" else SHEAR
        found.append(
            f"{what} {geometry.tilt:.1f}°. "
            "Correct it (Layers ▸ Transform) before measuring between slices"
        )
    if depth > 1 and geometry.step_source in ASSUMED_STEP:
        found.append(ASSUMED_STEP[geometry.step_source])
    if not geometry.calibrated:
        found.append("No calibration: distances are in pixels, not mm")
    elif header.spacing_note:
        found.append(header.spacing_note)
    return found


def _gap_warnings(geometry: Geometry, header: ImageHeader) -> list[str]:
    missing = len(geometry.missing)
    if missing and header.kind.is_whole and not geometry.missing_are_empty:
        # A dose grid is one file: its planes may be farther apart in places (PS3.3 C.8.8.3.2).
        what = counted(missing, "plane", "is")
        return [f"{what} not in the file between the others (left blank)"]
    if missing and not geometry.missing_are_empty:
        return [f"{counted(missing, 'slice', 'is')} missing (left blank)"]
    found = []
    if missing:
        found.append(f"{counted(missing, 'empty plane', 'is')} not stored (left blank)")
    if not (geometry.measurable if geometry.missing_are_empty else geometry.regular):
        found.append(
            "Slice spacing is uneven: reformats and through-plane measurements are not to scale"
        )
    return found


def hole_warnings(holes: int) -> list[str]:
    """Return how many slices single time points lack."""
    if not holes:
        return []
    many = f"{holes:,} slices of single time points are missing (left blank)"
    return ["1 slice of one time point is missing (left blank)" if holes == 1 else many]
