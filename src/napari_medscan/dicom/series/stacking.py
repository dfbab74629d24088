"""From headers to stacks: grouping, ordering and geometry put together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.intensity.suv import UNKNOWN, SuvFactors, common_suv
from napari_medscan.dicom.pixels.color_profile import profile_note
from napari_medscan.dicom.pixels.value_range import ValueRange, value_range
from napari_medscan.dicom.series.alike import kinds_of
from napari_medscan.dicom.series.axis_values import FRAME, AxisValues, axis_values, mixture_warnings
from napari_medscan.dicom.series.concatenations import join_concatenations
from napari_medscan.dicom.series.derived_planes import DerivedPlanes
from napari_medscan.dicom.series.grid import Grid
from napari_medscan.dicom.series.grid_geometry import (
    geometry_warnings,
    grid_geometry,
    hole_warnings,
)
from napari_medscan.dicom.series.grouping import group
from napari_medscan.dicom.series.ordering import arrange
from napari_medscan.dicom.series.part_names import with_parts
from napari_medscan.dicom.series.series_rank import by_number
from napari_medscan.dicom.series.slice_headers import ParsedHeaders, SliceHeaders
from napari_medscan.dicom.series.slice_locations import arrange_by_location, share_one_position
from napari_medscan.dicom.series.slice_source import SliceSource
from napari_medscan.dicom.series.slice_table import SliceTable
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.geometry import Geometry
from napari_medscan.frames import FrameCache, LazyStack

NO_SERIES = "No Series Instance UID: images are grouped by study, folder and geometry"
SEVERAL_FRAMES = "Images have several frames of reference: how they lie to each other is uncertain"
AIR = -1000.0
"""Hounsfield units of a blank CT slice: black in every usual window."""


def build_stacks(
    headers: Iterable[ImageHeader], cache: FrameCache, tick: Callable[[], object] = lambda: None
) -> list[Stack]:
    """Return the stacks that a set of image files makes.

    Parameters
    ----------
    headers : iterable of ImageHeader
        Without duplicates.
    cache : FrameCache
        Keeps the decoded frames of all stacks.
    tick : callable, optional
        Called before each stack; what it raises ends it.

    Returns
    -------
    list of Stack
        By series number, then in the order of the files.
    """
    stacks = []
    planes = DerivedPlanes()
    for slices in group(join_concatenations(list(headers))):
        tick()
        stacks += [_stack(grid, cache, planes) for grid in _grids(slices)]
    return with_parts(by_number(stacks))


def _grids(slices: Sequence[SliceRef]) -> list[Grid]:
    placed = slices[0].frame.position is not None and slices[0].frame.orientation is not None
    grids = [] if placed and not share_one_position(slices) else arrange_by_location(slices)
    if grids:
        return grids
    if placed:
        return arrange(slices)
    ordered = sorted(slices, key=lambda ref: ref.frame.order)
    if slices[0].frame.tile is not None:
        return _tiled_volumes(ordered)
    notes: tuple[str, ...] = ()
    if len({ref.frame.order for ref in ordered}) < len(ordered):
        notes = ("Images sorted by file name (no position or instance number)",)
    if slices[0].header.frames_are_slices:
        is_one = len({ref.header.object_name for ref in ordered}) == 1
        by = "frame number" if is_one else "instance number"
        notes = notes or (f"No slice positions: sorted by {by}",)
        return [Grid((tuple(ordered),), notes=notes if len(slices) > 1 else ())]
    dimension = FRAME if len(ordered) > 1 else ""
    return [Grid(tuple((ref,) for ref in ordered), dimension, notes)]


def _tiled_volumes(slices: Sequence[SliceRef]) -> list[Grid]:
    """Return the grids of files that are a volume each, without positions."""
    files: dict[int, list[SliceRef]] = defaultdict(list)
    for ref in slices:
        files[id(ref.header)].append(ref)
    by_depth: dict[int, list[tuple[SliceRef, ...]]] = defaultdict(list)
    for tiles in files.values():
        by_depth[len(tiles)].append(tuple(tiles))
    return [Grid(tuple(rows), FRAME if len(rows) > 1 else "") for rows in by_depth.values()]


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides on a stack besides its first header.

    It can be kept for the next time: there is nothing of the patient in it.

    Parameters
    ----------
    times : int
        Extent along t; 1 when there is no t.
    geometry : Geometry
        Where the stack lies.
    dtype : str
        Type of the values.
    dimension : str
        Attribute along t.
    transfer_syntaxes : tuple of str
        Of all files, each once.
    is_compressed : bool
        Whether any has to be decoded.
    suv : SuvFactors or None
        What makes SUV of the values.
    warnings : tuple of str
        What the user should know.
    axis_values : AxisValues or None
        Name and values of t; None when there is no t.
    holes : tuple of int
        Places of the table time x slice, row by row, at which one time point lacks a slice.
    """

    times: int
    geometry: Geometry
    dtype: str
    dimension: str
    transfer_syntaxes: tuple[str, ...]
    is_compressed: bool
    suv: SuvFactors | None
    warnings: tuple[str, ...]
    axis_values: AxisValues | None = None
    holes: tuple[int, ...] = ()


