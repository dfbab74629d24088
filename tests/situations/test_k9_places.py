"""K9: slices whose place stands elsewhere than in Image Position (Patient)."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.frames import FrameCache

from .places import situation


def only_stack(name):
    (stack,) = load(situation(name), cache=FrameCache()).stacks
    return stack


def test_k9_equal_positions_slice_location_makes_a_volume():
    stack = only_stack("ipp_equal")
    assert (stack.axes, stack.array.shape[0]) == ("zyx", 6)
    assert stack.geometry.spacing == (2, 1, 1)
    assert stack.geometry.step == (0, 0, 2)
    assert "Slice positions are from Slice Location" in stack.warnings
    heights = [headers.frames[0].location.distance for headers in map(stack.read_header, range(6))]
    assert heights == [0, 2, 4, 6, 8, 10]


def test_k9_slice_location_vector_gives_the_step():
    stack = only_stack("mfsc_slicelocvec")
    assert (stack.axes, stack.array.shape[0]) == ("zyx", 5)
    assert stack.geometry.spacing == (2.5, 0.5, 0.5)
    assert stack.geometry.measurable
    assert stack.warnings == ("Slice positions are from Slice Location Vector",)


def test_k9_ultrasound_volume_repeats_are_times():
    stack = only_stack("us_volume")
    assert (stack.axes, stack.array.shape[:2]) == ("tzyx", (2, 4))
    assert stack.geometry.spacing == pytest.approx((0.7, 0.5, 0.5))
    assert stack.geometry.affine is None
    assert stack.dimension == "TemporalPositionTimeOffset"
    assert np.asarray(stack.array)[..., 0, 0].argsort(axis=None).tolist() == list(range(8))
