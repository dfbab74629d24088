"""Real series and situations show the same after de-identification; all with MEDSCAN_TORTURE."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.export.deidentify import Profile, deidentify

from ...corpus.oracle import case_names, case_path, corpus_dir
from ...situations.places import situation

SHORT = {
    "bad-vr-and-sequences",
    "bad-zip-mixed",
    "emr-philips-dti-4d",
    "mr-mosaic-sagittal-odd35",
    "mr-dti-philips-4d",
    "pet-slices",
    "rtdose-variants",
}
CASES = [c for c in case_names() if c in SHORT or os.environ.get("MEDSCAN_TORTURE")]
SITUATIONS = ["uih-grid"]
if os.environ.get("MEDSCAN_TORTURE"):
    folders = (corpus_dir().parent / "situations").glob("*/input")
    SITUATIONS = sorted(folder.parent.name for folder in folders)

NO_CLASS = "no SOP Class UID"
ENDLESS = "its pixel data do not end, or are there twice"
REPORT = "a report, whose text cannot be checked"
REFUSED: dict[str, dict[str, int]] = {
    "bad-no-meta": {NO_CLASS: 1},
    "bad-truncated": {ENDLESS: 1},
    "bad-vr-and-sequences": {NO_CLASS: 2},
    "bad-zip-mixed": {NO_CLASS: 3},
    "doc-pdf": {"an encapsulated document, which cannot be checked": 1},
    "sr-reports": {REPORT: 4},
    "trunc_encaps_bot": {ENDLESS: 1},
}
"""Files that are refused, and why. Every other one that is DICOM has a copy."""
LOST = {"bad-truncated": 1, "bad-zip-mixed": 1, "trunc_encaps_bot": 1}
"""Series of which every file is refused."""
REMOVED = {"structured report", "encapsulated PDF", "overlay plane"}
"""Objects that no copy has."""
EXPLAINED = {
    ("bad-vr-and-sequences", "warnings"): "Number of Frames, that was none, is stated in the copy",
    ("lect-dcmqi-23x38x3-seg", "series number"): "It is also the ID of the patient.",
    ("lect-dcmqi-23x38x3-seg", "part"): "Without its number, a series has another part.",
}
"""What differs in a copy, and why; an entry that no longer differs fails."""


def rounded(numbers):
    """Return numbers as text: of times at other dates, the last digits are others."""
    return [f"{number:.7g}" for number in np.ravel([] if numbers is None else numbers)]


def facts(stack):
    """Return what is shown of a series, by its name: all that a copy must have, too."""
    affine, axis = stack.geometry.affine, stack.axis_values
    values = stack.read(errors="blank")
    frames = [stack.read_header(n).frames[stack.slices[n].index] for n in range(len(stack.slices))]
    return {
        "modality": stack.modality,
        "series number": stack.series_number,
        # Names of files, which copies have not, number the series that are alike.
        "part": re.sub(r"^\d+ of ", "", stack.part),
        "axes": stack.axes,
        "shape": values.shape,
        "type": values.dtype.str,
        "values": hashlib.sha256(values.tobytes()).hexdigest(),
        "places": rounded(affine),
        "voxel size": rounded(stack.voxel_size),
        "unit": stack.unit,
        "SUV": stack.suv and rounded([stack.suv.bw, stack.suv.lbm or 0, stack.suv.bsa or 0]),
        "axis values": axis and (axis.name, axis.unit, rounded(axis.values)),
        "diffusion": [frame.dimensions.get("DiffusionGradient") for frame in frames],
        "windows": stack.windows,
        "inverted": stack.is_inverted,
        "clip": stack.is_clip,
        "warnings": stack.warnings,
    }


def differences(series, copy):
    """Return whether the values differ, and how many facts do."""
    return series["values"] != copy["values"], sum(copy[name] != series[name] for name in series)


def compared(before, after):
    """Return the names of facts that differ between two lists of series, and how many are lost.

    Each series is compared with the copy of the same values that is most like it, if there is one.
    """
    left, different, lost = list(after), set(), 0
    for series in before:
        if not left:
            lost += 1
            continue
        alike = min(left, key=lambda copy: differences(series, copy))
        left.remove(alike)
        different |= {name for name in series if series[name] != alike[name]}
    assert not left
    return different, lost


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("name", [*CASES, *SITUATIONS])
def test_copies_show_the_same(name, tmp_path):
    path = situation(name) if name in SITUATIONS else case_path(name)
    outcomes = deidentify(path, tmp_path / "out", Profile(pixels_checked=True))
    refused = Counter(outcome.reason for outcome in outcomes if outcome.status == "refused")
    assert refused == REFUSED.get(name, {})
    skipped = {outcome.reason for outcome in outcomes if outcome.status == "skipped"}
    assert all("not DICOM" in reason or "DICOMDIR" in reason for reason in skipped)
    original, copies = load(path), load(tmp_path / "out")
    different, lost = compared(*(list(map(facts, each.stacks)) for each in (original, copies)))
    assert lost == LOST.get(name, 0)
    assert different == {fact for case, fact in EXPLAINED if case == name}
    kinds, retained = (
        Counter(each.kind_name for each in report.objects if each.kind_name not in REMOVED)
        for report in (original, copies)
    )
    assert retained == kinds
