"""A folder opened again is what it was, without reading it again."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest

from napari_medscan.cli import describe
from napari_medscan.dicom import index, load, remembering
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.header_reader import HeaderReader
from napari_medscan.frames import FrameCache
from napari_medscan.phantoms import write_pet_ct

from ..corpus.oracle import case_names, case_path
from ..studies import damage, write_series


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(index, "is_settled", lambda *_: True)
    return tmp_path / "cache"


@pytest.fixture
def headers_read(monkeypatch):
    """Collect the names of files whose header is read."""
    names = []
    start_of = HeaderReader.start_of

    def counted(self, path):
        names.append(path)
        return start_of(self, path)

    monkeypatch.setattr(HeaderReader, "start_of", counted)
    return names


def assert_same(again, first):
    assert describe(again) == describe(first)
    assert again.duplicates == first.duplicates
    assert again.warnings == first.warnings
    for found, expected in zip(again.stacks, first.stacks, strict=True):
        assert found.name == expected.name
        assert found.windows == expected.windows
        assert found.suv == expected.suv
        assert found.array.fill == expected.array.fill
        assert np.array_equal(found.array.places, expected.array.places)
        assert len(found.slices) == len(expected.slices)
        for field in fields(expected.geometry):
            value = getattr(found.geometry, field.name)
            assert value == getattr(expected.geometry, field.name), field.name


@pytest.mark.parametrize("case", case_names() or ["none"])
def test_real_folders_are_the_same_when_opened_again(case, monkeypatch):
    if case == "none":
        pytest.skip("NOT TESTED: no corpus of real DICOM; set MEDSCAN_CORPUS")
    first = load(case_path(case))
    recalled = []
    recall = remembering.recall
    monkeypatch.setattr(
        "napari_medscan.dicom.loading.recall",
        lambda *arguments: recalled.append(recall(*arguments)) or recalled[0],
    )
    again = load(case_path(case))
    assert_same(again, first)
    assert (recalled == [None]) == bool(first.unreadable)
    for found, expected in zip(again.stacks, first.stacks, strict=True):
        for ref, other in zip(found.slices, expected.slices, strict=True):
            assert (ref.header.name, ref.index) == (other.header.name, other.index)
            assert ref.frame == other.frame
            assert ref.header.pixels == other.header.pixels


def test_pixels_are_the_same_too(tmp_path):
    write_pet_ct(tmp_path / "drop", size=16, slices=6)
    first, again = load(tmp_path / "drop"), load(tmp_path / "drop")
    assert_same(again, first)
    for found, expected in zip(again.stacks, first.stacks, strict=True):
        assert np.array_equal(found.array, expected.array)


def test_opening_again_reads_two_headers_a_stack(tmp_path, headers_read):
    write_series(tmp_path / "drop", 40)
    load(tmp_path / "drop")
    assert len(headers_read) == 40
    headers_read.clear()
    (stack,) = load(tmp_path / "drop").stacks
    assert len(headers_read) == 2
    assert len(stack.files) == 40
    assert stack.array[7, 0, 0] == 70 - 1024
    assert len(headers_read) == 3


def test_a_new_file_is_seen(tmp_path):
    write_series(tmp_path / "drop", 3)
    load(tmp_path / "drop")
    write_series(tmp_path / "drop", 4)
    (stack,) = load(tmp_path / "drop").stacks
    assert len(stack.slices) == 4


def test_a_drop_with_an_unreadable_file_is_tried_again(tmp_path, cache_folder):
    paths = write_series(tmp_path / "drop", 3)
    damage(paths[1])
    assert load(tmp_path / "drop").unreadable
    assert not [*cache_folder.rglob("*.index")]


def test_nothing_of_the_patient_is_kept(tmp_path, cache_folder):
    words = {"PatientName": "Canary^Alice", "PatientID": "MRN77X", "StudyDescription": "Knee"}
    write_series(tmp_path / "Canary drop", 3, SeriesDescription="Canary text", **words)
    (tmp_path / "Canary drop" / "Canary.txt").write_text("Canary")
    load(tmp_path / "Canary drop")
    (path,) = cache_folder.rglob("*.index")
    data = path.read_bytes().lower()
    for secret in (b"canary", b"mrn77x", b"knee", b"1.2.3", b"drop", b"s3_1", b"dcm"):
        assert secret not in data
        assert secret not in path.name.encode()


def test_a_file_that_goes_after_opening_is_a_blank_slice(tmp_path):
    paths = write_series(tmp_path / "drop", 5)
    load(tmp_path / "drop")
    (stack,) = load(tmp_path / "drop", cache=FrameCache()).stacks
    paths[4].unlink()
    assert np.all(stack.array[4] == stack.array.fill)
    assert stack.problems == {4: "the file can no longer be read"}
    with pytest.raises(FrameError):
        stack.slices[4]
    assert stack.array[3, 0, 0] == 30 - 1024


@pytest.mark.parametrize(
    "change",
    [
        {"stacks": 5},
        {"stacks": [{}]},
        {"skipped": [[99, "why"]]},
        {"duplicates": [["a", "b"]]},
        {"warnings": None},
    ],
)
def test_an_entry_that_makes_no_sense_is_not_believed(tmp_path, change):
    """Its checksum is right: somebody else's program wrote it."""
    write_series(tmp_path / "drop", 3)
    first = load(tmp_path / "drop")
    key = index.key_of([(tmp_path / "drop").resolve()])
    entry = index.read(key)
    assert json.dumps(entry)
    index.write(key, {**entry, **change})
    assert_same(load(tmp_path / "drop"), first)


def test_switched_off_nothing_is_written(tmp_path, cache_folder, monkeypatch):
    monkeypatch.setenv("MEDSCAN_INDEX", "off")
    write_series(tmp_path / "drop", 3)
    load(tmp_path / "drop")
    assert not cache_folder.exists()


def test_suv_comes_back_without_being_kept(pet_ct, cache_folder):
    """Weight and height could be worked out from its factors."""
    (before,) = [stack for stack in load(pet_ct).stacks if stack.modality == "PT"]
    (after,) = [stack for stack in load(pet_ct).stacks if stack.modality == "PT"]
    assert before.suv is not None
    assert after.suv == before.suv
    for path in cache_folder.rglob("*.index"):
        assert str(before.suv.bw).encode() not in path.read_bytes()
