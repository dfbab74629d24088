"""Data sets parsed by pydicom in a worker: as pydicom has them, whatever the file does."""

from __future__ import annotations

import random
import zipfile
from contextlib import suppress

import pydicom
import pytest

from napari_medscan.dicom import UnreadableError, load
from napari_medscan.dicom.elements import pydicom_dataset
from napari_medscan.dicom.elements.pydicom_dataset import read_dataset
from napari_medscan.dicom.files.file_ref import file_ref
from napari_medscan.workers import WorkerError

from ...studies import write_series


def expected(path):
    return pydicom.dcmread(path, stop_before_pixels=True)


def test_elements_are_those_of_the_file(tmp_path):
    for path in write_series(tmp_path, 2, PatientName="Müller^Jürgen"):
        found = read_dataset(file_ref(path))
        assert found == expected(path)
        assert found.file_meta.TransferSyntaxUID == expected(path).file_meta.TransferSyntaxUID
        assert str(found.PatientName) == "Müller^Jürgen"
        assert "PixelData" not in found


def test_sequences_and_private_elements_are_kept(tmp_path):
    (path,) = write_series(tmp_path, 1)
    data = pydicom.dcmread(path)
    item = pydicom.Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    data.ReferencedImageSequence = [item, item]
    block = data.private_block(0x0029, "MEDSCAN TEST", create=True)
    block.add_new(0x10, "LO", "private")
    data.save_as(path)
    assert read_dataset(file_ref(path)) == expected(path)


def test_a_slice_within_an_archive_has_its_data_set(tmp_path):
    paths = write_series(tmp_path / "in", 3)
    with zipfile.ZipFile(tmp_path / "study.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.name)
    (stack,) = load(tmp_path / "study.zip").stacks
    assert stack.paths == (tmp_path / "study.zip",)
    assert [stack.dataset(n).InstanceNumber for n in (0, 1, -1)] == [1, 2, 3]
    with pytest.raises(IndexError):
        stack.dataset(3)


def test_damaged_bytes_give_a_data_set_or_one_error(tmp_path):
    (path,) = write_series(tmp_path, 1)
    whole, chance = path.read_bytes(), random.Random(1)
    outcomes = set()
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 4, 30))):
            data[chance.randrange(132, len(data))] = chance.randrange(256)
        path.write_bytes(bytes(data[: chance.randrange(200, len(data))]))
        with suppress(UnreadableError):
            outcomes.add(type(read_dataset(file_ref(path))))
    assert outcomes == {pydicom.FileDataset}


def test_a_worker_that_fails_raises(tmp_path, monkeypatch):
    (path,) = write_series(tmp_path, 1)

    def fail(*_args, **_options):
        raise WorkerError("it crashed")

    monkeypatch.setattr(pydicom_dataset.workers, "call", fail)
    with pytest.raises(UnreadableError, match="cannot be read"):
        read_dataset(file_ref(path))


def test_a_file_that_is_gone_raises(tmp_path):
    (path,) = write_series(tmp_path, 1)
    (stack,) = load(tmp_path).stacks
    path.unlink()
    with pytest.raises(UnreadableError):
        stack.dataset(0)
