"""Indexing an array of frames: any key gives what numpy gives, and reads no frame too many."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.frames import FrameCache, LazyStack

from .array_keys import keys

EXAMPLES = 2000 if os.environ.get("MEDSCAN_TORTURE") else 60
DTYPES = (np.int16, np.float32, np.uint8)
LEADS = ((5,), (1,), (3, 4))
FRAMES = ((3, 4), (2, 4, 3))


class Numbered:
    """Frames that tell every voxel apart, and count how often they are read."""

    def __init__(self, values):
        self.values = values
        self.asked = []

    def read(self, index, out):
        self.asked.append(index)
        out[...] = self.values[index]


def build(lead, frame, dtype=np.int16):
    """An array of frames, its source, and the same as one numpy array."""
    whole = np.arange(np.prod(lead + frame)).reshape(lead + frame).astype(dtype)
    source = Numbered(whole.reshape(-1, *frame))
    places = np.arange(np.prod(lead)).reshape(lead)
    return LazyStack(source, places, frame, np.dtype(dtype), 0, FrameCache(1 << 20)), source, whole


def assert_same(found, expected):
    assert np.shape(found) == np.shape(expected)
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("lead", LEADS)
@given(data=st.data())
@settings(deadline=None, max_examples=EXAMPLES)
def test_any_key_gives_what_numpy_gives(lead, frame, data):
    stack, _, whole = build(lead, frame)
    key = data.draw(keys(whole.shape))
    try:
        expected = whole[key]
    except IndexError:
        with pytest.raises(IndexError):
            stack[key]
        return
    assert_same(stack[key], expected)
    assert_same(stack.display[key], expected)


ROWS = np.array([[0], [2]])
KEYS = [
    np.s_[[0, 1], [2, 1]],
    np.s_[[0, 4, 4, 1]],
    np.s_[[[0, 1], [2, 3]]],
    np.ix_([0, 2], [1], [3, 0]),
    np.s_[..., None],
    np.s_[None, 0],
    np.s_[0, ..., None, 1],
    np.s_[[0, 1], ..., [0, 1]],
    np.s_[[0, 1], [1, 2], ..., [0, 1]],
    np.s_[[0, 1], :, [0, 1]],
    np.s_[0, :, [0, 1]],
    np.s_[[0, 1], 2],
    np.s_[ROWS, [0, 1]],
    np.s_[:, ROWS, [0, 1]],
    np.s_[[]],
    np.s_[[], 1],
    np.s_[True],
    np.s_[False],
    np.s_[None, True, [0, 1]],
    np.s_[[True, False, True, False, True]],
    np.s_[np.array(2)],
    np.s_[np.array([], int), ..., 0],
    np.s_[-1, [-1, -2], ::-1],
    np.s_[4:0:-2, [0, 1]],
    np.s_[0, 0, 0, ...],
    np.s_[0, 0, 0, None],
    (),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_key_gives_what_numpy_gives(key, dtype):
    stack, _, whole = build((5,), (3, 4), dtype)
    assert_same(stack[key], whole[key])


def test_points_and_masks_give_what_numpy_gives():
    stack, _, whole = build((5,), (3, 4))
    points = np.argwhere(whole % 7 == 3)
    assert_same(stack[tuple(points.T)], whole[tuple(points.T)])
    for mask in (whole > 20, whole[..., 0] > 9, whole[:, 0, 0] > 9, whole > 1000):
        assert_same(stack[mask], whole[mask])
    assert_same(stack[stack > 20], whole[whole > 20])
    assert_same(stack[1, whole[1] > 15], whole[1, whole[1] > 15])


@pytest.mark.parametrize(
    "key",
    [
        np.s_[[5]],
        np.s_[[0, -6]],
        np.s_[0, [3]],
        np.s_[[0.5]],
        np.s_["a"],
        np.s_[[0, 1], [0, 1, 2]],
        np.s_[np.ones((5, 4), bool)],
        np.s_[0, 0, 0, 0],
        np.s_[..., ...],
        np.s_[1.0],
    ],
    ids=str,
)
def test_a_key_that_is_an_error_in_numpy_is_one_here_and_reads_nothing(key):
    stack, source, whole = build((5,), (3, 4))
    for array in (whole, stack, stack.display):
        with pytest.raises(IndexError):
            array[key]
    assert source.asked == []


@pytest.mark.parametrize(
    ("key", "read"),
    [
        (np.s_[[1, 3]], {1, 3}),
        (np.s_[[1, 1, 1], [0, 1, 2]], {1}),
        (np.s_[2, [0, 1]], {2}),
        (np.s_[..., None, 0, 0], set(range(5))),
        (np.s_[3:, [0, 1]], {3, 4}),
        (np.s_[np.arange(60).reshape(5, 3, 4) == 30], {2}),
        (np.s_[[]], set()),
        (np.s_[True, 3], {3}),
    ],
    ids=str,
)
def test_only_the_frames_that_a_key_names_are_read(key, read):
    stack, source, _ = build((5,), (3, 4))
    stack[key]
    assert set(source.asked) == read
    assert len(source.asked) == len(read)


def test_of_two_leading_axes_only_the_pairs_that_are_named_are_read():
    stack, source, whole = build((3, 4), (3, 4))
    assert_same(stack[[0, 2], [1, 3]], whole[[0, 2], [1, 3]])
    assert sorted(source.asked) == [1, 11]
    mask = np.zeros((3, 4), bool)
    mask[1, 2] = True
    assert_same(stack[mask, 1], whole[mask, 1])
    assert sorted(source.asked) == [1, 6, 11]
