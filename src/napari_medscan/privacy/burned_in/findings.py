"""Where text is, how sure that is, and who looked; never what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum


class Level(IntEnum):
    """How sure a detector is."""

    POSSIBLE = 1
    FOUND = 2


class Check(Enum):
    """A way of looking for text that was carried out to its end."""

    NETWORK = "neural network"
    STACK = "comparison with other images of the series"
    OCR = "OCR"


@dataclass(frozen=True)
class Box:
    """A line of text in the picture, in pixels."""

    top: int
    left: int
    height: int
    width: int
    level: Level


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes
    ----------
    boxes : tuple of Box
        From top to bottom. None of them means that nothing was found by
        `checked_by`, not that there is no text.
    checked_by : frozenset of Check
        What was carried out. Without `Check.OCR` say "not checked by OCR".
    """

    boxes: tuple[Box, ...]
    checked_by: frozenset[Check]

    @property
    def level(self) -> Level | None:
        """The surest of the boxes, or None."""
        return max((box.level for box in self.boxes), default=None)


def merged(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return boxes of lines: those that overlap, or continue one another, become one."""
    lines: list[Box] = []
    for box in boxes:
        line = box
        while near := [other for other in lines if _same_line(line, other)]:
            for other in near:
                lines.remove(other)
                line = _union(line, other)
        lines.append(line)
    return tuple(sorted(lines, key=lambda box: (box.top, box.left)))


def _same_line(one: Box, two: Box) -> bool:
    """Tell whether two boxes cover each other, or stand beside each other at one height."""
    down = min(one.top + one.height, two.top + two.height) - max(one.top, two.top)
    across = min(one.left + one.width, two.left + two.width) - max(one.left, two.left)
    low, thin = min(one.height, two.height), min(one.width, two.width)
    if across > 0:
        return down > 0 and (2 * down >= low or 2 * across >= thin)
    return 2 * down >= low and -across <= low


def _union(one: Box, two: Box) -> Box:
    top, left = min(one.top, two.top), min(one.left, two.left)
    bottom = max(one.top + one.height, two.top + two.height)
    right = max(one.left + one.width, two.left + two.width)
    return Box(top, left, bottom - top, right - left, max(one.level, two.level))
