"""Decoded slices on disk: off unless asked for, right, private, and gone when wiped."""

from __future__ import annotations

import os
import stat

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless

from napari_medscan.dicom import load
from napari_medscan.dicom.elements import isolation
from napari_medscan.dicom.index.recall import forget
from napari_medscan.dicom.pixels import decoded_cache
from napari_medscan.frames import FrameCache

from ...studies import write_series


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return where slices are decoded_cache."""
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(decoded_cache, "_SETTLED_SECONDS", -1.0)
    yield tmp_path / "cache" / "slices"
    decoded_cache.use(on=False, quota=10 << 30)


@pytest.fixture
def study(tmp_path):
    """Return a compressed series of three slices."""
    for path in write_series(tmp_path / "Alice", 3):
        data = dcmread(path)
        data.compress(RLELossless)
        data.save_as(path)
    return tmp_path / "Alice"


@pytest.fixture
def decoded(monkeypatch):
    """Collect the number of frames of every request to a worker."""
    asked, fill = [], isolation.workers.fill

    def counted(*arguments, lengths, **more):
        asked.append(len(lengths))
        return fill(*arguments, lengths=lengths, **more)

    monkeypatch.setattr(isolation.workers, "fill", counted)
    return asked


def volume(study):
    (stack,) = load(study, cache=FrameCache(1)).stacks
    return np.asarray(stack.array)


def test_nothing_is_kept_unless_it_is_switched_on(study, folder):
    volume(study)
    assert not decoded_cache.is_used()
    assert not folder.exists()


def test_what_was_decoded_once_is_not_decoded_again(study, folder, decoded):
    expected = volume(study)
    decoded_cache.use(on=True, quota=1 << 30)
    assert np.array_equal(volume(study), expected)
    assert len([*folder.iterdir()]) == 3
    decoded.clear()
    assert np.array_equal(volume(study), expected)
    assert decoded == []


@pytest.mark.usefixtures("folder")
def test_a_file_that_has_changed_is_decoded_anew(study, decoded):
    decoded_cache.use(on=True, quota=1 << 30)
    volume(study)
    os.utime(min(study.iterdir()), (5, 5))
    decoded.clear()
    volume(study)
    assert decoded == [1]


def test_a_file_changed_a_moment_ago_is_not_kept(study, folder, monkeypatch):
    monkeypatch.setattr(decoded_cache, "_SETTLED_SECONDS", 3600.0)
    decoded_cache.use(on=True, quota=1 << 30)
    volume(study)
    assert not folder.exists()


def test_uncompressed_slices_are_not_kept(tmp_path, folder):
    write_series(tmp_path / "plain", 3)
    decoded_cache.use(on=True, quota=1 << 30)
    volume(tmp_path / "plain")
    assert not folder.exists()


def test_a_damaged_entry_is_decoded_anew(study, folder):
    decoded_cache.use(on=True, quota=1 << 30)
    expected = volume(study)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-7] + bytes(7))
    assert np.array_equal(volume(study), expected)


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_only_the_user_can_read_them_and_no_name_is_in_them(study, folder):
    decoded_cache.use(on=True, quota=1 << 30)
    volume(study)
    for path in folder.iterdir():
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077
        assert b"Alice" not in path.read_bytes()
        assert "Alice" not in path.name


def test_wiping_takes_headers_and_slices(study, folder):
    decoded_cache.use(on=True, quota=1 << 30)
    volume(study)
    assert forget() > 3 * 4 * 6 * 2
    assert not [path for path in folder.parent.rglob("*") if path.is_file()]
