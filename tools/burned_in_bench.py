"""Measure the check for burned-in text; writes docs/burned-in-text.md.

Run as ``MEDSCAN_FONTS=... python tools/burned_in_bench.py [--training] [--ocr]``.
Strings are drawn on the corpus's pictures without text, in fonts that the network
was not trained with; cases are split as burned_in_pictures says.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from burned_in_drawing import MEASURING, fonts, tile
from burned_in_pictures import HERE, SHOW_TEXT, Case, Picture, cases, clean
from napari_medscan.privacy.burned_in import Findings, Level, find_text

PAGES = {False: HERE / "docs/burned-in-text.md", True: HERE / "docs/burned-in-text-ocr.md"}
TEXTS = {
    "Latin": ("DOE^JANE", "ID 4711-0815", "12.03.1961 F", "St. Mary Hospital", "L", "Im: 12/96"),
    "Cyrillic": ("Иванова Мария", "Больница №7", "ПЕТРОВ И.И."),
    "Japanese": ("山田 太郎", "やまだ たろう", "東京病院"),
    "Chinese": ("王小东", "人民医院", "姓名 李四"),
    "Korean": ("홍길동", "서울 병원"),
}
SIZES = (6, 8, 10, 12, 16, 24, 40)
CONTRASTS = (30, 60, 120, 255)
ANGLES = (0, 0, 0, 0, 90, 5)
STYLES = ("plain", "plain", "outlined", "boxed")
COVERED = 0.5
"""Share of a string's rectangle that is covered, by whatever boxes, for it to count."""
DROWNED = 2.0
"""Times the noise around it: a string of less contrast is hard to read for anybody."""
ALL = "all strings"
RADIOLOGY = ("CT", "MR", "PT", "NM")


@dataclass
class Drawn:
    """One string in a picture: what it is called in the table, and where it is."""

    names: list[str]
    top: int
    left: int
    field: NDArray[np.bool_]


