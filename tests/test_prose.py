"""What people read, in code and on pages: one spelling, and sentences without known faults."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACES = ("src", "tests", "tools", "benchmarks", "docs")
SUFFIXES = {".py", ".md", ".yaml", ".sh"}
BRITISH = re.findall(
    r"\w+",
    "colour grey neighbour behaviour favour honour metre centre fibre tumour oesoph haemo oedema"
    " artefact licence labelled modelled travelled towards analyse recognis standardis optimis"
    " anonymis normalis initialis organis summaris serialis visualis minimis maximis",
)
# Words, and the names that napari and scipy have given.
NOT_BRITISH = ("optimist", "organism", "AxisOrientation.TOWARDS", '"towards"', "grey_dilation")


def texts() -> Iterator[tuple[Path, str]]:
    """Yield what this project has written, but for this file."""
    files = [path for place in PLACES for path in (ROOT / place).rglob("*")]
    for path in sorted([*files, *ROOT.glob("*.md"), ROOT / "napari.yaml"]):
        if path.suffix in SUFFIXES and not path.is_symlink() and path != Path(__file__):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def british_words(text: str) -> list[str]:
    """Return the lines of a text that have a word in British spelling."""
    lowered = text.lower()
    if not any(word in lowered for word in BRITISH):
        return []
    for name in NOT_BRITISH:
        text = text.replace(name, "")
    return [line for line in text.splitlines() if any(word in line.lower() for word in BRITISH)]


def test_spelling_everywhere_is_american_as_in_napari():
    assert british_words("Grey centre\ngray center\nlabelled") == ["Grey centre", "labelled"]
    assert not british_words("from scipy.ndimage import grey_dilation")
    assert {path: found for path, text in texts() if (found := british_words(text))} == {}
