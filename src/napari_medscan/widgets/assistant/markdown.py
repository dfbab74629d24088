"""What models mark in their answers, as weight, slant and width of letters; nothing else.

Of Markdown, headings, emphasis, lists, tables and code are taken, because nothing but letters comes
of them: a row of a table becomes a line for each cell, which fits into a dock. Links, images and
HTML stay the text that they are: there is no code here that could follow, fetch or nest anything,
and no more work than the text is long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum


class Style(Enum):
    """How a piece of text is written."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


Piece = tuple[str, Style]

_HEADING = re.compile(r" {0,3}#{1,6} +(?=\S)(.++)")
_BULLET = re.compile(r"( *)[-*+] +(?=\S)")
_ROW = re.compile(r"\s*\|.*\|\s*")
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_MOST_ROWS = 100
"""Of a table; a longer one stays as it is."""
LONGEST_LINE = 2000
"""Characters; a longer line is broken."""
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


class Marker:
    """Takes the pieces of an answer as it comes, line by line."""

    def __init__(self) -> None:
        self._line = ""
        self._table: list[str] = []
        self._in_code = False

    def feed(self, text: str) -> Iterator[Piece]:
        """Yield what is certain after more text came."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            yield from self._take(f"{line}\n")
        while len(self._line) > LONGEST_LINE:
            # Laying one long line out again with each piece of it would take ever longer.
            yield from self._take(f"{self._line[:LONGEST_LINE]}\n")
            self._line = self._line[LONGEST_LINE:]

    def rest(self) -> Iterator[Piece]:
        """Yield the end of the text as it looks so far; more text may change it."""
        yield from _table(self._table)
        if self._in_code:
            yield self._line, Style.CODE
        elif self._line:
            yield from _plain_line(self._line)

    def _take(self, line: str) -> Iterator[Piece]:
        if not self._in_code and _ROW.fullmatch(line) and len(self._table) < _MOST_ROWS:
            self._table.append(line)
            return
        yield from _table(self._table)
        self._table = []
        if line.lstrip().startswith("```"):
            self._in_code = not self._in_code
        elif self._in_code:
            yield line, Style.CODE
        else:
            yield from _plain_line(line)


def _plain_line(line: str) -> Iterator[Piece]:
    content = line.rstrip("\n")
    if heading := _HEADING.match(content):
        yield heading[1].rstrip(" #").replace("**", ""), Style.BOLD
        yield line[len(content) :], Style.PLAIN
    else:
        yield from _inline(_bulleted(line))


def _table(lines: list[str]) -> Iterator[Piece]:
    """Yield a table: of each row its first cell, and below it the others with their headings."""
    if len(lines) < 3 or not _RULE.fullmatch(lines[1]):
        for line in lines:
            yield from _inline(line)
        return
    head, _, *rows = (
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines
    )
    for first, *others in rows:
        yield f"{_bare(first)}\n", Style.BOLD
        yield from _cells(head[1:], others)


def _cells(names: list[str], cells: list[str]) -> Iterator[Piece]:
    for number, cell in enumerate(cells):
        name = _bare(names[number]) if number < len(names) else ""
        yield f"   {name}: " if name else "   ", Style.PLAIN
        yield from _inline(f"{cell}\n")


def _bare(cell: str) -> str:
    return "".join(text for text, _ in _inline(cell))


def _bulleted(line: str) -> str:
    bullet = _BULLET.match(line)
    return line if bullet is None else f"{bullet[1]}• {line[bullet.end() :]}"


def _inline(line: str) -> Iterable[Piece]:
    place = 0
    for mark in _INLINE.finditer(line):
        kind = str(mark.lastgroup)
        yield line[place : mark.start()], Style.PLAIN
        yield mark[kind], _STYLES[kind]
        place = mark.end()
    yield line[place:], Style.PLAIN
