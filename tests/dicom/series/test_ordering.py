"""Order of slices: along the normal, with a fourth axis, and nothing lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain, product
from random import Random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.series.attributes import FOURTH_AXIS
from napari_medscan.dicom.series.ordering import MAX_PARTS, arrange
from napari_medscan.dicom.series.overlaps import BY_RUN
from napari_medscan.dicom.series.repeats import LEFT, NO_NUMBER

from ..building import (
    AXIAL,
    CORONAL,
    EIGHT_FLIPS,
    OBLIQUE,
    SAGITTAL,
    along,
    files,
    make_frame,
    make_header,
    refs,
)

VALUES = {
    "TemporalPositionIdentifier": (1, 2, 3),
    "TemporalPositionIndex": (1, 2, 3),
    "TemporalPositionTimeOffset": (0.0, 2.5, 7.5),
    "DiffusionBValue": (0.0, 500.0, 1000.0),
    "DiffusionGradient": ((0.0, (1.0, 0.0, 0.0)), (0.0, (0.0, 1.0, 0.0)), (0.0, (0.0, 0.0, 1.0))),
    "TriggerTime": (9.5, 40.0, 110.0),
    "NominalPercentageOfCardiacPhase": (0.0, 40.0, 75.0),
    "NominalPercentageOfRespiratoryPhase": (0.0, 50.0, 75.0),
    "NominalRespiratoryTriggerDelayTime": (0.0, 400.0, 900.0),
    "EchoTime": (2.3, 4.6, 12.0),
    "EchoNumbers": (1, 2, 3),
    "InversionTime": (100.0, 180.0, 2000.0),
    "FlipAngle": (3.0, 10.0, 20.0),
    "RepetitionTime": (500.0, 1000.0, 8000.0),
    "FrameReferenceTime": (0.0, 3000.0, 9000.0),
    "FrameReferenceDateTime": ("20200131235959.5", "20200201", "20200201000001"),
    "AcquisitionNumber": (7, 8, 11),
    "StackID": ("1", "2", "3"),
    "ImageType": (("ORIGINAL", "M"), ("ORIGINAL", "P"), ("DERIVED", "R")),
    "AcquisitionTime": ("093000", "093010.25", "101500"),
    "ContentTime": ("093000", "093010", "101500"),
    "SequenceName": ("ep_b0", "ep_b1000#1", "ep_b1000#2"),
    "ScanningSequence": (("SE",), ("SE", "IR"), ("GR",)),
    "SequenceVariant": (("SP",), ("SP", "MTC"), ("SS",)),
    "ScanOptions": (("FS",), ("FS", "MT"), ("PFP",)),
    "ReceiveCoilName": ("H1", "H2", "H3"),
    "PrivateCardiacPhase": ("30%", "50%", "70%"),
    "PhaseNumber": (1, 2, 3),
    "ASLContext": ("CONTROL", "LABEL", "M_ZERO_SCAN"),
    "MagnetizationTransfer": ("NONE", "OFF_RESONANCE", "ON_RESONANCE"),
    "SpectrallySelectedSuppression": ("FAT", "NONE", "WATER"),
    "DimensionIndexValues": ((1,), (2,), (3,)),
    **{name: (1, 2, 3) for name in FOURTH_AXIS if name.endswith("Vector")},
}


def ordered(frames):
    """Grids of the given frames, as the frames' numbers in the order given."""
    slices = refs(files(frames))
    numbers = {id(ref.header): i for i, ref in enumerate(slices)}
    return [
        ([[ref and numbers[id(ref.header)] for ref in row] for row in grid.rows], grid)
        for grid in arrange(slices)
    ]


def only(frames):
    ((rows, grid),) = ordered(frames)
    return rows, grid


# --- along the normal


