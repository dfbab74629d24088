"""ArrayFace: operators, functions and methods give what numpy gives, or raise."""

from __future__ import annotations

import copy
import operator

import numpy as np
import pytest

from napari_medscan.frames import FrameCache, LazyStack, UnreadableFramesError


class Frames:
    """Frames of an array; some cannot be read. Counts what was asked for."""

    def __init__(self, values, broken=()):
        self.values, self.broken = values, broken
        self.asked = 0

    def read(self, index, out):
        self.asked += 1
        if index in self.broken:
            raise OSError("gone")
        out[...] = self.values[index]


def build(dtype=np.int16, lead=(5,), frame=(3, 4), broken=()):
    rng = np.random.default_rng(7)
    whole = (rng.random(lead + frame) * 200 - 60).astype(dtype)
    source = Frames(whole.reshape(-1, *frame), broken)
    places = np.arange(np.prod(lead)).reshape(lead)
    return LazyStack(source, places, frame, np.dtype(dtype), 0, FrameCache(1 << 20)), source, whole


KINDS = pytest.mark.parametrize(
    ("dtype", "lead", "frame"),
    [
        (np.int16, (5,), (3, 4)),
        (np.float32, (5,), (3, 4)),
        (np.uint8, (5,), (3, 4, 3)),
        (np.int16, (2, 3), (3, 4)),
    ],
)
FACES = pytest.mark.parametrize(
    "face", [lambda stack: stack, lambda stack: stack.display], ids=["array", "display"]
)


@FACES
@KINDS
@pytest.mark.parametrize(
    "name",
    ["add", "sub", "mul", "truediv", "floordiv", "mod", "eq", "ne", "lt", "le", "gt", "ge"],
)
def test_operators_give_what_numpy_gives_on_both_sides(name, dtype, lead, frame, face):
    stack, _, whole = build(dtype, lead, frame)
    apply, array = getattr(operator, name), face(stack)
    with np.errstate(all="ignore"):
        for left, right, plain in (
            (array, 5, apply(whole, 5)),
            (5, array, apply(5, whole)),
            (array, whole, apply(whole, whole)),
            (whole, array, apply(whole, whole)),
            (array, array, apply(whole, whole)),
        ):
            found = apply(left, right)
            assert type(found) is np.ndarray
            assert found.dtype == plain.dtype
            assert np.array_equal(found, plain, equal_nan=True)


@FACES
def test_a_comparison_counts_what_numpy_counts(face):
    stack, _, whole = build()
    value = int(whole[1, 1, 1])
    assert np.sum(face(stack) == value) == np.sum(whole == value) > 0
    assert (face(stack) == value).sum() == (whole == value).sum()
    assert value in face(stack)
    assert 31000 not in face(stack)


@FACES
def test_what_would_change_the_values_raises(face):
    stack, _, whole = build(np.float32)
    array = face(stack)
    values = whole.copy()
    changes = [
        lambda: operator.setitem(array, 0, 1),
        lambda: operator.iadd(array, 1),
        lambda: np.add(whole, 1, out=array),
        lambda: np.add.at(array, 0, 1),
        lambda: np.copyto(array, 0),
        lambda: np.put(array, 0, 1),
        lambda: np.putmask(array, whole > 0, 1),
        lambda: np.fill_diagonal(array[0], 1),
        lambda: np.nan_to_num(array, copy=False),
        lambda: np.max(whole, 0, array),
        lambda: operator.setitem(array.T, 0, 1),
        lambda: operator.setitem(array.flat, 0, 1),
        lambda: operator.setitem(array.reshape(-1), 0, 1),
        lambda: operator.setitem(np.ravel(array), 0, 1),
        lambda: operator.setitem(array[0], 0, 1),
        array.sort,
        lambda: array.put(0, 1),
        lambda: array.partition(1),
        lambda: array.resize(3),
    ]
    for change in changes:
        with pytest.raises((ValueError, TypeError)):
            change()
    assert np.array_equal(np.asarray(array), values)
    assert not array.flags.writeable
    np.asarray(array)[0] = 1
    assert np.array_equal(np.asarray(array), values), "the array that numpy makes is its own"


