"""Walking what was dropped: only regular files inside it, each once, each by one name."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import (
    DroppedFile,
    by_number,
    natural_key,
    shown_name,
    walk,
)

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def listed(*paths) -> dict[str, str]:
    found = list(walk(paths))
    assert len({file.name for file in found}) == len(found)
    return {file.name: file.refusal for file in found}


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_files_come_by_name_before_the_folders_below(tmp_path):
    for name in ("IM10", "IM9", "im2", "B/1", "A10/1", "A9/1", "A9/sub/1"):
        touch(tmp_path / name)
    assert list(listed(tmp_path)) == ["IM10", "IM9", "im2", "A10/1", "A9/1", "A9/sub/1", "B/1"]


@pytest.mark.parametrize("name", ["9" * 250, "٣", "²", "", "1a2b", "a" * 250])
def test_any_name_has_a_place_in_the_order(name):
    assert sorted([name, "IM1", "1"], key=natural_key)


_NAMES = st.from_regex(r"(IM|A/|٣)?[0-9]{1,3}[._a]?[0-9]{0,2}", fullmatch=True)


@given(st.one_of(st.lists(_NAMES), st.lists(st.integers(0, 999).map("IM{:03}.dcm".format))))
def test_files_whose_names_differ_in_digits_only_are_ordered_as_all_others(names):
    """One way is shorter; the number of a name decides in both."""
    files = [DroppedFile(FileRef(str(at)), name) for at, name in enumerate(names)]
    assert list(by_number(files)) == sorted(files, key=lambda file: natural_key(file.name))


@posix
def test_what_would_block_or_never_end_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    touch(tmp_path / "file")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(tmp_path, os.O_RDONLY)
        back = os.open(".", os.O_RDONLY)
        os.fchdir(here)
        try:
            # A socket's path is short: it is bound from inside its folder.
            listener.bind("socket")
        finally:
            os.fchdir(back)
            os.close(here)
            os.close(back)
        found = listed(tmp_path)
    assert found == {
        "fifo": "special file",
        "file": "",
        "socket": "special file",
    }
    assert listed(tmp_path / "fifo") == {"fifo": "special file"}


@posix
def test_links_are_listed_and_not_followed(tmp_path):
    outside = touch(tmp_path / "outside" / "secret")
    root = tmp_path / "root"
    touch(root / "file")
    (root / "loop").symlink_to(root)
    (root / "out").symlink_to(outside)
    (root / "up").symlink_to("..")
    (root / "gone").symlink_to("nowhere")
    found = listed(root)
    assert found.pop("file") == ""
    assert set(found) == {"loop", "out", "up", "gone"}
    assert all(refusal == "symbolic link (not followed)" for refusal in found.values())


@posix
def test_a_link_that_is_dropped_itself_is_followed(tmp_path):
    touch(tmp_path / "folder" / "file")
    (tmp_path / "link").symlink_to("folder")
    assert listed(tmp_path / "link") == {"file": ""}


@posix
def test_a_link_to_itself_cannot_be_opened(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="link"):
        list(walk([tmp_path / "loop"]))


def test_a_path_that_does_not_exist_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(walk([tmp_path / "none"]))


def test_nothing_gives_nothing(tmp_path):
    assert listed() == {}
    assert listed(tmp_path) == {}


def test_same_names_in_several_folders_stay_apart(tmp_path):
    for folder in ("a", "b/c"):
        touch(tmp_path / folder / "IM1")
    names = {"a/IM1": "", "b/c/IM1": ""}
    assert listed(tmp_path / "a" / "IM1", tmp_path / "b" / "c" / "IM1") == names
    assert listed(tmp_path / "a", tmp_path / "b") == names


def test_files_of_one_folder_keep_their_plain_names(tmp_path):
    assert listed(touch(tmp_path / "x"), touch(tmp_path / "y")) == {"x": "", "y": ""}
    assert listed(tmp_path / "x") == {"x": ""}


def test_what_is_dropped_twice_comes_once(tmp_path):
    file = touch(tmp_path / "sub" / "x")
    assert listed(tmp_path, file, tmp_path / "sub", tmp_path) == {"sub/x": ""}


@posix
def test_nesting_beyond_what_a_path_can_hold_is_listed(tmp_path):
    # 80 folders of 100 letters: longer than PATH_MAX, so made and removed step by step.
    script = (
        "import os, sys\n"
        "os.chdir(sys.argv[1])\n"
        "for _ in range(80):\n"
        "    os.mkdir('d' * 100); os.chdir('d' * 100)\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], check=True)
    try:
        found = list(walk([tmp_path]))
        assert [file.readable for file in found] == [False]
    finally:
        subprocess.run(["rm", "-rf", tmp_path / ("d" * 100)], check=True)


def test_deep_nesting_is_walked(tmp_path):
    touch(tmp_path.joinpath(*["d"] * 70, "file"))
    assert listed(tmp_path) == {"d/" * 70 + "file": ""}


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems refuse such names")
def test_names_that_are_no_text_can_be_listed_and_shown(tmp_path):
    with open(os.fsencode(tmp_path) + b"/IM\xff1", "wb"):  # noqa: PTH123 - bytes
        pass
    (name,) = listed(tmp_path)
    assert shown_name(name) == "IM\\udcff1"
    shown_name(name).encode()


@posix
def test_denied_folders_are_listed(tmp_path):
    """Run as somebody else when this is root, whom nothing is denied."""
    touch(tmp_path / "open" / "file")
    denied = tmp_path / "denied"
    touch(denied / "file")
    denied.chmod(0)
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from napari_medscan.dicom.files.walk import walk\n"
        "if os.geteuid() == 0: os.setegid(65534), os.seteuid(65534)\n"
        "for f in walk([Path('.')]): print(f.name, '|', f.refusal, '|', f.readable)\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001 and os.geteuid() == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    try:
        found = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    finally:
        denied.chmod(0o700)
    assert found.splitlines() == ["denied/ | permission denied | False", "open/file |  | True"]
