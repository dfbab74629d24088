"""Open every case of the corpus with the command, and hold it against the oracles."""

from __future__ import annotations

import io
import json
from collections import Counter
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import pytest

from napari_medscan.dicom import load

from .compare import compare_stack, compare_volumes
from .expectations import CASES, Case
from .explained import EXPLAINED
from .facts import compare_facts
from .labels import compare_labels
from .oracle import Json, case_files, case_names, case_path
from .places import Frame, frames
from .slides import compare_slides
from .verdict import Verdict

if TYPE_CHECKING:
    from .tally import Tally

NAMES = case_names()


@pytest.mark.skipif(bool(NAMES), reason="the corpus is there")
def test_corpus_is_absent(tally: Tally) -> None:
    tally.absent = True
    pytest.skip("NO CORPUS: real DICOM was not tested")


@pytest.mark.skipif(not NAMES, reason="no corpus")
def test_every_case_is_expected() -> None:
    assert set(NAMES) == set(CASES)
    assert {case for case, _ in EXPLAINED} <= set(CASES)


# pydicom, our yardstick, warns of what is wrong with many of these files.
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("case", NAMES)
def test_case(case: str, tally: Tally) -> None:
    verdict = Verdict()
    report = inspect(case, verdict)
    _compare_accounting(case, report, verdict)
    _compare_stack_list(CASES[case], report, verdict)
    shown: list[Frame] = []
    opened = load(case_path(case))
    compare_labels(case, opened, verdict)
    compare_slides(case, opened, verdict)
    compare_volumes(case, opened, verdict)
    for stack, shown_stack in zip(report["stacks"], opened.stacks, strict=True):
        array = shown_stack.read(errors="blank")
        group = compare_stack(case, stack, array, shown_stack.valid, verdict)
        compare_facts(case, stack, group, verdict)
        shown += group
    _compare_frames_shown(case, report, shown, verdict)
    excuses = {what: why for (of, what), why in EXPLAINED.items() if of == case}
    found = {what: why for what, why in verdict.differences.items() if what not in excuses}
    unexplained = [f"{case}: {what}: {detail}" for what, detail in found.items()]
    stale = [f"{case}: {what}: no longer differs" for what in excuses.keys() - verdict.differences]
    tally.cases += 1
    tally.stacks += len(report["stacks"])
    tally.files += len(case_files(case))
    tally.exact += verdict.exact
    tally.explained += len(excuses) - len(stale)
    tally.unexplained += unexplained + stale
    assert not unexplained + stale


def inspect(case: str, verdict: Verdict) -> Json:
    """Run the command in this process and return what it printed."""
    from napari_medscan.cli import main

    printed = io.StringIO()
    with redirect_stdout(printed):
        code = main(["inspect", str(case_path(case)), "--json", "--pixels"])
    report: Json = json.loads(printed.getvalue())
    expected = 0 if report["stacks"] or report["objects"] else 3
    verdict.check(code == expected, "exit code", f"{code}, expected {expected}")
    return report


def _compare_accounting(case: str, report: Json, verdict: Verdict) -> None:
    """Every file is in exactly one list, and in one where it may be."""
    fates: dict[str, list[str]] = {
        "shown": list(
            dict.fromkeys(
                file for each in (*report["stacks"], *report["objects"]) for file in each["files"]
            )
        ),
        **{
            fate: [entry["file"] for entry in report["files"][fate]]
            for fate in ("skipped", "duplicates", "unreadable")
        },
    }
    times = Counter(file for files in fates.values() for file in files)
    once = sorted(times) == case_files(case) and set(times.values()) == {1}
    detail = f"missing {sorted(set(case_files(case)) - set(times))[:3]}"
    detail += f" unknown {sorted(set(times) - set(case_files(case)))[:3]}"
    detail += f" twice {[file for file, n in times.items() if n > 1][:3]}"
    verdict.check(once, "accounting", detail)
    count = report["files"]["shown"]
    verdict.check(count == len(fates["shown"]), "shown", f"{count} != {len(fates['shown'])}")
    for fate, files in fates.items():
        wrong = [file for file in files if fate not in CASES[case].may_be(file)]
        verdict.check(not wrong, f"fate: {fate}", f"{len(wrong)}: {wrong[:3]}")
    for fate in ("skipped", "unreadable"):
        silent = [entry for entry in report["files"][fate] if not entry["reason"]]
        verdict.check(not silent, f"reason: {fate}", str(silent))
    for entry in report["files"]["duplicates"]:
        pair = {entry["file"], entry["of"]}
        same = any(pair <= set(group) for group in CASES[case].same)
        verdict.check(same and entry["of"] in fates["shown"], "duplicate of", str(entry))


def _compare_stack_list(expected: Case, report: Json, verdict: Verdict) -> None:
    found: Counter[str] = Counter()
    for stack in report["stacks"]:
        missing = f" -{stack['missing_slices']}" if stack["missing_slices"] else ""
        found[f"{stack['axes']} {' '.join(map(str, stack['shape']))}{missing}"] += 1
    fits = found in expected.alternatives()
    detail = f"{dict(found)}, expected {' or '.join(expected.stacks)}: {expected.why}"
    verdict.check(fits, "stacks", detail)


def _compare_frames_shown(case: str, report: Json, shown: list[Frame], verdict: Verdict) -> None:
    """Every frame of every file that is shown is in exactly one stack."""
    files = {file for stack in report["stacks"] for file in stack["files"]}
    expected = Counter(_identity(f) for file in files for f in frames(case, file))
    found = Counter(_identity(frame) for frame in shown)
    detail = f"dropped {list(expected - found)[:3]}, more than once {list(found - expected)[:3]}"
    verdict.check(found == expected, "frames", detail)


def _identity(frame: Frame) -> tuple[str, int, int, int]:
    return frame.file, frame.number, frame.part[0].start, frame.part[1].start
