"""The cache: bounded, least recently used first out, one read for all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.frames import FrameCache, shared_cache


def frame(size=10):
    return np.zeros(size, dtype=np.uint8)


def never():
    raise AssertionError("read although it is in the cache")


def test_a_frame_is_read_once():
    cache = FrameCache()
    first = cache.get("a", frame)
    assert cache.get("a", never) is first
    assert cache.bytes_held == 10


def test_frames_are_read_only():
    found = FrameCache().get("a", frame)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_the_least_recently_used_frame_goes_first():
    cache = FrameCache(30)
    for key in "abc":
        cache.get(key, frame)
    cache.get("a", never)
    cache.get("d", frame)
    for key in "acd":
        cache.get(key, never)
    with pytest.raises(AssertionError):
        cache.get("b", never)


def test_as_many_frames_go_as_a_large_one_needs():
    cache = FrameCache(30)
    for key in "abc":
        cache.get(key, frame)
    cache.get("large", lambda: frame(25))
    assert cache.bytes_held == 25


def test_a_frame_larger_than_the_cache_is_handed_out_and_drives_nothing_out():
    cache = FrameCache(30)
    cache.get("a", frame)
    assert cache.get("huge", lambda: frame(31)).size == 31
    cache.get("a", never)
    assert cache.bytes_held == 10


@given(
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40)), max_size=60),
)
@settings(deadline=None)
def test_the_cache_is_least_recently_used_first_out_within_its_bytes(bound, requests):
    cache = FrameCache(bound)
    model: OrderedDict[int, int] = OrderedDict()
    for key, size in requests:
        read = []
        found = cache.get(key, lambda size=size, read=read: read.append(1) or frame(size))
        assert bool(read) == (key not in model)
        assert found.size == model.get(key, size)
        if key in model:
            model.move_to_end(key)
        elif size <= bound:
            model[key] = size
            while sum(model.values()) > bound:
                model.popitem(last=False)
        assert cache.bytes_held == sum(model.values()) <= bound


def test_an_error_reaches_the_caller_and_is_not_kept():
    cache = FrameCache()

    def broken():
        raise OSError("gone")

    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            cache.get("a", broken)
    assert cache.get("a", frame).size == 10


def test_dropping_frees_only_what_belongs():
    cache = FrameCache()
    for key in ((1, 0), (1, 1), (2, 0)):
        cache.get(key, frame)
    cache.drop(lambda key: key[0] == 1)
    assert cache.bytes_held == 10
    cache.get((2, 0), never)
    assert cache.get((1, 0), lambda: frame(3)).size == 3


# --- threads


def together(cache, count, read):
    """`count` callers ask while the first one is still reading."""
    started, release = threading.Event(), threading.Event()
    calls = []

    def slow():
        calls.append(1)
        started.set()
        assert release.wait(10)
        return read()

    with ThreadPoolExecutor(count) as pool:
        first = pool.submit(cache.get, "a", slow)
        assert started.wait(10)
        others = [pool.submit(cache.get, "a", slow) for _ in range(count - 1)]
        # Other keys do not wait for the slow one.
        assert cache.get("b", frame).size == 10
        release.set()
        return [first, *others], calls


def test_one_reads_and_all_others_wait_for_it():
    futures, calls = together(FrameCache(), 8, frame)
    found = {id(future.result(10)) for future in futures}
    assert len(found) == 1
    assert len(calls) == 1


def test_an_error_reaches_everyone_who_waits():
    def broken():
        raise OSError("gone")

    cache = FrameCache()
    futures, _ = together(cache, 8, broken)
    assert all(isinstance(future.exception(10), OSError) for future in futures)
    assert cache.get("a", frame).size == 10


def test_waiters_get_a_frame_that_is_too_large_to_keep():
    futures, _ = together(FrameCache(10), 4, lambda: frame(100))
    assert [future.result(10).size for future in futures] == [100] * 4


def test_many_threads_and_keys_keep_the_books_right():
    cache = FrameCache(100)

    def work(seed):
        rng = np.random.default_rng(seed)
        for key in rng.integers(0, 40, 500).tolist():
            found = cache.get(key, lambda key=key: np.full(1 + key % 7, key, dtype=np.uint8))
            assert (found == key).all()
            if key == 0:
                cache.drop(lambda other: other % 2 == 0)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work, seed) for seed in range(8)]:
            future.result(60)
    assert 0 <= cache.bytes_held <= 100
    cache.drop(lambda _: True)
    assert cache.bytes_held == 0


def test_all_studies_share_one_cache_of_a_quarter_of_memory():
    shared = shared_cache()
    assert shared is shared_cache()
    assert shared.max_bytes == psutil.virtual_memory().total // 4
