"""Measure the check for burned-in text; writes docs/burned-in-text.md.

Run as ``MEDSCAN_FONTS=... python tools/burned_in_bench.py [--training]``. With the extra
``[ocr]`` installed, single images are also measured with both checks: OCR reads what the
built-in check missed, and the first images of each series without text.
Strings are drawn on the corpus's pictures without text, in fonts that the network
was not trained with; cases are split as burned_in_pictures says.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from burned_in_drawing import MEASURING, fonts
from burned_in_pictures import HERE, SHOW_TEXT, Case, Picture, cases, clean
from burned_in_strings import ALL, DROWNED, KINDS, LEGIBLE, USUAL, Drawn, draw, of_kind
from napari_medscan.privacy.burned_in import Findings, Level, find_text, looks, ocr_installed

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
ONE, BOTH, REAL = "one image", "one image, with OCR", "real images with text"
READ = 3
"""So many images of a series without text are read by OCR, which takes long."""
RADIOLOGY = ("CT", "MR", "PT", "NM")


@dataclass
class Tally:
    """What was measured: for each kind of picture and each name, found and found or possible."""

    hits: dict[tuple[str, str], list[tuple[bool, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    real: list[str] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def check(self, kind: str, pictures: list[Picture]) -> Findings:
        """Look for text, and note the processor time of an image of a size in `TIMED`."""
        start = time.process_time()
        found = find_text(pictures[0], pictures[1:], ocr=False)
        if (side := max(pictures[0].shape[:2])) in TIMED:
            color = "color" if pictures[0].ndim == 3 else "gray"
            self.cpu[f"{kind}, {color}, {side} px"].append(time.process_time() - start)
        return found


def covered(drawn: Drawn, found: Findings) -> tuple[bool, bool]:
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


def flags(found: Findings) -> tuple[bool, bool]:
    """Tell whether text was found, and whether it was found or possible."""
    return found.level is Level.FOUND, found.level is not None


def measure_pictures(case: Case, tally: Tally) -> None:
    """Count false alarms, or alarms where there is text."""
    for window in case.windows[:1] if case.has_text else case.windows:
        pictures = case.pictures(window)
        for index, picture in enumerate(pictures):
            found = flags(tally.check(ONE, [picture]))
            if index == 0 and window == case.windows[0]:
                verdict = "found" if found[0] else "possible" if found[1] else "-"
                shows = "shows text" if case.has_text else ""
                tally.real.append(f"{case.modality:4} {case.name:30} {verdict:9} {shows}")
            if case.has_text:
                tally.hits[ONE, REAL].append(found)
            else:
                _alarm(tally, ONE, case, found)
        if len(pictures) >= 3 and not case.has_text:
            _alarm(tally, "series", case, flags(tally.check("series", pictures)))
    if not case.has_text and case.frames[0].ndim == 2 and not case.is_noise:
        measure_displays(case, tally)
    if ocr_installed():
        for picture in case.pictures()[:READ]:
            found = flags(find_text(picture, ocr=True))
            if case.has_text:
                tally.hits[BOTH, REAL].append(found)
            else:
                _alarm(tally, BOTH, case, found)


def measure_displays(case: Case, tally: Tally) -> None:
    """Count false alarms in a colormap, and note the time that a larger image takes."""
    for picture in case.pictures():
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
        groups.append(("series", pictures, options.strings // 2))
    for group, images, most in groups:
        for kind in KINDS:
            for _ in range(most if kind == USUAL else most // 10):
                made = draw(images, of_kind(rng, kind), rng)
                if made is not None:
                    _count(case, tally, group, *made)


def _count(case: Case, tally: Tally, group: str, images: list[Picture], drawn: Drawn) -> None:
    """Count a string in the rows that it belongs to."""
    hits = {group: covered(drawn, tally.check(group, images))}
    if group == ONE and ocr_installed():
        # What one check found, both do.
        sure = hits[group] == (True, True)
        hits[BOTH] = hits[group] if sure else covered(drawn, find_text(images[0], ocr=True))
    names = drawn.names
    if names[0] == ALL:
        place = "on noise" if case.is_noise else "on images"
        usual = "usual" if drawn.kind == USUAL else "other"
        # What a string looks like is of no interest where noise decides.
        rows = [] if case.is_noise else names[1:]
        names = [ALL, f"all strings, {place}", f"{usual} strings, {place}", *rows]
    for name in names:
        for each, hit in hits.items():
            tally.hits[each, name].append(hit)


def _alarm(tally: Tally, kind: str, case: Case, found: tuple[bool, bool]) -> None:
    if case.name == "phantom":
        tally.hits[kind, "false alarms, our phantoms"].append(found)
        return
    if case.is_noise:
        tally.hits[kind, "false alarms, noise"].append(found)
        return
    if case.modality in RADIOLOGY:
        tally.hits[kind, "false alarms, CT/MR/PT/NM"].append(found)
    tally.hits[kind, f"false alarms, {case.modality or 'no modality'}"].append(found)


def report(tally: Tally) -> str:
    """Return the page."""
    missing = ", ".join(sorted(set(MEASURING) - set(fonts(training=False)))) or "none"
    times = "; ".join(
        f"{kind}: median {1000 * float(np.median(seconds)):.0f} ms, worst "
        f"{1000 * max(seconds):.0f} ms"
        for kind, seconds in tally.cpu.items()
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
        f"CPU time of a check, by the longer side of the image: {times}.",
        "",
        "| images | what | n | text found | found or possible |",
        "|---|---|---|---|---|",
    ]
    for (kind, name), hits in sorted(tally.hits.items()):
        found, either = np.mean(hits, axis=0)
        lines.append(f"| {kind} | {name} | {len(hits)} | {found:.1%} | {either:.1%} |")
    lines += ["", "First image of each series, in its wide window:", "", "```"]
    return "\n".join([*lines, *tally.real, "```"]) + "\n"


def main() -> None:
    """Measure, print, and write the page of the cases not trained with."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--training", action="store_true", help="the cases trained with")
    arguments.add_argument("--strings", type=int, default=40, help="per series")
    options = arguments.parse_args()
    rng = np.random.default_rng(2)
    tally = Tally()
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
