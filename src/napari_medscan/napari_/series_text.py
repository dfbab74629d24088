"""What the browser, the chooser and the canvas write about a series."""

from __future__ import annotations

import re

from napari_medscan.counted import counted
from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.text import defuse

_SENTENCE_END = re.compile(r"\. (?=[A-Z])")


def size_text(stack: Stack) -> str:
    """Return "120 slices · 256 × 256", "30 frames · 320 × 240", or "512 × 512" for one image.

    As in radiology, columns come before rows.
    """
    shape = stack.array.shape
    places = stack.array.places.shape
    rows, columns = shape[len(places) : len(places) + 2]
    image = f"{columns} × {rows}"
    times = places[0] if stack.axes.startswith("t") else 1
    slices = places[-1]
    parts = []
    if slices > 1:
        parts.append(f"{slices:,} slices")
    if times > 1:
        parts.append(f"{times:,} {_volumes_name(stack)}")
    return " · ".join([" × ".join(parts), image] if parts else [image])


def _volumes_name(stack: Stack) -> str:
    """Return what the images along the fourth axis are called."""
    if stack.is_clip:
        return "frames"
    axis = stack.axis_values
    is_time = axis is None or axis.unit == "s" or axis.name == "Time point"
    return "time points" if is_time else "volumes"


def warnings_of(stack: Stack) -> list[str]:
    """Return the warnings of a series, and that slices could not be decoded."""
    warnings = list(map(defuse, stack.warnings))
    problems = stack.problems.copy()
    if problems:
        blank = counted(len(problems), "slice", "is")
        warnings.append(f"{blank} blank ({defuse(next(iter(problems.values())))})")
    return warnings


def first_sentence(warning: str) -> str:
    """Return a warning without the advice that follows in further sentences."""
    return _SENTENCE_END.split(warning, maxsplit=1)[0].rstrip(".")


def first_words(warning: str) -> str:
    """Return what a warning begins with, for a row of a list: "Gantry tilt 18.5°"."""
    return first_sentence(warning).split(": ", 1)[0].split(" (", 1)[0]


def details_of(stack: Stack) -> list[str]:
    """Return name, size, voxel size and warnings of a series, one line each."""
    lines = [defuse(stack.name), size_text(stack)]
    size = stack.voxel_size
    if size is None:
        lines.append("Pixel size unknown")
    else:
        # In-plane first, slice last: the order that everyone uses.
        *step, row, column = size
        spacing = " × ".join(f"{mm:.3g}" for mm in (column, row, *step))
        lines.append(f"{'Voxel' if step else 'Pixel'} size {spacing} mm")
    return [*lines, *(f"Warning: {ended(warning)}" for warning in warnings_of(stack))]


def ended(text: str) -> str:
    """Return a text as a sentence: with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "…")) else ".")
