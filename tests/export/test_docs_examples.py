"""The examples of docs/export.md run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "export.md"


def test_examples_of_the_page_run_in_order(chest, tmp_path):
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    names = {"folder": chest, "out": tmp_path}
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page
    assert (tmp_path / "ct.nii.gz").exists()
