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
    height, width = canvas.shape[:2]
    for color in dict.fromkeys(stroke.color for stroke in strokes):
        cover = Image.new("L", (width * _FINER, height * _FINER))
        pen = ImageDraw.Draw(cover)
        for stroke in strokes:
            if stroke.color != color:
                continue
            # Pillow counts from the middle of its first pixel.
            there = (stroke.points - corner) / step * _FINER - 0.5
            line = [(float(x), float(y)) for y, x in there]
            if stroke.width:
                thick = max(round(stroke.width / step * _FINER), _FINER)
                pen.line(line, fill=255, width=thick, joint="curve")
            elif len(line) > 2:
                pen.polygon(line, fill=255)
        small = cover.reduce(_FINER)
        share = np.asarray(small, np.float32)[..., np.newaxis] / 255 * color[3]
        canvas *= 1 - share
        canvas += share * np.asarray(color[:3], np.float32)