@dataclass
class Tally:
    """What was measured: for each kind of picture and each name, found and found or possible."""

    hits: dict[tuple[str, str], list[tuple[bool, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    real: list[str] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def check(self, kind: str, pictures: list[Picture], *, ocr: bool) -> Findings:
        """Look for text, and note the processor time of a picture of 512 x 512 pixels."""
        start = time.process_time()
        found = find_text(pictures[0], pictures[1:], ocr=ocr)
        if pictures[0].shape[:2] == (512, 512):
            self.cpu[kind].append(time.process_time() - start)
        return found


def draw(pictures: list[Picture], rng: np.random.Generator) -> tuple[list[Picture], Drawn] | None:
    """Draw one string at one place into all pictures of a stack."""
    script = str(rng.choice(list(fonts(training=False))))
    text = str(rng.choice(TEXTS[script]))
    size, contrast = int(rng.choice(SIZES)), int(rng.choice(CONTRASTS))
    angle, style = int(rng.choice(ANGLES)), str(rng.choice(STYLES))
    path = str(rng.choice(fonts(training=False)[script]))
    soft = bool(rng.random() < 0.5)
    factor = 2 if not soft and size >= 16 and rng.random() < 0.5 else 1
    alpha, around = tile(text, path, size, soft=soft, angle=angle, factor=factor)
    rows, columns = pictures[0].shape[:2]
    high, wide = alpha.shape
    if high > rows - 8 or wide > columns - 8:
        return None
    y = int(rng.choice([4, rows - high - 4, rng.integers(4, rows - high - 3)]))
    x = int(rng.choice([4, columns - wide - 4, rng.integers(4, columns - wide - 3)]))
    where = np.s_[y : y + high, x : x + wide]
    under = pictures[0][where].astype(float)
    level = 0.0 if style == "boxed" else float(np.median(under))
    value = min(255.0, level + contrast)
    if value - level < 0.8 * contrast and contrast < 255:
        value = max(0.0, level - contrast)
    edge = ndimage.grey_dilation(alpha, size=(3, 3))
    back = {"plain": 0 * alpha, "outlined": edge, "boxed": around}[style]
    out = []
    for picture in pictures:
        copy = picture.astype(float)
        over, ink = (part[..., None] if copy.ndim == 3 else part for part in (back, alpha))
        copy[where] = copy[where] * (1 - over) * (1 - ink) + value * ink
        out.append(copy.round().clip(0, 255).astype(np.uint8))
    if under.ndim == 3:
        under = under.mean(axis=2)
    noise = float(np.abs(under - ndimage.uniform_filter(under, 5)).mean())
    names = [ALL, "strings on images", script, style, f"{size:2} px"]
    names += [f"contrast {contrast:3}", f"angle {angle:2}°"]
    if script == "Latin" and size >= 8 and contrast >= 60 and style == "plain":
        names.append("plain Latin ≥ 8 px, contrast ≥ 60")
    if len(text) == 1:
        names = ["one letter, no string"]
    elif style == "plain" and abs(value - level) < DROWNED * noise:
        names = ["drowned in noise"]
    return out, Drawn(names, y, x, around > 0.5)


def covered(drawn: Drawn, found: Findings, least: Level) -> bool:
    """Tell whether boxes of at least a level cover a string."""
    seen = np.zeros_like(drawn.field)
    for box in found.boxes:
        if box.level >= least:
            y, x = box.top - drawn.top, box.left - drawn.left
            seen[max(y, 0) : max(y + box.height, 0), max(x, 0) : max(x + box.width, 0)] = True
    return float(seen[drawn.field].mean()) >= COVERED


def flags(found: Findings) -> tuple[bool, bool]:
    """Tell whether text was found, and whether it was found or possible."""
    return found.level is Level.FOUND, found.level is not None


def measure_pictures(case: Case, tally: Tally, *, ocr: bool) -> None:
    """Count false alarms, or alarms where there is text."""
    for window in case.windows[:1] if case.has_text else case.windows:
        pictures = case.pictures(window)
        for index, picture in enumerate(pictures):
            found = flags(tally.check("one image", [picture], ocr=ocr))
            if index == 0 and window == case.windows[0]:
                verdict = "found" if found[0] else "possible" if found[1] else "-"
                shows = "shows text" if case.has_text else ""
                tally.real.append(f"{case.modality:4} {case.name:30} {verdict:9} {shows}")
            if case.has_text:
                tally.hits["one image", "real images with text"].append(found)
            else:
                _alarm(tally, "one image", case, found)
        if len(pictures) >= 3 and not case.has_text:
            _alarm(tally, "series", case, flags(tally.check("series", pictures, ocr=ocr)))


def measure_strings(
    case: Case, tally: Tally, rng: np.random.Generator, options: argparse.Namespace
) -> None:
    """Draw strings where there is no text, and count those that are covered."""
    pictures = case.pictures()
    kinds = [("one image", pictures[:1], options.strings)]
    if len(pictures) >= 3:
        kinds.append(("series", pictures, options.strings // 2))
    for kind, group, count in kinds:
        for _ in range(count):
            made = draw(group, rng)
            if made is None:
                continue
            found_text = tally.check(kind, made[0], ocr=options.ocr)
            hit = (
                covered(made[1], found_text, Level.FOUND),
                covered(made[1], found_text, Level.POSSIBLE),
            )
            names = made[1].names
            if case.is_noise and names[0] == ALL:
                names = [ALL, "strings on noise"]
            for name in names:
                tally.hits[kind, name].append(hit)


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


def report(options: argparse.Namespace, tally: Tally) -> str:
    """Return the page."""
    missing = ", ".join(sorted(set(MEASURING) - set(fonts(training=False)))) or "none"
    ocr = "also OCR (CPU of its worker not counted)" if options.ocr else "no OCR"
    times = "; ".join(
        f"{kind}: median {1000 * float(np.median(seconds)):.0f} ms, worst "
        f"{1000 * max(seconds):.0f} ms"
        for kind, seconds in tally.cpu.items()
    )
    lines = [
        f"# Detection rate of burned-in text: {ocr}",
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
        f"Scripts not measured because no font is installed: {missing}.",
        "",
        f"CPU time of a check of 512 × 512 pixels in this process ({times}).",
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
    arguments.add_argument("--ocr", action="store_true")
    arguments.add_argument("--strings", type=int, default=40, help="per series")
    options = arguments.parse_args()
    rng = np.random.default_rng(2)
    tally = Tally()
    seen = set()
    for case in cases(training=options.training):
        measure_pictures(case, tally, ocr=options.ocr)
        if not case.has_text:
            measure_strings(case, tally, rng, options)
        seen.add(case.name)
    for case in clean(training=options.training):
        measure_pictures(case, tally, ocr=options.ocr)
    absent = set(SHOW_TEXT) - seen
    if absent and not options.training:
        raise SystemExit(f"the corpus lacks {sorted(absent)}")
    page = report(options, tally)
    print(page)
    if not options.training:
        PAGES[options.ocr].write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
