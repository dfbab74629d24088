"""What was loaded as plain data for JSON; no field of it names a patient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_medscan.dicom import DicomObject, LoadReport, Stack

FORMAT = 1
"""Of the JSON of `inspect` (docs/inspect.schema.json): another if a field changes its meaning."""


def describe(report: LoadReport, *, pixels: bool = False) -> dict[str, Any]:
    """Return a report as plain data for JSON; no field of it names a patient.

    Parameters
    ----------
    report : LoadReport
        What was loaded.
    pixels : bool
        Also read all pixels, for their extremes, mean and SHA-256.
    """
    from napari_medscan.dicom.files.walk import shown_name

    def reasons(entries: dict[str, str]) -> list[dict[str, str]]:
        return [{"file": shown_name(name), "reason": why} for name, why in entries.items()]

    return {
        "format": FORMAT,
        "stacks": [_describe_stack(stack, pixels=pixels) for stack in report.stacks],
        "objects": [_describe_object(each, report.stacks) for each in report.objects],
        "files": {
            "shown": report.shown,
            "skipped": reasons(report.skipped),
            "duplicates": [
                {"file": shown_name(name), "of": shown_name(of)}
                for name, of in report.duplicates.items()
            ],
            "unreadable": reasons(report.unreadable),
        },
    }


def _describe_stack(stack: Stack, *, pixels: bool) -> dict[str, Any]:
    from napari_medscan.dicom.files.walk import shown_name

    geometry = stack.geometry
    affine = geometry.affine
    found: dict[str, Any] = {
        "modality": stack.modality,
        "sop_class": stack.sop_class,
        "series_number": stack.series_number,
        "axes": stack.axes,
        "shape": list(stack.array.shape),
        "dtype": str(stack.array.dtype),
        "unit": stack.unit,
        "spacing_mm": list(geometry.spacing),
        "affine_lps": None if affine is None else affine.tolist(),
        "regular": geometry.regular,
        "missing_slices": len(geometry.missing),
        "tilt_degrees": geometry.tilt,
        "windows": [
            {"name": window.name, "center": window.center, "width": window.width}
            for window in stack.windows
        ],
        "transfer_syntaxes": list(stack.transfer_syntaxes),
        "files": [shown_name(name) for name in stack.files],
        "warnings": list(stack.warnings),
    }
    if pixels:
        found["pixels"] = describe_pixels(stack)
        found["warnings"] += sorted(set(stack.problems.values()))
    return found


def _describe_object(source: DicomObject, stacks: Sequence[Stack]) -> dict[str, Any]:
    from napari_medscan.dicom.files.walk import shown_name

    return {
        "kind": source.kind_name,
        "modality": source.header.modality,
        "sop_class": source.header.sop_class,
        "series_number": source.header.series_number,
        "summary": source.summary,
        "files": [shown_name(name) for name in source.files],
        "notes": [*source.warnings, *source.notes_on(stacks)],
    }


def describe_pixels(stack: Stack) -> dict[str, Any]:
    """Return extremes, mean and SHA-256 of the pixels of a series.

    It is read frame by frame: a study may be larger than memory.
    """
    import hashlib

    import numpy as np

    digest = hashlib.sha256()
    low, high, total, count = math.inf, -math.inf, 0.0, 0
    for place in np.ndindex(stack.array.places.shape):
        frame = stack.array.display[place]
        if stack.problems:
            return {"error": next(iter(stack.problems.values()))}
        digest.update(np.ascontiguousarray(frame, dtype="<f4").data)
        if not stack.valid[place]:
            # A slice that is missing counts for the digest only.
            continue
        # JSON knows no NaN: what is no number counts for the digest only.
        finite = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            total += float(finite.sum(dtype=np.float64))
            count += finite.size
    return {
        "min": low if count else None,
        "max": high if count else None,
        "mean": total / count if count else None,
        "sha256_float32": digest.hexdigest(),
    }
