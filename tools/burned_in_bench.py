"""Measure the check for burned-in text; writes docs/burned-in-text.md.

Run as ``MEDSCAN_FONTS=... python tools/burned_in_bench.py [--training]``. With the extra
``[ocr]`` installed, each single image is also read by OCR, alone and together with the
built-in check.
Strings are drawn on the corpus's pictures without text, in fonts that the network
was not trained with; cases are split as burned_in_pictures says.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from burned_in_drawing import MEASURING, fonts
from burned_in_pictures import HERE, SHOW_TEXT, Case, Picture, cases, clean
from burned_in_strings import ALL, DROWNED, KINDS, LEGIBLE, USUAL, Drawn, draw, of_kind
from napari_medscan.privacy.burned_in import Findings, Level, find_text, looks, ocr_installed
from napari_medscan.privacy.burned_in.findings import Box, merged
from napari_medscan.privacy.burned_in.reading import read_request

PAGE = HERE / "docs/burned-in-text.md"
COVERED = 0.5
"""Share of a string's rectangle that is covered, by whatever boxes, for it to count."""
TIMED = (512, 1024)
"""Pixels: the longer side of images whose processor time is noted."""
COLORMAP = (
    np.stack(
        [
            np.interp(np.arange(256), (0, 64, 128, 192, 255), ramp)
            for ramp in ((0, 90, 230, 255, 255), (0, 0, 60, 190, 255), (0, 160, 80, 0, 255))
        ],
        axis=1,
    )
    .round()
    .astype(np.uint8)
)
"""Black, purple, red, orange, white: as PET is often displayed."""
ONE, SERIES, REAL = "one image", "series", "real images with text"
BUILT_IN, OCR, BOTH = "built-in", "OCR alone", "both"
STRINGS, CLEAN = "all strings, on images", "false alarms, CT/MR/PT/NM"
RADIOLOGY = ("CT", "MR", "PT", "NM")
Hit = tuple[bool, bool]
"""Whether text was found, and whether it was found or possible."""


