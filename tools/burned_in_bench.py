"""Measure the check for burned-in text; writes docs/burned-in-text.md.

Run as ``python tools/burned_in_bench.py [--split tune] [--ocr]``. Strings are
drawn on the corpus's pictures; cases and the seed are split into one half for
tuning and another that is reported.
"""

from __future__ import annotations

import argparse
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from napari_medscan.dicom import load
from napari_medscan.privacy.burned_in import Findings, Level, find_text

HERE = Path(__file__).parents[1]
CORPUS = Path(os.environ.get("MEDSCAN_CORPUS") or HERE.parent / "shared/corpus")
PAGES = {False: HERE / "docs/burned-in-text.md", True: HERE / "docs/burned-in-text-ocr.md"}
TEXTS = {
    "Latin": ("DOE^JANE", "ID 4711-0815", "12.03.1961 F", "St. Mary Hospital", "L"),
    "Cyrillic": ("Иванова Мария", "Больница №7"),
    "Japanese": ("山田 太郎", "やまだ たろう"),
    "Chinese": ("王小东", "人民医院"),
    "Korean": ("홍길동", "서울 병원"),
}
SIZES = (6, 8, 10, 12, 16, 24, 40)
CONTRASTS = (30, 60, 120, 255)
ANGLES = (0, 0, 0, 0, 90, 5)
COVERED = 0.5
"""Share of a string's box that is covered, by whatever boxes, for it to count."""
Gray = NDArray[np.uint8]


@dataclass
class Case:
    """Pictures of one stack without text of its own."""

    name: str
    modality: str
    pictures: list[Gray]


def cases(split: str) -> Iterator[Case]:
    """Yield the stacks of one half of the corpus."""
    for folder in sorted((CORPUS / "cases").iterdir()):
        half = "tune" if zlib.crc32(folder.name.encode()) % 2 else "report"
        if half != split or folder.name.startswith(("bad-", "ts-")):
            continue
        try:
            stacks = load(folder).stacks
        except Exception as error:  # noqa: BLE001 - the corpus holds broken files
            print("skipped", folder.name, type(error).__name__)
            continue
        for stack in stacks[:2]:
            pictures = sampled(stack)
            if pictures and min(pictures[0].shape[:2]) >= 100:
                yield Case(folder.name, stack.modality, pictures)


def sampled(stack: object) -> list[Gray]:
    """Return up to 17 pictures, windowed as one."""
    array = stack.array  # type: ignore[attr-defined]
    planes = 3 if stack.is_rgb else 2  # type: ignore[attr-defined]
    lead = array.shape[: array.ndim - planes]
    count = int(np.prod(lead))
    chosen = sorted(set(np.linspace(0, count - 1, min(count, 17)).round().astype(int).tolist()))
    try:
        frames = [np.asarray(array[np.unravel_index(i, lead)] if lead else array) for i in chosen]
    except Exception:  # noqa: BLE001 - the corpus holds broken files
        return []
    if planes == 3:
        return [np.ascontiguousarray(frame[..., :3]).astype(np.uint8) for frame in frames]
    if frames[0].dtype == np.uint8:
        return frames
    low, high = np.nanpercentile(np.stack(frames), (1, 99.5))
    scale = 255 / max(high - low, 1e-6)
    return [np.nan_to_num((f - low) * scale).clip(0, 255).astype(np.uint8) for f in frames]


def fonts() -> dict[str, str]:
    """Return a font file a script, of those this computer has; others are left out."""
    import napari_resources

    japanese = next(Path(napari_resources.__file__).parent.rglob("MPLUS1p-Regular.ttf"), None)
    wide = sorted(Path("/usr/share/fonts").rglob("Noto*CJK*Regular.*"))
    found = {"Latin": "DejaVuSans.ttf", "Cyrillic": "DejaVuSans.ttf"}
    if japanese:
        found["Japanese"] = str(japanese)
    if wide:
        found |= dict.fromkeys(("Japanese", "Chinese", "Korean"), str(wide[0]))
    return found


@dataclass
class Drawn:
    """One string in a picture."""

    script: str
    size: int
    contrast: int
    angle: int
    box: tuple[int, int, int, int]


