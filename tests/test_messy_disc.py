"""The disc that other tests drop holds what its docstring promises."""

from __future__ import annotations

from collections import Counter

import pydicom

from napari_medscan.dicom import load

from .messy_disc import IMAGE_SERIES, NEWEST_DATE, NOT_IMAGES, PRIOR_DATE


def test_messy_disc_loads_every_image_series(messy_disc):
    report = load([messy_disc])
    assert len(report.stacks) == IMAGE_SERIES
    assert len({stack.header.study for stack in report.stacks}) == 4
    assert len({stack.header.patient for stack in report.stacks}) == 2
    assert not report.unreadable
    # DICOMDIR, viewer.exe and autorun.inf are skipped as well.
    assert len(report.skipped) == NOT_IMAGES + 3


def test_messy_disc_names_have_no_extension_and_no_order(messy_disc):
    files = [path for path in messy_disc.rglob("*") if path.is_file() and path.parent != messy_disc]
    assert {path.suffix for path in files} == {""}
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted(files)]
    assert {NEWEST_DATE, PRIOR_DATE} < {header.StudyDate for header in headers}
    numbers = [h.InstanceNumber for h in headers if h.SeriesDescription == "Chest 2.5 B30f"]
    assert numbers != sorted(numbers)
    assert max(Counter(header.SeriesInstanceUID for header in headers).values()) == 24
