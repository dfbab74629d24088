"""LazyStack: what numpy would give, read when it is looked at."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from copy import copy, deepcopy

import numpy as np
import pytest

from napari_medscan.frames import (
    FrameCache,
    LazyStack,
    ReadCanceledError,
    UnreadableFramesError,
)
from napari_medscan.frames.batch import THREADS, THREADS_WAITING

SHAPES = [(5,), (1,), (3, 4)]
FRAMES = [(3, 4), (2, 5, 3)]


class Numbered:
    """Frames that tell every voxel apart, and count how often they are read."""

    def __init__(self, count, shape, dtype=np.int32):
        self.frames = np.arange(count * np.prod(shape), dtype=dtype).reshape(count, *shape)
        self.read_numbers = []

    def read(self, index, out):
        self.read_numbers.append(index)
        out[...] = self.frames[index]


def build(places=(5,), shape=(3, 4), *, holes=(), fill=-1, **changes):
    """A stack, its source, and the same as one numpy array."""
    count = int(np.prod(places))
    numbers = np.arange(count).reshape(places)
    for hole in holes:
        numbers.flat[hole] = -1
    source = changes.pop("source", None) or Numbered(count, shape)
    stack = LazyStack(
        source,
        numbers,
        shape,
        np.dtype(np.int32),
        fill,
        changes.get("cache") or FrameCache(),
    )
    if "on_problem" in changes:
        stack.watch(changes["on_problem"])
    whole = Numbered(count, shape).frames.copy()
    whole[list(holes)] = fill
    return stack, source, whole.reshape(*places, *shape)


# --- an array like any other


@pytest.mark.parametrize("places", SHAPES)
@pytest.mark.parametrize("shape", FRAMES)
def test_shape_type_and_size_are_those_of_the_array(places, shape):
    stack, source, whole = build(places, shape)
    for name in ("shape", "dtype", "ndim", "size", "nbytes"):
        assert getattr(stack, name) == getattr(whole, name), name
    assert len(stack) == len(whole)
    assert isinstance(stack.size, int)
    assert repr(stack) == f"LazyStack(shape={whole.shape}, dtype=int32)"
    assert source.read_numbers == []


@pytest.mark.parametrize("places", SHAPES)
@pytest.mark.parametrize("shape", FRAMES)
def test_numpy_makes_an_array_of_it(places, shape):
    stack, _, whole = build(places, shape)
    found = np.asarray(stack)
    assert found.dtype == whole.dtype
    assert np.array_equal(found, whole)
    assert np.asarray(stack, dtype=np.float32).dtype == np.float32
    assert np.array_equal(np.array(stack, copy=True), whole)
    assert found.flags.writeable


def test_there_is_no_array_to_share():
    with pytest.raises(ValueError, match="share"):
        np.asarray(build()[0], copy=False)


def test_a_copy_is_the_stack_itself():
    stack = build()[0]
    assert deepcopy(stack) is stack
    assert deepcopy([stack])[0] is stack
    assert copy(stack).shape == stack.shape


# --- indexing


@pytest.mark.parametrize(
    "index",
    [
        *(5, -6, (0, 3), (0, 0, 4), (0, 0, -5), (slice(None), 9), (slice(0, 0), 9), np.int64(5)),
        *((0, 0, 0, 0), (..., ...), (0, ..., 0, ..., 0)),
    ],
)
def test_index_out_of_range_or_of_too_many_axes_is_an_index_error_as_in_numpy(index):
    stack, _, whole = build()
    for array in (whole, stack):
        with pytest.raises(IndexError):
            array[index]


def test_iteration_ends():
    stack, _, whole = build()
    assert np.array_equal(list(stack), whole)


def test_only_what_is_looked_at_is_read_and_only_once():
    stack, source, _ = build((3, 4))
    stack[1, 2]
    stack[1, 2, 0, 0]
    stack[1, 1:3]
    assert source.read_numbers == [6, 5]


def test_stacks_that_share_a_cache_do_not_share_frames():
    cache = FrameCache()
    numbers = np.arange(2)
    one, two = (
        LazyStack(Numbered(2, (2, 2)), numbers, (2, 2), np.dtype(dtype), 0, cache)
        for dtype in (np.int32, np.float32)
    )
    assert one[0].dtype == np.int32
    assert two[0].dtype == np.float32
    one.close()
    assert cache.bytes_held == two[0].nbytes


def test_frames_come_in_the_dtype_of_the_stack():
    source = Numbered(2, (2, 2), np.int64)
    stack = LazyStack(source, np.arange(2), (2, 2), np.dtype(np.float32), 0, FrameCache())
    assert stack[1].dtype == np.float32


def test_the_middle_frame_is_what_is_shown_first():
    assert build((5,))[0].middle == 2
    assert build((3, 4))[0].middle == 5
    assert build((5,), holes=(2,))[0].middle == -1


# --- frames that cannot be read


class Broken(Numbered):
    def read(self, index, out):
        if index % 2:
            raise OSError("gone")
        super().read(index, out)


def test_a_frame_that_cannot_be_read_raises_and_is_reported():
    problems = []
    stack, _, whole = build(
        source=Broken(5, (3, 4)), on_problem=lambda *found: problems.append(found), fill=7
    )
    with pytest.raises(UnreadableFramesError, match=r"2 of the 5 slices .* are missing or cannot"):
        np.asarray(stack)
    assert [(index, str(error)) for index, error in problems] == [(1, "gone"), (3, "gone")]
    assert stack.valid.tolist() == [True, False, True, False, True]
    assert np.array_equal(stack[::2], whole[::2]), "what was asked for can be read"
    with pytest.raises(UnreadableFramesError, match="The slice that was asked for is missing"):
        stack[1]


def test_a_frame_that_cannot_be_read_is_blank_on_request():
    stack, _, whole = build(source=Broken(5, (3, 4)), fill=7)
    whole[1::2] = 7
    found = stack.read(errors="blank")
    assert np.array_equal(found, whole)
    assert found.flags.writeable
    assert (stack.display[1] == 7).all()
    assert stack.display[1].dtype == np.int32


def test_a_frame_of_another_shape_is_unreadable_and_reported():
    problems = []
    stack, _, _ = build(source=Numbered(5, (9, 9)), on_problem=lambda *p: problems.append(p))
    assert (stack.display[0] == -1).all()
    assert problems[0][0] == 0


def test_a_frame_is_valid_again_as_soon_as_it_can_be_read():
    source = Broken(5, (3, 4))
    stack, _, whole = build(source=source)
    assert stack.valid.all(), "nothing was read yet"
    assert (stack.display[1] == -1).all()
    assert not stack.valid[1]
    source.read = lambda index, out: np.copyto(out, source.frames[index])
    assert np.array_equal(stack[1], whole[1])
    assert stack.valid.all()


def test_a_missing_frame_is_no_problem_and_raises_before_anything_is_read():
    problems = []
    stack, source, whole = build(holes=(2,), on_problem=lambda *found: problems.append(found))
    for read in (np.asarray, np.max, lambda stack: stack[2], lambda stack: stack[1:4]):
        with pytest.raises(UnreadableFramesError, match=r"stack\.valid.*errors=\"blank\""):
            read(stack)
    assert source.read_numbers == []
    assert problems == []
    assert stack.valid.tolist() == [True, True, False, True, True]
    assert stack.fill == -1
    assert (stack.display[2] == -1).all()
    assert np.array_equal(stack.read(errors="blank"), whole)


def test_a_gap_that_is_known_to_be_empty_is_a_value():
    source = Numbered(3, (3, 4))
    places = np.array([0, -1, 1, 2])
    stack = LazyStack(
        source, places, (3, 4), np.dtype(np.int32), 7, FrameCache(), gaps_are_empty=True
    )
    whole = source.frames[[0, 0, 1, 2]].copy()
    whole[1] = 7
    assert stack.valid.all()
    for key in (np.s_[:], 1, np.s_[:, 1], np.s_[[1, 2]], np.s_[[1]], np.s_[..., None]):
        assert np.array_equal(stack[key], whole[key])
    assert np.array_equal(stack.read(), whole)


def test_an_unknown_way_with_errors_is_refused():
    with pytest.raises(ValueError, match="errors"):
        build()[0].read(errors="ignore")


def test_an_error_that_is_not_about_the_file_is_raised():
    class Stopped(Numbered):
        def read(self, *_):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(source=Stopped(5, (3, 4)))[0][0]


def test_the_array_of_the_source_stays_writeable():
    """A source may hand out its own buffer: the cache takes a copy of a view."""
    stack, source, whole = build()
    stack[0]
    source.frames[0] = 99
    assert np.array_equal(stack[0], whole[0])


# --- whole volumes and scrolling


def test_a_plane_across_all_frames_reads_each_once_and_keeps_the_volume():
    stack, source, whole = build((20,))
    assert np.array_equal(stack[:, 1, :], whole[:, 1, :])
    assert np.array_equal(stack[:, :, 2], whole[:, :, 2])
    assert np.array_equal(stack[7], whole[7])
    assert sorted(source.read_numbers) == list(range(20))


def test_a_volume_larger_than_the_cache_is_read_without_being_kept():
    source = Numbered(20, (3, 4))
    cache = FrameCache(max_bytes=source.frames[0].nbytes)
    stack = LazyStack(source, np.arange(20), (3, 4), np.dtype(np.int32), 0, cache)
    assert np.array_equal(stack[:, 1, :], source.frames[:, 1, :])
    assert np.array_equal(np.asarray(stack), source.frames)
    assert cache.bytes_held <= cache.max_bytes


def test_an_array_of_its_own_does_not_fill_the_cache():
    stack, source, _ = build((20,))
    np.asarray(stack)
    assert len(source.read_numbers) == 20
    assert stack._cache.bytes_held == 0


def test_bad_frames_of_a_volume_are_blank_and_told():
    class Broken(Numbered):
        def read(self, index, out):
            if index == 4:
                raise ValueError("bad")
            super().read(index, out)

    told = []
    stack, _, whole = build(
        (20,), source=Broken(20, (3, 4)), on_problem=lambda i, _: told.append(i)
    )
    whole[4] = -1
    assert np.array_equal(stack.display[:, :, :], whole)
    assert told == [4]


def test_a_volume_with_blanks_does_not_answer_a_strict_read():
    source = Broken(20, (3, 4))
    stack, _, whole = build((20,), source=source, fill=7)
    stack.display[:, 1]
    assert stack.is_at_hand()
    read = len(source.read_numbers)
    for key in (np.s_[:], np.s_[:, 1], np.s_[5], np.s_[4:7], np.s_[[4, 5]], np.s_[..., None]):
        with pytest.raises(UnreadableFramesError):
            stack[key]
    assert np.array_equal(stack[::2], whole[::2])
    assert len(source.read_numbers) == read, "what is in the volume is not read again"
    source.read = lambda index, out: np.copyto(out, source.frames[index])
    assert np.array_equal(np.asarray(stack), whole)
    assert np.array_equal(stack.display[:, 1], whole[:, 1])


class Fours(Numbered):
    """Reads four frames at a time; number 2 is damaged, number 7 fails the others too."""

    def __init__(self):
        super().__init__(12, (3, 4))
        self.runs = []

    def together(self, indices):
        return min(4, len(indices))

    def read_together(self, indices, out):
        self.runs.append(list(indices))
        if 7 in indices:
            raise ValueError("unforeseen")
        out[...] = self.frames[indices]
        return [OSError("damaged") if index == 2 else None for index in indices]


def test_frames_that_are_best_read_together_are():
    told = []
    stack, source, whole = build(
        (12,), source=Fours(), on_problem=lambda i, error: told.append((i, type(error)))
    )
    whole[2] = -1
    assert np.array_equal(stack.read(errors="blank"), whole)
    assert sorted(source.runs) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert told == [(2, OSError)]
    assert sorted(source.read_numbers) == [4, 5, 6, 7], "what fails as a whole is read one by one"


def test_what_is_cached_or_missing_is_not_read_together_with_the_rest():
    stack, source, whole = build((12,), source=Fours(), holes=(2, 4, 7))
    stack[5]
    assert np.array_equal(stack.read(errors="blank"), whole)
    assert sorted(source.runs) == [[0, 1], [8, 9, 10, 11]]
    assert sorted(source.read_numbers) == [3, 5, 6]


class SlowFrames(Numbered):
    """Waits for each frame, as for a network share."""

    def __init__(self):
        super().__init__(400, (3, 4))
        self.waiting, self.most = set(), 0

    def wait(self):
        me = threading.get_ident()
        self.waiting.add(me)
        self.most = max(self.most, len(self.waiting))
        time.sleep(0.005)
        self.waiting.discard(me)

    def read(self, index, out):
        self.wait()
        super().read(index, out)


class SlowHeaders(SlowFrames):
    """Waits for the headers that tell which frames to read together, and not for frames."""

    def together(self, indices):
        self.wait()
        return min(2, len(indices))

    def read_together(self, indices, out):
        out[...] = self.frames[indices]
        return [None] * len(indices)


@pytest.mark.parametrize("kind", [SlowFrames, SlowHeaders])
def test_many_threads_wait_for_a_slow_share_at_the_same_time(kind):
    stack, source, whole = build((400,), source=kind())
    assert np.array_equal(np.asarray(stack), whole)
    assert source.most > THREADS_WAITING // 2


def test_no_more_threads_than_cores_and_one_read_what_is_at_hand():
    threads = set()

    class Near(Numbered):
        def read(self, index, out):
            threads.add(threading.get_ident())
            super().read(index, out)

    build((400,), source=Near(400, (3, 4)))[0].read()
    assert len(threads) <= THREADS


def test_a_change_to_a_stack_s_volume_is_impossible():
    stack, _, _ = build((20,))
    with pytest.raises(ValueError, match="read-only"):
        stack[:, :, :][0, 0, 0] = 5


def read_ahead(source, count):
    """What was read, once nothing more is coming."""
    deadline = time.monotonic() + 5
    while len(source.read_numbers) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    return source.read_numbers


def test_scrolling_reads_the_next_frames_ahead():
    stack, source, _ = build((20,))
    stack[4], stack[5], stack[6]
    assert sorted(read_ahead(source, 7)) == [4, 5, 6, 7, 8, 9, 10]


def test_a_single_step_reads_nothing_ahead():
    """napari takes one when it opens a stack, from where it stands to the middle."""
    stack, source, _ = build((20,))
    stack[8], stack[9], stack[9], stack[8]
    assert read_ahead(source, 2) == [8, 9]


def test_scrolling_back_reads_ahead_backwards_and_stops_at_the_end():
    stack, source, _ = build((20,))
    stack[4], stack[3], stack[2]
    assert sorted(read_ahead(source, 5)) == [0, 1, 2, 3, 4]


def test_time_is_read_ahead_along_time():
    stack, source, _ = build((6, 4))
    stack[0, 2], stack[1, 2], stack[2, 2]
    assert sorted(read_ahead(source, 6)) == [2, 6, 10, 14, 18, 22]


def test_jumping_reads_nothing_ahead():
    stack, source, _ = build((20,))
    stack[0], stack[10], stack[3]
    assert read_ahead(source, 3) == [0, 10, 3]


# --- stopping


class Slow(Numbered):
    def read(self, index, out):
        time.sleep(0.01)
        super().read(index, out)


def test_a_volume_that_takes_long_tells_how_far_it_is():
    stack, _, whole = build((40,), source=Slow(40, (3, 4)))
    told = []

    @contextmanager
    def reading():
        yield lambda done, total: told.append((done, total)) or True

    stack.reading = reading
    assert np.array_equal(stack[:], whole)
    assert told
    assert told == sorted(told)
    assert {total for _, total in told} == {40}


def test_a_volume_that_is_canceled_raises_is_drawn_blank_and_not_kept():
    stack, source, whole = build((400,), source=Slow(400, (3, 4)), fill=7)

    @contextmanager
    def reading():
        yield lambda *_: False

    stack.reading = reading
    for key in (np.s_[:], np.s_[:, 1], np.s_[3:90]):
        assert np.array_equal(stack.display[key], np.full_like(whole[key], 7))
        with pytest.raises(ReadCanceledError):
            stack[key]
    for read in (np.asarray, np.max, lambda stack: stack.read(errors="blank")):
        with pytest.raises(ReadCanceledError):
            read(stack)
    assert len(source.read_numbers) < 400
    assert stack._cache.bytes_held == 0
    assert stack.valid.all()
    stack.reading = nullcontext
    assert np.array_equal(stack[:20], whole[:20])


def test_a_read_has_progress_of_its_own():
    stack, _, _ = build((400,), source=Slow(400, (3, 4)))
    with pytest.raises(ReadCanceledError):
        stack.read(progress=lambda *_: False)


def test_who_waits_for_a_volume_that_another_thread_cancels_reads_it_himself():
    source = Slow(60, (3, 4))
    stack, _, whole = build((60,), source=source)
    begun, asked = threading.Event(), threading.Event()

    def progress(*_):
        begun.set()
        asked.wait(10)
        return False

    def ask():
        begun.wait(10)
        threading.Timer(0.05, asked.set).start()
        return stack[:, 1]

    with ThreadPoolExecutor(2) as pool:
        loading, asking = pool.submit(stack.load, (), progress), pool.submit(ask)
        assert not loading.result()
        assert np.array_equal(asking.result(), whole[:, 1])


def test_only_the_window_thread_shows_progress():
    stack, _, whole = build((40,))
    stack.reading = lambda: pytest.fail("called from a thread")
    with ThreadPoolExecutor(1) as pool:
        assert np.array_equal(pool.submit(lambda: stack[:]).result(), whole)


def test_nested_in_a_read_of_the_window_drawing_is_blank_and_reading_reads():
    """Events are handled meanwhile, a cine's too: it would wait for itself for ever."""
    stack, _, whole = build((40,), source=Slow(40, (3, 4)), fill=7)
    seen = []

    @contextmanager
    def reading():
        yield (
            lambda *_: (
                seen
                or seen.append(
                    (stack.display[:, 1].copy(), stack[0], stack[:, 1], np.asarray(stack))
                )
                or True
            )
        )

    stack.reading = reading
    assert not stack.turned_away
    assert np.array_equal(stack[:], whole)
    assert stack.turned_away
    assert seen
    for drawn, frame, plane, volume in seen:
        assert (drawn == 7).all()
        assert np.array_equal(frame, whole[0])
        assert np.array_equal(plane, whole[:, 1])
        assert np.array_equal(volume, whole)


