"""Files are replaced as a whole or not at all, and nobody else reads them."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from napari_medscan.storage import config_file, replacing, secret_key


@pytest.mark.parametrize("durable", [False, True])
def test_the_file_is_there_when_all_is_written(tmp_path, durable):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path, durable=durable) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [*tmp_path.iterdir()] == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half():
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(os.name == "nt", reason="other permissions")
def test_nobody_else_can_read_it(tmp_path):
    with replacing(tmp_path / "file") as file:
        file.write(b"secret")
    assert not stat.S_IMODE((tmp_path / "file").stat().st_mode) & 0o077


def test_configuration_files_share_a_folder():
    assert config_file("a").parent == config_file("b").parent
    assert config_file("a").name == "a"


def test_the_key_of_names_is_secret_and_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    secret_key.cache_clear()
    first = secret_key()
    (file,) = tmp_path.rglob("names.key")
    assert file.read_bytes() == first
    assert sys.platform == "win32" or file.stat().st_mode & 0o777 == 0o600
    secret_key.cache_clear()
    assert secret_key() == first
    file.unlink()
    secret_key.cache_clear()
    assert secret_key() != first
    secret_key.cache_clear()


def test_without_a_place_for_it_the_key_is_another_in_every_process(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    secret_key.cache_clear()
    first = secret_key()
    assert secret_key() == first
    secret_key.cache_clear()
    assert secret_key() != first
    secret_key.cache_clear()
