"""A folder opened again is what it was, without reading it again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import fields

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from napari_medscan.cli.description import describe
from napari_medscan.dicom import load
from napari_medscan.dicom.errors import FrameError
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.index import index_file, recall
from napari_medscan.dicom.series.orientation import film_vectors, patient_point, slice_position
from napari_medscan.dicom.series.presets import display_scale, offered_presets
from napari_medscan.dicom.series.slice_headers import RecalledHeaders
from napari_medscan.frames import FrameCache
from napari_medscan.phantoms import (
    write_ct_chest,
    write_mr_brain_oblique,
    write_pet_ct,
    write_us_heart,
)

from ...corpus.oracle import case_names, case_path
from ...studies import damage, write_series
from ..files.packing import pack
from ..intensity.test_real_world import mapping
from ..intensity.test_scaling import segmentation
from ..making import ct, write
from ..segmentations import write_segmentation

pytestmark = pytest.mark.usefixtures("index_folder")


@pytest.fixture
def headers_read(monkeypatch):
    """Collect the names of files whose header is read."""
    names = []
    start_of = HeaderReader.start_of

    def counted(self, path, *size):
        names.append(path)
        return start_of(self, path, *size)

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
    recall_really = recall.recall
    monkeypatch.setattr(
        "napari_medscan.dicom.loading.recall",
        lambda *arguments: recalled.append(recall_really(*arguments)) or recalled[0],
    )
    again = load(case_path(case))
    assert_same(again, first)
    assert (recalled == [None]) == bool(first.unreadable)
    for found, expected in zip(again.stacks, first.stacks, strict=True):
        assert [*found.slices] == [*expected.slices]
        for number in range(len(found.slices)):
            ref, other = found.headers.read(number), expected.headers.read(number)
            assert ref.frame == other.frame
            assert ref.header.pixels == other.header.pixels


def test_pixels_are_the_same_too(tmp_path):
    write_pet_ct(tmp_path / "drop", size=16, slices=6)
    first, again = load(tmp_path / "drop"), load(tmp_path / "drop")
    assert_same(again, first)
    for found, expected in zip(again.stacks, first.stacks, strict=True):
        assert np.array_equal(found.array, expected.array)


def test_opening_again_reads_a_file_of_many_stacks_once(tmp_path, headers_read):
    write_segmentation(tmp_path / "drop" / "seg.dcm", segments=20, planes=3)
    first = load(tmp_path / "drop")
    assert len(first.stacks) == 20
    headers_read.clear()
    assert_same(load(tmp_path / "drop"), first)
    assert len(headers_read) == 1


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


# --- attributes behind a slider step


def attributes(stack):
    """Everything that a slider step or a section of the panel asks of a stack, pixels apart."""
    indices = [(*place, 1.5, 2.25) for place in np.ndindex(stack.array.places.shape)]
    return {
        "positions": [_as_list(slice_position(stack, index)) for index in indices],
        "points": [_as_list(patient_point(stack, index)) for index in indices],
        "films": [_as_list(film_vectors(record)) for record in stack.slices],
        "records": [*stack.slices],
        "windows": stack.windows,
        "presets": offered_presets(stack, ()),
        "padding": stack.padding,
        "scale": display_scale(stack),
        "voxel": stack.voxel_size,
        "name": stack.name,
        "files": stack.files,
        "look": (stack.is_rgb, stack.is_inverted, stack.typical, stack.unit, stack.warnings),
        "typical": stack.typical_frame,
        "study": (stack.header.study, stack.header.frame_of_reference, stack.header.patient),
        "cine": (stack.header.frame_duration, stack.header.frames_are_slices),
        "axis": stack.axis_values and stack.axis_values.packed(),
        "places": stack.array.places.tolist(),
        "holes": stack.holes,
    }


def _as_list(vector):
    return None if vector is None else vector.tolist()


_noted: list[list[str]] = []


def _note_opening(event, arguments):
    if event == "open":
        for opened in _noted:
            opened.append(arguments[0])


sys.addaudithook(_note_opening)


@contextmanager
def openings():
    """Collect the files that any thread opens meanwhile."""
    opened: list[str] = []
    _noted.append(opened)
    try:
        yield opened
    finally:
        _noted.clear()


def assert_attributes_need_no_file(drop):
    """Open a drop twice, and compare all attributes with the drop gone."""
    first = load(drop)
    recalled = load(drop, cache=FrameCache())
    from_index = {isinstance(stack.headers, RecalledHeaders) for stack in recalled.stacks}
    assert from_index <= {not first.unreadable}
    gone = drop.rename(drop.with_name("gone"))
    try:
        for stack, fresh in zip(recalled.stacks, first.stacks, strict=True):
            expected = attributes(fresh)
            with openings() as opened:
                found = attributes(stack)
            assert opened == []
            for name, value in expected.items():
                assert found[name] == value, name
    finally:
        gone.rename(drop)
    return recalled


@pytest.mark.parametrize(
    ("write", "size"),
    [
        (write_ct_chest, {"size": 16, "slices": 6}),
        (write_mr_brain_oblique, {"size": 16, "slices": 6}),
        (write_pet_ct, {"size": 16, "slices": 6}),
        (write_us_heart, {"frames": 3}),
    ],
)
def test_recalled_phantom_with_files_gone_has_the_attributes_of_a_fresh_one(tmp_path, write, size):
    write(tmp_path / "drop", **size)
    assert assert_attributes_need_no_file(tmp_path / "drop").stacks


@pytest.mark.parametrize("case", case_names() or ["none"])
def test_recalled_case_with_files_gone_has_the_attributes_of_a_fresh_one(case, tmp_path):
    if case == "none":
        pytest.skip("NOT TESTED: no corpus of real DICOM; set MEDSCAN_CORPUS")
    drop = tmp_path / "drop"
    if case_path(case).is_dir():
        shutil.copytree(case_path(case), drop)
    else:
        drop.mkdir()
        shutil.copy(case_path(case), drop)
    assert_attributes_need_no_file(drop)


def test_recalled_time_series_has_its_times_and_its_lost_slice(tmp_path):
    for time in range(3):
        facts = {"SeriesInstanceUID": "1.2.9", "AcquisitionTime": f"1200{10 * time:02d}"}
        uids = {"SOPInstanceUID": lambda i, time=time: f"1.9.{time}.{i}", "SeriesNumber": 1}
        write_series(tmp_path / "drop", 4, series=time, **facts, **uids)
    (tmp_path / "drop" / "s1_3.dcm").unlink()
    (stack,) = assert_attributes_need_no_file(tmp_path / "drop").stacks
    assert stack.holes == (6,)
    assert stack.axis_values.values.tolist() == [0, 10, 20]


@pytest.mark.parametrize(
    "change", [{"holes": [99]}, {"holes": ["a"]}, {"axis_values": ["a", "b", [1, 2]]}]
)
def test_an_entry_whose_time_axis_does_not_fit_is_not_believed(tmp_path, change):
    write_series(tmp_path / "drop", 3)
    first = load(tmp_path / "drop")
    key = index_file.key_of([(tmp_path / "drop").resolve()])
    entry = index_file.read(key)
    (packed,) = entry["stacks"]
    index_file.write(key, {**entry, "stacks": [packed | change]})
    assert_same(load(tmp_path / "drop"), first)


def test_reading_a_header_opens_its_file_and_is_noticed(tmp_path):
    """The proof that the hook of the tests above sees what they forbid."""
    paths = write_series(tmp_path / "drop", 5)
    load(tmp_path / "drop")
    (stack,) = load(tmp_path / "drop").stacks
    with openings() as opened:
        assert stack.read_header(4).instance_number == 5
        stack.read_header(4)
    assert opened == [str(paths[4])]


def test_films_have_their_own_orientation_without_a_file(tmp_path):
    write_series(
        tmp_path / "drop",
        2,
        Modality="DX",
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        PatientOrientation=lambda i: [["L", "F"], ["R", "H"]][i],
    )
    stacks = assert_attributes_need_no_file(tmp_path / "drop").stacks
    written = [record.patient_orientation for stack in stacks for record in stack.slices]
    assert sorted(written) == [("L", "F"), ("R", "H")]


@pytest.mark.parametrize("change", ["moved", "another patient", "no image", "shorter"])
def test_a_header_that_is_no_longer_the_indexed_one_is_an_error(tmp_path, change):
    paths = write_series(tmp_path / "drop", 5)
    load(tmp_path / "drop")
    (stack,) = load(tmp_path / "drop", cache=FrameCache()).stacks
    if change == "moved":
        shutil.copy(paths[3], paths[4])
    elif change == "another patient":
        (path,) = write_series(tmp_path, 1, PatientID="2", ImagePositionPatient=[0, 0, 8])
        path.replace(paths[4])
    elif change == "no image":
        paths[4].write_text("Canary")
    else:
        paths[4].write_bytes(paths[4].read_bytes()[:300])
    with pytest.raises(FrameError, match="changed"):
        stack.read_header(4)
    assert np.all(stack.array.display[4] == stack.array.fill)
    assert stack.problems == {4: "the file has changed since it was opened"}


@pytest.mark.parametrize("slices", [5, 40])
def test_a_volume_whose_files_are_gone_is_blank_and_every_slice_is_marked(tmp_path, slices):
    write_series(tmp_path / "drop", slices)
    load(tmp_path / "drop")
    (stack,) = load(tmp_path / "drop", cache=FrameCache()).stacks
    (tmp_path / "drop").rename(tmp_path / "gone")
    assert np.all(stack.read(errors="blank") == stack.array.fill)
    assert not stack.valid.any()
    assert stack.problems == dict.fromkeys(range(slices), "the file can no longer be read")


def test_a_new_file_is_seen(tmp_path):
    write_series(tmp_path / "drop", 3)
    load(tmp_path / "drop")
    write_series(tmp_path / "drop", 4)
    (stack,) = load(tmp_path / "drop").stacks
    assert len(stack.slices) == 4


def test_a_drop_with_an_unreadable_file_is_tried_again(tmp_path, index_folder):
    paths = write_series(tmp_path / "drop", 3)
    damage(paths[1])
    assert load(tmp_path / "drop").unreadable
    assert not [*index_folder.rglob("*.index")]


def test_nothing_of_the_patient_is_kept(tmp_path, index_folder):
    words = {"PatientName": "Canary^Alice", "PatientID": "MRN77X", "StudyDescription": "Knee"}
    texts = {
        "SeriesDescription": "Canary text",
        "PatientOrientation": ["Canary", "F"],
        "WindowCenterWidthExplanation": "Canary",
    }
    write_series(tmp_path / "Canary drop", 3, **texts, **words)
    (tmp_path / "Canary drop" / "Canary.txt").write_text("Canary")
    load(tmp_path / "Canary drop")
    (path,) = index_folder.rglob("*.index")
    data = path.read_bytes().lower()
    for secret in (b"canary", b"mrn77x", b"knee", b"1.2.3", b"drop", b"s3_1", b"dcm"):
        assert secret not in data
        assert secret not in path.name.encode()


def test_a_file_that_goes_after_opening_is_a_blank_slice(tmp_path):
    paths = write_series(tmp_path / "drop", 5)
    load(tmp_path / "drop")
    (stack,) = load(tmp_path / "drop", cache=FrameCache()).stacks
    paths[4].unlink()
    assert np.all(stack.array.display[4] == stack.array.fill)
    assert stack.problems == {4: "the file can no longer be read"}
    with pytest.raises(FrameError):
        stack.read_header(4)
    assert stack.array[3, 0, 0] == 30 - 1024


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_slice_whose_file_is_back_is_no_longer_marked(tmp_path, at_once, compressed):
    for path in write_series(tmp_path / "drop", 5):
        if compressed:
            data = pydicom.dcmread(path)
            data.compress(RLELossless)
            data.save_as(path)
    load(tmp_path / "drop")
    (stack,) = load(tmp_path / "drop", cache=FrameCache()).stacks
    gone = (tmp_path / "drop").rename(tmp_path / "gone")
    assert np.all(stack.array.display[4] == stack.array.fill)
    assert list(stack.problems) == [4]
    gone.rename(tmp_path / "drop")
    values = np.asarray(stack.array)[4] if at_once else stack.array[4]
    assert values[0, 0] == 40 - 1024
    assert stack.problems == {}


@pytest.mark.parametrize(
    "change",
    [
        {"stacks": 5},
        {"stacks": [{}]},
        {"slices": {}},
        {"slices": {"slices": 4}},
        {"slices": {"position": ["!", []]}},
        {"slices": {"position": ["AAAA", []]}},
        {"slices": {"position": ["", []]}},
        {"slices": {"orientation": [[[1, 0, 0]], []]}},
        {"slices": {"orientation": [[None, None], [0, 1, 2]]}},
        {"slices": {"tile": [[None], [0, 0]]}},
        {"slices": {"segment": [[0], [-1, 0, 0]]}},
        {"slices": {"index": [["a"], []]}},
        {"slices": {"index": [[1], []]}},
        {"slices": {"file": [[0, 1, 99], []]}},
        {"slices": {"frames": [[1, 1], []]}},
        {"skipped": [[99, "why"]]},
        {"duplicates": [["a", "b"]]},
        {"warnings": None},
    ],
)
def test_an_entry_that_makes_no_sense_is_not_believed(tmp_path, change):
    """Its checksum is right: somebody else's program wrote it."""
    write_series(tmp_path / "drop", 3)
    first = load(tmp_path / "drop")
    key = index_file.key_of([(tmp_path / "drop").resolve()])
    entry = index_file.read(key)
    assert json.dumps(entry)
    if isinstance(change.get("slices"), dict):
        (packed,) = entry["stacks"]
        slices = packed["slices"] | change["slices"] if change["slices"] else {}
        change = {"stacks": [packed | {"slices": slices}]}
    index_file.write(key, {**entry, **change})
    assert_same(load(tmp_path / "drop"), first)


