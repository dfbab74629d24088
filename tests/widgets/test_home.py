"""After a session of everything, nothing in the user's home names the patient or their folder."""

from __future__ import annotations

import base64
import gzip
import os
import sqlite3
import subprocess
import sys
import urllib.parse
import zipfile
import zlib
from pathlib import Path

import pydicom
import pytest

from napari_medscan.phantoms import write_ct_chest

FOLDER, PATIENT, ID = "Zyxwander-Olgarda", "Quexley^Brunhilde", "MRN-99174-Q"
WORDS = (*FOLDER.split("-"), *PATIENT.split("^"), ID)


def codings(word):
    """Return the ways in which a word can be written into a file."""
    for text in {word, word.lower(), word.upper()}:
        plain = text.encode()
        yield from (plain, text.encode("utf-16-le"), text.encode("utf-16-be"), plain.hex().encode())
        yield urllib.parse.quote(text, safe="").encode()
        for start in range(3):
            # What stands before decides how its bits fall into base64.
            coded = base64.b64encode(bytes(start) + plain)
            yield coded[-(-8 * start // 6) : 8 * (start + len(plain)) // 6]


NEEDLES = {coded: word for word in WORDS for coded in codings(word) if len(coded) > 4}


def contents(path):
    """Yield what a file holds, unpacked where it is packed."""
    data = path.read_bytes()
    yield data
    if data.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
            yield "\n".join(base.iterdump()).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield unpack(data)
        except (OSError, EOFError, zlib.error):
            continue


def found_in(home):
    """Return which words stand in which files of a folder, in their content or name."""
    hits = []
    for path in home.rglob("*"):
        hits += [(path, word) for word in WORDS if word.lower() in path.name.lower()]
        if path.is_file() and not path.is_symlink():
            whole = list(contents(path))
            hits += [(path, w) for n, w in NEEDLES.items() if any(n in data for data in whole)]
    return hits


@pytest.mark.parametrize("kind", ["plain", "utf-16", "base64", "gzip", "zip", "sqlite", "name"])
def test_the_search_finds_a_word_however_it_is_written(tmp_path, kind):
    text = f"file:///home/anna/{FOLDER}/1.dcm"
    path = tmp_path / ("x" if kind != "name" else FOLDER)
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", text)
    elif kind == "sqlite":
        with sqlite3.connect(path) as base:
            base.execute("create table t (x)")
            base.execute("insert into t values (?)", (text,))
    else:
        write = {
            "plain": str.encode,
            "utf-16": lambda t: t.encode("utf-16"),
            "base64": lambda t: base64.b64encode(t.encode()),
            "gzip": lambda t: gzip.compress(t.encode()),
            "name": lambda _: b"",
        }[kind]
        path.write_bytes(write(text))
    assert {word for _, word in found_in(tmp_path)} == set(FOLDER.split("-"))


@pytest.mark.skipif(sys.platform != "linux", reason="a home is set by variables of Linux")
@pytest.mark.usefixtures("qapp")
def test_a_session_of_everything_leaves_no_name_in_the_home(tmp_path):
    home, study = tmp_path / "home", tmp_path / FOLDER
    home.mkdir()
    study.mkdir()
    write_ct_chest(study, size=32, slices=6)
    for path in list(study.iterdir()):
        data = pydicom.dcmread(path)
        data.PatientName, data.PatientID = PATIENT, ID
        data.save_as(path)
        path.rename(path.with_name(f"{FOLDER}-{path.name}"))
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "NAPARI", "QT_QPA_PL"))
    }
    script = Path(__file__).with_name("home_session.py")
    done = subprocess.run(
        [sys.executable, script, study],
        env={**kept, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "settings" in done.stdout
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name == "settings.yaml" for path in files), "napari wrote its settings"
    assert any("medscan" in str(path) for path in files), "the plugin wrote its own"
    assert found_in(home) == []
    for stream in (done.stdout, done.stderr):
        assert not [word for word in WORDS if word in stream]
