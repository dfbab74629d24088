"""What is known of text in the pixels of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.burned_in import Check, Level, find_text
from napari_medscan.privacy.picture import Box


@dataclass(frozen=True, slots=True)
class Outline:
    """A place that looks like text.

    Parameters
    ----------
    box : Box
        In pixels of the picture before it is cropped.
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
    """

    outlines: tuple[Outline, ...]
    sentence: str


def check_text(rgb: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]]) -> TextCheck:
    """Look for text in a picture, with whatever is installed to look with.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The picture before masks and crop.
    others : sequence of ndarray
        Of other slices of the same stack, drawn in the same way.
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
