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
    modality = str(heads[0].get("Modality") or "")
    verdict.check((stack["modality"] or "") == modality, f"modality: {label}", modality)
    number = heads[0].get("SeriesNumber")
    same = stack["series_number"] == (None if number is None else int(number))
    verdict.check(same, f"series number: {label}", f"{stack['series_number']!r} != {number!r}")


def _unit(stack: Json, ds: Dataset, label: str, verdict: Verdict) -> None:
    """CT without RescaleType is in HU unless a localizer (PS3.3 C.8.2.1.1.2); dose by its units.

    RescaleType US is "unspecified" (C.11.1.1.2): then nobody may say HU.
    """
    kind = str(ds.get("SOPClassUID"))
    if ds.get("RescaleType") == "US":
        told = stack["unit"]
        verdict.check(told in {None, "", "US"}, f"unit: {label}", f"{told}, header: unspecified")
        return
    if kind == CT_IMAGE and "LOCALIZER" not in (ds.get("ImageType") or []):
        expected = ds.get("RescaleType") or "HU"
    elif kind == PET_IMAGE:
        expected = ds.get("Units")
    elif kind == RT_DOSE:
        expected = ds.get("DoseUnits")
    else:
        return
    told = str(stack["unit"] or "").upper()
    verdict.check(told == str(expected).upper(), f"unit: {label}", f"{told} != {expected}")


def _windows(stack: Json, heads: list[Dataset], label: str, verdict: Verdict) -> None:
    """The windows that the headers name are offered: at least one file's."""
    written = {pair for ds in heads for pair in _window_pairs(ds)}
    if not written:
        return
    told = [(float(w["center"]), float(w["width"])) for w in stack["windows"]]
    real = any(_near(one, other) for one in told for other in written)
    verdict.check(real, f"windows: {label}", f"{told} has none of {sorted(written)[:3]}")


def _window_pairs(ds: Dataset) -> list[tuple[float, float]]:
    centers, widths = ds.get("WindowCenter"), ds.get("WindowWidth")
    if centers is None or widths is None or centers == "" or widths == "":
        return []
    pairs = zip(np.atleast_1d(centers), np.atleast_1d(widths), strict=False)
    return [(float(c), float(w)) for c, w in pairs if float(w) >= 1]


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
