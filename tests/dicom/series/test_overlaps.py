"""Volumes of one series that overlap, move, or have lost a slice are not mixed."""

from __future__ import annotations

from itertools import product
from math import cos, sin
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.series.ordering import INCOMPLETE, arrange
from napari_medscan.dicom.series.overlaps import BY_RUN, EXTRAS
from napari_medscan.dicom.series.repeats import BY_NAME, REPEATED

from ..building import AXIAL, files, make_frame, make_header, make_layout, refs, stacks_of


def volumes(made):
    """Values, volume by volume, of the stacks of (value, position, number, facts), shuffled."""
    made = list(made)
    Random(1).shuffle(made)
    frames = [make_frame((0, 0, float(z)), number=n, **facts) for _, z, n, facts in made]
    found = {}
    for stack in stacks_of(files(frames)):
        array = stack.read(errors="blank")[..., 0, 0]
        rows = array.reshape(-1, array.shape[-1])
        places = stack.array.places.reshape(rows.shape)
        for row, numbers in zip(rows, places, strict=True):
            values = [made[v][0] if n >= 0 else None for v, n in zip(row, numbers, strict=True)]
            found[tuple(values)] = stack.warnings
    return found


def in_order(*ranges, step=3.0):
    """Volumes one after the other, by the positions of their slices; value 100 x volume + z."""
    made = [(100 * v + z, step * z, {}) for v, zs in enumerate(ranges) for z in zs]
    return [(value, z, number, facts) for number, (value, z, facts) in enumerate(made, 1)]


@pytest.mark.parametrize(
    "ranges",
    [
        (range(8), range(4, 14)),
        (range(4, 14), range(8)),
        (range(13, 3, -1), range(8)),
        (range(8), range(4, 14), range(2, 10)),
        (range(20), range(0, 20, 5)),
    ],
)
def test_volumes_that_overlap_are_told_apart_by_where_the_position_jumps_back(ranges):
    right = {tuple(100 * v + z for z in sorted(zs)) for v, zs in enumerate(ranges)}
    found = volumes(in_order(*ranges))
    assert set(found) == right
    assert all(warnings == (BY_RUN,) for warnings in found.values())


def test_thick_slices_between_thin_ones_are_a_volume_of_their_own():
    thin, thick = in_order(range(20), step=1.0), in_order(range(4), step=5.0)
    found = volumes([*thin, *((100 + v, z + 0.5, n + 20, f) for v, z, n, f in thick)])
    assert set(found) == {tuple(range(20)), tuple(range(100, 104))}


def test_volumes_of_two_thicknesses_are_split_where_they_share_positions():
    thin = [(z, z, 0, {"SliceThickness": 1.0}) for z in range(20)]
    thick = [(100 + z, 5 * z, 0, {"SliceThickness": 5.0}) for z in range(4)]
    found = volumes([*thin, *thick])
    assert set(found) == {tuple(range(20)), tuple(range(100, 104))}
    assert set(found.values()) == {()}


def test_volumes_of_two_frames_of_reference_are_split_where_they_share_positions():
    """PS3.3 C.7.4.1: their positions cannot be compared. Elsewhere a UID proves nothing."""
    headers = [
        make_header(make_frame((0, 0, float(z))), name=f"{number}{z}", frame_of_reference=uid)
        for number, uid in enumerate(("1.2", "1.3"))
        for z in range(4)
    ]
    assert [len(grid.rows) for grid in arrange(refs(headers))] == [1, 1]
    moved = [
        make_header(make_frame((0, 0, float(z))), name=f"{z}", frame_of_reference=f"1.{z}")
        for z in range(4)
    ]
    assert [len(grid.rows[0]) for grid in arrange(refs(moved))] == [4]


def test_an_uneven_volume_in_order_stays_whole():
    places = (0, 1, 2, 4.4, 5, 7.7, 9.1)
    (found,) = volumes((i, z, i, {}) for i, z in enumerate(places))
    assert found == tuple(range(7))


def test_slices_made_in_any_order_leave_a_hole_where_one_is_lost():
    seconds = [10 * t + 2 * k for t in range(4) for k in range(5)]
    cells = [(t, z) for t in range(4) for z in (0, 2, 4, 1, 3)]
    made = [
        (100 * t + z, 3 * z, 0, {"AcquisitionTime": f"1000{s:02d}"})
        for (t, z), s in zip(cells, seconds, strict=True)
        if (t, z) != (1, 3)
    ]
    found = volumes(made)
    assert set(found) == {
        tuple(100 * t + z if (t, z) != (1, 3) else None for z in range(5)) for t in range(4)
    }
    assert set(found.values()) == {("1 slice of one time point is missing (left blank)",)}