def _stack(grid: Grid, cache: FrameCache, planes: DerivedPlanes) -> Stack:
    slices = grid.slices
    kinds = kinds_of(slices)
    plan = _plan(grid, slices, kinds.firsts, planes)
    return assemble(SliceTable.of(slices, kinds), ParsedHeaders(slices), plan, cache)


def _plan(
    grid: Grid, slices: Sequence[SliceRef], kinds: Sequence[SliceRef], planes: DerivedPlanes
) -> Plan:
    header = slices[0].header
    geometry = grid_geometry(grid, header, planes)
    depth = len(grid.rows[0]) + len(geometry.missing)
    holes = tuple(i for i, ref in enumerate(chain.from_iterable(grid.rows)) if ref is None)
    suv, no_suv = _suv(kinds)
    return Plan(
        times=len(grid.rows),
        geometry=geometry,
        dtype="u1" if _is_color(header) else _common_dtype(kinds).str,
        dimension=grid.dimension,
        transfer_syntaxes=tuple(dict.fromkeys([ref.header.transfer_syntax for ref in kinds])),
        is_compressed=any(ref.header.pixels.length is None for ref in kinds),
        suv=suv,
        axis_values=axis_values(grid.rows, grid.dimension),
        holes=holes,
        warnings=(
            *geometry_warnings(geometry, depth, header),
            *hole_warnings(len(holes)),
            *grid.notes,
            *mixture_warnings(grid.rows, grid.dimension, kinds),
            *_notes(kinds),
            *([NO_SERIES] if _has_no_series(slices) else []),
            *([SEVERAL_FRAMES] if _has_several_frames(kinds) else []),
            *([UNKNOWN + no_suv] if no_suv else []),
            *filter(None, [profile_note(header)]),
        ),
    )


def assemble(slices: SliceTable, headers: SliceHeaders, plan: Plan, cache: FrameCache) -> Stack:
    """Return the stack of some slices in the order of a plan.

    Parameters
    ----------
    slices : SliceTable
        Time by time.
    headers : SliceHeaders
        Gives their headers, of which the first and that of the middle slice are read.
    plan : Plan
        Everything else.
    cache : FrameCache
        Keeps the decoded frames.

    Raises
    ------
    FrameError
        When one of the two headers cannot be read.
    """
    first = headers.read(0)
    header = first.header
    dtype = np.dtype(plan.dtype)
    color = _is_color(header)
    table = _spread(np.arange(len(slices)), plan.holes).reshape(plan.times, -1)
    numbers = _spread(table, plan.geometry.missing)
    problems: dict[int, str] = {}

    array = LazyStack(
        SliceSource(headers, problems),
        numbers if plan.times > 1 else numbers[0],
        (*header.shape, 3) if color else header.shape,
        dtype,
        _fill(first, dtype),
        cache,
        gaps_are_empty=plan.geometry.missing_are_empty,
    )
    typical = array.middle if array.middle >= 0 else len(slices) // 2
    return Stack(
        modality=header.modality,
        sop_class=header.sop_class,
        series_number=header.series_number,
        description=header.description,
        axes=("t" if plan.times > 1 else "") + "zyx" + ("c" if color else ""),
        array=array,
        unit=None if color else first.unit,
        suv=plan.suv,
        geometry=plan.geometry,
        slices=slices,
        headers=headers,
        header=header,
        typical=typical,
        typical_frame=headers.read(typical).frame,
        files=slices.files,
        transfer_syntaxes=plan.transfer_syntaxes,
        is_compressed=plan.is_compressed,
        dimension=plan.dimension,
        axis_values=plan.axis_values,
        holes=plan.holes,
        warnings=plan.warnings,
        problems=problems,
    )


