"""Why there is nothing to open."""

from __future__ import annotations

import gzip
import os
import zipfile

import numpy as np
import pytest

from napari_medscan import reader
from napari_medscan.napari_.refusal import refusal

from ..studies import write_series


@pytest.fixture
def made(tmp_path):
    """Return what makes a path of a kind."""

    def make(kind):
        path = tmp_path / f"Canary {kind}"
        if kind == "empty folder":
            path.mkdir()
        elif kind == "folder":
            path.mkdir()
            (path / "notes.txt").write_text("hello")
        elif kind == "empty.ZIP":
            zipfile.ZipFile(path, "w").close()
        elif kind == "notes.zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("notes.txt", "hello")
        elif kind == "broken.tgz":
            path.write_bytes(gzip.compress(bytes(100))[:-12] + bytes(12))
        elif kind != "absent":
            path.write_text("" if kind == "empty.dcm" else "hello")
        return path

    return make


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("empty folder", "The folder is empty."),
        ("folder", "No DICOM images in this folder."),
        ("empty.ZIP", "Empty archive."),
        ("notes.zip", "No DICOM images in this archive."),
        ("broken.tgz", "Corrupt compressed data."),
        ("text.zip", "This file is not DICOM."),
        ("empty.dcm", "The file is empty."),
        ("notes.txt", "This file is not DICOM."),
        ("absent", "The file or folder does not exist."),
    ],
)
def test_refusal_of_one_path_is_one_sentence_that_names_nobody(made, kind, sentence):
    assert refusal([made(kind)]) == sentence


def test_refusal_of_several_paths(made):
    assert refusal([made("empty.dcm"), made("folder")]) == (
        "No DICOM images in these files and folders."
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as on POSIX")
def test_refusal_of_a_folder_that_must_not_be_read(made, monkeypatch):
    def denied(_path):
        raise PermissionError

    folder = made("folder")
    monkeypatch.setattr(os, "scandir", denied)
    assert refusal([folder]) == "The file or folder cannot be read: permission denied."


def zipped(path, *files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"IMAGES/{file.name}")
    return str(path)


def test_reader_zip_with_dicom_is_opened_in_place(model, tmp_path, told):
    path = zipped(tmp_path / "disc.zip", *write_series(tmp_path))
    (layer,) = model.open(path, plugin="napari-medscan")
    assert layer.data.shape == (3, 4, 6)
    assert np.asarray(layer.data)[:, 0, 0].tolist() == [-1024, -1014, -1004]
    assert told == []
    # Once more, as it is remembered.
    (layer,) = model.open(path, plugin="napari-medscan")
    assert np.asarray(layer.data)[:, 0, 0].tolist() == [-1024, -1014, -1004]


def test_reader_leaves_other_archives_alone(tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    assert reader.get_reader(zipped(tmp_path / "notes.zip", notes)) is None
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    assert reader.get_reader(str(tmp_path / "broken.zip")) is None
