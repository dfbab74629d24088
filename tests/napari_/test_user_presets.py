"""Presets that persist, whatever becomes of their file."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest

from napari_medscan.dicom.intensity.window import Window
from napari_medscan.napari_.user_presets import MAX_BYTES, UserPresets, presets_file

from ..studies import HOSTILE

A, B, C = Window("A", 40, 400), Window("B", -600, 1500.5), Window("C", 2.5, 5, "LINEAR_EXACT")


@pytest.fixture
def presets(tmp_path):
    kept = UserPresets(tmp_path / "new" / "presets.json")
    for window in (A, B, C):
        kept.add("CT HU", window)
    return kept


def test_presets_are_there_again_in_their_order(presets):
    assert UserPresets(presets.path).of("CT HU") == (A, B, C)


def test_each_group_has_its_own(presets):
    presets.add("MR", A)
    assert presets.of("MR") == (A,)
    assert presets.of("CT HU") == (A, B, C)
    assert presets.of("PT") == ()


def test_rename(presets):
    presets.rename("CT HU", 1, " Lung, mine ")
    assert [w.name for w in presets.of("CT HU")] == ["A", "Lung, mine", "C"]
    presets.rename("CT HU", 1, "  ")
    assert presets.of("CT HU")[1].name == "Lung, mine"


def test_names_are_harmless_and_short(presets):
    presets.rename("CT HU", 0, HOSTILE + "x" * 300)
    name = presets.of("CT HU")[0].name
    assert "<" not in name
    assert len(name) <= 64


@pytest.mark.parametrize(
    ("index", "to", "order"),
    [(0, 2, "BCA"), (2, 0, "CAB"), (1, 0, "BAC"), (0, -1, "ABC"), (2, 9, "ABC")],
)
def test_move(presets, index, to, order):
    presets.move("CT HU", index, to)
    assert "".join(w.name for w in presets.of("CT HU")) == order


def test_remove(presets):
    presets.remove("CT HU", 1)
    assert presets.of("CT HU") == (A, C)
    presets.remove("CT HU", 0)
    presets.remove("CT HU", 0)
    assert json.loads(presets.path.read_text())["presets"] == {}


def test_two_windows_of_napari_share_them(presets):
    other = UserPresets(presets.path)
    other.add("MR", A)
    presets.add("CT HU", A)
    assert other.of("CT HU") == (A, B, C, A)
    assert other.of("MR") == (A,)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_may_read_them(presets):
    assert stat.S_IMODE(presets.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(presets.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b'{"presets": 3}',
        b'{"presets": {"CT HU": 3}}',
        b"[" * 100_000,
        b'{"presets": {}}' + b" " * MAX_BYTES + b"x",
    ],
)
def test_a_damaged_file_is_no_presets_and_can_be_written_again(tmp_path, content):
    kept = UserPresets(tmp_path / "presets.json")
    kept.path.write_bytes(content)
    assert kept.of("CT HU") == ()
    kept.add("CT HU", A)
    assert kept.of("CT HU") == (A,)


def test_what_makes_no_sense_is_passed_over(tmp_path):
    kept = UserPresets(tmp_path / "presets.json")
    good = {"name": "good", "center": 1, "width": 2}
    bad = [
        3,
        {},
        {**good, "name": 3},
        {**good, "width": 0},
        {**good, "width": 0.5},
        {**good, "width": "wide"},
        {**good, "center": float("nan")},
        {**good, "center": 10**400},
        {**good, "function": "CUBIC"},
    ]
    nameless = {**good, "name": "\n"}
    kept.path.write_text(json.dumps({"presets": {"MR": [*bad, good, nameless]}}))
    assert kept.of("MR") == (Window("good", 1, 2), Window("1 / 2", 1, 2))


def test_a_write_that_fails_leaves_the_old_file(presets, monkeypatch):
    def full(_descriptor):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        presets.add("CT HU", A)
    assert presets.of("CT HU") == (A, B, C)
    assert [path.name for path in presets.path.parent.iterdir()] == ["presets.json"]


def test_they_are_kept_in_the_users_configuration():
    assert presets_file().name == "presets.json"
    assert "napari-medscan" in presets_file().parts[-2] or sys.platform != "linux"