@pytest.mark.parametrize("orientation", [CORONAL, SAGITTAL, OBLIQUE, *EIGHT_FLIPS])
@pytest.mark.parametrize("order", [(3, 0, 4, 1, 2), (4, 3, 2, 1, 0)])
def test_slices_ascend_along_the_normal_whatever_file_and_instance_order(orientation, order):
    frames = [
        make_frame(along(orientation, 2.0 * place, (9, 8, 7)), orientation, number=7 * i % 5)
        for i, place in enumerate(order)
    ]
    rows, grid = only(frames)
    assert rows == [[order.index(place) for place in range(5)]]
    assert (grid.dimension, grid.notes) == ("", ())


def test_a_single_slice_is_a_grid_of_one():
    assert only([make_frame((0, 0, 0))])[0] == [[0]]


def test_positions_a_few_micrometers_apart_are_one_position():
    frames = [
        make_frame((0, 0, z), number=i, EchoTime=te)
        for i, (z, te) in enumerate([(0.0, 1.0), (0.004, 2.0), (1.0, 1.0), (1.003, 2.0)])
    ]
    assert only(frames)[0] == [[0, 2], [1, 3]]


@pytest.mark.parametrize(("thickness", "apart"), [(1.0, True), (5.0, False), (None, False)])
def test_slices_a_thickness_apart_are_at_two_positions(thickness, apart):
    """Thin slices may come in pairs far from each other: high-resolution CT of the lungs."""
    places = [depth + off for depth in (0.0, 10.0, 20.0, 30.0) for off in (0.0, 0.8)]
    frames = [make_frame((0, 0, z), number=i) for i, z in enumerate(places)]
    (grid,) = arrange(refs(files(frames, slice_thickness=thickness)))
    assert len(grid.rows) == (1 if apart else 2)


# --- the fourth axis


@pytest.mark.parametrize("name", [name for name in FOURTH_AXIS if name != "ImageType"])
def test_each_attribute_can_make_the_fourth_axis(name):
    # Instance numbers run against the attribute: it decides, they do not.
    frames = [
        make_frame((0, 0, float(z)), number=100 - i, **{name: value})
        for i, (z, value) in enumerate(product(range(4), VALUES[name]))
    ]
    rows, grid = only(frames)
    assert grid.dimension == name
    assert grid.notes == ()
    texts = ("ScanningSequence", "SequenceVariant", "ScanOptions")
    natural = name not in ("DiffusionGradient", *texts)
    # What has no natural order keeps that of acquisition, here the reverse.
    assert rows == [[3 * z + t for z in range(4)] for t in ((0, 1, 2) if natural else (2, 1, 0))]


def test_the_earlier_attribute_wins():
    frames = [
        make_frame((0, 0, float(z)), EchoTime=5.0 - t, TemporalPositionIndex=t)
        for z in range(2)
        for t in range(2)
    ]
    assert only(frames)[1].dimension == "TemporalPositionIndex"


def test_an_attribute_that_is_the_same_everywhere_tells_nothing_apart():
    frames = [
        make_frame((0, 0, float(z)), TemporalPositionIndex=1, EchoTime=float(t))
        for z in range(2)
        for t in range(2)
    ]
    assert only(frames)[1].dimension == "EchoTime"


def test_an_attribute_whose_values_differ_from_position_to_position_is_not_an_axis():
    frames = [
        make_frame((0, 0, float(z)), TriggerTime=10.0 * z + t, AcquisitionNumber=t)
        for z in range(2)
        for t in range(2)
    ]
    assert only(frames)[1].dimension == "AcquisitionNumber"


