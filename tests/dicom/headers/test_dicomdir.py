"""DICOMDIR tells what is missing; its paths are never opened."""

from __future__ import annotations

import builtins
import io
import os

import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.headers.dicomdir import is_dicomdir, missing_references

from ..making import ITEM, ct, delimiter, element, file_of, write


def dicomdir(*ids: str) -> bytes:
    items = b""
    for name in ids:
        value = name.encode()
        inside = element(0x00041430, "CS", b"IMAGE ") + element(
            0x00041500, "CS", value + b" " * (len(value) % 2)
        )
        items += delimiter(ITEM, len(inside)) + inside
    return file_of(element(0x00041130, "CS", b"DISC"), element(0x00041220, "SQ", items))


@pytest.fixture
def disc(tmp_path):
    def make(*ids: str):
        path = tmp_path / "DICOMDIR"
        path.write_bytes(dicomdir(*ids))
        return path

    return make


def test_the_name_in_any_case():
    assert is_dicomdir("dicomdir")
    assert is_dicomdir("DICOMDIR")
    assert not is_dicomdir("DICOMDIR.bak")


def test_missing_files_are_counted(disc):
    path = disc("A\\IM1", "A\\IM2", "B\\IM1")
    assert missing_references(path, ["A/IM1", "B/IM1"]) == (1, 3)
    assert missing_references(path, []) == (3, 3)


@pytest.mark.parametrize("name", ["a/im1", "A/IM1;1", "A/IM1.", "A/IM1.;1"])
def test_names_as_discs_write_them_are_found(disc, name):
    assert missing_references(disc("A\\IM1"), [name]) == (0, 1)


def test_a_damaged_table_of_contents_says_nothing(tmp_path):
    path = tmp_path / "DICOMDIR"
    for data in (b"", b"garbage" * 100, dicomdir("A")[:-3]):
        path.write_bytes(data)
        assert missing_references(path, ["A"]) == (0, 0)
    assert missing_references(tmp_path / "none", []) == (0, 0)


@pytest.mark.parametrize(
    "name", ["..\\outside", "..\\..\\etc\\passwd", "/etc/passwd", "C:\\x", "//host/share/x"]
)
def test_paths_that_lead_out_are_never_opened(tmp_path, name, monkeypatch):
    root = tmp_path / "disc"
    write(root / "IM1", ct())
    write(tmp_path / "outside", ct())
    (root / "DICOMDIR").write_bytes(dicomdir("IM1", name))
    opened: list[str] = []
    for module, call in ((io, "open"), (builtins, "open"), (os, "open")):
        real = getattr(module, call)

        def spy(path, *args, _real=real, **kwargs):
            opened.append(os.fspath(path) if not isinstance(path, int) else "")
            return _real(path, *args, **kwargs)

        monkeypatch.setattr(module, call, spy)
    report = load(root / "DICOMDIR")
    assert {os.path.dirname(p) for p in opened if str(tmp_path) in p} == {str(root)}  # noqa: PTH120
    assert not [p for p in opened if "passwd" in p or "share" in p]
    assert report.warnings == ("The DICOMDIR lists 2 files; 1 is missing",)
    assert [stack.files for stack in report.stacks] == [("IM1",)]


def test_a_file_that_it_forgets_is_loaded_all_the_same(tmp_path):
    write(tmp_path / "IM1", ct())
    write(tmp_path / "sub" / "IM2", ct(SOPInstanceUID="1.2.3.5", ImagePositionPatient=[0, 0, 1]))
    (tmp_path / "DICOMDIR").write_bytes(dicomdir("IM1"))
    report = load(tmp_path / "DICOMDIR")
    assert report.shown == 2
    assert not report.warnings
    assert list(report.skipped) == ["DICOMDIR"]


def test_one_inside_a_dropped_folder_is_compared_with_its_own_files(tmp_path):
    write(tmp_path / "cd" / "A" / "IM1", ct())
    (tmp_path / "cd" / "DICOMDIR").write_bytes(dicomdir("A\\IM1", "A\\IM2"))
    assert load(tmp_path).warnings == ("The DICOMDIR lists 2 files; 1 is missing",)
