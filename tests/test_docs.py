"""README and docs: what they refer to exists, and nothing else is kept for them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_images_of_docs_are_those_that_pages_show():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {
        (page.parent / target).resolve()
        for page in pages
        for target in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {path.resolve() for path in (ROOT / "docs" / "images").iterdir()}
