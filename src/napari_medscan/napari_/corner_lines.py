"""What stands in the corners of the canvas, line by line: series, slice, window, warnings."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from napari_medscan.counted import counted
from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.orientation import (
    axis_vectors,
    patient_point,
    plane_text,
    slice_position,
)
from napari_medscan.dicom.series.presets import display_scale
from napari_medscan.napari_.series_text import first_sentence
from napari_medscan.napari_.session import record
from napari_medscan.render.snapshot import Index, Snapshot

SLABS = {"max": "MIP", "min": "MinIP", "mean": "Average"}
"""Names of napari's projections."""
_MOST_WARNINGS = 2
"""Warnings of a series on the canvas, which has to show the image."""


def name_lines(snapshot: Snapshot, *, brief: bool = False) -> list[str]:
    """Return the name of a series, and of its study if several are open.

    Parameters
    ----------
    snapshot : Snapshot
        The view.
    brief : bool
        Whether to name patient and interval alone, for a narrow canvas.
    """
    study = record.study_title(snapshot.stack.origin, brief=brief)
    return [*filter(None, (snapshot.name, study))]


def beside_lines(names: Iterable[str]) -> list[str]:
    """Return what else is seen, such as the dose over a CT; several series are counted."""
    others = list(names)
    return [f"+ {others[0]}" if len(others) == 1 else f"+ {len(others)} series"] if others else []


def place_lines(snapshot: Snapshot, *, short: bool = False) -> list[str]:
    """Return slice i of n with its position, slab and time point.

    Parameters
    ----------
    snapshot : Snapshot
        The view.
    short : bool
        Whether to leave out the words, for a narrow canvas.
    """
    stack, index = snapshot.stack, snapshot.index
    lines: list[str] = []
    if not snapshot.is_inside:
        return ["Outside this series"]
    shape = stack.array.shape
    spatial = len(index) - 3
    for along, (place, extent) in enumerate(zip(index[spatial:], shape[spatial:], strict=False)):
        if not isinstance(place, slice) and extent > 1:
            word = "" if short else "Slice "
            lines.append(f"{word}{place + 1}/{extent}{_position(stack, index, along)}")
            if snapshot.projection in SLABS:
                unit = "mm" if stack.geometry.calibrated else "pixels"
                lines.append(
                    f"{SLABS[snapshot.projection]} {_short(snapshot.slab, snapshot.slab)} {unit}"
                )
    if stack.axes[0] == "t" and not isinstance(index[0], slice):
        name, value = volume_text(stack, index[0])
        count = f"{index[0] + 1}/{shape[0]}"
        if short:
            lines.append(value or count)
        else:
            lines.append(" · ".join(filter(None, (f"{name} {count}", value))))
    return lines


def window_lines(snapshot: Snapshot) -> list[str]:
    """Return width and level of the window, and the zoom against the acquired pixel."""
    lines = []
    if snapshot.level is not None and snapshot.width is not None:
        factor, unit = display_scale(snapshot.stack)
        width, level = snapshot.width * factor, snapshot.level * factor
        lines.append(f"W {_short(width, width)} · L {_short(level, width)} {unit}".rstrip())
    if not snapshot.is_3d:
        lines.append(f"{100 * snapshot.zoom:.0f}%")
    return lines


def slice_warnings(snapshot: Snapshot) -> list[str]:
    """Return what is wrong with the slice in view: not decoded, or not there."""
    if snapshot.is_3d or len(snapshot.index) < 3:
        return []
    number = snapshot.number
    if number is not None:
        why = snapshot.stack.problems.get(number)
        return [] if why is None else [f"This slice is blank: {why}"]
    place = snapshot.index[-3]
    if isinstance(place, slice) or not snapshot.is_inside:
        return []
    return _gap(snapshot.stack, place)


def warning_lines(snapshot: Snapshot) -> list[str]:
    """Return what is wrong with the slice in view, then what holds for the whole series."""
    warnings = list(map(first_sentence, snapshot.stack.warnings))
    hidden = len(warnings) - _MOST_WARNINGS
    if hidden > 0:
        # The Series tab lists all of them.
        warnings[_MOST_WARNINGS:] = [f"+{hidden} more"]
    return [*slice_warnings(snapshot), *warnings]


def _position(stack: Stack, index: Index, along: int) -> str:
    """Return where the slice in view lies: " · S 102.4 mm", '' when it is unknown."""
    vectors = axis_vectors(stack.geometry)
    if vectors is None:
        return ""
    # The slices' own plane, and its own position: a tilted gantry stacks them along another line.
    normal = np.cross(*np.delete(vectors, along, axis=0))
    # Any point of the plane will do.
    places = [0 if isinstance(place, slice) else place for place in index]
    point = slice_position(stack, places) if along == 0 else None
    if point is None:
        point = patient_point(stack, places)
    return "" if point is None else f" · {plane_text(normal, point)}"


def volume_text(stack: Stack, number: int) -> tuple[str, str]:
    """Return what the fourth axis is and its value there: ("Echo time", "4.2 ms").

    The value is '' if volumes are only counted, as frames of a clip are.
    """
    axis = stack.axis_values
    if axis is None or stack.is_clip:
        return "Frame" if stack.dimension == "frame" else "Time point", ""
    name = "Time point" if axis.name == "Time" else axis.name
    has_value = bool(axis.unit) or isinstance(axis.values, tuple)
    return name, axis.text(number).replace("mm2", "mm²") if has_value else ""


def _gap(stack: Stack, place: int) -> list[str]:
    """Return how many slices are missing in the gap at a place along z."""
    missing = set(stack.geometry.missing)
    if stack.geometry.missing_are_empty:
        missing = set()
    if place not in missing and not stack.holes:
        return []
    # A slice that is not missing at all time points is missing at this one.
    first = last = place
    while first - 1 in missing:
        first -= 1
    while last + 1 in missing:
        last += 1
    return [f"{counted(last - first + 1, 'slice')} missing here"]


def _short(value: float, scale: float) -> str:
    """Return a number with the decimals that matter for a window or slab as wide as `scale`."""
    digits = max(0, 1 - math.floor(math.log10(max(abs(scale), 1e-12) / 5)))
    # As Qt rounds the fields of the Window tab: a half away from zero.
    rounded = math.copysign(math.floor(abs(value) * 10**digits + 0.5), value) / 10**digits
    # Plus 0: what rounds to nothing is written without a minus.
    text = f"{rounded + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