# --- loading before it is shown


def test_a_loaded_volume_is_at_hand_and_read_once():
    stack, source, whole = build((40,))
    assert not stack.is_at_hand()
    told = []
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(stack.load, (), lambda *now: told.append(now) or True).result()
    assert stack.is_at_hand()
    assert np.array_equal(stack[:, 1], whole[:, 1])
    assert np.array_equal(stack[3], whole[3])
    assert len(source.read_numbers) == 40


def test_loading_can_be_stopped():
    stack, _, _ = build((400,), source=Slow(400, (3, 4)))
    assert not stack.load((), lambda *_: False)
    assert not stack.is_at_hand()


def test_what_does_not_fit_is_not_worth_loading():
    stack, _, _ = build((40,), cache=FrameCache(max_bytes=100))
    assert stack.is_at_hand()


@pytest.mark.parametrize("time", [2, -1])
def test_a_plane_at_one_time_reads_that_time_once_and_keeps_it(time):
    stack, source, whole = build((3, 20))
    assert not stack.is_at_hand((2,))
    for row in range(3):
        assert np.array_equal(stack[time, :, row], whole[time, :, row])
    assert stack.is_at_hand((2,))
    assert not stack.is_at_hand((1,))
    assert np.array_equal(stack[2, 5], whole[2, 5])
    assert len(source.read_numbers) == 20


@pytest.mark.parametrize("room", [0, 5, 1000])
def test_threads_that_read_at_once_all_get_the_values(room):
    """Also while the cache drops what others have just read."""
    values = np.random.default_rng(0).integers(-1000, 3000, (12, 6, 7)).astype(np.int16)

    class Values:
        def read(self, index, out):
            out[...] = values[index]

    cache = FrameCache(room * values[0].nbytes)
    stack = LazyStack(Values(), np.arange(12), (6, 7), np.dtype(np.int16), 0, cache)
    asked = [
        lambda x: x[3],
        lambda x: x[2:9],
        lambda x: x[:, 4],
        lambda x: x[[11, 0, 11]],
        lambda x: x.max(axis=0),
        lambda x: np.percentile(x, 5),
        lambda x: x[x > 2000],
        np.asarray,
    ]

    def wrong(seed):
        order = np.random.default_rng(seed).permutation(len(asked))
        return [i for i in order if not np.array_equal(asked[i](stack), asked[i](values))]

    with ThreadPoolExecutor(8) as pool:
        assert [found for found in pool.map(wrong, range(24)) if found] == []
    assert cache.bytes_held <= cache.max_bytes
