"""``napari-medscan inspect``: what it prints, what it returns, what it survives."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from napari_medscan import __version__, cli
from napari_medscan.cli.table import print_table
from napari_medscan.dicom import load

from .dicom.making import ct, write
from .studies import HOSTILE, damage, write_many, write_series, write_undecodable

TORTURE = Path(__file__).parents[2] / "shared" / "torture" / "make_nasty.py"

NOT_SHOWN = ("skipped", "duplicates", "unreadable")
SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "inspect.schema.json").read_text())


def command(*arguments, **options):
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "napari_medscan.cli", *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=120,
        **options,
    )


@pytest.fixture
def inspect(capsys):
    """Run the command in this process; give exit code, JSON or text, and errors."""

    def run(path, *options):
        code = cli.main(["inspect", str(path), *options])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in options else out, err

    return run


def assert_schema(report, *, pixels=False):
    """Assert that the published schema describes a report, and every field of it."""
    jsonschema.validate(report, SCHEMA)
    assert set(report) == set(SCHEMA["properties"])
    assert set(report["files"]) == set(SCHEMA["properties"]["files"]["properties"])
    for each in report["objects"]:
        assert set(each) == set(SCHEMA["$defs"]["object"]["properties"])
    described = set(SCHEMA["$defs"]["stack"]["properties"])
    for stack in report["stacks"]:
        assert set(stack) == described - (set() if pixels else {"pixels"})
        assert len(stack["shape"]) == len(stack["axes"])
        assert np.isfinite(stack["spacing_mm"]).all()


def accounted(report):
    files = report["files"]
    return files["shown"] + sum(len(files[kind]) for kind in NOT_SHOWN)


# --- JSON


def test_json_has_exactly_the_agreed_keys(inspect, chest):
    code, report, err = inspect(chest, "--json")
    assert (code, err) == (0, "")
    assert_schema(report)
    (stack,) = report["stacks"]
    assert stack["modality"] == "CT"
    assert stack["series_number"] == 2
    assert stack["axes"] == "zyx"
    assert stack["shape"] == [6, 32, 32]
    assert stack["unit"] == "HU"
    assert stack["spacing_mm"] == [2.5, 11.875, 11.875]
    assert stack["windows"][0] == {"name": "MEDIASTINUM", "center": 40.0, "width": 400.0}
    assert stack["files"] == [f"IM00000{i}.dcm" for i in range(6, 0, -1)]
    assert report["files"] == {"shown": 6, "skipped": [], "duplicates": [], "unreadable": []}


def test_the_affine_leads_to_the_first_pixel_of_the_first_slice(inspect, tmp_path):
    write_series(tmp_path, 3, ImagePositionPatient=lambda i: [-10, -20, 2 * i + 5])
    _, report, _ = inspect(tmp_path, "--json")
    affine = np.array(report["stacks"][0]["affine_lps"])
    assert (affine @ (0, 0, 0, 1)).tolist() == [-10, -20, 5, 1]
    assert (affine @ (2, 1, 3, 1)).tolist() == [-10 + 3 * 0.75, -20 + 0.5, 9, 1]


def test_pixels_are_read_when_asked_for(inspect, tmp_path):
    write_series(tmp_path, 3)
    code, report, _ = inspect(tmp_path, "--json", "--pixels")
    assert code == 0
    assert_schema(report, pixels=True)
    values = np.repeat(np.float32([-1024, -1014, -1004]), 24)
    assert report["stacks"][0]["pixels"] == {
        "min": -1024,
        "max": -1004,
        "mean": -1014,
        "sha256_float32": hashlib.sha256(values.astype("<f4").tobytes()).hexdigest(),
    }


def test_pixels_that_cannot_be_read_are_an_error_in_words(inspect, tmp_path):
    write_undecodable(tmp_path / "a.dcm")
    code, report, err = inspect(tmp_path, "--json", "--pixels")
    assert (code, err) == (0, "")
    assert_schema(report, pixels=True)
    (stack,) = report["stacks"]
    assert stack["pixels"]["error"] in stack["warnings"]
    _, table, _ = inspect(tmp_path, "--pixels")
    assert "unreadable" in table
    assert stack["pixels"]["error"] in " ".join(table.split())


def test_every_file_is_accounted_for(inspect, tmp_path):
    paths = write_series(tmp_path / "in" / "ner", 4)
    damage(paths[3])
    (tmp_path / "copy.dcm").write_bytes(paths[0].read_bytes())
    (tmp_path / "readme.txt").write_text("hello")
    _, report, _ = inspect(tmp_path, "--json")
    assert_schema(report)
    assert accounted(report) == 6
    assert report["files"]["skipped"][0]["file"] == "readme.txt"
    assert report["files"]["unreadable"][0]["file"] == "in/ner/s3_4.dcm"
    assert report["files"]["duplicates"][0].keys() == {"file", "of"}


def test_no_patient_in_it(inspect, tmp_path):
    write_many(tmp_path, 2)
    for options in (["--json"], [], ["--json", "--pixels"]):
        _, out, _ = inspect(tmp_path, *options)
        assert not re.search("canary|alice|mrn77x", str(out), re.IGNORECASE)


# --- exit codes and mistakes


def test_exit_code_when_nothing_can_be_shown(inspect, tmp_path):
    code, report, _ = inspect(tmp_path, "--json")
    assert code == 3
    assert report == {
        "format": 1,
        "stacks": [],
        "objects": [],
        "files": {"shown": 0, "skipped": [], "duplicates": [], "unreadable": []},
    }
    code, text, _ = inspect(tmp_path)
    assert code == 3
    assert text == "The folder is empty.\n"


def test_exit_code_when_there_is_no_such_path(tmp_path, capsys):
    path = tmp_path / "absent"
    assert cli.main(["inspect", str(path), "--json"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"No such file or folder: {path}\n"


@pytest.mark.parametrize("arguments", [[], ["inspect"], ["open", "x"], ["inspect", "x", "--no"]])
def test_exit_code_when_the_command_is_wrong(arguments, capsys):
    with pytest.raises(SystemExit) as info:
        cli.main(arguments)
    assert info.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as info:
        cli.main(["--version"])
    assert info.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


# --- the table


def test_the_table_can_be_read_at_80_columns(tmp_path):
    write_series(tmp_path, 3)
    description = "Thorax 1.0 B30f " + "with a long description " * 3
    write_series(tmp_path, 12, series=12, SeriesDescription=description, PixelSpacing=None)
    damage(next(tmp_path.glob("s12_1.dcm")))
    done = command("inspect", tmp_path, "--pixels", env={**os.environ, "COLUMNS": "80"})
    text = done.stdout.decode()
    assert done.returncode == 0
    assert max(map(len, text.splitlines())) <= 80
    for wanted in ("Series", "Axes", "CT 3 · Chest", "zyx", "3×4×6", "2×0.5×0.75", "HU"):
        assert wanted in text
    assert "unknown" in text
    assert "-1024 … -1004" in text
    assert "1 file could not be read" in text


def test_a_single_plane_has_no_slice_spacing(inspect, tmp_path):
    write_series(tmp_path, 1, SliceThickness=7)
    _, text, _ = inspect(tmp_path)
    assert " 0.5×0.75 " in text


def test_pet_says_how_suv_comes_of_its_values_or_why_not(inspect, pet_ct, tmp_path):
    _, text, _ = inspect(pet_ct)
    (stack,) = (found for found in load(pet_ct).stacks if found.modality == "PT")
    (line,) = (line for line in text.splitlines() if "SUVbw" in line)
    assert line.startswith(stack.name)
    times = line.removeprefix(f"{stack.name}: SUVbw = ")
    assert float(times.removesuffix(" × value")) == pytest.approx(stack.suv.bw, rel=1e-3)
    write_series(tmp_path, 3, Modality="PT")
    _, text, _ = inspect(tmp_path)
    assert "SUV not available: Units (0054,1001) is missing" in " ".join(text.split())


def test_the_table_shows_hostile_text_as_it_is(inspect, tmp_path):
    write_series(tmp_path, SeriesDescription=f"[red]{HOSTILE[:20]}\x1b[2J[/red]")
    _, text, _ = inspect(tmp_path)
    assert "\x1b" not in text
    assert "[red]" in text


def test_the_command_needs_neither_napari_nor_qt(chest):
    code = (
        "import sys; from napari_medscan.cli import main\n"
        f"main(['inspect', {str(chest)!r}, '--pixels'])\n"
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.partition("MODULES")[2].split())
    assert loaded & {"napari", "qtpy", "PyQt6", "httpx", "pandas"} == set()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("option", ["--json", "--pixels"])
def test_a_terminal_that_lacks_letters_is_no_reason_to_stop(tmp_path, encoding, option):
    write_series(tmp_path, SeriesDescription="胸部 грудь", PixelSpacing=None)
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = command("inspect", tmp_path, option, env=environment)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"CT" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("options", [["--json"], []])
def test_a_reader_that_goes_away_is_no_reason_to_complain(tmp_path, options):
    write_many(tmp_path, 40)
    arguments = [sys.executable, "-m", "napari_medscan.cli", "inspect", str(tmp_path), *options]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            arguments, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
        )
    finally:
        os.close(writing)
    assert done.stderr == b""


# --- nasty folders


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """Return the folder of folders that ../shared/torture makes."""
    if not TORTURE.is_file():
        pytest.skip(f"NOT TESTED: there is no {TORTURE}")
    if os.name == "nt":
        pytest.skip("NOT TESTED: the nasty folders need POSIX")
    out = tmp_path_factory.mktemp("nasty") / "folders"
    subprocess.run(
        [sys.executable, str(TORTURE), "--out", str(out)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    yield out
    for folder, _, _ in os.walk(out):
        os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101 - names that are no text


def entries(folder):
    """Count what is neither a folder nor inside one that may not be read; in a ZIP, its files."""
    count = 0
    for place, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(place, name)  # noqa: PTH118 - names that are no text
            is_zip = name.endswith(".zip")
            count += len(zipfile.ZipFile(path).namelist()) if is_zip else 1
        count += sum((Path(place) / name).is_symlink() for name in folders)
    return count


def test_nasty_folders(nasty, capsys):
    """Whatever is dropped: JSON by the schema, every file accounted for, no patient, no crash."""
    shown = 0
    folders = sorted(path for path in nasty.iterdir() if path.is_dir())
    assert len(folders) > 40
    for folder in folders:
        for options in (["--json"], []):
            code = cli.main(["inspect", str(folder), *options])
            out, err = capsys.readouterr()
            assert code in (0, 3), folder
            assert err == "", folder
            if options:
                report = json.loads(out)
                assert_schema(report)
                assert accounted(report) == entries(folder), folder
                assert (code == 0) == bool(report["stacks"] or report["objects"]), folder
                shown += code == 0
                # The user's own file names may be shown.
                for each in (*report["stacks"], *report["objects"]):
                    each["files"] = []
                for kind in NOT_SHOWN:
                    for entry in report["files"][kind]:
                        entry.pop("file")
                        entry.pop("of", "")
                out = json.dumps(report)
            # A series description is part of a series' name, by design.
            out = out.replace("CANARYSERIES", "")
            assert "CANARY" not in out.upper(), folder
            assert "OUTSIDE" not in out, folder
    assert shown > 35


def test_what_is_no_number_is_no_number_in_json_either(tmp_path, capsys):
    values = np.array([[np.nan, 1.5], [np.inf, 2.5]], dtype="<f4")
    for name, pixels in (("some", values), ("none", np.full((2, 2), np.nan, "<f4"))):
        data = ct(
            Rows=2,
            Columns=2,
            BitsAllocated=32,
            PixelData=None,
            RescaleSlope=None,
            RescaleIntercept=None,
        )
        data.FloatPixelData = pixels.tobytes()
        write(tmp_path / name / "a.dcm", data)
    assert cli.main(["inspect", str(tmp_path / "some"), "--json", "--pixels"]) == 0
    (stack,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["stacks"]
    assert (stack["pixels"]["min"], stack["pixels"]["max"], stack["pixels"]["mean"]) == (
        1.5,
        2.5,
        2,
    )
    assert cli.main(["inspect", str(tmp_path / "none"), "--json", "--pixels"]) == 0
    (stack,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["stacks"]
    assert stack["pixels"]["min"] is None


def test_cache_clear_deletes_the_index(tmp_path, capsys, monkeypatch):
    from napari_medscan.dicom.index import index_file

    monkeypatch.setenv("MEDSCAN_CACHE_DIR", str(tmp_path))
    index_file.write("a" * 32, {"stacks": []})
    (path,) = tmp_path.rglob("*.index")
    path.write_bytes(bytes(12_345))
    assert cli.main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "Deleted 12.3 kB.\n"
    assert not path.exists()
    assert cli.main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "Deleted 0 bytes.\n"


def test_table_blank_slices_are_counted_by_reason(tmp_path, capsys):
    write_series(tmp_path, 3)
    report = load(tmp_path)
    print_table(report, pixels=False)
    assert "blank" not in capsys.readouterr().out
    reasons = ("truncated file", "corrupt pixel data", "truncated file")
    report.stacks[0].problems.update(enumerate(reasons))
    print_table(report, pixels=False)
    text = " ".join(capsys.readouterr().out.split())
    assert ": 1 slice could not be decoded and is blank (corrupt pixel data)." in text
    assert ": 2 slices could not be decoded and are blank (truncated file)." in text