@FACES
def test_what_shape_and_type_decide_reads_nothing(face):
    stack, source, whole = build()
    array = face(stack)
    assert len(array) == len(whole)
    for name in ("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides"):
        assert getattr(array, name) == getattr(whole, name), name
    for function in (np.shape, np.ndim, np.size, np.isrealobj, np.iscomplexobj, np.min_scalar_type):
        assert function(array) == function(whole)
    for function in (np.zeros_like, np.ones_like):
        assert np.array_equal(function(array), function(whole))
        assert function(a=array, dtype=float).dtype == float
    assert np.array_equal(np.full_like(array, 7), np.full_like(whole, 7))
    assert np.empty_like(array).shape == whole.shape
    assert np.result_type(array, np.float32) == np.result_type(whole, np.float32)
    assert not np.shares_memory(array, whole)
    assert "int16" in repr(array)
    assert copy.copy(array) is array
    assert copy.deepcopy(array) is array
    assert source.asked == 0


@FACES
def test_several_operations_read_every_frame_once(face):
    stack, source, whole = build(lead=(20,))
    array = face(stack)
    assert (array.max(), np.min(array)) == (whole.max(), whole.min())
    assert np.array_equal(array > 5, whole > 5)
    assert np.array_equal(array.T, whole.T)
    assert source.asked == 20
    assert np.asarray(array).flags.writeable


@FACES
def test_truth_and_numbers_are_those_of_numpy(face):
    stack, source, whole = build()
    for of in (bool, int, float, complex, operator.index):
        with pytest.raises((ValueError, TypeError)) as expected:
            of(whole)
        with pytest.raises(expected.type):
            of(face(stack))
    assert source.asked == 0
    one = build(lead=(1,), frame=(1, 1))
    with np.errstate(all="ignore"):
        assert bool(face(one[0])) == bool(one[2].item())
        assert face(one[0]).item() == one[2].item()


def test_arrays_are_found_by_identity_in_sets_and_dictionaries():
    one, other = build()[0], build()[0]
    assert hash(one) != hash(other)
    assert {one: 1, other: 2}[one] == 1
    assert len({one, one.display, other, other.display}) == 4


@FACES
def test_functions_over_several_arrays_read_each(face):
    stack, _, whole = build()
    array = face(stack)
    assert np.array_equal(np.concatenate([array, whole]), np.concatenate([whole, whole]))
    assert np.array_equal(np.stack((array, array)), np.stack((whole, whole)))
    assert np.array_equal(np.where(array > 0, array, 0), np.where(whole > 0, whole, 0))
    assert np.array_equal(np.clip(whole, 0, array), np.clip(whole, 0, whole))
    assert np.array_equal(np.add(1, 1, where=array > 0, out=np.zeros_like(array)) > 0, whole > 0)


READS = {
    "asarray": np.asarray,
    "max": np.max,
    "add": lambda array: array + 1,
    "equal": lambda array: array == 0,
    "mean": lambda array: array.mean(),
    "astype": lambda array: array.astype(float),
    "fancy": lambda array: array[[0, 2]],
    "mask": lambda array: array[array.shape[0] * [True]],
    "dots": lambda array: array[..., 0],
    "newaxis": lambda array: array[None],
    "list": list,
    "stack": lambda array: np.stack([array, array]),
    "in": lambda array: 5 in array,
    "T": lambda array: array.T,
    "tobytes": lambda array: array.tobytes(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@FACES
def test_what_computes_raises_for_frames_that_cannot_be_read(read, face):
    stack, _, _ = build(broken=(2,))
    with pytest.raises(UnreadableFramesError, match=r"stack\.valid.*errors=\"blank\""):
        read(face(stack))


def test_only_what_draws_gives_blanks():
    stack, _, whole = build(broken=(2,))
    whole[2] = 0
    for key in (2, np.s_[2, 1], np.s_[1:4], np.s_[:, 1], np.s_[:, :, :], np.int64(2), np.s_[-3:]):
        assert np.array_equal(stack.display[key], whole[key])
        with pytest.raises(UnreadableFramesError):
            stack[key]
