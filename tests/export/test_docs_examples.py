"""The examples of docs/export.md and docs/objects.md run."""

import re
from pathlib import Path

import numpy as np

from ..dicom.making import write
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
    folder = write_ct(tmp_path / "in")
    frames = [(1, position(1), np.ones((ROWS, COLUMNS), bool))]
    write(folder / "seg.dcm", seg(frames, {1: "liver"}))
    assert run("objects.md", {"folder": folder, "out": tmp_path}) >= 2
    assert (tmp_path / "liver.dcm").exists()