@dataclass
class Tally:
    """What was measured: for images of a kind and each row, a hit of each check."""

    hits: dict[tuple[str, str], list[dict[str, Hit]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    real: list[str] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    images: int = 0
    every: int = 1
    """Of the images of a stack without a string, one of so many is looked at."""

    def check(self, kind: str, pictures: list[Picture]) -> dict[str, Findings]:
        """Look for text in each way, and note the processor time."""
        self.images += kind == ONE
        size = pictures[0].shape
        start = time.process_time()
        found = {BUILT_IN: find_text(pictures[0], pictures[1:], ocr=False)}
        self._took(kind, BUILT_IN, size, start)
        if kind == ONE and ocr_installed():
            # In this process: the time of another one is not counted.
            start = time.process_time()
            rows, _ = read_request(np.ascontiguousarray(pictures[0]).tobytes(), list(size))
            self._took(kind, OCR, size, start)
            read = [Box(*row[:4], Level(row[4])) for row in rows]
            for name, boxes in ((OCR, read), (BOTH, [*found[BUILT_IN].boxes, *read])):
                found[name] = Findings(merged(boxes), frozenset())
        return found

    def _took(self, kind: str, check: str, size: tuple[int, ...], start: float) -> None:
        """Note the processor time since `start`, for an image of a size in `TIMED`."""
        if (side := max(size[:2])) in TIMED:
            color = "color" if len(size) == 3 else "gray"
            name = f"{check}, {kind}, {color}, {side} px"
            self.cpu[name].append(time.process_time() - start)


def covered(drawn: Drawn, found: Findings) -> Hit:
    """Tell whether boxes of text, and those of text or possible text, cover a string."""
    covers = []
    for least in (Level.FOUND, Level.POSSIBLE):
        seen = np.zeros_like(drawn.field)
        for box in found.boxes:
            if box.level >= least:
                y, x = box.top - drawn.top, box.left - drawn.left
                seen[max(y, 0) : max(y + box.height, 0), max(x, 0) : max(x + box.width, 0)] = True
        covers.append(float(seen[drawn.field].mean()) >= COVERED)
    return covers[0], covers[1]


def flags(found: dict[str, Findings]) -> dict[str, Hit]:
    """Return whether each check found text anywhere."""
    return {
        name: (each.level is Level.FOUND, each.level is not None) for name, each in found.items()
    }


def measure_pictures(case: Case, tally: Tally) -> None:
    """Count false alarms, or alarms where there is text."""
    for window in case.windows[:1] if case.has_text else case.windows:
        pictures = case.pictures(window)
        for index, picture in enumerate(pictures[:: tally.every]):
            found = flags(tally.check(ONE, [picture]))
            if index == 0 and window == case.windows[0]:
                verdicts = [
                    f"{'found' if sure else 'possible' if either else '-':9}"
                    for sure, either in found.values()
                ]
                shows = "shows text" if case.has_text else ""
                tally.real.append(f"{case.modality:4} {case.name:30} {''.join(verdicts)} {shows}")
            if case.has_text:
                tally.hits[ONE, REAL].append(found)
            else:
                _alarm(tally, ONE, case, found)
        if len(pictures) >= 3 and not case.has_text:
            _alarm(tally, SERIES, case, flags(tally.check(SERIES, pictures)))
    if not case.has_text and case.frames[0].ndim == 2 and not case.is_noise:
        measure_displays(case, tally)


def measure_displays(case: Case, tally: Tally) -> None:
    """Count false alarms in a colormap, and note the time that a larger image takes."""
    for picture in case.pictures()[:: tally.every]:
        found = flags(tally.check(ONE, [COLORMAP[picture]]))
        tally.hits[ONE, "false alarms, in a colormap"].append(found)
    whole = looks.enlarged(case.pictures()[0], max(1, TIMED[-1] // max(picture.shape)))
    if max(whole.shape) >= TIMED[-1]:
        tally.check(ONE, [whole])


def measure_strings(
    case: Case, tally: Tally, rng: np.random.Generator, options: argparse.Namespace
) -> None:
    """Draw strings where there is no text, and count those that are covered."""
    pictures = case.pictures()
    groups = [(ONE, pictures[:1], options.strings)]
    if len(pictures) >= 3:
        groups.append((SERIES, pictures, options.strings // 2))
    for group, images, most in groups:
        for kind in KINDS:
            for _ in range(most if kind == USUAL else most // 10):
                made = draw(images, of_kind(rng, kind), rng)
                if made is not None:
                    _count(case, tally, group, *made)


def _count(case: Case, tally: Tally, group: str, images: list[Picture], drawn: Drawn) -> None:
    """Count a string in the rows that it belongs to."""
    found = tally.check(group, images)
    hits = {name: covered(drawn, each) for name, each in found.items()}
    names = drawn.names
    if names[0] == ALL:
        place = "on noise" if case.is_noise else "on images"
        usual = "usual" if drawn.kind == USUAL else "other"
        # What a string looks like is of no interest where noise decides.
        rows = [] if case.is_noise else names[1:]
        names = [ALL, f"{ALL}, {place}", f"{usual} strings, {place}", *rows]
    for name in names:
        tally.hits[group, name].append(hits)


def _alarm(tally: Tally, kind: str, case: Case, found: dict[str, Hit]) -> None:
    if case.name == "phantom":
        tally.hits[kind, "false alarms, our phantoms"].append(found)
        return
    if case.is_noise:
        tally.hits[kind, "false alarms, noise"].append(found)
        return
    if case.modality in RADIOLOGY:
        tally.hits[kind, CLEAN].append(found)
    tally.hits[kind, f"false alarms, {case.modality or 'no modality'}"].append(found)


def report(tally: Tally) -> str:
    """Return the page."""
    missing = ", ".join(sorted(set(MEASURING) - set(fonts(training=False)))) or "none"
    read = (
        "Single images are also read by OCR, the extra `[ocr]`: alone, and with the built-in check."
        if ocr_installed()
        else "OCR, the extra `[ocr]`, was not installed and is not measured."
    )
    lines = [
        "# Detection rate of burned-in text",
        "",
        "Written by `tools/burned_in_bench.py` on cases and fonts the network was not trained with",
        "(`tools/burned_in_pictures.py`, `tools/burned_in_drawing.py`). The thresholds `SURE` and",
        "`MAYBE` were chosen on these cases, so both rates are optimistic. A string counts as",
        f"found if boxes cover {COVERED:.0%} of it. A single letter (side marker) is not a string.",
        f"Strings with a contrast below {DROWNED:g} times the surrounding noise are listed apart.",
        "Many cases of the corpus contain random numbers instead of an image, to protect patients;",
        'they count in "all strings" and have rows of their own. False alarms are counted in three',
        "windows per image, and in four presets for CT. Images of one series are alike, so these",
        "rates represent few patients.",
        '"usual" strings are level, tilted by 5° or on their side; each other kind has a row.',
        f"Blurred strings are at least {LEGIBLE} sigma large; colors are of equal luminance.",
        f"Scripts not measured because no font is installed: {missing}.",
        "",
        f"{read} Measured on {len(tally.real)} stacks: {tally.images} single images, of them",
        f"{len(tally.hits[ONE, ALL])} with a string. Without strings, of a stack's images",
        f"1 in {tally.every} was looked at.",
        *summary(tally),
        "",
        f"| CPU time, at a load of {os.getloadavg()[0]:.0f}, by longer side | n | median | worst |",
        "|---|---|---|---|",
    ]
    for name, seconds in sorted(tally.cpu.items()):
        median, worst = 1000 * float(np.median(seconds)), 1000 * max(seconds)
        lines.append(f"| {name} | {len(seconds)} | {median:.0f} ms | {worst:.0f} ms |")
    for kind in (ONE, SERIES):
        lines += ["", *table(tally, kind)]
    lines += ["", f"First image of each stack, in its wide window ({', '.join(ways(tally, ONE))}):"]
    return "\n".join([*lines, "", "```", *tally.real, "```"]) + "\n"


def ways(tally: Tally, kind: str) -> list[str]:
    """Return the checks that looked at images of a kind."""
    return list(next((hits[0] for (each, _), hits in tally.hits.items() if each == kind), {}))


def summary(tally: Tally) -> list[str]:
    """Return a line for each check: what it finds in single images, and its false alarms."""
    lines = [""]
    for way in ways(tally, ONE):
        found, alarms = (
            np.array([hit[way] for hit in tally.hits[ONE, name]], int) for name in (STRINGS, CLEAN)
        )
        (sure, either), (false, suspected) = found.sum(axis=0), alarms.sum(axis=0)
        lines.append(
            f"- {way}: {sure} of {len(found)} strings on images found ({sure / len(found):.1%}),"
            f" {either} found or possible ({either / len(found):.1%}); in {len(alarms)} CT, MR, PT"
            f" and NM images without text {false} false alarms, {suspected} with those possible."
        )
    return lines


def table(tally: Tally, kind: str) -> list[str]:
    """Return the rows of images of a kind; in brackets with what is possible, where more."""
    checks = ways(tally, kind)
    lines = [
        f"| {kind} | n | {' | '.join(f'{way}: found (or possible)' for way in checks)} |",
        "|---" * (2 + len(checks)) + "|",
    ]
    for (each, name), hits in sorted(tally.hits.items()):
        if each != kind:
            continue
        cells = []
        for way in checks:
            found, either = np.mean([hit[way] for hit in hits], axis=0)
            cells.append(f"{found:.1%}" + (f" ({either:.1%})" if either > found else ""))
        lines.append(f"| {name} | {len(hits)} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure, print, and write the page of the cases not trained with."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--training", action="store_true", help="the cases trained with")
    arguments.add_argument("--strings", type=int, default=40, help="per series")
    arguments.add_argument(
        "--every", type=int, default=1, help="of a stack's images, one of so many"
    )
    options = arguments.parse_args()
    rng = np.random.default_rng(2)
    tally = Tally(every=options.every)
    seen = set()
    for case in cases(training=options.training):
        measure_pictures(case, tally)
        if not case.has_text:
            measure_strings(case, tally, rng, options)
        seen.add(case.name)
    for case in clean(training=options.training):
        measure_pictures(case, tally)
    absent = set(SHOW_TEXT) - seen
    if absent and not options.training:
        raise SystemExit(f"the corpus lacks {sorted(absent)}")
    page = report(tally)
    print(page)
    if not options.training:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
