"""What models mark in their answers, as weight, slant and width of letters; nothing else.

Of Markdown, headings, emphasis, bullets and code are taken, because nothing but letters comes of
them. Links, pictures, tables and HTML stay the text that they are: there is no code here that
could follow, fetch or nest anything, and no more work than the text is long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum


class Style(Enum):
    """How a piece of text is written."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


_HEADING = re.compile(r" {0,3}#{1,6} +(?=\S)(.++)")
_BULLET = re.compile(r"( *)[-*+] +(?=\S)")
# Each ends before the next mark of its kind: no text is gone through twice.
_INLINE = re.compile(
    r"`(?P<code>[^`]++)`"
    r"|\*\*(?=\S)(?P<bold>[^*]++)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?=\S)(?P<star>[^*]++)(?<=\S)\*(?![\w*])"
    r"|(?<![\w_])_(?=\S)(?P<line>[^_]++)(?<=\S)_(?![\w_])"
)
_STYLES = {
    "code": Style.CODE,
    "bold": Style.BOLD,
    "star": Style.ITALIC,
    "line": Style.ITALIC,
}


def marked(text: str) -> Iterator[tuple[str, Style]]:
    """Yield the pieces of an answer without its marks, and how each is written.

    Parameters
    ----------
    text : str
        Markdown, or anything else.
    """
    in_code = False
    for line in text.splitlines(keepends=True):
        content = line.rstrip("\r\n")
        end = "\n" if content != line else ""
        if content.lstrip().startswith("```"):
            in_code = not in_code
        elif in_code:
            yield content + end, Style.CODE
        elif heading := _HEADING.match(content):
            yield heading[1].rstrip(" #").replace("**", ""), Style.BOLD
            yield end, Style.PLAIN
        else:
            yield from _inline(_bulleted(content) + end)


def _bulleted(line: str) -> str:
    bullet = _BULLET.match(line)
    return line if bullet is None else f"{bullet[1]}• {line[bullet.end() :]}"


def _inline(line: str) -> Iterator[tuple[str, Style]]:
    place = 0
    for mark in _INLINE.finditer(line):
        kind = str(mark.lastgroup)
        yield line[place : mark.start()], Style.PLAIN
        yield mark[kind], _STYLES[kind]
        place = mark.end()
    yield line[place:], Style.PLAIN