def test_phases_of_unequal_heartbeats_leave_a_hole_where_one_is_lost():
    made = [
        (100 * t + z, 8 * z, z * 6 + t, {"TriggerTime": 40.0 * t * (1 + z / 10)})
        for z in range(3)
        for t in range(6)
        if (t, z) != (2, 1)
    ]
    found = volumes(made)
    assert set(found) == {
        tuple(100 * t + z if (t, z) != (2, 1) else None for z in range(3)) for t in range(6)
    }


@pytest.mark.parametrize("times", [2, 5])
@pytest.mark.parametrize("lost", [(0, 2), (1, 2), (1, 0)])
@pytest.mark.parametrize("upward", [1, -1])
@pytest.mark.parametrize("name", ["", "AcquisitionTime"])
def test_slices_of_which_all_times_follow_each_other_leave_a_hole(times, lost, upward, name):
    """A cine is numbered so: all phases of one slice, then those of the next."""
    made = []
    for t, z in product(range(times), range(5)):
        number = 100 + upward * z * times + t
        facts = {name: f"12{number // 60:02d}{number % 60:02d}"} if name else {}
        if (t, z) != lost:
            made.append((100 * t + z, 8 * z, 0 if name else number, facts))
    assert set(volumes(made)) == {
        tuple(100 * t + z if (t, z) != lost else None for z in range(5)) for t in range(times)
    }


def test_inversion_times_of_each_slice_are_ranked():
    made = [
        (100 * t + z, 8 * z, 0, {"InversionTime": 100.0 + 80 * t * (1 + z / 20) + z})
        for z in range(3)
        for t in range(5)
    ]
    assert set(volumes(made)) == {tuple(100 * t + z for z in range(3)) for t in range(5)}


def test_echo_times_that_vary_from_slice_to_slice_are_ranked():
    made = [
        (100 * e + z, 8 * z, 0, {"EchoTime": 5.0 * (e + 1) + 0.1 * z})
        for z in range(3)
        for e in range(3)
    ]
    assert set(volumes(made)) == {tuple(100 * e + z for z in range(3)) for e in range(3)}


def test_times_of_slices_leave_a_hole_where_a_slice_of_several_directions_is_lost():
    """Twelve times tell twelve images apart at each position, but each is met at one position."""
    slices = [
        (f"{d}{t}{z}", z, {"AcquisitionTime": f"1000{7 * t + z:02}", "SequenceName": f"x#{d}"})
        for d, t, z in product(range(3), range(4), range(3))
        if (d, t, z) != (1, 3, 1)
    ]
    headers = [
        make_header(make_frame((0, 0, float(z)), **facts), name=name) for name, z, facts in slices
    ]
    (grid,) = arrange(refs(headers))
    assert grid.dimension == "SequenceName, AcquisitionTime"
    names = [[ref.header.name if ref else None for ref in row] for row in grid.rows]
    expected = [[f"{d}{t}{z}" for z in range(3)] for d, t in product(range(3), range(4))]
    expected[7][1] = None
    assert names == expected