def draw(case: Case, rng: np.random.Generator) -> tuple[list[Gray], Drawn] | None:
    """Draw one string at one place into all pictures of a stack."""
    available = fonts()
    script = str(rng.choice(list(available)))
    text = str(rng.choice(TEXTS[script]))
    size, contrast = int(rng.choice(SIZES)), int(rng.choice(CONTRASTS))
    angle = int(rng.choice(ANGLES))
    font = ImageFont.truetype(available[script], size)
    left, top, right, bottom = font.getbbox(text)
    tile = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    brush = ImageDraw.Draw(tile)
    brush.fontmode = "1" if rng.random() < 0.5 else "L"
    brush.text((2 - left, 2 - top), text, fill=255, font=font)
    tile = tile.rotate(angle, expand=True)
    alpha = np.asarray(tile) / 255
    rows, columns = case.pictures[0].shape[:2]
    high, wide = alpha.shape
    if high > rows - 8 or wide > columns - 8:
        return None
    y = int(rng.choice([4, rows - high - 4, rng.integers(4, rows - high - 3)]))
    x = int(rng.choice([4, columns - wide - 4, rng.integers(4, columns - wide - 3)]))
    under = case.pictures[0][y : y + high, x : x + wide].astype(float)
    value = min(255.0, np.median(under) + contrast)
    if value - np.median(under) < 0.8 * contrast and contrast < 255:
        value = max(0.0, np.median(under) - contrast)
    out = []
    for picture in case.pictures:
        copy = picture.astype(float)
        part = copy[y : y + high, x : x + wide]
        weight = alpha[..., None] if copy.ndim == 3 else alpha
        copy[y : y + high, x : x + wide] = part * (1 - weight) + value * weight
        out.append(copy.round().astype(np.uint8))
    inked = np.nonzero(alpha > 0.3)
    box = (y + inked[0].min(), x + inked[1].min(), np.ptp(inked[0]) + 1, np.ptp(inked[1]) + 1)
    return out, Drawn(script, size, contrast, angle, tuple(int(n) for n in box))  # type: ignore[arg-type]


def covered(drawn: Drawn, found: Findings, least: Level) -> bool:
    """Tell whether boxes of at least a level cover a string."""
    top, left, height, width = drawn.box
    seen = np.zeros((height, width), bool)
    for box in found.boxes:
        if box.level >= least:
            y, x = box.top - top, box.left - left
            seen[max(y, 0) : max(y + box.height, 0), max(x, 0) : max(x + box.width, 0)] = True
    return float(seen.mean()) >= COVERED


def main() -> None:
    """Measure, print, and write the page when the reported half is measured."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--split", choices=("tune", "report"), default="report")
    arguments.add_argument("--ocr", action="store_true")
    arguments.add_argument("--strings", type=int, default=6, help="a stack")
    options = arguments.parse_args()
    rng = np.random.default_rng({"tune": 1, "report": 2}[options.split])
    tally: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    real: list[str] = []
    cpu: list[float] = []
    for case in cases(options.split):
        groups = [("one picture", case.pictures[:1])]
        if len(case.pictures) >= 3:
            groups.append(("stack", case.pictures))
        for kind, pictures in groups:
            start = time.process_time()
            plain = find_text(pictures[0], pictures[1:], ocr=options.ocr)
            cpu.append(time.process_time() - start)
            level = plain.level
            real.append(f"{case.modality:4} {case.name:34} {kind:12} {level and level.name}")
            if case.modality in ("CT", "MR", "PT", "NM"):
                flags = (level == Level.FOUND, level is not None)
                tally[kind, "false alarms, CT/MR/PT/NM"].append(flags)
            for _ in range(options.strings):
                made = draw(Case(case.name, case.modality, pictures), rng)
                if made is None:
                    continue
                drawn = made[1]
                found = find_text(made[0][0], made[0][1:], ocr=options.ocr)
                hit = (covered(drawn, found, Level.FOUND), covered(drawn, found, Level.POSSIBLE))
                names = ["all strings", drawn.script, f"{drawn.size:2} px"]
                names += [f"contrast {drawn.contrast:3}", f"angle {drawn.angle:2}°"]
                if drawn.script == "Latin" and drawn.size >= 8 and drawn.contrast >= 60:
                    names.append("plain Latin ≥ 8 px, contrast ≥ 60")
                for name in names:
                    tally[kind, name].append(hit)
    report(options, tally, real, cpu)


def report(
    options: argparse.Namespace,
    tally: dict[tuple[str, str], list[tuple[bool, bool]]],
    real: list[str],
    cpu: list[float],
) -> None:
    """Print the tables, and write those of the reported half."""
    missing = sorted(set(TEXTS) - set(fonts()))
    ocr = "also OCR (CPU of its worker not counted)" if options.ocr else "no OCR"
    intro = f"""# How well burned-in text is found: {ocr}

Written by `tools/burned_in_bench.py`; tuned on the other half of the corpus's cases and another
seed. Scripts without a font on this computer, so not measured: {", ".join(missing) or "none"}.
A string counts as found when boxes cover {COVERED:.0%} of it. CPU of one check in this process:
median {1000 * float(np.median(cpu)):.0f} ms, worst {1000 * max(cpu):.0f} ms."""
    lines = [
        intro,
        "",
        "| pictures | what | n | text found | found or possible |",
        "|---|---|---|---|---|",
    ]
    for (kind, name), hits in sorted(tally.items()):
        found, either = np.mean(hits, axis=0)
        lines.append(f"| {kind} | {name} | {len(hits)} | {found:.0%} | {either:.0%} |")
    lines += ["", "Pictures as they are in the corpus:", "", "```", *real, "```"]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.split == "report":
        PAGES[options.ocr].write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
