"""The examples of docs/arrays.md run."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "arrays.md"


def test_examples_of_the_page_of_arrays_run_in_order(chest):
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 3
    names = {"folder": chest}
    for example in examples:
        exec(example, names)  # noqa: S102 - our own page
    assert names["volume"].mean() == names["mean"]