def test_times_that_cannot_tell_which_slice_is_lost_mix_nothing():
    """Slices of one position an hour after those of the other, phases evenly apart."""
    made = [
        (100 * t + z, 8 * z, 0, {"AcquisitionTime": f"1{z}{t:02d}00"})
        for z in range(2)
        for t in range(6)
        if (t, z) != (0, 1)
    ]
    found = volumes(made)
    assert all(len({value // 100 for value in values}) == 1 for values in found)
    assert all(INCOMPLETE in warnings for warnings in found.values())


def test_two_images_without_diffusion_weighting_are_two_volumes():
    weighted = [(), (), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)]
    made = [
        (100 * t + z, z, 3 * t + z, {"DiffusionGradient": (1000.0 if d else 0.0, d)})
        for z in range(3)
        for t, d in enumerate(weighted)
    ]
    found = volumes(made)
    assert set(found) == {tuple(100 * t + z for z in range(3)) for t in range(4)}
    assert set(found.values()) == {(REPEATED.format("instance number"),)}


def test_directions_without_numbers_are_in_an_order_of_their_own():
    directions = [(0.0, ()), (1000.0, (0.0, 1.0, 0.0)), (1000.0, (1.0, 0.0, 0.0))]
    frames = [
        make_frame((0, 0, float(z)), DiffusionGradient=d) for z in range(2) for d in directions
    ]
    for order in ((0, 1, 2, 3, 4, 5), (5, 2, 1, 4, 3, 0)):
        (stack,) = stacks_of(files([frames[i] for i in order]))
        assert np.asarray(stack.array)[:, 0, 0, 0].tolist() == [order.index(i) for i in range(3)]


def test_a_warning_says_that_nothing_orders_the_repeats():
    found = volumes((z, z, 0, {}) for z in range(4) for _ in range(2))
    assert list(found.values()) == [(BY_NAME,)] * len(found)


@pytest.mark.parametrize("numbers", [(7, 10), (0, 0)])
@pytest.mark.parametrize(("slices", "at"), [(3, 1), (6, 3), (12, 1), (12, 5)])
def test_one_extra_slice_leaves_the_volume_whole(numbers, slices, at):
    shuffled = [5, 19, 2, 11, 8, 3, 17, 20, 9, 13, 1, 15]
    made = [(z, z, numbers[0] and shuffled[z], {}) for z in range(slices)]
    found = volumes([*made, (100, at, numbers[1], {})])
    assert sorted(map(len, found)) == [1, slices]
    by_number = {EXTRAS} if slices == 12 else {BY_RUN}
    assert set().union(*found.values()) == (by_number if numbers[0] else {EXTRAS, BY_NAME})


def volume_file(name, offset=(0, 0, 0), orientation=AXIAL, **facts):
    """One file of five slices, 3 mm apart."""
    x, y, z = offset
    frames = [
        make_frame((x, y, z + 3.0 * i), orientation, **facts).like(order=(1, i)) for i in range(5)
    ]
    return make_header(*frames, name=name, layout=make_layout(frames=5))


@pytest.mark.parametrize("name", ["TemporalPositionIdentifier", "DiffusionBValue"])
@pytest.mark.parametrize(("time", "at"), [(0, 0), (1, 3), (2, 7)])
def test_an_extra_slice_of_a_numbered_time_point_leaves_the_series_whole(name, time, at):
    made = [(8 * t + z, 3 * z, {name: t + 1}) for t in range(3) for z in range(8)]
    made.append((99, 3 * at, {name: time + 1}))
    found = volumes((value, z, number, facts) for number, (value, z, facts) in enumerate(made, 1))
    whole = {tuple(range(8 * t, 8 * t + 8)): (BY_RUN,) for t in range(3)}
    assert found == {**whole, (99,): (BY_RUN,)}


def test_volumes_of_a_file_each_stay_volumes_wherever_they_move():
    turned = (cos(0.03), sin(0.03), 0.0, -sin(0.03), cos(0.03), 0.0)
    headers = [
        volume_file("c", (0.2, 0, 0.4), turned, AcquisitionTime="120000"),
        volume_file("a", (0, 0, 2.2), AcquisitionTime="120002"),
        volume_file("b", (0, 0.3, 1.0), AcquisitionTime="120001"),
    ]
    (stack,) = stacks_of(headers)
    assert stack.array.shape == (3, 5, 2, 3)
    assert stack.files == ("c", "b", "a")
    assert stack.geometry.origin == (0.2, 0, 0.4)
    assert stack.geometry.spacing[0] == pytest.approx(3)
    (warning,) = stack.warnings
    assert warning.startswith("Slices move by up to 1.8 mm between time points")


def test_volumes_with_rounded_directions_stay_volumes():
    rounded = (0.999999, 0.0000001, 0.0, 0.0, 1.0, 0.0)
    headers = [volume_file("b", (0, 0, 1.3)), volume_file("a")]
    frames = list(headers[0].frames)
    frames[2] = frames[2].like(orientation=rounded)
    (stack,) = stacks_of([headers[0].like(frames=tuple(frames)), headers[1]])
    assert stack.array.shape == (2, 5, 2, 3)


def test_volumes_of_a_file_each_that_adjoin_are_one_volume():
    headers = [volume_file(name, (0, 0, z)) for name, z in (("b", 15.0), ("a", 0.0))]
    (stack,) = stacks_of(headers)
    assert stack.array.shape == (10, 2, 3)
    assert stack.files == ("a", "b")


def moving_file(name, offset, slices=5):
    """Three time points in one file."""
    frames = [
        make_frame((0, 0, offset + 3.0 * z), TemporalPositionIndex=t).like(order=(1, 9 * t + z))
        for t in range(3)
        for z in range(slices)
    ]
    return make_header(*frames, name=name, layout=make_layout(frames=len(frames)))


@pytest.mark.parametrize("offsets", [(0, 1.0), (0, 1.5), (0, 1.0, 2.0), (1.2, 0)])
@pytest.mark.parametrize("more", [0, 2])
def test_files_of_several_time_points_are_not_interleaved(offsets, more):
    headers = [moving_file(f"f{i}", z, 5 + more * (i > 0)) for i, z in enumerate(offsets)]
    stacks = stacks_of(headers)
    assert sorted(stack.files for stack in stacks) == [(f"f{i}",) for i in range(len(offsets))]
    assert {stack.array.shape[:2] for stack in stacks} == {(3, 5), (3, 5 + more)}
    assert all(stack.warnings == () for stack in stacks)


def test_files_of_several_time_points_that_adjoin_are_one_volume():
    (stack,) = stacks_of([moving_file("a", 0), moving_file("b", 15.0)])
    assert stack.array.shape[:2] == (3, 10)


@pytest.mark.parametrize("name", ["TemporalPositionIdentifier", "AcquisitionTime"])
def test_series_of_one_number_whose_slices_lie_between_each_other_are_two(name):
    frames = [
        make_frame(
            (0, 0, 3.0 * z + run),
            number=20 * t + z,
            AcquisitionNumber=run,
            **{name: t + 1 if name != "AcquisitionTime" else f"12{run}{t}0{z}"},
        )
        for run in range(2)
        for t in range(3)
        for z in range(5)
    ]
    stacks = stacks_of(files(frames))
    assert [stack.array.shape[:2] for stack in stacks] == [(3, 5), (3, 5)]
    assert [int(stack.array[0, 0, 0, 0]) for stack in stacks] == [0, 15]


@given(
    slices=st.integers(3, 8),
    thickness=st.sampled_from([4.5, 5.0, 7.5]),
    restarts=st.booleans(),
    facts=st.sampled_from([{}, {"AcquisitionTime": "120000"}]),
)
@settings(deadline=None)
def test_two_acquisitions_half_a_step_apart_are_two_volumes(slices, thickness, restarts, facts):
    """They are one if nothing says for certain that they are two."""

    def volumes_of(*, thick=thickness, along=False, acquisitions=(1, 2)):
        frames = [
            make_frame(
                (0, 0, 5.0 * z + 2.5 * run),
                number=2 * z + run if along else z + (0 if restarts else slices * run),
                AcquisitionNumber=acquisitions[run],
                SliceThickness=thick,
                **facts,
            )
            for run in range(2)
            for z in range(slices)
        ]
        stacks = stacks_of(files(frames))
        return [sorted(stack.read()[:, 0, 0].tolist()) for stack in stacks]

    runs = [list(range(slices)), list(range(slices, 2 * slices))]
    assert volumes_of() == runs
    for one in ({"thick": 2.5}, {"along": True}, {"acquisitions": (1, 1)}, {"thick": None}):
        assert volumes_of(**one) == [[*runs[0], *runs[1]]]


def test_time_points_that_are_numbered_may_move_by_less_than_a_step():
    frames = [
        make_frame((0, 0, 4.0 * z + 1.3 * t), TemporalPositionIdentifier=t)
        for z in range(4)
        for t in range(3)
    ]
    (stack,) = stacks_of(files(frames))
    assert np.asarray(stack.array)[..., 0, 0].tolist() == [
        [0, 3, 6, 9],
        [1, 4, 7, 10],
        [2, 5, 8, 11],
    ]


def test_jitter_is_no_tilt_and_not_uneven():
    random = Random(4)
    frames = [
        make_frame(
            (random.uniform(-0.02, 0.02), 0, 4.0 * z + random.uniform(-0.02, 0.02)), EchoTime=te
        )
        for z in range(2)
        for te in (1.0, 2.0)
    ]
    (stack,) = stacks_of(files(frames))
    assert stack.array.shape == (2, 2, 2, 3)
    assert stack.warnings == ()
