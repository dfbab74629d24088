"""Slices that are ordered and spaced by their locations, for want of positions."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom.series.orientation import patient_point, slice_position
from napari_medscan.dicom.space.locations import Location

from ..building import AXIAL, CORONAL, OBLIQUE, file_numbers, files, make_frame, stacks_of

NOTE = "Slice positions are from Slice Location"


def located(distances, source="Slice Location", position=None, orientation=None, **facts):
    """Files in a random order whose location is known, and the number of each distance's file."""
    order = list(range(len(distances)))
    random.Random(7).shuffle(order)
    frames = [
        make_frame(
            position,
            orientation,
            number=number,
            frame_location=Location(float(distances[place]), source),
        )
        for number, place in enumerate(order)
    ]
    return files(frames, **{"modality": "CT", "frames_are_slices": True, **facts}), order


def only(headers):
    (stack,) = stacks_of(headers)
    return stack


@given(
    step=st.floats(0.3, 20),
    count=st.integers(2, 12),
    start=st.floats(-500, 500),
    orientation=st.sampled_from((None, AXIAL, OBLIQUE, CORONAL)),
    placed=st.booleans(),
)
@settings(deadline=None)
def test_locations_order_and_space_slices_whatever_their_numbers(
    step, count, start, orientation, placed
):
    position = (1.0, 2.0, 3.0) if placed and orientation else None
    distances = [start + step * place for place in range(count)]
    headers, order = located(distances, position=position, orientation=orientation)
    stack = only(headers)
    assert stack.axes == "zyx"
    places = [order[number] for number in file_numbers(stack)]
    assert places in (list(range(count)), list(range(count))[::-1])
    assert stack.geometry.scale[0] == pytest.approx(step)
    assert stack.geometry.measurable
    assert NOTE in stack.warnings
    assert (stack.geometry.orientation is None) == (orientation is None)


@pytest.mark.parametrize("position", [None, (5.0, 6.0, 7.0)])
def test_equal_locations_are_times_of_one_slice(position):
    headers, _ = located([30.0] * 4, position=position, orientation=AXIAL, frames_are_slices=False)
    assert only(headers).axes == "tzyx"


def test_equal_positions_uneven_locations_are_no_volume():
    headers, _ = located([0, 1, 2.5, 7.1, 7.3], position=(0.0, 0.0, 0.0), orientation=AXIAL)
    stack = only(headers)
    assert stack.axes == "tzyx"
    assert NOTE not in stack.warnings


def test_different_positions_locations_are_not_used():
    frames = [
        make_frame((0, 0, 2.0 * z), frame_location=Location(9.0 * z, "Slice Location"))
        for z in range(4)
    ]
    stack = only(files(frames))
    assert stack.geometry.spacing[0] == 2
    assert stack.warnings == ()


def test_a_gap_of_locations_is_a_missing_slice():
    headers, _ = located([0, 2, 4, 8], position=(0.0, 0.0, 0.0), orientation=AXIAL)
    stack = only(headers)
    assert stack.geometry.missing == (3,)
    assert stack.array.shape[0] == 5
    assert "1 slice is missing (left blank)" in stack.warnings


def test_repeated_locations_are_times_by_what_tells_them_apart():
    frames = [
        make_frame(
            (0, 0, 0),
            number=number,
            TriggerTime=float(time),
            frame_location=Location(3.0 * z, "Slice Location"),
        )
        for number, (z, time) in enumerate((z, t) for z in (2, 0, 1) for t in (50, 10))
    ]
    stack = only(files(frames))
    assert (stack.axes, stack.dimension) == ("tzyx", "TriggerTime")
    assert file_numbers(stack) == [[3, 5, 1], [2, 4, 0]]
    assert stack.geometry.spacing[0] == 3


@pytest.mark.parametrize("modality", ["XA", "DX"])
def test_projections_have_no_slices(modality):
    headers, _ = located([0, 1, 2], modality=modality, frames_are_slices=False, series="")
    assert all(stack.array.shape[-3] == 1 for stack in stacks_of(headers))


