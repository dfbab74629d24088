"""From stored to shown values by the standard, in float64, without the plugin."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .decode import NoTruth, header, partial, stored

if TYPE_CHECKING:
    from pydicom import Dataset

    from .verdict import Verdict

SEGMENTATIONS = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"


@lru_cache(maxsize=8)
def shown(case: str, file: str) -> np.ndarray:
    """Return the values to be shown: (frames, rows, columns[, 3]) float32.

    NaN stands for "the file does not say".

    Raises
    ------
    NoTruth
        If no independent tool can decode the file.
    """
    ds = header(case, file)
    try:
        raw = stored(case, file)
    except NoTruth:
        cut = partial(case, file)
        if cut is None:
            raise
        raw = cut
    if ds.SamplesPerPixel == 3:
        return eight_bit(raw, ds.BitsStored).astype(np.float32)
    if str(ds.get("SOPClassUID")) in SEGMENTATIONS:
        # PS3.3 C.8.20.2.3: fractions are stored as whole parts of Maximum Fractional Value.
        fractional = ds.get("SegmentationType") == "FRACTIONAL"
        whole: np.ndarray = raw / (ds.MaximumFractionalValue if fractional else 1)
        return whole.astype(np.float32)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return palette_rgb(ds, raw).astype(np.float32)
    slopes, intercepts = rescale(ds, len(raw))
    scaled: np.ndarray = raw.astype(np.float64) * slopes[:, None, None] + intercepts[:, None, None]
    result: np.ndarray = scaled.astype(np.float32)
    return result


def eight_bit(values: np.ndarray, bits: int) -> np.ndarray:
    """Keep the eight most significant of the stored bits."""
    upper: np.ndarray = values if bits <= 8 else values >> (bits - 8)
    return upper


def palette_rgb(ds: Dataset, index: np.ndarray) -> np.ndarray:
    """Look colors up (PS3.3 C.7.6.3.1.5-6) and keep their upper eight bits."""
    channels = []
    for color in ("Red", "Green", "Blue"):
        count, first, bits = ds[f"{color}PaletteColorLookupTableDescriptor"].value
        data = ds[f"{color}PaletteColorLookupTableData"].value
        wide = len(data) >= 2 * (count or 65536)
        table = np.frombuffer(data, "<u2" if wide else "u1")[: count or 65536]
        place = np.clip(index.astype(np.int64) - first, 0, len(table) - 1)
        channels.append(eight_bit(table[place], bits))
    return np.stack(channels, axis=-1)


def rescale(ds: Dataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and intercept of every frame.

    Functional groups come before the top level, the frame's own before the shared ones
    (PS3.3 C.7.6.16.2.9); RT Dose has a scaling of its own (C.8.8.3).
    """
    if str(ds.get("SOPClassUID")) == RT_DOSE:
        return np.full(count, float(ds.DoseGridScaling)), np.zeros(count)
    assert "ModalityLUTSequence" not in ds, "no image of the corpus has one: teach this test"
    slope = float(1 if ds.get("RescaleSlope") is None else ds.RescaleSlope)
    intercept = float(0 if ds.get("RescaleIntercept") is None else ds.RescaleIntercept)
    slopes, intercepts = np.full(count, slope), np.full(count, intercept)
    shared = ds.get("SharedFunctionalGroupsSequence") or [None]
    own = ds.get("PerFrameFunctionalGroupsSequence") or []
    for place in range(count):
        for group in (shared[0], own[place] if place < len(own) else None):
            sequence = group.get("PixelValueTransformationSequence") if group else None
            if sequence:
                slopes[place] = float(sequence[0].RescaleSlope)
                intercepts[place] = float(sequence[0].RescaleIntercept)
    return slopes, intercepts


def known(case: str, file: str) -> bool:
    """Say whether anybody can tell what is in the file."""
    try:
        shown(case, file)
    except NoTruth:
        return False
    return True


def compare_values(
    ours: np.ndarray, truth: np.ndarray, where: str, label: str, verdict: Verdict
) -> None:
    """Compare one frame bit for bit.

    Off by one in fewer than one of ten thousand values is a difference of its own name: what
    explains a rounding must not excuse more.
    """
    if not verdict.check(
        ours.shape == truth.shape, f"shape: {label}", f"{where}: {ours.shape} {truth.shape}"
    ):
        return
    told = ~np.isnan(truth)
    apart = np.abs(ours.astype("f8") - truth)[told]
    worst = float(apart.max())
    count = int((apart > 0).sum())
    what = "rounding" if worst == 1 and count < 1e-4 * apart.size else "values"
    detail = f"{where}: {count} differ by up to {worst:.6g}"
    same = np.array_equal(ours.astype(np.float32)[told], truth[told])
    verdict.check(same, f"{what}: {label}", detail)
