"""The report beside de-identified copies: of all that are in the folder, whichever run made them.

No value of a header and no name of an original is in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from napari_medscan.export.deidentify.options import Profile
from napari_medscan.export.deidentify.outcome import Outcome
from napari_medscan.export.new_files import NewFiles
from napari_medscan.privacy.text_check import Box

REPORT: Final = "deidentification.json"


def write_report(out: Path, outcomes: Iterable[tuple[str, Outcome]], profile: Profile) -> None:
    """Write what was done to all copies in a folder, and how many files have none, and why.

    What the report of an earlier run says of other files stays in it.

    Parameters
    ----------
    out : Path
        The folder of the copies.
    outcomes : iterable of (str, Outcome)
        Each with a digest that tells its original from others.
    profile : Profile
        What was retained.
    """
    earlier = _read(out / REPORT)
    steps: list[dict[str, Any]] = earlier.get("steps", [])
    copies: dict[str, int] = earlier.get("copies", {})
    masked: dict[str, list[list[int]]] = earlier.get("masked", {})
    others: dict[str, list[str]] = earlier.get("others", {})
    numbers = {_text(each): number for number, each in enumerate(steps)}
    for digest, outcome in outcomes:
        others.pop(digest, None)
        if outcome.target is None:
            others[digest] = [outcome.status, outcome.reason]
            continue
        name = outcome.target.relative_to(out).as_posix()
        step = {
            "profile": [meaning for _, meaning in profile.codes(is_masked=bool(outcome.masked))],
            "pixelsCheckedByAPerson": profile.pixels_checked,
            "changes": dict(sorted(outcome.changes.items())),
        }
        number = numbers.setdefault(_text(step), len(steps))
        if number == len(steps):
            steps.append(step)
        copies[name] = number
        if outcome.masked:
            masked[name] = rectangles(outcome.masked)
    report = _summary(steps, copies, others)
    report |= {"masked": masked, "steps": steps, "copies": copies, "others": others}
    with NewFiles(overwrite=True) as files:
        files.open(out / REPORT).write(json.dumps(report, indent=1).encode())


def rectangles(boxes: Iterable[Box]) -> list[list[int]]:
    """Return rectangles for JSON: top, left, height and width of each."""
    return [[box.top, box.left, box.height, box.width] for box in boxes]


def _summary(
    steps: list[dict[str, Any]], copies: dict[str, int], others: dict[str, list[str]]
) -> dict[str, Any]:
    """Return what was done to all copies together."""
    used = Counter(copies.values())
    changes: Counter[str] = Counter()
    for number, count in used.items():
        changes.update({what: count * each for what, each in steps[number]["changes"].items()})
    profiles = (meaning for number in sorted(used) for meaning in steps[number]["profile"])
    statuses = Counter({"written": len(copies)} if copies else {})
    statuses.update(status for status, _ in others.values())
    return {
        "profile": list(dict.fromkeys(profiles)),
        "pixelsCheckedByAPerson": all(steps[number]["pixelsCheckedByAPerson"] for number in used),
        "files": dict(statuses),
        "notWritten": dict(Counter(reason for _, reason in others.values())),
        "changes": dict(sorted(changes.items())),
    }


def _read(path: Path) -> dict[str, Any]:
    """Return the report of an earlier run, empty if there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(step: dict[str, Any]) -> str:
    return json.dumps(step, sort_keys=True)