def test_switched_off_nothing_is_written(tmp_path, index_folder, monkeypatch):
    monkeypatch.setenv("MEDSCAN_INDEX", "off")
    write_series(tmp_path / "drop", 3)
    load(tmp_path / "drop")
    assert not index_folder.exists()


def test_suv_comes_back_without_being_kept(pet_ct, index_folder):
    """Weight and height could be worked out from its factors."""
    (before,) = [stack for stack in load(pet_ct).stacks if stack.modality == "PT"]
    (after,) = [stack for stack in load(pet_ct).stacks if stack.modality == "PT"]
    assert before.suv is not None
    assert after.suv == before.suv
    for path in index_folder.rglob("*.index"):
        assert str(before.suv.bw).encode() not in path.read_bytes()


def test_what_values_mean_comes_again(tmp_path):
    rescale = {"RescaleSlope": None, "RescaleIntercept": None}
    write(tmp_path / "a" / "fractions", segmentation())
    mapped = {"Modality": "NM", "RealWorldValueMappingSequence": [mapping(unit="um2/s")]}
    write(tmp_path / "a" / "mapped", ct(SeriesInstanceUID="1.2.3.7", **mapped, **rescale))
    write(tmp_path / "a" / "stored", ct(SeriesInstanceUID="1.2.3.8", **rescale))
    first, again = load(tmp_path / "a"), load(tmp_path / "a")
    assert isinstance(again.stacks[0].headers, RecalledHeaders)
    assert [stack.unit for stack in again.stacks] == [None, "um2/s", "probability"]
    for one, other in zip(first.stacks, again.stacks, strict=True):
        assert other.unit == one.unit
        assert other.warnings == one.warnings
        assert other.real_world_mappings == one.real_world_mappings
        assert (np.asarray(other.array) == np.asarray(one.array)).all()


