"""A frame that was late is read once more, when no other frame is being read."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from napari_medscan.frames import FrameCache, LazyStack
from napari_medscan.frames.late_frames import LateFrames, ReadingQueue


class TooLateError(Exception):
    """What a slow decoder raises."""


class Slow:
    """Frames of their own number, of which some fail a few times."""

    def __init__(self, failures, error=TooLateError):
        self.failures, self.error = dict(failures), error
        self.asked = []

    def read(self, index, out):
        self.asked.append(index)
        if self.failures.get(index, 0) > 0:
            self.failures[index] -= 1
            raise self.error("too late")
        out[...] = index + 1

    def is_late(self, error):
        return isinstance(error, TooLateError)


class SlowTogether(Slow):
    """The same, several frames at a time."""

    def together(self, indices):
        return len(indices)

    def read_together(self, indices, out):
        problems = []
        for index, place in zip(indices, out, strict=True):
            try:
                self.read(index, place)
                problems.append(None)
            except TooLateError as error:
                problems.append(error)
        return problems


def build(source, count=20):
    told, recovered = [], []
    stack = LazyStack(
        source,
        np.arange(count),
        (2, 3),
        np.dtype(np.int32),
        0,
        FrameCache(1 << 20),
    )
    stack.watch(lambda number, error: told.append((number, type(error))))
    stack.watch_recovery(recovered.append)
    return stack, told, recovered


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_late_frame_is_blank_first_and_there_after_the_second_attempt():
    source = Slow({3: 1})
    stack, told, recovered = build(source)
    assert not stack.display[3].any()
    assert told == [(3, TooLateError)]
    until(lambda: recovered == [3])
    assert (stack.display[3] == 4).all()
    assert source.asked.count(3) == 2


def test_a_frame_that_is_late_twice_is_given_up():
    source = Slow({3: 5})
    stack, told, recovered = build(source)
    assert not stack.display[3].any()
    until(lambda: len(told) == 2)
    for _ in range(3):
        assert not stack.display[3].any()
    assert source.asked.count(3) == 2
    assert not recovered
    assert not stack.read(errors="blank")[3].any()
    assert source.asked.count(3) == 2


def test_a_frame_that_failed_for_another_reason_is_read_whenever_it_is_looked_at():
    source = Slow({3: 2}, ValueError)
    stack, told, _ = build(source)
    assert not stack.display[3].any()
    time.sleep(0.1)
    assert source.asked.count(3) == 1
    assert not stack.display[3].any()
    assert (stack.display[3] == 4).all()
    assert told == [(3, ValueError)] * 2


@pytest.mark.parametrize("kind", [Slow, SlowTogether])
@pytest.mark.parametrize("count", [4, 20])
@pytest.mark.parametrize("part", [np.s_[:], np.s_[:, 1]])
def test_many_frames_are_read_again_after_all_others(kind, count, part):
    source = kind({1: 1, 3: 2})
    stack, told, _ = build(source, count)
    expected = np.repeat(np.arange(1, count + 1), 6).reshape(count, 2, 3)
    expected[3] = 0
    assert np.array_equal(stack.display[part], expected[part])
    assert sorted(source.asked[-2:]) == [1, 3]
    assert told == [(3, TooLateError)]
    assert source.asked.count(3) == 2


def test_the_second_attempt_waits_until_no_other_frame_is_being_read():
    queue, order, ran = ReadingQueue(), [], threading.Event()
    with queue.reading():
        queue.when_idle(lambda: (order.append("again"), ran.set()))
        with queue.reading():
            pass
        assert not ran.wait(0.1)
        order.append("read")
    assert ran.wait(10)
    assert order == ["read", "again"]


def test_a_job_that_fails_does_not_stop_the_next():
    queue, ran = ReadingQueue(), threading.Event()
    queue.when_idle(lambda: 1 / 0)
    queue.when_idle(ran.set)
    assert ran.wait(10)


def test_after_a_pause_the_queue_starts_again(monkeypatch):
    monkeypatch.setattr("napari_medscan.frames.late_frames.IDLE_SECONDS", 0.01)
    queue = ReadingQueue()
    for _ in range(3):
        ran = threading.Event()
        queue.when_idle(ran.set)
        assert ran.wait(10)
        until(lambda: not queue._running)


def test_only_late_frames_are_counted():
    late = LateFrames(lambda error: isinstance(error, TooLateError))
    assert not late.is_to_be_tried_again(1, ValueError())
    assert late.is_to_be_tried_again(1, TooLateError())
    assert late.given_up(1) is None
    assert not late.is_to_be_tried_again(1, TooLateError())
    assert isinstance(late.given_up(1), TooLateError)
