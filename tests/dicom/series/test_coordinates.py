"""Array indices and places in the patient: each is the other's inverse, at the files' positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.dicom import GeometryError, load

from ...studies import write_series

INDICES = np.array([[0, 0, 0], [1, 3, 5], [2, 0.5, 2.25], [0.4, -1, 7], [4.5, 2, 2], [-3, 0, 0]])
OBLIQUE = [0.8, 0.6, 0.0, -0.36, 0.48, 0.8]
NORMAL = np.cross(OBLIQUE[:3], OBLIQUE[3:])


def stack_at(folder, places, **changes):
    write_series(
        folder,
        len(places),
        ImageOrientationPatient=OBLIQUE,
        ImagePositionPatient=lambda i: [round(float(v), 6) for v in 10 + NORMAL * places[i]],
        **{"PixelSpacing": [0.5, 0.75]} | changes,
    )
    (stack,) = load(folder).stacks
    return stack


@pytest.fixture(scope="module")
def even(tmp_path_factory):
    return stack_at(tmp_path_factory.mktemp("even"), [0, 2, 4, 6, 8])


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    stack = stack_at(tmp_path_factory.mktemp("uneven"), [0, 2, 3, 7, 8.5])
    assert not stack.geometry.measurable
    return stack


@pytest.mark.parametrize("name", ["even", "uneven"])
def test_an_index_comes_back_from_its_place(name, request):
    stack = request.getfixturevalue(name)
    np.testing.assert_allclose(stack.to_index(stack.to_patient(INDICES)), INDICES, atol=1e-5)


@pytest.mark.parametrize("name", ["even", "uneven"])
def test_corners_of_slices_lie_at_the_positions_of_their_files(name, request):
    stack = request.getfixturevalue(name)
    for number in range(len(stack.slices)):
        position = stack.dataset(number).ImagePositionPatient
        np.testing.assert_allclose(stack.to_patient([number, 0, 0]), position, atol=1e-5)
        np.testing.assert_allclose(
            stack.to_patient([number, 2, 4]),
            position + 2 * 0.5 * np.array(OBLIQUE[3:]) + 4 * 0.75 * np.array(OBLIQUE[:3]),
            atol=1e-5,
        )


@given(st.lists(st.tuples(*[st.floats(-500, 500)] * 3), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_any_place_comes_back_from_its_index(uneven, places):
    found = uneven.to_patient(uneven.to_index(places))
    np.testing.assert_allclose(found, places, atol=1e-4)


def test_shapes_are_those_of_the_places(even):
    assert even.to_patient([0, 0, 0]).shape == (3,)
    assert even.to_index(np.zeros((4, 2, 3))).shape == (4, 2, 3)
    assert even.to_patient(np.zeros((0, 3))).shape == (0, 3)
    for wrong in (3, [1, 2], np.zeros((3, 4))):
        with pytest.raises(ValueError, match="three numbers"):
            even.to_patient(wrong)


def test_a_missing_slice_is_passed_over(tmp_path):
    stack = stack_at(tmp_path, [0, 2, 6, 8, 10])
    assert stack.geometry.missing == (2,)
    assert np.isnan(stack.positions[2]).all()
    np.testing.assert_allclose(stack.to_patient([2, 0, 0]), 10 + NORMAL * 4, atol=1e-4)


def test_without_spacing_there_is_no_place(tmp_path):
    stack = stack_at(tmp_path, [0, 2, 4], PixelSpacing=None)
    with pytest.raises(GeometryError, match="not known"):
        stack.to_index([0, 0, 0])
