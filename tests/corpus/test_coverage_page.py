"""docs/coverage.md says what a few cases of the corpus are opened as, and finds the unexpected."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from napari_medscan.dicom.series.stack import Stack

from .oracle import case_names, case_path

TOOLS = Path(__file__).parents[2] / "tools"
pytestmark = pytest.mark.skipif(
    not case_names(), reason="NOT TESTED: there is no corpus (MEDSCAN_CORPUS)"
)
CASES = ("ct-missing-slice", "seg-liver-ct3", "rt-phantom-ibsi-pat2", "us-rgb", "sr-reports")


@pytest.fixture(scope="module")
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        return importlib.import_module("corpus_coverage")


@pytest.mark.parametrize("name", CASES)
def test_page_is_current(tool, name):
    """If this fails, run ``make coverage`` and look at what has changed."""
    what = next(what for path, what in tool.corpus_cases() if path.name == name)
    lines = tool.PAGE.read_text(encoding="utf-8").splitlines()
    assert tool.line_of(tool.row_of(case_path(name), what)) in lines


def test_page_has_every_case_and_nothing_unexpected(tool):
    text = tool.PAGE.read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in case_names())
    assert "## Unexpected\n\nNothing.\n" in text


def test_exceptions_and_lost_files_are_unexpected(tool, monkeypatch):
    def fail(*_args, **_options):
        raise KeyError

    monkeypatch.setattr(Stack, "read", fail)
    monkeypatch.setattr(tool, "_file_count", lambda _path: 99)
    row = tool.row_of(case_path("us-rgb"), "")
    assert row.unexpected == ("reading raises KeyError", "1 of 99 files are accounted for")
    assert "- us-rgb: reading raises KeyError" in tool.page([row], [])
    monkeypatch.setattr(tool, "load", fail)
    assert tool.row_of(case_path("us-rgb"), "").unexpected == ("raises KeyError",)
