"""What is known of text in the pixels of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import Check, Level, find_text


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of an image, in its pixels before it is cropped."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns; none of them negative."""
        top, left = max(self.top, 0), max(self.left, 0)
        bottom, right = max(self.top + self.height, 0), max(self.left + self.width, 0)
        return slice(top, bottom), slice(left, right)

    def contains(self, other: Box) -> bool:
        """Whether all of another box lies in this one."""
        return self._common(other) == (other.height, other.width)

    def intersects(self, other: Box) -> bool:
        """Whether the boxes have a pixel in common."""
        down, across = self._common(other)
        return down > 0 and across > 0

    def _common(self, other: Box) -> tuple[int, int]:
        """Return height and width of what the boxes have in common; not positive if nothing."""
        bottom = min(self.top + self.height, other.top + other.height)
        right = min(self.left + self.width, other.left + other.width)
        return bottom - max(self.top, other.top), right - max(self.left, other.left)


def boxes_over(mask: NDArray[np.bool_]) -> list[Box]:
    """Return boxes without overlap that cover the pixels of a mask, (rows, columns), and no others.

    They are as high as the rows stay alike.
    """
    borders = np.flatnonzero((mask[1:] != mask[:-1]).any(axis=1)) + 1
    found = []
    for top, bottom in pairwise((0, *borders.tolist(), len(mask))):
        ends = np.flatnonzero(np.diff(mask[top], prepend=False, append=False)).reshape(-1, 2)
        found += [Box(top, left, bottom - top, right - left) for left, right in ends.tolist()]
    return found


@dataclass(frozen=True, slots=True)
class Outline:
    """A place that looks like text.

    Parameters
    ----------
    box : Box
        In pixels of the image before it is cropped.
    is_sure : bool
        Whether it is "text", not "possible text".
    """

    box: Box
    is_sure: bool


@dataclass(frozen=True, slots=True)
class TextCheck:
    """What was looked for, and found.

    Parameters
    ----------
    outlines : tuple of Outline
        What was found.
    sentence : str
        What the user is told.
    is_done : bool
        Whether anything was looked for; if not, text is to be suspected.
    """

    outlines: tuple[Outline, ...] = ()
    sentence: str = ""
    is_done: bool = True


UNCHECKED = TextCheck(sentence="Text in the image: not checked", is_done=False)


def check_text(rgb: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]]) -> TextCheck:
    """Look for text in an image, with whatever is installed to look with.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The image before masks and crop.
    others : sequence of ndarray
        Other slices of the same series, drawn in the same way, to compare with.
    """
    findings = find_text(rgb, others, ocr=True)
    outlines = tuple(
        Outline(Box(box.top, box.left, box.height, box.width), box.level is Level.FOUND)
        for box in findings.boxes
    )
    way = "with OCR" if Check.OCR in findings.checked_by else "without OCR"
    sure = sum(outline.is_sure for outline in outlines)
    said = [f"{sure} found"] if sure else []
    if len(outlines) > sure:
        said.append(f"{len(outlines) - sure} possible")
    # Never "no text": single strings are missed.
    found = ", ".join(said) or "nothing found"
    return TextCheck(outlines, f"Text in the image: {found} ({way})")
