"""Where a stack lies: steps, gaps, tilt and the affine, against plain arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.space.geometry import Geometry, measure_gaps, stack_geometry

from ..building import AXIAL, CORONAL, EIGHT_FLIPS, OBLIQUE, SAGITTAL, along, normal

ORIENTATIONS = [AXIAL, CORONAL, SAGITTAL, OBLIQUE]


def rotations():
    """Orientations of any direction, from random quaternions."""
    parts = st.floats(-1, 1).filter(lambda v: abs(v) > 1e-3)

    def matrix(q):
        w, x, y, z = np.divide(q, np.linalg.norm(q))
        row = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
        column = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
        return tuple(float(v) for v in (*row, *column))

    return st.tuples(parts, parts, parts, parts).map(matrix)


def in_lps(geometry, z, y, x):
    return geometry.affine @ (z, y, x, 1)


# --- gaps


def test_equal_gaps_are_regular():
    gaps = measure_gaps([0.0, 2.5, 5.0, 7.5])
    assert (gaps.regular, gaps.step, gaps.missing, gaps.places) == (True, 2.5, 0, (0, 1, 2, 3))


@pytest.mark.parametrize(
    ("step", "error", "regular"),
    [
        (5.0, 0.049, True),  # 1 % of 5 mm is 0.05
        (5.0, 0.051, False),
        (0.5, 0.0099, True),  # 1 % of 0.5 mm is less than 0.01 mm
        (0.5, 0.0101, False),
    ],
)
def test_gaps_are_equal_within_a_hundredth_of_a_millimeter_or_one_percent(step, error, regular):
    assert measure_gaps([0, step, 2 * step, 3 * step + error]).regular is regular


def test_the_step_is_the_mean_so_that_the_last_slice_is_as_precise_as_the_first():
    distances = [i * 0.7001 for i in range(500)]
    assert measure_gaps(distances).step * 499 == pytest.approx(distances[-1], abs=1e-9)


def test_a_gap_of_three_steps_means_two_missing_slices_at_their_place():
    gaps = measure_gaps([0, 2, 4, 10, 12])
    assert (gaps.step, gaps.missing, gaps.places) == (2, 2, (0, 1, 2, 5, 6))
    assert not gaps.regular


def test_a_gap_before_the_last_slice_is_found():
    assert measure_gaps([0, 1, 2, 4]).places == (0, 1, 2, 4)


def test_of_two_gaps_the_shorter_is_the_step():
    assert measure_gaps([0, 3, 9]).places == (0, 1, 3)


def test_not_more_slices_are_filled_in_than_are_there():
    assert measure_gaps([0, 1, 2, 6]).places == (0, 1, 2, 6)
    far = measure_gaps([0, 1, 2, 8])
    assert (far.places, far.missing, far.regular) == (None, 5, False)


def test_a_gap_that_is_nearly_a_multiple_counts_missing_but_has_no_grid():
    gaps = measure_gaps([0, 2, 4, 8.3])
    assert (gaps.missing, gaps.places) == (1, None)


def test_uneven_gaps_have_no_grid_and_nothing_missing():
    gaps = measure_gaps([0, 2, 4, 7])
    assert (gaps.regular, gaps.missing, gaps.places) == (False, 0, None)


@given(
    step=st.floats(0.05, 20),
    counts=st.lists(st.sampled_from([1, 1, 1, 2, 3]), max_size=20).flatmap(
        lambda counts: st.permutations([*counts, *[1] * (2 * sum(counts) + 2)])
    ),
    noise=st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_slices_of_a_grid_are_put_back_at_their_places(step, counts, noise):
    """Most gaps are one step, positions are rounded a little."""
    places = np.cumsum([0, *counts]).tolist()
    limit = max(0.01, 0.01 * step) / 12
    gaps = measure_gaps([p * step + noise.uniform(-limit, limit) for p in places])
    assert gaps.places == tuple(places)
    assert gaps.regular == (max(counts) == 1)
    assert gaps.missing == sum(counts) - len(counts)


@given(st.lists(st.floats(0.0051, 1e4), min_size=1, max_size=30))
@settings(deadline=None)
def test_places_rise_and_put_every_slice_within_tolerance_whatever_the_gaps(steps):
    distances = [0.0, *np.cumsum(steps).tolist()]
    gaps = measure_gaps(distances)
    assert gaps.step > 0
    if gaps.places is None:
        assert not gaps.regular
        return
    assert list(gaps.places) == sorted(set(gaps.places))
    assert gaps.places[-1] + 1 - len(distances) == gaps.missing <= len(distances)
    assert gaps.step * gaps.places[-1] == pytest.approx(distances[-1])


# --- geometry from positions


@pytest.mark.parametrize("orientation", ORIENTATIONS + EIGHT_FLIPS)
def test_the_affine_says_what_the_positions_say(orientation):
    positions = [along(orientation, 1.5 * i, (-10, 20, 30)) for i in range(4)]
    geometry = stack_geometry(positions, orientation, (0.7, 0.4))
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    assert geometry.regular
    assert geometry.measurable
    assert geometry.tilt == 0
    assert geometry.spacing == pytest.approx((1.5, 0.7, 0.4))
    for z, y, x in [(0, 0, 0), (3, 0, 0), (0, 5, 0), (0, 0, 7), (2, 3, 4)]:
        # PS3.3 C.7.6.2.1.1: x along the row by the column spacing.
        expected = np.array(positions[z]) + row * (0.4 * x) + column * (0.7 * y)
        assert in_lps(geometry, z, y, x)[:3] == pytest.approx(expected)


@given(
    orientation=rotations(),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    step=st.floats(0.1, 20),
    spacing=st.tuples(st.floats(0.05, 10), st.floats(0.05, 10)),
)
@settings(deadline=None)
def test_rotating_the_affine_into_the_stacks_own_axes_gives_scale_and_translate(
    orientation, origin, step, spacing
):
    positions = [along(orientation, step * i, origin) for i in range(3)]
    geometry = stack_geometry(positions, orientation, spacing)
    own = np.array([normal(orientation), orientation[3:], orientation[:3]])
    rotated = own @ geometry.affine[:3]
    assert rotated[:, :3] == pytest.approx(np.diag(geometry.scale), abs=1e-6)
    assert rotated[:, 3] == pytest.approx(geometry.translate, abs=1e-6)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_two_stacks_of_one_orientation_overlay(orientation):
    """A point of the patient has one world place, whichever stack it is seen in."""
    coarse = stack_geometry(
        [along(orientation, 4 * i, (5, -7, 11)) for i in range(5)], orientation, (2, 3)
    )
    fine = stack_geometry(
        [along(orientation, 0.5 * i + 8, (-3, 2, 9)) for i in range(9)], orientation, (0.5, 0.6)
    )
    index = np.array([2.0, 3.0, 4.0])
    point = coarse.affine @ (*index, 1)
    other = np.linalg.solve(fine.affine, point)[:3]
    assert np.multiply(coarse.scale, index) + coarse.translate == pytest.approx(
        np.multiply(fine.scale, other) + fine.translate
    )


def test_the_step_comes_from_positions_and_missing_slices_keep_their_place():
    places = [0, 1, 2, 5, 6]
    positions = [along(OBLIQUE, 2 * p, (1, 2, 3)) for p in places]
    geometry = stack_geometry(positions, OBLIQUE, (1, 1))
    assert geometry.missing == (3, 4)
    assert geometry.spacing[0] == pytest.approx(2)
    assert not geometry.regular
    assert geometry.measurable
    for place, position in zip(places, positions, strict=True):
        assert in_lps(geometry, place, 0, 0)[:3] == pytest.approx(position)


def test_uneven_slices_are_not_measurable_and_both_ends_are_in_place():
    positions = [along(AXIAL, d) for d in (0, 2, 4, 7)]
    geometry = stack_geometry(positions, AXIAL, (1, 1))
    assert not geometry.regular
    assert not geometry.measurable
    assert geometry.missing == ()
    assert in_lps(geometry, 3, 0, 0)[2] == pytest.approx(7)


@pytest.mark.parametrize("degrees", [-25.0, -0.3, 0.3, 12.5])
def test_tilt_is_measured_from_positions_and_shears_the_affine(degrees):
    shift = math.tan(math.radians(degrees))
    positions = [(-100.0, -50.0 + 3 * i * shift, 3.0 * i) for i in range(6)]
    geometry = stack_geometry(positions, AXIAL, (0.5, 0.5))
    assert geometry.tilt == pytest.approx(abs(degrees))
    assert geometry.regular
    assert geometry.scale == pytest.approx((3, 0.5, 0.5))
    assert geometry.spacing[0] == pytest.approx(3 / math.cos(math.radians(degrees)))
    for z, position in enumerate(positions):
        assert in_lps(geometry, z, 0, 0)[:3] == pytest.approx(position)


def test_a_tenth_of_a_degree_is_no_tilt():
    shift = math.tan(math.radians(0.1))
    geometry = stack_geometry([(0.0, 3 * i * shift, 3.0 * i) for i in range(4)], AXIAL, (1, 1))
    assert geometry.tilt == 0


def test_even_gaps_with_one_slice_shifted_sideways_are_not_regular():
    positions = [(0.0, 0.0, float(i)) for i in range(5)]
    positions[2] = (4.0, 0.0, 2.0)
    geometry = stack_geometry(positions, AXIAL, (1, 1))
    assert not geometry.regular
    assert not geometry.measurable


def test_half_a_pixel_sideways_is_tolerated():
    positions = [(0.0, 0.0, float(i)) for i in range(5)]
    positions[2] = (0.4, 0.0, 2.0)
    assert stack_geometry(positions, AXIAL, (1, 1)).measurable


@given(
    orientation=rotations(),
    count=st.integers(5, 30),
    drift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    data=st.data(),
)
@settings(deadline=None)
def test_slices_beside_the_line_do_not_tilt_the_stack(orientation, count, drift, data):
    """Slices may be off within their plane, the first and last ones too: most others decide."""
    row, column = np.reshape(orientation, (2, 3))
    step = 2 * np.array(normal(orientation)) + drift[0] * row + drift[1] * column
    true = [tuple(map(float, (10, 20, 30) + number * step)) for number in range(count)]
    straight = stack_geometry(true, orientation, (0.5, 0.5))
    assert straight.origin == true[0]
    assert straight.step == tuple(np.subtract(true[-1], true[0]) / (count - 1))
    anywhere = st.integers(0, count - 1) | st.sampled_from([0, 1, count - 2, count - 1])
    most = min(4, (count - 1) // 4)
    off = data.draw(st.lists(anywhere, min_size=1, max_size=most))
    found = list(true)
    for number in off:
        shift = data.draw(st.floats(0.15, 3)) * row + data.draw(st.floats(-3, 3)) * column
        found[number] = tuple(map(float, np.add(true[number], shift)))
    geometry = stack_geometry(found, orientation, (0.5, 0.5))
    assert np.allclose(geometry.affine, straight.affine, atol=1e-6)
    assert geometry.tilt == pytest.approx(straight.tilt, abs=1e-4)


def test_a_curved_stack_goes_from_its_first_slice_to_its_last():
    positions = [(0.1 * z * z, 0.0, 2.0 * z) for z in range(8)]
    geometry = stack_geometry(positions, AXIAL, (0.5, 0.5))
    assert geometry.origin == positions[0]
    assert geometry.step == pytest.approx((4.9 / 7, 0, 2))
    assert not geometry.measurable


def test_unknown_in_plane_spacing_gives_no_affine():
    geometry = stack_geometry([along(AXIAL, i) for i in range(3)], AXIAL, None)
    assert not geometry.calibrated
    assert geometry.affine is None
    assert geometry.spacing == (1, 1, 1)


@pytest.mark.parametrize("unknown", ["origin", "orientation", "step"])
def test_no_affine_is_guessed(unknown):
    facts = {"origin": (1.0, 2.0, 3.0), "orientation": AXIAL, "step": (0.0, 0.0, 1.0)}
    assert Geometry(spacing=(1, 1, 1), **facts).affine is not None
    assert Geometry(spacing=(1, 1, 1), **{**facts, unknown: None}).affine is None


def test_an_unknown_place_is_drawn_at_zero():
    assert Geometry((1, 1, 1), None, AXIAL, None).translate == (0, 0, 0)
    assert Geometry((1, 1, 1), (1, 2, 3), None, None).translate == (0, 0, 0)
