"""The record of a session."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from importlib import import_module

import pytest

from napari_medscan import reader
from napari_medscan.dicom import load
from napari_medscan.napari_ import session
from napari_medscan.napari_.session import Record

from ..dicom.objects.labeled import write_ct
from ..studies import write_series


@pytest.fixture
def record(monkeypatch):
    """Return a record of the test's own.

    Modules that hold the record by its name are imported while that is the real one: they would
    hold this one for the rest of the run.
    """
    for module in ("napari_.objects.object_view", "napari_.corner_lines", "widgets.panel.dock"):
        import_module(f"napari_medscan.{module}")
    record = Record()
    monkeypatch.setattr(session, "record", record)
    return record


@pytest.fixture
def notified(record):
    calls = []

    def on_change():
        calls.append(1)

    record.changed.connect(on_change)
    return calls


def test_every_series_found_is_known(record, notified, tmp_path):
    write_series(tmp_path, series=1)
    write_series(tmp_path, series=2)
    report = load(tmp_path)
    record.add(report)
    assert record.stacks == report.stacks
    assert record.reports == ()
    assert notified == [1]


def test_files_that_are_not_shown_are_known(record, tmp_path):
    write_series(tmp_path)
    (tmp_path / "readme.txt").write_text("hello")
    report = load(tmp_path)
    record.add(report)
    assert record.reports == (report,)
    record.forget_reports()
    assert record.reports == ()


def test_a_series_opened_again_is_known_once_by_its_newer_stack(record, tmp_path):
    write_series(tmp_path)
    record.add(load(tmp_path))
    again = load(tmp_path)
    record.add(again)
    assert record.stacks == again.stacks


def test_parts_of_one_series_are_told_apart(record, tmp_path):
    write_series(tmp_path / "a", 2)
    write_series(
        tmp_path / "b",
        2,
        SOPInstanceUID=lambda i: f"1.2.3.9.{i}",
        ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
    )
    report = load(tmp_path)
    assert len(report.stacks) > 1
    record.add(report)
    assert record.stacks == report.stacks


def test_what_is_forgotten_is_let_go(record, tmp_path):
    write_series(tmp_path)
    record.add(load(tmp_path))
    array = weakref.ref(record.stacks[0].array)
    record.forget(record.stacks)
    assert record.stacks == ()
    gc.collect()
    assert array() is None


def test_an_older_stack_does_not_take_its_successor_with_it(record, tmp_path):
    write_series(tmp_path)
    old = load(tmp_path)
    record.add(old)
    record.add(load(tmp_path))
    record.forget(old.stacks)
    assert len(record.stacks) == 1


def test_bad_frames_are_told_once_however_often_a_series_is_opened(record, told, tmp_path):
    paths = write_series(tmp_path, 3)
    (stack,) = load(tmp_path).stacks
    for path in paths:
        path.unlink()
    record.watch(stack)
    record.watch(stack)
    stack.array.frame(0)
    assert len(told) == 1


def test_the_reader_hands_over_what_it_found(record, make_napari_viewer, monkeypatch, tmp_path):
    make_napari_viewer()
    remembered = []
    monkeypatch.setattr(session.recent, "remember", remembered.extend)
    write_series(tmp_path)
    (tmp_path / "readme.txt").write_text("hello")
    (layer,) = reader.read(str(tmp_path))
    assert record.stacks == (layer.metadata["medscan"],)
    assert list(record.reports[0].skipped) == ["readme.txt"]
    assert remembered == [tmp_path]


def test_the_reader_has_told_of_the_series_that_it_opened(record, make_napari_viewer, tmp_path):
    make_napari_viewer()
    write_series(tmp_path)
    reader.read(str(tmp_path))
    (stack,) = record.stacks
    watchers = len(stack.array._frames.on_problem)
    record.watch(stack)
    assert len(stack.array._frames.on_problem) == watchers


@pytest.mark.usefixtures("no_gui")
def test_scripts_keep_no_record(record, chest):
    reader.read(str(chest))
    assert record.stacks == ()


def test_a_folder_without_images_is_not_a_recent_one(record, make_napari_viewer, monkeypatch):
    make_napari_viewer()
    monkeypatch.setattr(session.recent, "remember", lambda _: pytest.fail("remembered"))
    session.note(replace(session.LoadReport(), skipped={"a": "no image"}), [], [])
    assert len(record.reports) == 1


def test_without_opened_leaves_out_series_of_an_earlier_drop(tmp_path):
    """A segmentation brings the series that it refers to; one that is open is not opened twice."""
    write_ct(tmp_path, number=3)
    write_ct(tmp_path, number=4)
    record, first, again = Record(), load(tmp_path), load(tmp_path)
    assert record.without_opened(again).stacks == again.stacks
    record.add(first, first.stacks[:1])
    assert record.without_opened(again).stacks == again.stacks[1:]
