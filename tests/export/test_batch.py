"""``napari-medscan export``: complete, resumable, and the same however it is run."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys

import nibabel as nib
import numpy as np
import psutil
import pytest

from napari_medscan import cli

from ..dicom.making import write
from ..dicom.objects.labeled import COLUMNS, CORNER, ROWS, STEP, seg, write_ct
from ..studies import damage, write_many, write_series, write_undecodable

SERIES = 200 if os.environ.get("MEDSCAN_TORTURE") else 12


def run(capsys, *arguments):
    """Run the command here; return its exit code, its lines and what it says of all."""
    code = cli.main(["export", *map(str, arguments)])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, lines[:-1], lines[-1] if lines else {}


def process(*arguments):
    command = [sys.executable, "-m", "napari_medscan.cli", "export", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def contents(folder):
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".part"))
    return {p.relative_to(folder).as_posix(): hashlib.sha1(p.read_bytes()).digest() for p in files}  # noqa: S324


@pytest.mark.parametrize(
    ("to", "suffix"),
    [("nifti", ".nii.gz"), ("nrrd", ".nrrd"), ("tiff", ".tif"), ("png", ""), ("gif", ".gif")],
)
def test_every_series_is_written_once(tmp_path, capsys, to, suffix):
    write_many(tmp_path / "in", 3)
    code, lines, all_of_it = run(capsys, tmp_path / "in", "--to", to, tmp_path / "out")
    assert (code, all_of_it) == (0, {"done": True, "written": 3})
    assert {line["series_number"] for line in lines} == {1, 2, 3}
    for line in lines:
        assert line["file"].endswith(suffix)
        assert (tmp_path / "out" / line["file"]).exists()
    before = contents(tmp_path / "out")
    code, _, all_of_it = run(capsys, tmp_path / "in", "--to", to, tmp_path / "out")
    assert (code, all_of_it) == (0, {"done": True, "exists": 3})
    assert contents(tmp_path / "out") == before


def test_changed_series_is_written_anew(tmp_path, capsys):
    write_many(tmp_path / "in", 2)
    run(capsys, tmp_path / "in", "--to", "nifti", tmp_path / "out")
    write_series(tmp_path / "in", 3, series=2)
    _, _, all_of_it = run(capsys, tmp_path / "in", "--to", "nifti", tmp_path / "out")
    assert all_of_it == {"done": True, "written": 1, "exists": 1}


def test_what_fails_is_told_and_the_rest_is_written(tmp_path, capsys):
    write_many(tmp_path / "in", 1)
    write_undecodable(tmp_path / "in" / "a.dcm")
    arguments = tmp_path / "in", "--to", "nifti", tmp_path / "out"
    code, lines, all_of_it = run(capsys, *arguments)
    assert (code, all_of_it) == (cli.INCOMPLETE, {"done": True, "written": 1, "failed": 1})
    (failed,) = (line for line in lines if line["status"] == "failed")
    assert failed["sources"] == ["a.dcm"]
    assert failed["reason"].startswith("Slice 1 of 1 cannot be read")
    assert str(tmp_path) not in json.dumps(lines)
    code, _, all_of_it = run(capsys, *arguments, "--blanks")
    assert (code, all_of_it) == (0, {"done": True, "written": 2})


def test_file_that_cannot_be_read_is_told(tmp_path, capsys):
    write_many(tmp_path / "in", 1)
    damage(tmp_path / "in" / "s1_1.dcm")
    code, lines, _ = run(capsys, tmp_path / "in", "--to", "nifti", tmp_path / "out")
    assert code == cli.INCOMPLETE
    assert (lines[0]["status"], lines[0]["sources"]) == ("failed", ["s1_1.dcm"])


def test_segmentation_is_written_on_the_grid_of_its_series(tmp_path, capsys):
    write_ct(tmp_path / "in")
    one, other = np.zeros((2, ROWS, COLUMNS), bool)
    one[1:4, 2:6], other[3:6, 4:9] = True, True
    places = [(CORNER[0], CORNER[1], CORNER[2] + STEP * z) for z in (1, 2)]
    frames = [(1, places[0], one), (2, places[0], other), (1, places[1], one)]
    data = seg(frames, {1: "Liver", 2: "Lesion"}, SegmentsOverlap="UNDEFINED")
    write(tmp_path / "in" / "seg.dcm", data)
    code, lines, all_of_it = run(capsys, tmp_path / "in", "--to", "nifti", tmp_path / "out")
    assert (code, all_of_it) == (0, {"done": True, "written": 2})
    (line,) = (line for line in lines if line["modality"] == "SEG")
    # The two overlap, so they are in two files.
    (more,) = line["more_files"]
    first, second = (
        np.asanyarray(nib.load(tmp_path / "out" / name).dataobj).T for name in (line["file"], more)
    )
    np.testing.assert_array_equal(first[1], one * 1)
    np.testing.assert_array_equal(second[1], other * 2)
    assert not first[0].any()
    image = next(line for line in lines if line["modality"] == "CT")["file"]
    affines = [nib.load(tmp_path / "out" / name).affine for name in (image, more)]
    np.testing.assert_array_equal(*affines)


@pytest.mark.parametrize("to", ["nifti", "nrrd"])
def test_file_that_a_killed_run_left_beside_a_series_is_written_again(tmp_path, capsys, to):
    write_series(tmp_path / "in", 2)
    command = tmp_path / "in", "--to", to, tmp_path / "out"
    run(capsys, *command)
    before = contents(tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        if path.suffix != ".json":
            path.unlink()
    code, _, all_of_it = run(capsys, *command)
    assert (code, all_of_it) == (0, {"done": True, "written": 1})
    assert contents(tmp_path / "out") == before


def test_several_processes_write_the_same(tmp_path, capsys):
    write_many(tmp_path / "in", 4)
    run(capsys, tmp_path / "in", "--to", "nifti", tmp_path / "one")
    code, _, all_of_it = run(
        capsys, tmp_path / "in", "--to", "nifti", tmp_path / "two", "--jobs", 2
    )
    assert (code, all_of_it) == (0, {"done": True, "written": 4})
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: Windows has no SIGKILL")
@pytest.mark.parametrize("jobs", [1, 2] if os.environ.get("MEDSCAN_TORTURE") else [2])
def test_a_killed_run_ends_and_is_completed_by_the_next(tmp_path, capsys, jobs):
    write_many(tmp_path / "in", SERIES)
    arguments = tmp_path / "in", "--to", "nifti"
    for out in (tmp_path / name for name in "123"):
        kill_in_the_middle(*arguments, out, "--jobs", jobs, jobs=jobs)
        if len(contents(out)) < 2 * SERIES:
            break
        # A busy computer gave it the time to end.
    assert len(contents(out)) < 2 * SERIES
    code, _, all_of_it = run(capsys, *arguments, out)
    assert code == 0
    assert all_of_it["exists"] >= SERIES // 4
    assert all_of_it["exists"] + all_of_it["written"] == SERIES
    run(capsys, *arguments, tmp_path / "undisturbed")
    assert contents(out) == contents(tmp_path / "undisturbed")


def kill_in_the_middle(*arguments, jobs):
    """Kill a run after a quarter of its series; its other processes end by themselves."""
    killed = process(*arguments)
    for _ in range(SERIES // 4):
        killed.stdout.readline()
    others = psutil.Process(killed.pid).children(recursive=True)
    assert len(others) >= (jobs > 1) * jobs
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    _, left = psutil.wait_procs(others, timeout=30)
    assert left == []


def test_wrong_commands_write_nothing(tmp_path, capsys):
    write_many(tmp_path / "in", 1)
    (tmp_path / "file").touch()
    for out in (tmp_path / "in" / "out", tmp_path / "in", tmp_path / "file"):
        assert run(capsys, tmp_path / "in", "--to", "nifti", out)[0] == cli.WRONG
    assert run(capsys, tmp_path / "absent", "--to", "nifti", tmp_path / "out")[0] == cli.NOTHING
    assert not (tmp_path / "in" / "out").exists()


def test_folder_without_images_is_told(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").touch()
    assert run(capsys, tmp_path / "in", "--to", "nifti", tmp_path / "out")[0] == cli.NOTHING


@pytest.mark.parametrize("jobs", [1, 2])
def test_deidentified_run_goes_on_with_its_key(tmp_path, capsys, jobs):
    write_many(tmp_path / "in", 2)
    arguments = tmp_path / "in", "--to", "dicom-deid", tmp_path / "out", "--jobs", jobs
    arguments = *arguments, "--key", tmp_path / "key"
    code, lines, all_of_it = run(capsys, *arguments)
    assert (code, all_of_it) == (0, {"done": True, "written": 4})
    assert all((tmp_path / "out" / line["file"]).exists() for line in lines)
    before = contents(tmp_path / "out")
    (tmp_path / "out" / lines[2]["file"]).unlink()
    code, _, all_of_it = run(capsys, *arguments)
    assert (code, all_of_it) == (0, {"done": True, "exists": 3, "written": 1})
    assert contents(tmp_path / "out") == before
    if os.name != "nt":
        assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_refused_files_give_an_exit_code(tmp_path, capsys):
    write_series(tmp_path / "in", 1)
    write_series(tmp_path / "in", 1, series=4, BurnedInAnnotation="YES")
    arguments = tmp_path / "in", "--to", "dicom-deid"
    code, _, all_of_it = run(capsys, *arguments, tmp_path / "out")
    assert (code, all_of_it) == (cli.INCOMPLETE, {"done": True, "written": 1, "refused": 1})
    assert run(capsys, *arguments, tmp_path / "two", "--pixels-checked")[0] == 0


def test_key_file_without_a_key_is_refused(tmp_path, capsys):
    write_series(tmp_path / "in", 1)
    (tmp_path / "key").write_text("hunter2")
    arguments = tmp_path / "in", "--to", "dicom-deid", tmp_path / "out", "--key", tmp_path / "key"
    assert run(capsys, *arguments)[0] == cli.WRONG
