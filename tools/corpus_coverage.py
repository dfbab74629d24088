"""Write docs/coverage.md: every case of the corpus and every situation, as MedScan opens it.

Each is opened as if it were dropped, all its pixels are read, and objects are placed on their
images. What nobody expects (an exception, a file that is not accounted for) is listed first and
ends the run with exit code 1. The corpus is in ``../shared/corpus`` or where ``MEDSCAN_CORPUS``
points. Run it from the repository's top: ``python tools/corpus_coverage.py``.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_medscan.dicom import DicomObject, MedscanError, Stack, load
from napari_medscan.dicom.files.archives import is_named_like_archive
from napari_medscan.frames import FrameCache

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
CORPUS = Path(os.environ.get("MEDSCAN_CORPUS") or ROOT.parent / "shared" / "corpus")
MOST_LINES = 6
"""Series or messages of a case that are listed; the others are counted."""
HEAD = """# What is opened, and how

Written by `make coverage`; do not edit. Every case of a corpus of real files that are public, and
every situation that was once opened wrong, is opened as a folder that is dropped. All pixels are
read, and objects are placed on their images. The files are not part of this repository.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page.

    Parameters
    ----------
    name, what : str
        The case, and what it is.
    shown, said : tuple of str
        Series and objects; messages.
    unexpected : tuple of str
        What nobody expects.
    """

    name: str
    what: str
    shown: tuple[str, ...]
    said: tuple[str, ...]
    unexpected: tuple[str, ...] = ()


def main() -> int:
    """Write the page; return 1 if something is unexpected."""
    cases = [row_of(path, what) for path, what in corpus_cases()]
    situations = [row_of(path, what) for path, what in situation_cases()]
    PAGE.write_text(page(cases, situations), encoding="utf-8")
    unexpected = [f"{row.name}: {text}" for row in (*cases, *situations) for text in row.unexpected]
    print(*unexpected, f"{len(cases)} cases, {len(situations)} situations", sep="\n")
    return 1 if unexpected else 0


def corpus_cases() -> Iterator[tuple[Path, str]]:
    """Yield path and description of every case of the corpus, by name."""
    with (CORPUS / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        facts = {row["case"]: row for row in csv.DictReader(file, delimiter="\t")}
    for path in sorted((CORPUS / "cases").iterdir()):
        row = facts.get(path.name, {})
        parts = [row.get(key, "").replace(" Storage", "") for key in ("sop_class", "features")]
        yield path, ": ".join(filter(None, parts)).replace(",", ", ")


def situation_cases() -> Iterator[tuple[Path, str]]:
    """Yield path and description of every situation that has an input, by name."""
    folder = CORPUS.parent / "situations"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (path / "input").exists():
            right = json.loads((path / "right.json").read_text(encoding="utf-8"))
            yield path / "input", right["situation"]


def row_of(path: Path, what: str) -> Row:
    """Open a case and return its line."""
    name = path.parent.name if path.name == "input" else path.name
    try:
        report = load([path], cache=FrameCache(256 << 20))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is unexpected
        return Row(name, what, (), (), (f"raises {type(error).__name__}",))
    said: list[str] = [] if report.summary() == "" else [report.summary()]
    unexpected: list[str] = []
    shown = [stack_line(stack) for stack in report.stacks]
    for stack in report.stacks:
        said += stack.warnings
        said += _tried(stack, unexpected)
    for each in report.objects:
        shown.append(object_line(each))
        said += _placed(each, report.stacks, unexpected)
    if (count := _file_count(path)) is not None and count != report.files:
        unexpected.append(f"{report.files} of {count} files are accounted for")
    if not shown and not said:
        unexpected.append("nothing is shown and nothing is said")
    return Row(name, what, tuple(shown), tuple(dict.fromkeys(said)), tuple(unexpected))


def stack_line(stack: Stack) -> str:
    """Return what a series is: "CT zyx 4×512×512 int16 HU, 2.5×0.7×0.7 mm"."""
    size = "×".join(map(str, stack.array.shape))
    values = f"{stack.array.dtype} {stack.unit or ''}".strip()
    spacing = stack.voxel_size
    mm = ", " + "×".join(f"{step:.4g}" for step in spacing) + " mm" if spacing else ""
    return f"{stack.modality or 'Image'} {stack.axes} {size} {values}{mm}"


def object_line(each: DicomObject) -> str:
    """Return what an object is, without texts that a person entered."""
    summary = each.summary.partition(" (")[0]
    return each.kind_name if summary == each.kind_name else f"{each.kind_name}: {summary}"


def page(cases: Iterable[Row], situations: Iterable[Row]) -> str:
    """Return the page."""
    cases, situations = list(cases), list(situations)
    strange = [row for row in (*cases, *situations) if row.unexpected]
    lines = [HEAD, "## Unexpected", ""]
    lines += [f"- {row.name}: {text}" for row in strange for text in row.unexpected] or ["Nothing."]
    for title, rows in (("Corpus", cases), ("Situations", situations)):
        lines += ["", f"## {title}: {len(rows)}", "", "| case | what it is | opened | messages |"]
        lines += ["|---|---|---|---|", *map(line_of, rows)]
    return "\n".join(lines) + "\n"


def line_of(row: Row) -> str:
    """Return a row of the table."""
    cells = (f"`{row.name}`", row.what, _listed(row.shown), _listed(row.said) or "–")
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def _listed(texts: Iterable[str]) -> str:
    counts = Counter(texts)
    lines = [f"{count} × {text}" if count > 1 else text for text, count in counts.items()]
    more = len(lines) - MOST_LINES
    if more > 0:
        lines[MOST_LINES:] = [f"… and {more} more"]
    return "<br>".join(lines)


def _tried(stack: Stack, unexpected: list[str]) -> list[str]:
    """Read all pixels of a series, and return why some of them cannot be."""
    try:
        stack.read(errors="blank")
    except Exception as error:  # noqa: BLE001 - as above
        unexpected.append(f"reading raises {type(error).__name__}")
    reasons = Counter(stack.problems.values())
    return [
        f"{count} slice{'s' if count > 1 else ''} cannot be decoded ({why})"
        for why, count in reasons.items()
    ]


def _placed(each: DicomObject, stacks: tuple[Stack, ...], unexpected: list[str]) -> list[str]:
    """Place an object on its images, or read it, and return what is said of it."""
    said = list(each.warnings)
    read: Callable[[], object] = getattr(each, "read", None) or (lambda: each.notes_on(stacks))
    try:
        said += each.notes_on(stacks)
        read()
    except (MedscanError, OSError) as error:
        said.append(str(error))
    except Exception as error:  # noqa: BLE001 - as above
        unexpected.append(f"{each.kind_name} raises {type(error).__name__}")
    return said


def _file_count(path: Path) -> int | None:
    """Return how many files a case has; None if archives hold some."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return None if any(is_named_like_archive(each.name) for each in files) else len(files)


if __name__ == "__main__":
    sys.exit(main())
