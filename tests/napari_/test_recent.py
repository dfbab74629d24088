"""Recent folders: off unless asked for, private when on, gone when off."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import platformdirs
import pytest

from napari_medscan.napari_ import recent
from napari_medscan.napari_.settings import Settings


@pytest.fixture(autouse=True)
def switch(monkeypatch, tmp_path):
    """Keep the list below a folder of this test; return the switch of the setting."""
    monkeypatch.setattr(
        platformdirs, "user_config_path", lambda name, **_: tmp_path / "config" / name
    )

    def turn(on):
        monkeypatch.setattr(recent.settings, "current", lambda: Settings(recent_folders=on))

    turn(True)
    return turn


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config" / "napari-medscan" / "recent.json"


def test_the_newest_comes_first_and_each_once(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    recent.remember([a])
    recent.remember([b])
    recent.remember([a])
    assert recent.folders() == [a.resolve(), b.resolve()]


def test_no_more_than_ten(tmp_path):
    for number in range(15):
        recent.remember([tmp_path / str(number)])
    assert [path.name for path in recent.folders()] == [str(n) for n in range(14, 4, -1)]


def test_off_by_default_nothing_is_written(switch, file, tmp_path):
    assert not Settings().recent_folders
    switch(False)
    recent.remember([tmp_path])
    assert recent.folders() == []
    assert not file.exists()


def test_switching_it_off_deletes_the_list(switch, file, tmp_path):
    recent.remember([tmp_path])
    switch(False)
    assert recent.folders() == []
    assert not file.exists()
    switch(True)
    assert recent.folders() == []


def test_clear(file, tmp_path):
    recent.remember([tmp_path])
    recent.clear()
    recent.clear()
    assert recent.folders() == []
    assert not file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_user_can_read_it(file, tmp_path):
    recent.remember([tmp_path])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["recent.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="names elsewhere are text")
def test_a_name_that_is_no_text(tmp_path):
    odd = Path(str(tmp_path), "M\udcfcller")
    recent.remember([odd])
    assert recent.folders() == [odd]


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[1, null]", "\udcff"])
def test_a_damaged_list_is_an_empty_one(file, tmp_path, text):
    recent.remember([tmp_path])
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert recent.folders() == []
    recent.remember([tmp_path])
    assert recent.folders() == [tmp_path.resolve()]


def test_a_folder_that_cannot_be_written_disturbs_nobody(file, tmp_path):
    file.parent.parent.write_text("not a folder")
    recent.remember([tmp_path])
    assert recent.folders() == []
