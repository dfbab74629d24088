"""Lines and outlines over an image: contours and drawn shapes, without any text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_FINER = 4
"""Pixels are drawn as so many along each side, so that edges are smooth."""

Color = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A line, or what it encloses.

    Parameters
    ----------
    points : ndarray
        Shape (n, 2): vertical and horizontal place in the world, as `Painted.origin` is.
    color : tuple of float
        RGBA of 0 to 1.
    width : float
        In the unit of the world; one pixel at least. 0 fills what the line encloses.
    """

    points: NDArray[np.float64]
    color: Color
    width: float = 0.0


def draw(
    canvas: NDArray[np.float32],
    strokes: Sequence[Stroke],
    corner: tuple[float, float],
    step: float,
) -> None:
    """Draw strokes over an image, in place, the first one lowest.

    Parameters
    ----------
    canvas : ndarray, shape (height, width, 3)
        Of 0 to 1.
    strokes : sequence of Stroke
        Those of one color and opacity do not add up where they cross.
    corner : tuple of float
        Top and left edge of the image in the world.
    step : float
        Between its pixels.
    """
    for color in dict.fromkeys(stroke.color for stroke in strokes):
        lines = [
            ((stroke.points - corner) / step, stroke.width / step)
            for stroke in strokes
            if stroke.color == color
        ]
        part = _reached(lines, canvas.shape)
        if part is None:
            continue
        share = _cover(lines, part) * color[3]
        canvas[part] *= 1 - share
        canvas[part] += share * np.asarray(color[:3], np.float32)


def _reached(
    lines: Sequence[tuple[NDArray[np.float64], float]], shape: tuple[int, ...]
) -> tuple[slice, slice] | None:
    """Return the rows and columns that lines can reach, None if they are outside the image."""
    margin = 1 + max(width for _, width in lines)
    ends = np.concatenate([points for points, _ in lines])
    first = np.maximum(np.floor(ends.min(axis=0) - margin), 0).astype(int)
    last = np.minimum(np.ceil(ends.max(axis=0) + margin), shape[:2]).astype(int)
    if (first >= last).any():
        return None
    return slice(first[0], last[0]), slice(first[1], last[1])


def _cover(
    lines: Sequence[tuple[NDArray[np.float64], float]], part: tuple[slice, slice]
) -> NDArray[np.float32]:
    """Return the share of each pixel of a part that lines cover, shape (rows, columns, 1)."""
    rows, columns = part
    size = (columns.stop - columns.start) * _FINER, (rows.stop - rows.start) * _FINER
    cover = Image.new("L", size)
    pen = ImageDraw.Draw(cover)
    for points, width in lines:
        # Pillow counts from the middle of its first pixel.
        there = (points - (rows.start, columns.start)) * _FINER - 0.5
        line = [(float(x), float(y)) for y, x in there]
        if width:
            pen.line(line, fill=255, width=max(round(width * _FINER), _FINER), joint="curve")
        elif len(line) > 2:
            pen.polygon(line, fill=255)
    return np.asarray(cover.reduce(_FINER), np.float32)[..., np.newaxis] / np.float32(255)