@pytest.mark.parametrize("kind", ["zip stored", "zip deflated", "tar", "tgz"])
def test_an_archive_is_remembered_until_it_changes(tmp_path, headers_read, kind):
    write_series(tmp_path / "tree", 9)
    path = pack(tmp_path / "tree", kind, tmp_path / "study")
    first = load(path)
    assert len(headers_read) == 9
    headers_read.clear()
    (again,) = load(path).stacks
    assert len(headers_read) == 2
    assert again.files == first.stacks[0].files
    assert np.array_equal(np.asarray(again.array), np.asarray(first.stacks[0].array))
    write_series(tmp_path / "tree", 10)
    pack(tmp_path / "tree", kind, tmp_path / "study")
    assert len(load(path).stacks[0].slices) == 10


def test_load_imports_nothing_that_was_not_imported_before(tmp_path):
    """Every first opening in a process would wait for it; platformdirs takes 2 ms."""
    write_series(tmp_path, 3)
    code = (
        "import sys\n"
        "from napari_medscan.dicom.loading import load\n"
        "from napari_medscan.frames import FrameCache\n"
        "for _ in range(2):\n"
        "    before = set(sys.modules)\n"
        "    load(sys.argv[1], cache=FrameCache(1 << 20))\n"
        "    print(*set(sys.modules) - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_what_an_image_has_from_the_others_comes_again(tmp_path):
    """Its header, read from its file alone, would lack it."""
    none = {"RescaleSlope": None, "RescaleIntercept": None}
    for z in range(4):
        facts = {"ImagePositionPatient": [0, 0, z], "SOPInstanceUID": f"1.2.{z}"}
        write(tmp_path / "a" / str(z), ct(**facts, **(none if z == 1 else {})))
    first, again = load(tmp_path / "a"), load(tmp_path / "a")
    assert len(first.stacks) == 1
    assert_same(again, first)
    assert np.array_equal(np.asarray(again.stacks[0].array), np.asarray(first.stacks[0].array))
