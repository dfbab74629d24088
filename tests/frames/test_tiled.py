"""Arrays of tiles: numpy's semantics, and no tile is read that was not asked for."""

from __future__ import annotations

import pickle
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from napari_medscan.frames import FrameCache, TiledArray, TilePlane, UnreadableFramesError, reduced

ROWS, COLUMNS, TILE = 23, 37, 8
IMAGE = np.random.default_rng(0).integers(0, 255, (2, ROWS, COLUMNS, 3), np.uint8)


class Source:
    """Cuts tiles out of an image; some fail, or wait to be let go."""

    def __init__(self, bad=(), gate=None):
        self.read_numbers, self.bad, self.gate = [], set(bad), gate

    def read(self, index, out):
        self.read_numbers.append(index)
        if self.gate is not None:
            self.gate.wait(10)
        if index in self.bad:
            raise ValueError("bad tile")
        plane, place = divmod(index, 15)
        top, left = place // 5 * TILE, place % 5 * TILE
        part = IMAGE[plane, top : top + TILE, left : left + TILE]
        out[...] = 0
        out[: part.shape[0], : part.shape[1]] = part


def plane(number=0, *, without=()):
    places = np.array([place for place in range(15) if place not in without])
    return TilePlane(places + 15 * number, places // 5 * TILE, places % 5 * TILE, is_gapless=True)


def tiled(source=None, planes=None, *, lead=(2,)):
    planes = [plane(0), plane(1)] if planes is None else planes
    shape = (*lead, ROWS, COLUMNS, 3)
    dtype = np.dtype(np.uint8)
    return TiledArray(
        source or Source(), planes, shape, (TILE, TILE, 3), dtype, (9, 9, 9), FrameCache(1 << 20)
    )


ARRAY = tiled()


@settings(max_examples=150, deadline=None)
@given(basic_indices(IMAGE.shape, allow_newaxis=True))
def test_tiled_basic_indices_give_what_numpy_gives(key):
    found, expected = ARRAY[key], IMAGE[key]
    assert np.shape(found) == np.shape(expected)
    assert np.array_equal(found, expected)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(-ROWS, ROWS - 1), min_size=1, max_size=4),
    st.lists(st.integers(-COLUMNS, COLUMNS - 1), min_size=1, max_size=4),
)
def test_tiled_index_arrays_give_what_numpy_gives(rows, columns):
    for key in ((1, rows), (..., np.array(columns)[:, None], [0]), (0, np.array(rows)[:, None], columns)):  # fmt: skip  # noqa: E501
        assert np.array_equal(ARRAY[key], IMAGE[key])


def test_tiled_mask_and_functions_of_numpy():
    assert np.array_equal(ARRAY[IMAGE[..., 0] > 200], IMAGE[IMAGE[..., 0] > 200])
    assert np.max(ARRAY) == IMAGE.max()
    assert np.array_equal(np.asarray(ARRAY), IMAGE)
    with pytest.raises(IndexError):
        ARRAY[2]
    with pytest.raises(ValueError, match="read-only"):
        ARRAY[0, 0, 0, 0] = 1


def test_tiled_region_reads_the_tiles_it_touches_once():
    source = Source()
    array = tiled(source)
    assert np.array_equal(array.display[1, 7:9, 15:17], IMAGE[1, 7:9, 15:17])
    assert sorted(source.read_numbers) == [16, 17, 21, 22]
    array.display[1, 0:16, 8:24]
    assert len(source.read_numbers) == 4
    array.close()
    array.display[1, 0, 8]
    assert len(source.read_numbers) == 5


def test_tiled_bad_tile_raises_where_it_counts_and_is_blank_where_it_is_drawn():
    problems = []
    array = tiled(Source(bad=[1]))
    array.watch(lambda number, error: problems.append((number, str(error))))
    assert np.array_equal(array[0, :8, :8], IMAGE[0, :8, :8])
    with pytest.raises(UnreadableFramesError, match="1 of the 2 tiles that were asked for is"):
        array[0, :8, :9]
    drawn = array.display[0, :8, :16]
    assert np.array_equal(drawn[:, :8], IMAGE[0, :8, :8])
    assert (drawn[:, 8:] == 9).all()
    assert problems == [(1, "bad tile")]


def test_tiled_gap_raises_in_a_full_plane_and_is_empty_in_a_sparse_one():
    full = tiled(planes=[plane(0, without=[1])], lead=())
    with pytest.raises(UnreadableFramesError):
        full[:4, 4:12]
    assert (full.display[:4, 8:12] == 9).all()
    gaps = plane(0, without=[1])
    sparse = tiled(planes=[TilePlane(gaps.numbers, gaps.tops, gaps.lefts)], lead=())
    assert (sparse[:4, 8:12] == 9).all()
    assert np.array_equal(sparse[:4, 16:20], IMAGE[0, :4, 16:20])


def test_tiled_later_tiles_cover_earlier_ones_wherever_they_lie():
    planes = [TilePlane(np.array([0, 7]), np.array([0, 3]), np.array([0, 5]))]
    array = tiled(planes=planes, lead=())
    expected = np.full((ROWS, COLUMNS, 3), 9, np.uint8)
    expected[:8, :8] = IMAGE[0, :8, :8]
    expected[3:11, 5:13] = IMAGE[0, 8:16, 16:24]
    assert np.array_equal(array[...], expected)


def test_tiled_drawing_in_the_gui_thread_waits_a_moment_only():
    gate, arrived = threading.Event(), threading.Event()
    array = tiled(Source(gate=gate))
    array.watch_arrival(arrived.set)
    assert (array.display[0, :8, :8] == 9).all()
    gate.set()
    assert arrived.wait(5)
    assert np.array_equal(array.display[0, :8, :8], IMAGE[0, :8, :8])


def test_tiled_pickle_reads_by_itself():
    copy = pickle.loads(pickle.dumps(ARRAY))  # noqa: S301
    assert np.array_equal(copy[1, 3:9], IMAGE[1, 3:9])


@pytest.mark.parametrize("factor", [2, 4])
def test_reduced_level_is_the_mean_of_squares(factor):
    level = reduced(ARRAY, factor, 4, FrameCache(1 << 20))
    assert level.shape == (2, -(-ROWS // factor), -(-COLUMNS // factor), 3)
    rows, columns = ROWS // factor, COLUMNS // factor
    whole = IMAGE[:, : rows * factor, : columns * factor].astype(float)
    means = whole.reshape(2, rows, factor, columns, factor, 3).mean((2, 4))
    assert np.abs(np.asarray(level)[:, :rows, :columns] - means).max() <= 0.5


def test_reduced_level_keeps_none_of_the_larger_tiles():
    source = Source()
    level = reduced(tiled(source, [plane(0)], lead=()), 4, 2, FrameCache(1 << 20))
    level[...]
    assert len(source.read_numbers) >= 15
    before = len(source.read_numbers)
    level[...]
    assert len(source.read_numbers) == before
