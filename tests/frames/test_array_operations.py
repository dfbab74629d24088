"""The page of array operations says what they give today, and none is silently wrong."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import numpy as np
import pytest

from napari_medscan.frames import FrameCache, LazyStack

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


LONG = "MEDSCAN_TORTURE" in os.environ
BAD = 2
ALWAYS = ("np.shares_memory", "np.may_share_memory", "x.flags", "copy.", "pickle.loads(pickle")
"""Operations that ask for no values."""


class OneIsBroken:
    def __init__(self, values):
        self.values = values

    def read(self, index, out):
        if index == BAD:
            raise OSError
        out[...] = self.values[index]


DRAWN = (
    *("x[0", "x[1:3]", "x[::-1]", "x[::2, 1:]", "x[:, 1]", "x[:, :, 2]", "x[-100:100]"),
    *("x[slice(None, None, -2)]", "measure.regionprops_table"),
)
"""What indexes with integers and slices, as napari does to draw: ``layer.data`` gives blanks."""


@pytest.mark.parametrize("face", ["stack", "display"])
@pytest.mark.parametrize("kind", ["int16", "4-D", "RGB", "float32"] if LONG else ["int16"])
@pytest.mark.parametrize("is_missing", [False, True] if LONG else [False])
def test_no_array_operation_takes_a_blank_for_a_value(tool, kind, face, is_missing):
    """What depends on a slice that cannot be read raises, whatever the operation."""
    dtype, lead, frame = tool.KINDS[kind]
    flat = tool.arrays(kind)[1].reshape(-1, *frame)
    places = np.arange(len(flat)).reshape(lead)
    places[(places == BAD) & is_missing] = -1

    def result(code, x):
        return tool.result(code, x, flat.copy().reshape(lead + frame))

    def filled(value):
        values = flat.copy()
        values[BAD] = value
        return values.reshape(lead + frame)

    silent = []
    for _, operation in tool.operations():
        if operation.startswith(ALWAYS) or (
            face == "display" and any(part in operation for part in DRAWN)
        ):
            continue
        stack = LazyStack(OneIsBroken(flat), places, frame, np.dtype(dtype), 0, FrameCache())
        code = compile(operation, operation, "eval")
        found = result(code, stack if face == "stack" else stack.display)
        if not isinstance(found, Exception) and not tool.are_equal(
            result(code, filled(0)), result(code, filled(101))
        ):
            silent.append(operation)
    assert silent == []
