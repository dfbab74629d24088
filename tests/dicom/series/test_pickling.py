"""A stack goes to other processes as the places of its slices, and is read there."""

from __future__ import annotations

import multiprocessing
import pickle
import sys

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from napari_medscan.dicom import UnreadableFramesError, load
from napari_medscan.dicom.series.shear import unsheared
from napari_medscan.dicom.series.slice_headers import RecalledHeaders
from napari_medscan.phantoms import write_ct_chest

from ...studies import damage, write_series
from ..files.packing import pack


def total_of(stack):
    """Run in another process: read all of a stack by its array, its layer's data and itself."""
    values = np.asarray(stack.array)
    assert np.array_equal(values, np.asarray(stack.array.display))
    return int(stack.read().sum(dtype=np.int64)), stack.valid.all(), stack.read_header(0).modality


def compress(paths):
    for path in paths:
        data = pydicom.dcmread(path)
        data.compress(RLELossless)
        data.save_as(path)


def again(stack):
    return pickle.loads(pickle.dumps(stack))  # noqa: S301 - our own


def test_pickle_of_a_stack_holds_where_its_slices_are_and_no_pixels(tmp_path):
    write_ct_chest(tmp_path, size=128, slices=12)
    (stack,) = load(tmp_path).stacks
    stack.read()
    written = pickle.dumps(stack)
    assert len(written) < stack.array.nbytes / 10
    other = pickle.loads(written)  # noqa: S301 - our own
    assert other.array is not stack.array
    assert other.array.display is not stack.array.display
    assert np.array_equal(other.array, stack.array)
    for name in ("name", "axes", "unit", "files", "geometry", "windows"):
        assert getattr(other, name) == getattr(stack, name), name


def test_pickle_keeps_what_belongs_together(tmp_path):
    write_series(tmp_path, 4)
    (stack,) = load(tmp_path).stacks
    array, display, whole = again((stack.array, stack.array.display, stack))
    assert array.display is display
    assert whole.array is array


def test_pickled_stack_notes_its_own_problems(tmp_path):
    paths = write_series(tmp_path, 4)
    (stack,) = load(tmp_path).stacks
    other = again(stack)
    damage(paths[2])
    with pytest.raises(UnreadableFramesError):
        other.read()
    assert list(other.problems) == [2]
    assert other.valid.tolist() == [True, True, False, True]
    assert not stack.problems


@pytest.mark.parametrize("kind", ["zip deflated", "tgz", "zip in zip"])
def test_pickled_stack_of_an_archive_reads_it(tmp_path, kind):
    write_series(tmp_path / "study", 3)
    archive = pack(tmp_path / "study", kind, tmp_path / "packed")
    (stack,) = load(archive).stacks
    assert np.array_equal(again(stack).array, stack.array)


@pytest.mark.usefixtures("index_folder")
def test_pickled_stack_from_the_index_reads_its_files(tmp_path):
    write_series(tmp_path / "study", 9)
    load(tmp_path / "study")
    (stack,) = load(tmp_path / "study").stacks
    assert isinstance(stack.headers, RecalledHeaders)
    assert np.array_equal(again(stack).array, stack.array)


def test_pickled_upright_stack_reads_the_tilted_one(tmp_path):
    write_series(tmp_path, 4, ImagePositionPatient=lambda i: [0, i, 2 * i])
    (stack,) = load(tmp_path).stacks
    upright = unsheared(stack)
    assert np.array_equal(again(upright).array, upright.array)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_read_a_stack_that_this_one_has_read(tmp_path, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on {sys.platform}")
    compress(write_series(tmp_path / "rle", 9))
    write_series(tmp_path / "native", 9, series=4)
    stacks = load(tmp_path).stacks
    expected = [total_of(stack) for stack in stacks]
    # Two processes, while the workers of this one are idle: neither may ask those.
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(total_of, stacks * 2, 1).get(120) == expected * 2
    assert [total_of(stack) for stack in stacks] == expected
