"""Numbers of things in sentences, and that no module counts things in its own words."""

import re
from pathlib import Path

import pytest

from napari_medscan.counted import agreeing, counted

SOURCE = Path(__file__).parents[1] / "src" / "napari_medscan"
BY_HAND = re.compile(r'"1 [a-z ]+" if .+ == 1 else|"s" \* \(|"is" if .+ == 1 else')


@pytest.mark.parametrize(
    ("number", "thing", "verb", "expected"),
    [
        (0, "slice", "", "0 slices"),
        (1, "slice", "", "1 slice"),
        (1, "slice", "is", "1 slice is"),
        (2, "slice", "is", "2 slices are"),
        (1, "segment", "has", "1 segment has"),
        (0, "segment", "has", "0 segments have"),
        (1200, "empty plane", "is", "1,200 empty planes are"),
        (2, "box", "", "2 boxes"),
    ],
)
def test_counted_number_agrees_with_noun_and_verb(
    number: int, thing: str, verb: str, expected: str
) -> None:
    assert counted(number, thing, verb) == expected


def test_agreeing_verb_is_plural_but_for_one() -> None:
    assert [agreeing(number, "is") for number in (0, 1, 2)] == ["are", "is", "are"]


def test_source_counts_things_with_counted() -> None:
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if BY_HAND.search(line)
    ]
    assert not found
