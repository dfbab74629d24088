"""The examples of docs/export.md and docs/objects.md run, and its commands are understood."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_medscan.cli.options import parser

from ..dicom.making import ct, write
from ..dicom.objects.labeled import COLUMNS, ROWS, position, seg, write_ct

DOCS = Path(__file__).parents[2] / "docs"


def run(page, names):
    """Run the examples of a page in order, and return how many there are."""
    text = (DOCS / page).read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page
    return len(examples)


def test_examples_of_the_export_page_run_in_order(chest, tmp_path):
    assert run("export.md", {"folder": chest, "out": tmp_path}) >= 3
    assert (tmp_path / "ct.nii.gz").exists()


def test_examples_of_the_objects_page_run_in_order(tmp_path):
    pytest.importorskip("highdicom")
    folder = write_ct(tmp_path / "in")
    frames = [(1, position(1), np.ones((ROWS, COLUMNS), bool))]
    write(folder / "seg.dcm", seg(frames, {1: "liver"}))
    assert run("objects.md", {"folder": folder, "out": tmp_path}) >= 2
    assert (tmp_path / "liver.dcm").exists()


def script(start):
    """Return the indented script of docs/export.md that starts with a line."""
    text = (DOCS / "export.md").read_text(encoding="utf-8")
    lines = text[text.index(f"    {start}\n") :].splitlines()
    end = next((n for n, line in enumerate(lines) if line and not line.startswith("    ")), None)
    return "\n".join(line[4:] for line in lines[:end])


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_task_of_a_slurm_array_exports_its_study(tmp_path):
    write(tmp_path / "a study" / "a.dcm", ct())
    (tmp_path / "studies.txt").write_text("none\na study\n")
    command = tmp_path / "bin" / "napari-medscan"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m napari_medscan.cli "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["/bin/sh", "-c", script("#!/bin/sh")],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "SLURM_ARRAY_TASK_ID": "2"},
        capture_output=True,
    )
    assert len(list((tmp_path / "out" / "2").glob("*.nii.gz"))) == 1


def test_commands_of_the_export_page_are_understood():
    text = (DOCS / "export.md").read_text(encoding="utf-8")
    found = re.findall(r"^ +(?:shell: \")?napari-medscan (.*?)\"?$", text, re.MULTILINE)
    assert len(found) >= 4
    for command in found:
        given = re.sub(r"[\[\]]| > .*", "", command).replace("N", "2")
        given = re.sub(r"(--to )(\S+?)\|\S*", r"\1\2", given)
        assert parser().parse_args(shlex.split(given)).command == "export"


def test_first_rule_of_the_snakemake_recipe_has_no_wildcards():
    """Snakemake makes what the first rule asks for, which has to be files."""
    recipe = script('studies, = glob_wildcards("studies/{study,[^/]+}")')
    first, second = recipe.split("rule ")[1:]
    assert first.startswith("all:")
    assert "output" not in first
    assert "output" in second