def _spread(numbers: NDArray[np.intp], gaps: Sequence[int]) -> NDArray[np.intp]:
    """Return numbers with -1 at some places of the last axis, moved apart for them."""
    if not gaps:
        return numbers
    extent = numbers.shape[-1] + len(gaps)
    found = np.full((*numbers.shape[:-1], extent), -1, dtype=np.intp)
    found[..., np.delete(np.arange(extent), list(gaps))] = numbers
    return found


def _suv(slices: Sequence[SliceRef]) -> tuple[SuvFactors | None, str]:
    header = slices[0].header
    if header.kind.measures != "uptake" or _is_color(header):
        return None, ""
    transform = slices[0].frame.transform
    if transform.is_uncertain:
        return None, "values are stored values"
    if transform.unit is not None:
        # A Real World Value Mapping is applied, and the factors are for rescaled values.
        return None, ""
    return common_suv((ref.header.suv, ref.header.no_suv) for ref in slices)


def _is_color(header: ImageHeader) -> bool:
    return header.layout.samples > 1 or header.palette is not None


def _notes(slices: Sequence[SliceRef]) -> list[str]:
    """Return what the user should know of the values, the places and the files, each once."""
    frames = [ref.frame for ref in slices]
    # Slices of one series share their transform, and it takes long to hash.
    transforms = {id(frame.transform): frame.transform for frame in frames}
    notes = dict.fromkeys(t.note for t in transforms.values() if t.note)
    notes |= dict.fromkeys(problem for frame in frames for problem in frame.problems)
    notes |= dict.fromkeys(note for ref in slices for note in ref.header.notes)
    return list(notes)


def _has_no_series(slices: Sequence[SliceRef]) -> bool:
    """Whether several files have been grouped without a Series Instance UID."""
    first = slices[0].header
    return not first.series and any(ref.header is not first for ref in slices)


def _has_several_frames(slices: Sequence[SliceRef]) -> bool:
    """Whether positions of images refer to different origins (PS3.3 C.7.4.1)."""
    frames = {ref.header.frame_of_reference for ref in slices if ref.frame.position}
    return len(frames - {""}) > 1


def _common_dtype(slices: Sequence[SliceRef]) -> np.dtype[Any]:
    """Return one dtype that holds all slices exactly, or float32 (rule of Modality LUT)."""
    found = set()
    # Slices of one series share these objects, and comparing them takes long.
    kinds = {
        (id(header.layout), id(transform)): (header, transform)
        for header, transform in ((r.header, r.frame.transform) for r in slices)
    }
    ranges: dict[tuple[PixelLayout, bool], ValueRange] = {}
    for header, transform in kinds.values():
        kind = header.layout, header.pixels.length is None
        stored = ranges.get(kind) or ranges.setdefault(kind, value_range(header))
        found.add(transform.dtype(stored.dtype, stored.low, stored.high))
    if len(found) == 1:
        return found.pop()
    common = np.result_type(*found)
    # Sixteen bits of either sign fit in float32; integers of 32 bits do not.
    mixed_short = common.kind in "iu" and common.itemsize == 4 > max(d.itemsize for d in found)
    return np.dtype(np.float32) if mixed_short else common


def _fill(ref: SliceRef, dtype: np.dtype[Any]) -> float:
    """Return the value of a blank slice: padding if there is one, else black."""
    header = ref.header
    if header.padding is not None:
        padding = np.array(header.padding[:1], dtype=np.int64)
        fill = float(ref.frame.transform.apply(padding, np.dtype(np.float64))[0])
    else:
        fill = AIR if ref.unit == "HU" else 0.0
    if not math.isfinite(fill):
        # The padding is beyond the range of a Real World Value LUT.
        fill = 0.0
    if dtype.kind == "f":
        return fill
    # A value that the pixels cannot take would wrap around, to white perhaps.
    return float(min(max(fill, np.iinfo(dtype).min), np.iinfo(dtype).max))
