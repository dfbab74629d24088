"""What people read, in code and on pages: one spelling, and one word for one thing."""

import ast
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
    " anonymis normalis initialis organis summaris serialis visualis minimis maximis quantis"
    " cancelled",
)
# Words, and the names that Python, napari and scipy have given.
NOT_BRITISH = (
    "optimist", "organism", "AxisOrientation.TOWARDS", '"towards"', "grey_dilation",
    "CancelledError", ".cancelled()",
)  # fmt: skip
# Replaced in what a user reads: it is an image, truncated, 5 mm per voxel, 50%.
REPLACED = re.compile(r"\b(pictures?|makes? no sense|cut off|mm a \w+)\b|\d %", re.IGNORECASE)


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


def messages(source: str) -> Iterator[str]:
    """Yield the texts in a module that may be sentences, but no docstring."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from [node.value] if " " in node.value and id(node) not in docstrings else []


def test_messages_say_image_and_not_what_wording_has_replaced():
    assert REPLACED.search("No picture at 50 %, 2 mm a voxel")
    source = {path: text for path, text in texts() if path.parts[0] == "src"}
    for path, text in source.items():
        if path.suffix == ".py" and REPLACED.search(text):
            assert [each for each in messages(text) if REPLACED.search(each)] == [], path
    assert REPLACED.findall((ROOT / "napari.yaml").read_text("utf-8")) == []
