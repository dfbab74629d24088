"""K8: a UID is a hint, not a proof."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom import load
from napari_medscan.dicom.series.duplicates import CONFLICT

from .places import situation


def test_images_at_eight_positions_that_share_one_uid_are_one_volume():
    report = load(situation("same_sop"))
    (stack,) = report.stacks
    assert np.asarray(stack.array)[:, 0, 0].tolist() == list(range(8))
    assert [text for text in stack.warnings if "Rescale" not in text] == [CONFLICT]
    assert report.duplicates == {}
