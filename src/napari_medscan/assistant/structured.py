"""An answer that is one JSON object, as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator

MOST_ROWS = 500
_FENCE = "```"


def rows_of(answer: str) -> tuple[tuple[str, str], ...]:
    """Return the rows of a structured answer: what, and its value; none when it is another one.

    Parameters
    ----------
    answer : str
        JSON, alone or in a block of code.
    """
    text = answer.strip()
    if text.startswith(_FENCE) and text.endswith(_FENCE) and len(text) > 2 * len(_FENCE):
        text = text[len(_FENCE) : -len(_FENCE)].removeprefix("json")
    if not text.lstrip().startswith("{"):
        return ()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(found, dict):
        return ()
    return tuple(row for row, _ in zip(_rows("", found), range(MOST_ROWS), strict=False))


def _rows(name: str, value: object) -> Iterator[tuple[str, str]]:
    # What json.loads reads is no deeper than Python's own limit.
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _rows(f"{name} · {key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value, 1):
            yield from _rows(f"{name} {number}", inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(_text, value))
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
