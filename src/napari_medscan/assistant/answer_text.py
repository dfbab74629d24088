"""What a model wrote, made harmless, and parted into its reasoning and what it says."""

from __future__ import annotations

import re

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
