"""Where planes cut regions of contours, compared with the voxels that are filled."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medscan.dicom.objects.cut_region import CutRegion
from napari_medscan.dicom.objects.even_odd import fill_even_odd

SHAPE = (7, 20, 24)


def random_contours(seed):
    """Return closed contours on random slices: crossing, nested, with corners on pixel centers."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(rng.integers(1, 9)):
        points = rng.uniform(0.5, 19, (rng.integers(3, 9), 2))
        if rng.random() < 0.5:
            points = points.round()
        found.append((int(rng.integers(SHAPE[0])), np.vstack((points, points[:1]))))
    return found


def filled(contours):
    volume = np.zeros(SHAPE, bool)
    for index in range(SHAPE[0]):
        volume[index] = fill_even_odd([p[:-1] for z, p in contours if z == index], SHAPE[1:])
    return volume


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("seed", range(15))
def test_cut_across_slices_encloses_the_voxels_that_are_filled(seed, axis):
    # A center on an edge is inside or not by its row; across, it would be by its column.
    shift = (0, 0) if axis == 1 else (0.2, 0.13)
    contours = [(z, points + shift) for z, points in random_contours(seed)]
    volume, region = filled(contours), CutRegion(contours)
    for at in range(0, SHAPE[axis], 3):
        lines = region.lines(axis, at)
        upright = lines[np.ptp(lines[..., 0], axis=1) > 0]
        plane = volume.take(at, axis=axis)
        for index in {z for z, _ in contours}:
            low, high = upright[:, 0, 0], upright[:, 1, 0]
            sides = upright[(low <= index) & (index < high), 0, 1]
            left = [np.count_nonzero(sides <= column) for column in range(plane.shape[1])]
            assert np.array_equal(np.array(left) % 2 == 1, plane[index])


@pytest.mark.parametrize("seed", range(15))
def test_cut_across_slices_is_a_closed_outline(seed):
    region = CutRegion(random_contours(seed))
    for axis, at in ((1, 7.3), (2, 4.6)):
        ends = region.lines(axis, at).reshape(-1, 2).round(9)
        _, counts = np.unique(ends, axis=0, return_counts=True)
        assert not (counts % 2).any()


def square(z, low, high):
    corners = np.array([(low, low), (low, high), (high, high), (high, low), (low, low)], float)
    return z, corners


def box_of(lines):
    return [*lines.min(axis=(0, 1)), *lines.max(axis=(0, 1))]


def test_cut_reaches_half_way_to_the_next_contours():
    lines = CutRegion([square(2, 1, 5), square(5, 1, 5)]).lines(1, 3)
    assert box_of(lines) == [0.5, 1, 6.5, 5]
    # Nothing is drawn between two slices that are filled alike.
    assert len(lines) == 6


def test_cut_leaves_a_gap_where_contours_are_missing():
    lines = CutRegion([square(z, 1, 5) for z in (0, 1, 2, 6, 7)]).lines(2, 3)
    assert set(lines[np.ptp(lines[..., 1], axis=1) > 0][..., 0].ravel()) == {-0.5, 2.5, 5.5, 7.5}


def test_cut_has_holes():
    lines = CutRegion([square(0, 1, 9), square(0, 3, 6)]).lines(1, 4)
    assert sorted(lines[np.ptp(lines[..., 0], axis=1) > 0][:, 0, 1]) == [1, 3, 6, 9]


def test_cut_of_a_slice_is_its_contours_and_open_ones():
    open_line = (3, np.array([(0.0, 0.0), (4.0, 4.0)]))
    region = CutRegion([square(2, 1, 5), open_line])
    assert np.array_equal(region.lines(0, 3.4), [[(0, 0), (4, 4)]])
    assert len(region.lines(0, 2)) == 4
    assert len(region.lines(0, 4)) == 0
    # An open contour encloses nothing.
    assert box_of(region.lines(1, 3)) == [1.5, 1, 2.5, 5]


def test_cut_of_no_contours_is_empty():
    assert [CutRegion([]).lines(axis, 0).shape for axis in range(3)] == [(0, 2, 2)] * 3
