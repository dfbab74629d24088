"""The files of the index: believed only when they are whole, private, and never in the way."""

from __future__ import annotations

import os
import pickle
import stat

import pytest

from napari_medscan.dicom import index
from napari_medscan.dicom.files import walk

KEY = "0" * 32
ENTRY = {"stacks": [1, 2.5, None, "word"]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "index"


def the_file(folder):
    (path,) = folder.iterdir()
    return path


def test_an_entry_comes_back(folder):
    assert index.read(KEY) is None
    index.write(KEY, ENTRY)
    assert index.read(KEY) == ENTRY
    assert index.read("1" * 32) is None
    assert the_file(folder).name == f"{KEY}.index"


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_nobody_else_can_read_it(folder):
    index.write(KEY, ENTRY)
    for path in (folder.parent, folder, the_file(folder)):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_no_damage_is_believed(folder):
    index.write(KEY, ENTRY)
    whole = the_file(folder).read_bytes()
    for length in range(len(whole)):
        the_file(folder).write_bytes(whole[:length])
        assert index.read(KEY) is None
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        the_file(folder).write_bytes(flipped)
        assert index.read(KEY) is None
    the_file(folder).write_bytes(pickle.dumps(ENTRY))
    assert index.read(KEY) is None
    index.write(KEY, ENTRY)
    assert index.read(KEY) == ENTRY


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
def test_a_pipe_a_link_or_a_folder_in_its_place_is_not_followed(folder, tmp_path):
    index.write(KEY, ENTRY)
    path = the_file(folder)
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    assert index.read(KEY) is None
    index.write(KEY, ENTRY)
    assert not path.is_symlink()
    path.unlink()
    os.mkfifo(path)
    assert index.read(KEY) is None
    path.unlink()
    path.mkdir()
    assert index.read(KEY) is None
    index.write(KEY, ENTRY)
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_to_is_no_matter(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "file"))
    index.write(KEY, ENTRY)
    assert index.read(KEY) is None
    assert index.clear() == 0


def test_entries_not_used_for_longest_make_room(monkeypatch, folder):
    index.write("a", ENTRY)
    size = the_file(folder).stat().st_size
    monkeypatch.setattr(index, "QUOTA", 3 * size)
    for age, key in enumerate("abc"):
        index.write(key, ENTRY)
        os.utime(folder / f"{key}.index", (1000 + age, 1000 + age))
    assert index.read("a")
    index.write("d", ENTRY)
    assert sorted(path.stem for path in folder.iterdir()) == ["a", "c", "d"]


def test_what_a_killed_process_left_behind_goes(folder):
    index.write(KEY, ENTRY)
    left = folder / "tmpabc"
    left.write_bytes(b"half")
    index.write(KEY, ENTRY)
    assert left.exists()
    os.utime(left, (1000, 1000))
    index.write(KEY, ENTRY)
    assert not left.exists()


def test_clearing_deletes_all_and_tells_how_much(folder):
    index.write("a", ENTRY)
    index.write("b", ENTRY)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert index.clear() == size
    assert not [*folder.iterdir()]


@pytest.mark.parametrize("change", ["content", "time", "name", "more", "less", "replaced"])
def test_every_change_of_a_folder_shows_in_the_fingerprint(tmp_path, change):
    drop = tmp_path / "drop"
    drop.mkdir()
    one, two = drop / "one", drop / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    before = index.fingerprint(list(walk([drop])))
    assert before == index.fingerprint(list(walk([drop])))
    found = one.stat()
    if change == "content":
        one.write_bytes(b"3")
        os.utime(one, ns=(found.st_atime_ns, found.st_mtime_ns))
    elif change == "time":
        os.utime(one, (1, 1))
    elif change == "name":
        one.rename(drop / "on3")
    elif change == "more":
        (drop / "three").write_bytes(b"")
    elif change == "less":
        one.unlink()
    else:
        (drop / "new").write_bytes(b"1")
        (drop / "new").replace(one)
        os.utime(one, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert index.fingerprint(list(walk([drop]))) != before


def test_a_file_changed_a_moment_ago_is_not_settled(tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    os.utime(tmp_path / "one", ns=(5, 5))
    (file,) = walk([tmp_path])
    changed = file.status.st_ctime
    assert not index.is_settled([file], changed)
    assert index.is_settled([file], changed + 2.5)


def test_the_environment_switches_it_off(monkeypatch):
    assert index.is_used()
    monkeypatch.setenv("MEDSCAN_INDEX", "off")
    assert not index.is_used()
    monkeypatch.delenv("MEDSCAN_INDEX")
    index.use(on=False)
    assert not index.is_used()
    index.use(on=True)
