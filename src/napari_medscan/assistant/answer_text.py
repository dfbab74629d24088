"""What a model wrote: made harmless, parted from its reasoning, and as a table if it is JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_HARMFUL = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), ""),
    # Marks that turn text around (Unicode UAX 9), and other invisible format characters.
    **dict.fromkeys((0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF), ""),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2060, 0x2070)), ""),
    **dict.fromkeys((*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)), ""),
    # Half a pair cannot be saved as UTF-8.
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    # Qt breaks paragraphs at these.
    0x2028: "\n",
    0x2029: "\n",
    ord("\t"): "\t",
    ord("\n"): "\n",
}
_OPEN = re.compile(r"\s*<(think|thinking|thought)>")

MOST_ROWS = 500
_FENCE = "```"


def harmless(text: str) -> str:
    """Return a text without control characters, marks of direction and lone surrogates."""
    return text if text.isascii() and text.isprintable() else text.translate(_HARMFUL)


def parted(answer: str) -> tuple[str, str]:
    """Return the reasoning at the beginning of an answer, '' without any, and the rest.

    Parameters
    ----------
    answer : str
        As far as it came; reasoning that has no end yet is all that there is.
    """
    begin, end = answer.find("<think"), answer.find("</think")
    if end >= 0 and not 0 <= begin < end:
        # Where a server's template has the first mark, the answer has the last one alone.
        return answer[:end].strip(), answer[end:].partition(">")[2].lstrip()
    reasoning, rest = [], answer
    while found := _OPEN.match(rest):
        thought, _, rest = rest[found.end() :].partition(f"</{found[1]}>")
        reasoning.append(thought.strip())
        rest = rest.lstrip()
    return "\n\n".join(filter(None, reasoning)), rest


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
