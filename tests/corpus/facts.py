"""What a stack says about itself, against the headers of its files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .compare import name_of
from .decode import header

if TYPE_CHECKING:
    from pydicom import Dataset

    from .oracle import Json
    from .places import Frame
    from .verdict import Verdict

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
UNITS = {"BQML": "Bq/ml", "GY": "Gy", "RELATIVE": "relative dose"}


def compare_facts(case: str, stack: Json, group: list[Frame], verdict: Verdict) -> None:
    """Check everything the report tells about a stack but pixels and corners."""
    files = list(dict.fromkeys(stack["files"]))
    label = name_of(files)
    heads = [header(case, file) for file in files]
    _identity(stack, heads, label, verdict)
    _unit(stack, heads[0], label, verdict)
    _windows(stack, heads, label, verdict)
    if group and all(frame.position is not None for frame in group):
        _regularity(stack, group, label, verdict)
        _in_plane(stack, group[0].spacing, label, verdict)
    elif group and group[0].tile is None:
        _in_plane(stack, group[0].spacing, label, verdict)


def _identity(stack: Json, heads: list[Dataset], label: str, verdict: Verdict) -> None:
    told = {str(uid) for uid in stack["transfer_syntaxes"]}
    real = {str(ds.file_meta.TransferSyntaxUID) for ds in heads}
    verdict.check(told == real, f"transfer syntax: {label}", f"{told} != {real}")
    kind = str(heads[0].get("SOPClassUID") or "")
    verdict.check((stack["sop_class"] or "") == kind, f"SOP class: {label}", kind)
    modality = str(heads[0].get("Modality") or "")
    verdict.check((stack["modality"] or "") == modality, f"modality: {label}", modality)
    number = heads[0].get("SeriesNumber")
    same = stack["series_number"] == (None if number is None else int(number))
    verdict.check(same, f"series number: {label}", f"{stack['series_number']!r} != {number!r}")


def _unit(stack: Json, ds: Dataset, label: str, verdict: Verdict) -> None:
    """Check the unit of CT, PET and dose.

    Original CT slices are in HU, and so is CT without RescaleType (PS3.3 C.8.2.1.1.2). Where
    RescaleType is US, "unspecified" (C.11.1.1.2), nobody else may say HU.
    """
    kind, told = str(ds.get("SOPClassUID")), stack["unit"] or ""
    image = list(ds.get("ImageType") or [""])
    original = image[0] == "ORIGINAL" and "LOCALIZER" not in image
    if _rescale_type(ds) == "US" and not original:
        verdict.check(told != "HU", f"unit: {label}", f"{told}, but the header leaves it open")
    elif kind == CT_IMAGE and "LOCALIZER" not in image:
        verdict.check(told == "HU", f"unit: {label}", told)
    elif kind in {PET_IMAGE, RT_DOSE}:
        code = ds.get("Units") or ds.get("DoseUnits")
        verdict.check(told == UNITS[code], f"unit: {label}", f"{told} != {code}")


def _rescale_type(ds: Dataset) -> str | None:
    """Return RescaleType of the file, or of what its frames share."""
    shared = (ds.get("SharedFunctionalGroupsSequence") or [{}])[0]
    inner = (shared.get("PixelValueTransformationSequence") or [{}])[0]
    found: str | None = ds.get("RescaleType") or inner.get("RescaleType")
    return found


def _windows(stack: Json, heads: list[Dataset], label: str, verdict: Verdict) -> None:
    """The windows that the headers name are offered: at least one file's."""
    written = {pair for ds in heads for pair in _window_pairs(ds)}
    if not written:
        return
    told = [(float(w["center"]), float(w["width"])) for w in stack["windows"]]
    real = any(_near(one, other) for one in told for other in written)
    verdict.check(real, f"windows: {label}", f"{told} has none of {sorted(written)[:3]}")


def _window_pairs(ds: Dataset) -> list[tuple[float, float]]:
    """Return the windows of a file and of its frames (PS3.3 C.11.2, C.7.6.16.2.10)."""
    shared = ds.get("SharedFunctionalGroupsSequence") or []
    own = ds.get("PerFrameFunctionalGroupsSequence") or []
    inner = [item for group in (*shared, *own) for item in group.get("FrameVOILUTSequence") or []]
    found = []
    for item in (ds, *inner):
        centers, widths = item.get("WindowCenter"), item.get("WindowWidth")
        if centers is None or widths is None:
            continue
        pairs = zip(np.atleast_1d(centers), np.atleast_1d(widths), strict=False)
        found += [(float(c), float(w)) for c, w in pairs if w and float(w) >= 1]
    return found


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(one, other, strict=True))


def _regularity(stack: Json, group: list[Frame], label: str, verdict: Verdict) -> None:
    """Check `regular` and `tilt_degrees` from the positions, by dicom-rules.md 6 and 8."""
    normal = group[0].normal
    assert normal is not None
    unique = np.unique(np.round([f.position for f in group], 4), axis=0)
    unique = unique[np.argsort(unique @ normal)]
    gaps = np.diff(unique @ normal)
    gaps = gaps[gaps > 1e-3]
    if not len(gaps):
        return
    path = unique[-1] - unique[0]
    tilt = math.degrees(math.acos(min(1.0, abs(path @ normal) / np.linalg.norm(path))))
    near = abs(stack["tilt_degrees"] - tilt) < 0.1
    verdict.check(near, f"tilt: {label}", f"{stack['tilt_degrees']} but {tilt:.3f} by positions")
    if tilt > 0.2:
        verdict.check(bool(stack["warnings"]), f"tilt warning: {label}", "tilted in silence")
    if not stack["missing_slices"]:
        even = bool(np.all(np.abs(gaps - np.median(gaps)) <= max(0.01, 0.01 * np.median(gaps))))
        told = bool(stack["regular"])
        verdict.check(told == even, f"regular: {label}", f"{told}, gaps {_spread(gaps)}")
    if stack["missing_slices"] or not stack["regular"]:
        verdict.check(bool(stack["warnings"]), f"gap warning: {label}", "uneven in silence")


def _spread(gaps: np.ndarray) -> str:
    return f"{gaps.min():.3f} .. {np.median(gaps):.3f} .. {gaps.max():.3f} mm"


def _in_plane(
    stack: Json, spacing: tuple[float, float] | None, label: str, verdict: Verdict
) -> None:
    """Check row and column spacing where the header has one, positions or not."""
    if spacing is None:
        return
    told = stack["spacing_mm"]
    same = bool(told) and np.allclose(told[1:], spacing, rtol=1e-4)
    verdict.check(bool(same), f"in-plane: {label}", f"{told} but (rows, columns) {spacing}")
