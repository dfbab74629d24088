"""What the index knows of a folder, and when it is believed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from napari_medscan import __version__
from napari_medscan.dicom.files.walk import walk
from napari_medscan.dicom.index import index_file

KEY = "0" * 32
ENTRY = {"stacks": [1, 2.5, None, "word"]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "index"


def test_an_entry_comes_back(folder):
    assert index_file.read(KEY) is None
    index_file.write(KEY, ENTRY)
    assert index_file.read(KEY) == ENTRY
    (path,) = folder.iterdir()
    assert path.name == f"{KEY}.index"


@pytest.mark.parametrize("payload", [b"{", b"[1]", b"\xff", b""])
def test_what_is_no_entry_is_not_believed(payload):
    index_file.CACHE.write(KEY, payload)
    assert index_file.read(KEY) is None


@pytest.mark.parametrize("change", ["content", "time", "name", "more", "less", "replaced"])
def test_every_change_of_a_folder_shows_in_the_fingerprint(tmp_path, change):
    drop = tmp_path / "drop"
    drop.mkdir()
    one, two = drop / "one", drop / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    before = index_file.fingerprint(list(walk([drop])))
    assert before == index_file.fingerprint(list(walk([drop])))
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
    assert index_file.fingerprint(list(walk([drop]))) != before


def test_a_file_changed_a_moment_ago_is_not_settled(tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    os.utime(tmp_path / "one", ns=(5, 5))
    (file,) = walk([tmp_path])
    changed = file.status.st_ctime
    assert not index_file.is_settled([file], changed)
    assert index_file.is_settled([file], changed + 2.5)


def test_the_environment_switches_it_off(monkeypatch):
    assert index_file.is_used()
    monkeypatch.setenv("MEDSCAN_INDEX", "off")
    assert not index_file.is_used()
    monkeypatch.delenv("MEDSCAN_INDEX")
    index_file.use(on=False)
    assert not index_file.is_used()
    index_file.use(on=True)


def test_the_name_of_an_entry_confirms_no_guessed_path(monkeypatch):
    """Who sees the cache, and not the secret, cannot try out names of folders."""
    root = [Path("/data/Canary_Anna")]
    names = "\0".join([__version__, *map(str, root)]).encode()
    mine = index_file.key_of(root)
    assert mine == index_file.key_of(root)
    assert mine != hashlib.blake2b(names, digest_size=len(mine) // 2).hexdigest()
    monkeypatch.setattr(index_file, "secret_key", lambda: b"another")
    assert index_file.key_of(root) != mine
