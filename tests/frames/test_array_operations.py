"""The page of array operations says what they give today, and none is silently wrong."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch):
    # Pickling needs a module that can be imported by its name.
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("array_operations")


def test_page_of_array_operations_is_up_to_date(tool):
    assert tool.page() == tool.PAGE.read_text("utf-8"), "run tools/array_operations.py"


def test_no_array_operation_is_silently_wrong_and_most_are_equal(tool):
    text = tool.PAGE.read_text("utf-8")
    rows = [row for row in text.splitlines() if row.startswith("| `")]
    assert len(rows) == len(tool.operations()) >= 200
    assert not [row for row in rows if tool.WRONG in row]
    assert sum(row.endswith(" | equal" * len(tool.KINDS) + " |") for row in rows) >= 190
