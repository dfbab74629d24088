"""Lazy slices that can be painted on: as numpy, and the slices below stay as they are."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.frames import EditableArray, FrameCache, LazyStack, UnreadableFramesError

from .array_keys import keys

SHAPE = (5, 6, 7)


class Counting:
    """Frames whose values tell their place; notes which were read."""

    def __init__(self):
        self.volume = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
        self.read_numbers = []

    def read(self, index, out):
        self.read_numbers.append(index)
        out[...] = self.volume[index]


@pytest.fixture
def source():
    return Counting()


@pytest.fixture
def array(source):
    stack = LazyStack(source, np.arange(5), SHAPE[1:], np.dtype(np.uint16), 0, FrameCache(1 << 20))
    return EditableArray(stack)


KEYS = [
    2,
    -1,
    (1, slice(2, 4), 3),
    (slice(None), 2, slice(None)),
    (slice(1, 4), slice(None), 5),
    (Ellipsis, 3),
    (slice(None, None, 2),),
    (2, 3, 4),
    (np.array([0, 4, 4]), np.array([1, 2, 3]), np.array([0, 0, 6])),
    (3, np.array([1, 2]), np.array([4, 5])),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_editable_array_reads_and_writes_as_numpy(array, source, key):
    expected = source.volume.copy()
    for round_ in (1, 2):
        assert np.array_equal(array[key], expected[key])
        array[key] = 1000 + round_
        expected[key] = 1000 + round_
        assert np.array_equal(np.asarray(array), expected)


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_editable_array_takes_any_key_as_numpy(data):
    source = Counting()
    stack = LazyStack(source, np.arange(5), SHAPE[1:], np.dtype(np.uint16), 0, FrameCache(1 << 20))
    array, expected = EditableArray(stack.display), source.volume.copy()
    for value in (60000, 60001):
        key = data.draw(keys(SHAPE))
        try:
            found = expected[key]
        except IndexError:
            with pytest.raises(IndexError):
                array[key]
            with pytest.raises(IndexError):
                array[key] = value
            continue
        assert type(array[key]) is type(found)
        assert np.array_equal(array[key], found)
        array[key] = value
        expected[key] = value
        assert np.array_equal(np.asarray(array), expected)
    assert np.array_equal(np.asarray(stack), source.volume)
    assert np.array_equal(array == 60000, expected == 60000)
    assert array.max() == expected.max()


def test_editable_array_draws_blanks_and_raises_for_all_else():
    class Broken(Counting):
        def read(self, index, out):
            if index == 3:
                raise OSError("gone")
            super().read(index, out)

    stack = LazyStack(Broken(), np.arange(5), SHAPE[1:], np.dtype(np.uint16), 0, FrameCache())
    array = EditableArray(stack.display)
    assert not array[3].any()
    assert not array[:, 2][3].any()
    for use in (np.asarray, np.max, list, lambda array: array[[3]], lambda array: array == 1):
        with pytest.raises(UnreadableFramesError):
            use(array)
    with pytest.raises(UnreadableFramesError):
        array[3, 0, 0] = 1
    array[2, 0, 0] = 9
    assert array.edited_slices == (2,)


def test_editable_array_one_point_reads_one_slice(array, source):
    array[np.array([3]), np.array([0]), np.array([0])]
    array[np.array([3]), np.array([0]), np.array([0])] = 9
    assert set(source.read_numbers) == {3}
    assert array.edited_slices == (3,)


def test_editable_array_never_hands_out_a_slice_that_others_read(array, source):
    before = source.volume.copy()
    array[2][...] = 7
    array[0:3][...] = 7
    assert np.array_equal(np.asarray(array), before)


def test_editable_array_copy_has_edits_of_its_own(array):
    array[1, 1, 1] = 5
    copy = deepcopy(array)
    copy[1, 1, 1] = 6
    assert (array[1, 1, 1], copy[1, 1, 1]) == (5, 6)
