"""Reading ahead."""

from __future__ import annotations

import threading

from napari_medscan.frames.prefetch import Prefetcher


def test_jobs_run_in_order():
    done, last = [], threading.Event()
    Prefetcher().replace([lambda: done.append(1), lambda: done.append(2), last.set])
    assert last.wait(5)
    assert done == [1, 2]


def test_a_new_list_replaces_what_is_left_of_the_old_one():
    prefetcher = Prefetcher()
    started, go_on, last, done = threading.Event(), threading.Event(), threading.Event(), []

    def first():
        started.set()
        go_on.wait(5)

    prefetcher.replace([first, lambda: done.append("old")])
    assert started.wait(5)
    prefetcher.replace([lambda: done.append("new"), last.set])
    go_on.set()
    assert last.wait(5)
    assert done == ["new"]


def test_a_job_that_fails_does_not_stop_the_next():
    last = threading.Event()
    Prefetcher().replace([lambda: 1 / 0, last.set])
    assert last.wait(5)
