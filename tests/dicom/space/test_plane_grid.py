"""Planes of derived objects on an even grid of which empty planes are left out."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom.space.plane_grid import MAX_PLANES, plane_step, sparse_gaps


@given(
    step=st.floats(0.5, 10),
    start=st.floats(-800, 800),
    numbers=st.sets(st.integers(0, 400), min_size=2, max_size=40),
    neighbor=st.integers(0, 400),
    data=st.data(),
)
def test_each_plane_has_its_place_if_two_neighbors_are_there(step, start, numbers, neighbor, data):
    numbers = sorted(numbers | {neighbor, neighbor + 1})
    jitter = st.floats(-0.0005 * step, 0.0005 * step)
    planes = [start + number * step + data.draw(jitter) for number in numbers]
    found = plane_step(planes, [])
    assert found == pytest.approx(step, rel=0.01)
    own = sorted(data.draw(st.sets(st.sampled_from(planes), min_size=2)))
    gaps = sparse_gaps(own, found)
    expected = [numbers[planes.index(place)] for place in own]
    assert gaps.places == tuple(number - expected[0] for number in expected)
    assert gaps.missing == gaps.places[-1] + 1 - len(own)
    for place, number in zip(own, gaps.places, strict=True):
        assert abs(own[0] + number * gaps.step - place) <= 0.1 * step


@pytest.mark.parametrize(
    ("planes", "hints", "step"),
    [
        ([0, 6, 12], [3], 6),
        ([0, 6], [3], 3),
        ([0, 6], [5], 6),
        ([0, 6], [], 6),
        ([0, 6, 15], [3], 3),
        ([0, 6, 15], [], 3),
        ([0, 6, 15], [2.0, 3], 3),
        ([0, 2, 4.5, 9.3], [], None),
        ([0, 2, 4.5, 9.3], [1.25], None),
        ([5], [3], None),
        ([], [3], None),
        ([0, 0.02, 3, 3.03, 6, 12], [], 3),
        ([0, 1e-7, 3, 3 + 1e-7, 6, 6 + 1e-7, 12], [], 3),
    ],
)
def test_the_step_comes_from_positions_before_attributes(planes, hints, step):
    assert plane_step([float(place) for place in planes], hints) == (step and pytest.approx(step))


def test_planes_off_the_grid_stay_within_half_a_step_of_their_place():
    distances = [0, 2.0, 4.9, 103.02]
    gaps = sparse_gaps(distances, None)
    assert not gaps.regular
    off = [abs(p * gaps.step - d) for p, d in zip(gaps.places, distances, strict=True)]
    assert max(off) <= gaps.step / 2
    assert all(a < b for a, b in pairwise(gaps.places))


def test_a_grid_has_an_end():
    far = [0.0, 1.0, 1e6]
    gaps = sparse_gaps(far, plane_step(far, []))
    assert gaps.places is None
    assert len(sparse_gaps([0.0, 1.0, MAX_PLANES - 1.0], 1.0).places) == 3