@given(
    name=st.sampled_from(["TriggerTime", "EchoTime", "FlipAngle", "InversionTime"]),
    clock=st.sampled_from(["AcquisitionTime", "ContentTime"]),
    is_same=st.booleans(),
    by_slice=st.booleans(),
    random=st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_numbers_that_jitter_are_no_axis_where_a_clock_tells_the_time_points(
    name, clock, is_same, by_slice, random
):
    """Trigger times are those of unequal heartbeats, echo times those that a scanner adapts."""
    times, places = 5, 4
    values = [500.0, 501.0] if is_same else [490.0 + 0.7 * step for step in range(30)]
    jitter = [[random.choice(values) for _ in range(times)] for _ in range(places)]
    # Values that are met as often at each position are no jitter.
    assume(len({tuple(sorted(each)) for each in jitter}) > 1)
    frames = [
        make_frame(
            (0, 0, 8.0 * z),
            number=z * times + t if by_slice else t * places + z,
            **{name: jitter[z][t], clock: f"1200{4 * t:02d}.{z}"},
        )
        for t, z in product(range(times), range(places))
    ]
    rows, grid = only(frames)
    assert grid.dimension == clock
    assert rows == [[t * places + z for z in range(places)] for t in range(times)]


def test_trigger_times_in_the_order_of_instance_numbers_outrank_a_clock():
    frames = [
        make_frame(
            (0, 0, 8.0 * z),
            number=t,
            TriggerTime=40.0 * t * (1 + z / 10),
            AcquisitionTime=f"1200{30 - t}.{z}",
        )
        for t, z in product(range(5), range(4))
    ]
    rows, grid = only(frames)
    assert grid.dimension == "TriggerTime"
    assert rows == [[4 * t + z for z in range(4)] for t in range(5)]


@given(
    name=st.sampled_from(["TemporalPositionIdentifier", "TemporalPositionIndex", "TriggerTime"]),
    acquisitions=st.integers(2, 3),
    times=st.integers(2, 4),
    is_apart=st.booleans(),
)
@settings(deadline=None)
def test_time_points_that_start_over_follow_each_other_by_acquisition(
    name, acquisitions, times, is_apart
):
    """Acquisitions that take turns do not: of each time point, one has then several images."""
    cells = list(product(range(acquisitions), range(times), range(3)))
    frames = [
        make_frame(
            (0, 0, 5.0 * z),
            number=a * times + t,
            AcquisitionNumber=a + 1,
            AcquisitionTime=f"12{a if is_apart else 0:02d}{10 * t + (0 if is_apart else a):02d}",
            **{name: t + 1},
        )
        for a, t, z in cells
    ]
    rows, _ = only(frames)
    found = [cells[row[0]][:2] for row in rows]
    order = (lambda cell: cell) if is_apart else (lambda cell: cell[::-1])
    assert found == sorted(found, key=order)
    assert [[cells[n] for n in row] for row in rows] == [
        [(*cell, z) for z in range(3)] for cell in found
    ]


def test_without_such_an_attribute_instance_numbers_decide_and_the_user_is_told():
    frames = [make_frame((0, 0, float(z)), number=9 - 4 * t - z) for z in range(3) for t in (0, 1)]
    rows, grid = only(frames)
    assert rows == [[1, 3, 5], [0, 2, 4]]
    assert grid.dimension == "InstanceNumber"
    assert "sorted by instance number" in grid.notes[0]


@pytest.mark.parametrize(
    "name", [name for name in VALUES if name not in ("ImageType", "DimensionIndexValues")]
)
@pytest.mark.parametrize("lacks", [0, 4, 8])
def test_an_image_that_lacks_what_orders_the_others_takes_the_place_that_is_left(name, lacks):
    frames = [
        make_frame((0, 0, float(z)), number=9 - 2 * t - z, **{name: value})
        for z in range(3)
        for t, value in enumerate(VALUES[name])
    ]
    frames[lacks] = replace(frames[lacks], dimensions={})
    rows, grid = only(frames)
    assert sorted(rows) == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    assert LEFT in grid.notes
    # Of two at one position nobody knows which is which.
    second = lacks // 3 * 3 + (lacks + 1) % 3
    frames[second] = replace(frames[second], dimensions={})
    assert LEFT not in {note for each in arrange(refs(files(frames))) for note in each.notes}


def test_an_image_without_a_number_among_others_that_numbers_order_is_not_certain():
    frames = [make_frame((0, 0, float(z)), number=9 - 4 * t - z) for z in range(3) for t in (0, 1)]
    headers = [
        replace(header, instance_number=None if n == 2 else frame.order[0])
        for n, (header, frame) in enumerate(zip(files(frames), frames, strict=True))
    ]
    (grid,) = arrange(refs(headers))
    assert grid.notes == (NO_NUMBER,)


def test_a_time_point_never_mixes_values_without_natural_order():
    """The second position acquired its values in the other order."""
    name = "DiffusionGradient"
    first, second, _ = VALUES[name]
    frames = [
        make_frame((0, 0, 0), number=1, **{name: first}),
        make_frame((0, 0, 0), number=2, **{name: second}),
        make_frame((0, 0, 1), number=3, **{name: second}),
        make_frame((0, 0, 1), number=4, **{name: first}),
    ]
    assert only(frames)[0] == [[0, 3], [1, 2]]


def test_b_zero_has_no_gradient_and_is_told_apart_by_that():
    directions = [{}, *({"DiffusionGradient": value} for value in VALUES["DiffusionGradient"])]
    frames = [
        make_frame((0, 0, float(z)), number=i, **direction)
        for z in range(2)
        for i, direction in enumerate(directions)
    ]
    rows, grid = only(frames)
    assert grid.dimension == "DiffusionGradient"
    assert rows == [[0, 4], [1, 5], [2, 6], [3, 7]]


@pytest.mark.parametrize("lost", [0, 1, 5, 15])
def test_a_lost_image_changes_nothing_about_the_order_of_directions(lost):
    weights = [(0.0, ()), *((1000.0, (0.0, 0.0, float(n))) for n in range(3))]
    frames = [
        make_frame((0, 0, 4.0 * z), number=5 * t + z, DiffusionGradient=weights[t])
        for t in range(4)
        for z in range(5)
    ]
    (whole,) = ordered(frames)
    (part,) = ordered([frame for number, frame in enumerate(frames) if number != lost])
    found = [next(ref.frame for ref in row if ref) for row in part[1].rows]
    assert [f.dimensions["DiffusionGradient"] for f in found] == weights
    assert whole[1].dimension == part[1].dimension == "DiffusionGradient"


def test_of_dimension_index_values_those_that_number_positions_do_not_count():
    frames = [
        make_frame((0, 0, float(z)), number=z, DimensionIndexValues=(1, t, z + 1))
        for t in (1, 2)
        for z in range(3)
    ]
    rows, grid = only(frames)
    assert rows == [[0, 1, 2], [3, 4, 5]]
    assert grid.dimension == "DimensionIndexValues"


def test_dimension_index_values_of_unequal_length_tell_nothing():
    frames = [
        make_frame((0, 0, float(z)), number=t, DimensionIndexValues=(t,) * (z + 1))
        for t in (1, 2)
        for z in range(3)
    ]
    assert only(frames)[1].dimension == "InstanceNumber"


def test_repeats_of_one_position_are_a_fourth_axis_too():
    rows, grid = only([make_frame((0, 0, 0), TriggerTime=float(9 - i)) for i in range(5)])
    assert rows == [[4], [3], [2], [1], [0]]
    assert grid.dimension == "TriggerTime"


# --- incomplete and uneven repeats


def test_an_incomplete_run_becomes_whole_repeats_and_the_rest():
    frames = [
        make_frame((0, 0, float(z)), TemporalPositionIndex=t)
        for t, depth in ((1, 4), (2, 4), (3, 2))
        for z in range(depth)
    ]
    (whole, grid), (rest, _) = ordered(frames)
    assert whole == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert grid.dimension == "TemporalPositionIndex"
    assert rest == [[8, 9]]


def test_one_whole_run_and_a_started_one_are_split_by_acquisition():
    frames = [make_frame((0, 0, float(z)), AcquisitionNumber=1) for z in range(5)]
    frames += [make_frame((0, 0, float(z)), AcquisitionNumber=2) for z in range(2)]
    assert [rows for rows, _ in ordered(frames)] == [[[0, 1, 2, 3, 4]], [[5, 6]]]


def test_repeats_that_nothing_tells_apart_become_a_stack_of_their_own_with_a_note():
    frames = [make_frame((0, 0, float(z)), number=z) for z in range(4)]
    frames.append(make_frame((0, 0, 2), number=9))
    (first, grid), (rest, _) = ordered(frames)
    assert (first, rest) == ([[0, 1, 2, 3]], [[4]])
    assert grid.notes == (BY_RUN,)


@pytest.mark.parametrize("name", ["AcquisitionNumber", "ImageType", "EchoTime", "StackID"])
def test_a_group_is_split_where_that_mends_its_geometry(name):
    one, two, _ = VALUES[name]
    frames = [make_frame((0, 0, 5.0 * z), **{name: one}) for z in range(4)]
    frames += [make_frame((0, 0, 3.0 * z + 1), **{name: two}) for z in range(5)]
    assert [rows for rows, _ in ordered(frames)] == [[[0, 1, 2, 3]], [[4, 5, 6, 7, 8]]]


def test_both_sides_of_one_series_are_two_volumes():
    """Breasts imaged sagittally: the slices of both sides alternate in number (dcm2niix #839)."""
    sides = {"R": -100.0, "L": 60.0}
    slices = [(side, start + 3 * z) for z in range(4) for side, start in sides.items()]
    frames = [
        make_frame((0, 0, place), number=n, FrameLaterality=side)
        for n, (side, place) in enumerate(slices)
    ]
    assert [rows for rows, _ in ordered(frames)] == [[[0, 2, 4, 6]], [[1, 3, 5, 7]]]
    of_files = [
        make_header(make_frame((0, 0, place), number=n), name=f"{n}", laterality=side)
        for n, (side, place) in enumerate(slices)
    ]
    assert [len(grid.rows[0]) for grid in arrange(refs(of_files))] == [4, 4]


@pytest.mark.parametrize("name", ["AcquisitionNumber", "ImageType", "EchoTime", "StackID"])
def test_an_even_group_is_never_split(name):
    one, two, _ = VALUES[name]
    frames = [make_frame((0, 0, float(z)), **{name: one if z < 4 else two}) for z in range(8)]
    assert only(frames)[0] == [list(range(8))]


def test_volumes_in_files_of_their_own_are_two_where_they_lie_apart():
    for start, volumes in ((100.0, 2), (4.0, 1)):
        headers = [
            make_header(*(make_frame((0, 0, s + z)) for z in range(4)), name=f"f{s}")
            for s in (0.0, start)
        ]
        assert len(arrange(refs(headers))) == volumes


def test_texts_that_end_in_numbers_are_in_the_order_of_these():
    options = ("TP100", "TP0", "TP20", "TP90")
    frames = [make_frame((0, 0, z), ScanOptions=(each,)) for z in (0.0, 1.0) for each in options]
    (grid,) = arrange(refs(files(frames)))
    found = [row[0].frame.dimensions["ScanOptions"][0] for row in grid.rows]
    assert found == ["TP0", "TP20", "TP90", "TP100"]


def test_a_split_that_does_not_mend_the_geometry_is_not_made():
    places = (0, 1, 2, 4.5, 5, 7.7)
    frames = [make_frame((0, 0, z), AcquisitionNumber=i % 2) for i, z in enumerate(places)]
    assert only(frames)[0] == [list(range(6))]


def test_a_group_is_not_split_into_dozens_of_parts():
    frames = []
    for part in range(MAX_PARTS + 1):
        start = 50.0 * part * (1 + part)
        frames += [make_frame((0, 0, start + z), AcquisitionNumber=part) for z in range(3)]
    assert len(ordered(frames)) == 1


# --- stations side by side


@pytest.mark.parametrize(
    "name", ["TemporalPositionIdentifier", "AcquisitionTime", "EchoTime", "AcquisitionNumber"]
)
@given(motion=st.lists(st.floats(-0.45, 0.45), min_size=2, max_size=5), depth=st.integers(3, 6))
@example(motion=[0.0, 0.3125, 0.0, 0.25, -0.375], depth=3)
@example(motion=[0.0, 0.375, 0.4375, 0.0], depth=3)
@settings(deadline=None, max_examples=15)
def test_volumes_that_move_are_time_points_whatever_tells_them(name, motion, depth):
    offsets = [round(offset, 2) + 0.011 * number for number, offset in enumerate(motion)]
    told = {"AcquisitionTime": lambda t: f"12000{t}"}.get(name, lambda t: t + 1)
    slices = [
        make_frame((0, 0, 2.0 * z + offset), number=1, **{name: told(t)})
        for t, offset in enumerate(offsets)
        for z in range(depth)
    ]
    grids = arrange(refs(files(slices[::-1])))
    volumes = [[round(ref.frame.position[2], 6) for ref in row] for g in grids for row in g.rows]
    expected = [[round(2.0 * z + offset, 6) for z in range(depth)] for offset in offsets]
    assert sorted(volumes) == sorted(expected)


@pytest.mark.parametrize("shear", [0.0, 0.75, -3.0])
def test_stations_that_share_their_depths_are_stacks_of_their_own(shear):
    """A whole spine in one series: sagittal slices of neck, chest, and loins, sheared or not."""
    frames = [
        make_frame((float(x), shear * x, z), SAGITTAL, number=i, AcquisitionNumber=i)
        for i, (z, x) in enumerate(product((300.0, 50.0, -200.0), range(3)))
    ]
    grids = ordered(frames)
    assert [rows for rows, _ in grids] == [[[2, 1, 0]], [[5, 4, 3]], [[8, 7, 6]]]
    assert all(grid.notes == () for _, grid in grids)


@pytest.mark.parametrize("tilt", [0.0, 1.5])
@pytest.mark.parametrize("depth", [0, 2, 5])
@pytest.mark.parametrize("number", [0, 3, 6])
def test_a_slice_beside_a_stack_leaves_the_stack_whole(tilt, depth, number):
    frames = [make_frame((0.0, tilt * z, 4.0 * z), number=z, AcquisitionNumber=z) for z in range(6)]
    beside = make_frame((0.0, 40.0, 4.0 * depth), number=9, AcquisitionNumber=9)
    frames.insert(number, beside)
    whole = [n for n in range(7) if n != number]
    assert sorted(rows for rows, _ in ordered(frames)) == sorted([[whole], [[number]]])


@pytest.mark.parametrize("fact", ["frame_of_reference", "description", "slice_thickness"])
@pytest.mark.parametrize(
    ("lacking", "is_few"), [({4}, True), ({0, 1, 2, 3, 5}, True), ({3, 4, 5}, False)]
)
def test_a_fact_that_few_images_lack_or_have_splits_no_time_points(fact, lacking, is_few):
    frames = [
        make_frame((0, 0, 4.0 * z), number=3 * t + z, TemporalPositionIndex=t)
        for t in range(2)
        for z in range(3)
    ]
    known = {"frame_of_reference": "1.2", "description": "Flow", "slice_thickness": 4.0}
    absent = {"frame_of_reference": "", "description": "", "slice_thickness": None}
    headers = [
        header.like(**{fact: absent[fact]}) if number in lacking else header
        for number, header in enumerate(files(frames, **known))
    ]
    grids = arrange(refs(headers))
    assert [grid.dimension for grid in grids] == ["TemporalPositionIndex"] if is_few else ["", ""]


VARYING = {
    "frame_of_reference": ("1.2", "1.3"),
    "description": ("Flow", "Flow, edited"),
    "slice_thickness": (4.0, 4.5),
    "image_type": (("ORIGINAL", "PRIMARY", "M"), ("DERIVED", "PRIMARY", "M")),
}


@settings(deadline=None)
@given(
    st.sampled_from(sorted(VARYING)),
    st.integers(3, 4),
    st.none() | st.integers(0, 59),
    st.sampled_from(["TemporalPositionIndex", "AcquisitionTime"]),
    st.integers(0, 2**32).map(Random),
)
def test_a_fact_that_varies_within_time_points_tears_none_of_them(fact, times, lost, name, random):
    cells = [(t, z) for t in range(times) for z in range(20)]
    if lost is not None:
        del cells[lost]
    kinds = {cell: random.randrange(2) for cell in cells}
    headers = []
    for t, z in cells:
        value = VARYING[fact][kinds[t, z]]
        time = t if name == "TemporalPositionIndex" else f"120{t}{z:02d}"
        told = {name: time} | ({"ImageType": value} if fact == "image_type" else {})
        known = {} if fact == "image_type" else {fact: value}
        headers += files([make_frame((0, 0, 4.0 * z), number=20 * t + z, **told)], **known)
    grids = arrange(refs(headers))
    time_of = {id(header): t for header, (t, _) in zip(headers, cells, strict=True)}
    volumes = [{time_of[id(r.header)] for r in row if r} for g in grids for row in g.rows]
    assert all(len(volume) == 1 for volume in volumes)
    assert len(volumes) == times


def test_a_fact_that_varies_within_volumes_of_two_ranges_leaves_them_whole():
    cells = [(a, z) for a, places in enumerate((range(8), range(2, 12))) for z in places]
    frames = [make_frame((0, 0, 3.0 * z), number=z, AcquisitionNumber=a) for a, z in cells]
    random = Random(1)
    headers = [
        header.like(description=random.choice(VARYING["description"])) for header in files(frames)
    ]
    whole = [sorted(ref.header.name for ref in grid.slices) for grid in arrange(refs(headers))]
    assert whole == [[f"f{n:04d}" for n in part] for part in (range(8), range(8, 18))]


def test_a_fact_that_differs_between_volumes_splits_them():
    frames = [make_frame((0, 0, 4.0 * z), number=10 * t + z) for t in range(2) for z in range(10)]
    for fact in sorted(VARYING.keys() - {"image_type"}):
        one, two = VARYING[fact]
        whole = files(frames[:10], **{fact: one}) + files(frames[10:19], **{fact: two})
        assert [len(grid.slices) for grid in arrange(refs(whole))] == [10, 9]


def test_repeats_within_half_a_pixel_are_repeats():
    frames = [
        make_frame((0.4 * t, 0.0, float(z)), TemporalPositionIndex=t)
        for t in range(2)
        for z in range(3)
    ]
    assert only(frames)[0] == [[0, 1, 2], [3, 4, 5]]


# --- nothing lost

positions = st.integers(0, 4).map(float)
wild_frames = st.lists(
    st.tuples(
        st.one_of(positions, positions, st.floats(-1e5, 1e5)),
        st.sampled_from([0.0, 0.0, 0.0, 40.0]),
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(FOURTH_AXIS), st.integers(0, 2), max_size=3),
    ),
    min_size=1,
    max_size=25,
)


@given(wild_frames)
@settings(deadline=None, max_examples=300)
def test_every_slice_appears_exactly_once_whatever_the_input(wild):
    frames = [
        make_frame((x, 0.0, z), AXIAL, number=number, **{k: VALUES[k][v] for k, v in dims.items()})
        for z, x, number, dims in wild
    ]
    grids = ordered(frames)
    found = Counter(chain.from_iterable(row for rows, _ in grids for row in rows))
    del found[None]
    assert found == Counter(range(len(frames)))
    for rows, grid in grids:
        assert len({len(row) for row in rows}) == 1
        assert bool(grid.dimension) == (len(rows) > 1)
        for row in rows:
            depths = [frames[i].position[2] for i in row if i is not None]
            assert depths == sorted(set(depths))
