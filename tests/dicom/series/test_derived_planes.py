"""Segmentations whose empty planes are left out."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.series.orientation import patient_point
from napari_medscan.frames import FrameCache

from ..making import item, write
from ..segmentations import FRACTIONS, segmentation
from ..written_series import write_series


@pytest.fixture
def stacks(tmp_path):
    def of(heights, **changes):
        write(tmp_path / "seg.dcm", segmentation(heights, **FRACTIONS, **changes))
        return load(tmp_path, cache=FrameCache()).stacks

    return of


def heights_of(stack):
    """Where each plane that is there is drawn, and where its file says it is."""
    drawn = [
        patient_point(stack, (place, 0, 0))[2] for place in np.flatnonzero(stack.array.places >= 0)
    ]
    return drawn, [record.position[2] for record in stack.slices]


def test_each_plane_is_drawn_at_its_own_position(stacks):
    heights = {1: [-31.02, -28.02, 103.98, 106.98], 2: [-31.02, -1.02], 3: [0.0 - 1.02]}
    for stack in stacks(heights):
        drawn, said = heights_of(stack)
        assert drawn == pytest.approx(said)
        assert stack.geometry.spacing[0] == pytest.approx(3)
        assert not any("missing" in warning for warning in stack.warnings)


def test_empty_planes_are_blank_and_no_slice_is_missing(stacks):
    one, two = stacks({1: [0, 3, 6, 9], 2: [3, 12]})
    assert one.geometry.regular
    assert one.warnings == ()
    assert two.array.shape[0] == 4
    assert two.geometry.missing == (1, 2)
    assert two.geometry.missing_are_empty
    assert np.asarray(two.array).max(axis=(1, 2)).tolist() == [0, 0, 0, 1]
    assert two.warnings == ("2 empty planes are not stored (left blank)",)


def test_two_planes_take_the_step_that_the_file_gives(stacks):
    measures = item(PixelSpacing=[1, 1], SliceThickness=5, SpacingBetweenSlices=2)
    (stack,) = stacks({1: [0, 20]}, PixelMeasures=measures)
    assert stack.array.shape[0] == 11


def test_uneven_planes_are_near_their_place_with_a_warning(stacks):
    (stack,) = stacks({1: [0, 3.0, 7.4, 103.02]}, PixelMeasures=item(PixelSpacing=[1, 1]))
    assert not stack.geometry.measurable
    assert any("uneven" in warning for warning in stack.warnings)
    places = np.flatnonzero(stack.array.places >= 0)
    heights = places * stack.geometry.spacing[0]
    assert heights == pytest.approx([0, 3, 7.4, 103.02], abs=2)


def test_a_ct_with_gaps_misses_slices(tmp_path):
    write_series(tmp_path, 6)
    (tmp_path / "3.dcm").unlink()
    (stack,) = load(tmp_path, cache=FrameCache()).stacks
    assert stack.warnings == ("1 slice is missing (left blank)",)
    assert not stack.geometry.missing_are_empty