def test_the_one_position_is_that_of_the_slice_whose_location_it_has():
    headers, _ = located([10, 12, 14], position=(5.0, 6.0, 12.0), orientation=AXIAL)
    stack = only(headers)
    assert stack.geometry.origin == (5, 6, 10)
    assert slice_position(stack, (2, 0, 0)).tolist() == [5, 6, 14]
    assert patient_point(stack, (1, 0, 0)).tolist() == [5, 6, 12]


def test_the_position_in_the_patient_is_unknown_when_no_location_agrees():
    headers, _ = located([10, 12, 14], position=(5.0, 6.0, 99.0), orientation=AXIAL)
    stack = only(headers)
    assert stack.geometry.origin is None
    assert stack.geometry.affine is None
    assert slice_position(stack, (1, 0, 0)) is None
    assert stack.geometry.step == (0, 0, 2)


def test_locations_grow_toward_the_head_when_the_normal_points_to_the_feet():
    upside_down = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    headers, order = located([0, 2, 4], position=(0.0, 0.0, 2.0), orientation=upside_down)
    stack = only(headers)
    assert [order[number] for number in file_numbers(stack)] == [2, 1, 0]
    assert stack.geometry.origin == (0, 0, 4)
    assert stack.geometry.step == (0, 0, -2)


@pytest.mark.parametrize(
    ("facts", "step", "warning"),
    [
        ({"slice_spacing": 4.0}, 4.0, None),
        ({"slice_thickness": 5.0}, 5.0, "Slice spacing assumed equal to slice thickness"),
        ({}, 1.0, "Slice spacing unknown"),
    ],
)
def test_numbers_of_slices_give_the_order_and_tags_the_step(facts, step, warning):
    headers, order = located([1, 2, 3, 4], "slice number", **facts)
    stack = only(headers)
    assert [order[number] for number in file_numbers(stack)] == [0, 1, 2, 3]
    assert stack.geometry.spacing[0] == step
    assert stack.geometry.measurable == (warning is None)
    assert "No slice positions: sorted by slice number" in stack.warnings
    assert warning is None or warning in stack.warnings


def test_a_file_without_a_location_leaves_the_order_to_instance_numbers():
    headers, _ = located([0, 2, 4])
    more = files([make_frame(None, None, number=9)], modality="CT", frames_are_slices=True)
    stack = only([*headers, *more])
    assert "No slice positions: sorted by instance number" in stack.warnings
    assert np.isfinite(stack.geometry.spacing).all()


def test_positions_without_an_orientation_order_slices_along_their_line():
    heights = (4, 0, 2, 6)
    frames = [make_frame((1, z / 2, z), None, number=n) for n, z in enumerate(heights)]
    stack = only(files(frames, modality="MR", frames_are_slices=True))
    assert file_numbers(stack) == [1, 2, 0, 3]
    assert stack.geometry.spacing[0] == pytest.approx(5**0.5)
    assert stack.geometry.orientation is None
    assert stack.geometry.affine is None
    assert any(text.startswith("No slice orientation") for text in stack.warnings)


def test_positions_without_an_orientation_off_a_line_say_nothing():
    frames = [make_frame((z * z, 0, z), None, number=9 - z) for z in range(4)]
    stack = only(files(frames, modality="MR", frames_are_slices=True))
    assert file_numbers(stack) == [3, 2, 1, 0]
    assert "No slice positions: sorted by instance number" in stack.warnings


@pytest.mark.parametrize(
    ("source", "origin"), [("Slice Location", (0, 0, 2)), ("slice number", None)]
)
def test_a_number_of_a_slice_is_no_place_in_the_patient(source, origin):
    headers, _ = located(
        [2, 3, 4], source, position=(0.0, 0.0, 3.0), orientation=AXIAL, slice_spacing=1.0
    )
    assert only(headers).geometry.origin == origin
