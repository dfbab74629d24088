"""Slices without usable positions in the patient, ordered and spaced by their locations.

Image Position (Patient) is absent, or one and the same in all slices of a volume (some exports copy
that of the first). Slice Location then tells them apart, or what stands for it in multi-frame
images (rule 10 of the design: positions, then locations, then instance numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.series.grid import Grid
from napari_medscan.dicom.series.ordering import arrange
from napari_medscan.dicom.space.geometry import Geometry, StepSource, stack_geometry
from napari_medscan.dicom.space.locations import (
    Location,
    are_even,
    direction,
    distinct,
    is_monotonic,
    line_locations,
    plane_of,
)
from napari_medscan.dicom.space.tolerances import SAME_LOCATION
from napari_medscan.dicom.space.vectors import Vector, dot, moved


def arrange_by_location(slices: Sequence[SliceRef]) -> list[Grid]:
    """Order the slices of one group by location; return none when locations do not decide.

    Where all slices have one position, only locations on an even grid make a volume of them: a time
    series of one slice has one location, or none.

    Parameters
    ----------
    slices : sequence of SliceRef
        At least one, of one orientation, all with positions or all without.
    """
    locations = _locations(slices)
    if not locations or not _are_slices(slices[0], locations):
        return []
    frames: dict[int, list[FrameHeader]] = {}
    headers = {id(ref.header): ref.header for ref in slices}
    for ref, location in zip(slices, locations, strict=True):
        own = frames.setdefault(id(ref.header), list(ref.header.frames))
        position, orientation = plane_of(location, ref.frame.orientation)
        own[ref.index] = ref.frame.like(position=position, orientation=orientation)
    stand_ins = {key: headers[key].like(frames=tuple(own)) for key, own in frames.items()}
    originals = {id(stand_in): headers[key] for key, stand_in in stand_ins.items()}
    grids = arrange([SliceRef(stand_ins[id(ref.header)], ref.index) for ref in slices])
    return [
        replace(
            grid,
            rows=tuple(
                tuple(ref and SliceRef(originals[id(ref.header)], ref.index) for ref in row)
                for row in grid.rows
            ),
            notes=(locations[0].note, *grid.notes),
        )
        for grid in grids
    ]


def share_one_position(slices: Sequence[SliceRef]) -> bool:
    """Whether two or more slices have one and the same position."""
    first = slices[0].frame.position
    return len(slices) > 1 and all(r.header.position_of(r.index) == first for r in slices)


def location_geometry(grid: Grid, assumed: tuple[float, StepSource]) -> Geometry | None:
    """Return the geometry of slices that were ordered by location, None if they were not.

    Parameters
    ----------
    grid : Grid
        The slices in their order.
    assumed : tuple of float and str
        Distance of slices of which only the numbers are known, mm, and where it comes from.
    """
    slices = grid.slices
    if slices[0].frame.orientation is not None and not share_one_position(slices):
        return None
    row = [next(filter(None, column)) for column in zip(*grid.rows, strict=True)]
    locations = _locations(row)
    if not is_monotonic(locations):
        return None
    frame = row[0].frame
    step, source = assumed
    if locations[0].source == "slice number":
        locations = [place._replace(distance=place.distance * step) for place in locations]
    else:
        source = "locations"
    planes = [plane_of(location, frame.orientation) for location in locations]
    geometry = stack_geometry([place for place, _ in planes], planes[0][1], frame.spacing)
    geometry = replace(
        geometry,
        origin=_origin(frame, locations),
        measurable=geometry.measurable and source in ("locations", "spacing"),
        step_source=source,
    )
    return geometry if frame.orientation else replace(geometry, orientation=None, step=None)


def _locations(slices: Sequence[SliceRef]) -> Sequence[Location]:
    """Return the location of every slice; none when positions decide or locations are unknown."""
    first = slices[0].frame
    if not share_one_position(slices):
        if first.orientation is not None:
            return ()
        positions = [ref.frame.position for ref in slices if ref.frame.position is not None]
        return line_locations(positions) if len(positions) == len(slices) else ()
    locations = [ref.frame.location for ref in slices]
    known = [location for location in locations if location is not None]
    if len(known) < len(locations) or len({location.source for location in known}) > 1:
        return ()
    return known


def _are_slices(first: SliceRef, locations: Sequence[Location]) -> bool:
    distances = distinct(locations)
    if len(distances) < 2:
        return False
    source = locations[0].source
    if source not in ("Slice Location", "positions without orientation"):
        return True
    if first.header.kind.is_projection:
        return False
    cross_sections = first.frame.position is None and first.header.frames_are_slices
    return cross_sections or are_even(distances)


def _origin(frame: FrameHeader, locations: Sequence[Location]) -> Vector | None:
    """Return where the first slice lies, None when it is unknown.

    If the one position of all slices agrees with the location of one of them, it is that slice's.
    """
    measured = locations[0].source in ("Slice Location", "Slice Location Vector")
    if frame.position is None or frame.orientation is None or not measured:
        return None
    along = direction(frame.orientation, locations[0].source)
    height = dot(frame.position, along)
    if all(abs(location.distance - height) > SAME_LOCATION for location in locations):
        return None
    return moved(frame.position, along, locations[0].distance - height)
