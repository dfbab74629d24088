"""A quick look whether there is DICOM."""

from __future__ import annotations

import os

import pytest

from napari_medscan.dicom.headers.sniff import MAX_FILES, has_dicom

from ..making import ct, part10, write
from .test_dicomdir import dicomdir


@pytest.mark.parametrize("name", ["scan.dcm", "IM1", "picture.jpg"])
def test_the_content_counts_and_not_the_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(part10(ct()))
    assert has_dicom(path)
    path.write_bytes(b"no DICOM" * 100)
    assert not has_dicom(path)


def test_without_preamble(tmp_path):
    path = tmp_path / "a"
    for encoding in ("implicit", "explicit", "big"):
        path.write_bytes(part10(ct(), encoding)[132:])
        assert has_dicom(path)


@pytest.mark.parametrize("data", [b"", b"\0" * 2000, b"\x08\0" * 3, b"\x02\0\0\0" + b"\xff" * 100])
def test_little_or_nothing_is_no_dicom(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert not has_dicom(path)


def test_folders_are_looked_into(tmp_path):
    assert not has_dicom(tmp_path)
    (tmp_path / "readme.txt").write_text("no")
    assert not has_dicom(tmp_path)
    write(tmp_path / "a" / "b" / "IM1", ct())
    assert has_dicom(tmp_path)


def test_a_dicomdir_is_enough(tmp_path):
    (tmp_path / "DICOMDIR").write_bytes(dicomdir("A"))
    assert has_dicom(tmp_path)


def test_a_large_folder_without_dicom_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_medscan.dicom.headers.sniff.MAX_FILES", 5)
    assert MAX_FILES > 100
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text("no")
    write(tmp_path / "9.dcm", ct())
    assert not has_dicom(tmp_path)


def test_what_is_not_there_is_no_dicom(tmp_path):
    assert not has_dicom(tmp_path / "none")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
def test_pipes_and_loops_do_not_block(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    assert not has_dicom(tmp_path / "fifo")
    assert not has_dicom(tmp_path / "loop")
    assert not has_dicom(tmp_path)
