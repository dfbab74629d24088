"""The examples of docs/measure.md run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "measure.md"


def test_examples_of_the_page_run_in_order(chest, capsys):
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {"folder": chest}
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page
    assert "mm" in capsys.readouterr().out
