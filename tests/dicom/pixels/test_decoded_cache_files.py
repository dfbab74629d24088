"""The files of a disk cache: believed only when they are whole, private, and never in the way."""

from __future__ import annotations

import os
import pickle
import stat
import threading

import pytest

from napari_medscan.dicom.pixels import decoded_cache_files
from napari_medscan.dicom.pixels.decoded_cache_files import DiskCache

KEY = "0" * 32
ENTRY = b"one entry, of some length"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "things"


@pytest.fixture
def cache():
    return DiskCache("things", 1, 1 << 20)


def the_file(folder):
    (path,) = folder.iterdir()
    return path


def test_an_entry_comes_back(cache, folder):
    assert cache.read(KEY) is None
    cache.write(KEY, ENTRY)
    assert cache.read(KEY) == ENTRY
    assert cache.read("1" * 32) is None
    assert the_file(folder).name == f"{KEY}.things"


def test_another_version_is_not_believed(cache):
    cache.write(KEY, ENTRY)
    assert DiskCache("things", 2, 1 << 20).read(KEY) is None


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_nobody_else_can_read_it(cache, folder):
    cache.write(KEY, ENTRY)
    for path in (folder.parent, folder, the_file(folder)):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_no_damage_is_believed(cache, folder):
    cache.write(KEY, ENTRY)
    whole = the_file(folder).read_bytes()
    for length in range(len(whole)):
        the_file(folder).write_bytes(whole[:length])
        assert cache.read(KEY) is None
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        the_file(folder).write_bytes(flipped)
        assert cache.read(KEY) is None
    the_file(folder).write_bytes(pickle.dumps(ENTRY))
    assert cache.read(KEY) is None
    cache.write(KEY, ENTRY)
    assert cache.read(KEY) == ENTRY


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders")
def test_a_pipe_a_link_or_a_folder_in_its_place_is_not_followed(cache, folder, tmp_path):
    cache.write(KEY, ENTRY)
    path = the_file(folder)
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    assert cache.read(KEY) is None
    cache.write(KEY, ENTRY)
    assert not path.is_symlink()
    path.unlink()
    os.mkfifo(path)
    assert cache.read(KEY) is None
    path.unlink()
    path.mkdir()
    assert cache.read(KEY) is None
    cache.write(KEY, ENTRY)
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_to_is_no_matter(cache, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "file"))
    cache.write(KEY, ENTRY)
    assert cache.read(KEY) is None
    assert cache.clear() == 0


def test_entries_not_used_for_longest_make_room(cache, folder):
    cache.write("a", ENTRY)
    cache.quota = 4 * the_file(folder).stat().st_size
    for age, key in enumerate("abcd"):
        cache.write(key, ENTRY)
        os.utime(folder / f"{key}.things", (1000 + age, 1000 + age))
    assert cache.read("a")
    cache.write("e", ENTRY)
    assert sorted(path.stem for path in folder.iterdir()) == ["a", "d", "e"]


def test_an_entry_larger_than_all_of_them_may_be_is_not_kept(cache, folder):
    cache.quota = 10
    cache.write(KEY, ENTRY)
    assert not folder.exists()


def test_what_other_processes_write_counts_too(cache, folder, monkeypatch):
    monkeypatch.setattr(decoded_cache_files, "_LOOK_AGAIN", 2)
    cache.write("a", ENTRY)
    cache.quota = 4 * the_file(folder).stat().st_size
    other = DiskCache("things", 1, 1 << 20)
    for key in "bcdefg":
        other.write(key, ENTRY)
    cache.write("h", ENTRY)
    cache.write("i", ENTRY)
    assert len([*folder.iterdir()]) <= 4


def test_what_a_killed_process_left_behind_goes(cache, folder):
    cache.write(KEY, ENTRY)
    left = folder / "tmpabc"
    left.write_bytes(b"half")
    DiskCache("things", 1, 1 << 20).write(KEY, ENTRY)
    assert left.exists()
    os.utime(left, (1000, 1000))
    DiskCache("things", 1, 1 << 20).write(KEY, ENTRY)
    assert not left.exists()


def test_clearing_deletes_all_and_tells_how_much(cache, folder):
    cache.write("a", ENTRY)
    cache.write("b", ENTRY)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert cache.clear() == size
    assert not [*folder.iterdir()]


def test_threads_share_it(cache):
    def work(number):
        for turn in range(20):
            cache.write(f"{turn % 5}", ENTRY * (1 + number))
            found = cache.read(f"{turn % 5}")
            wrong.extend([] if found is None or bytes(found[: len(ENTRY)]) == ENTRY else [found])

    wrong = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
