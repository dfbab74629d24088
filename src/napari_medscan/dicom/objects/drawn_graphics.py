"""From graphic objects to lines on the pixels of an image (PS3.3 C.10.5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.objects.annotations import Graphic, TextNote
from napari_medscan.dicom.objects.display_area import Area, DisplayTurn
from napari_medscan.dicom.objects.graphic_styles import Across, Color, Down, Paint

Points = NDArray[np.float64]
_SAMPLES: Final = 8
"""Straight pieces between two points of a curve."""
_ENDS: Final = 2
_HALF_PIXEL: Final = 0.5
_CLEAR: Final = (0.0, 0.0, 0.0, 0.0)
_SCREEN: Final = 768
"""Pixels of a screen that an image fills: lines of larger ones are wider, to be seen there."""
_THICKEST: Final = 50.0
_MOST_PATTERNS: Final = 64
"""Times that a pattern of dashes is repeated along a line; it is stretched on longer ones."""
_PARTS: Final = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
"""Of a box, from its first corner to its last."""
_TURN: Final = np.linspace(0, 2 * np.pi, 129)


class DrawnShape(NamedTuple):
    """A line on an image.

    Parameters
    ----------
    kind : {"path", "polygon", "ellipse"}
        What it is; an ellipse is given by the corners of the box around it.
    points : ndarray, shape (points, 2)
        Row and column; the centers of pixels are whole numbers.
    line : tuple of float
        Red, green, blue and opacity of its line between 0 and 1.
    width : float
        Of its line, in pixels of the image.
    fill : tuple of float
        Of its inside, like `line`.
    """

    kind: Literal["path", "polygon", "ellipse"]
    points: Points
    line: Paint
    width: float = 1.0
    fill: Paint = _CLEAR


class DrawnText(NamedTuple):
    """A text at a row and column of an image: its upper left corner unless it says otherwise."""

    text: str
    place: tuple[float, float]
    color: Color
    across: Across = "left"
    down: Down = "top"


class DrawnPoint(NamedTuple):
    """A point at a row and column of an image."""

    place: tuple[float, float]
    color: Paint


class Canvas(NamedTuple):
    """What turns the units of annotations into pixels of an image: its area, and how it turns."""

    area: Area
    turn: DisplayTurn

    def pixels(self, points: Points, units: str) -> Points:
        """Return rows and columns of points that are given as columns and rows in some units."""
        if units == "DISPLAY":
            points = self.area.points(self.turn.to_image(points))
        # The corner of the first pixel is 0, 0 in the file, its center is in the array.
        return points[:, ::-1] - _HALF_PIXEL

    def pixel(self, point: tuple[float, float], units: str) -> tuple[float, float]:
        """Return row and column of one point."""
        row, column = self.pixels(np.array([point], float), units)[0].tolist()
        return row, column


def screen_pixel(shape: tuple[int, int]) -> float:
    """Return the size of a pixel of the screen in pixels of an image that fills it."""
    return max(shape) / _SCREEN


def draw_graphic(
    graphic: Graphic, canvas: Canvas, pixel: float = 1.0, *, may_dash: bool = True
) -> Iterator[DrawnShape | DrawnPoint]:
    """Yield what draws a graphic object on an image: one shape, or several for its dashes.

    Parameters
    ----------
    graphic : Graphic
        The object.
    canvas : Canvas
        Of the image.
    pixel : float
        Pixels of the image for a pixel of the screen, which lines and dashes are measured in.
    may_dash : bool
        False draws dashed lines as solid ones.
    """
    points, line = canvas.pixels(graphic.points, graphic.units), graphic.line
    if graphic.kind == "POINT":
        row, column = points[0].tolist()
        yield DrawnPoint((row, column), line.on)
        return
    width = min(line.thickness, _THICKEST) * pixel
    if graphic.kind in ("CIRCLE", "ELLIPSE"):
        box = _circle_box(points) if graphic.kind == "CIRCLE" else _ellipse_box(points)
        whole = DrawnShape("ellipse", box, line.on, width, graphic.fill or _CLEAR)
    else:
        if graphic.kind == "INTERPOLATED" and len(points) > _ENDS:
            points = smooth_curve(points)
        is_area = graphic.fill is not None and len(points) > _ENDS
        fill = graphic.fill if is_area and graphic.fill else _CLEAR
        whole = DrawnShape("polygon" if is_area else "path", points, line.on, width, fill)
    if not (line.pattern and may_dash):
        yield whole
        return
    if whole.fill[3]:
        yield whole._replace(line=_CLEAR)
    for piece, is_on in dashes(_outline(whole), line.pattern, pixel):
        paint = line.on if is_on else line.off
        if paint[3]:
            yield DrawnShape("path", piece, paint, width)


def draw_text(
    note: TextNote, canvas: Canvas, pixel: float = 1.0
) -> tuple[DrawnText, DrawnShape | None]:
    """Return what draws a text object, and the line to the point that it is about."""
    place, end = canvas.pixel(note.place, note.units), canvas.pixel(note.end, note.units)
    line, style = None, note.style
    if note.anchor is not None:
        anchor = np.array(canvas.pixel(note.anchor, note.anchor_units))
        # From the edge of the box, so that it does not cross the text.
        start = np.clip(anchor, np.minimum(place, end), np.maximum(place, end))
        line = DrawnShape("path", np.array([start, anchor]), (*style.color, 1.0), pixel)
    across, down = style.across, style.down
    if "center" in (across, down):
        # What is centered one way only would need the size of the text for the other.
        across, down = "center", "center"
    # From the first corner of the file's box, which is not the upper left one if the image turns.
    row, column = (
        first + (last - first) * part
        for first, last, part in zip(place, end, (_PARTS[down], _PARTS[across]), strict=True)
    )
    return DrawnText(note.text, (row, column), style.color, across, down), line


def dashes(points: Points, pattern: Sequence[bool], pixel: float) -> Iterator[tuple[Points, bool]]:
    """Yield the pieces of a line that are dashes, and those that are gaps.

    Parameters
    ----------
    points : ndarray, shape (points, 2)
        Of the line.
    pattern : sequence of bool
        Which of some equal parts along the line are dashes, again and again.
    pixel : float
        Length of a part.
    """
    ways = np.hypot(*np.diff(points, axis=0).T)
    points = points[np.concatenate(([True], ways > 0))]
    along = np.concatenate(([0.0], np.cumsum(ways[ways > 0])))
    length = float(along[-1])
    if length == 0:
        return
    pixel = max(pixel, length / (_MOST_PATTERNS * len(pattern)))
    parts = np.resize(np.array(pattern), ceil(length / pixel))
    changes = np.flatnonzero(np.diff(parts)) + 1
    edges = np.minimum(np.concatenate(([0], changes, [len(parts)])) * pixel, length)
    for start, end, is_on in zip(edges, edges[1:], parts[np.append(0, changes)], strict=False):
        bends = points[(along > start) & (along < end)]
        ends = [[np.interp(at, along, points[:, axis]) for axis in (0, 1)] for at in (start, end)]
        yield np.vstack((ends[:1], bends, ends[1:])), bool(is_on)


def _outline(shape: DrawnShape) -> Points:
    """Return the line around a shape, closed."""
    points = shape.points
    if shape.kind == "ellipse":
        first, second = (points[1] - points[0]) / 2, (points[3] - points[0]) / 2
        around: Points = points.mean(axis=0) + (
            np.outer(np.cos(_TURN), first) + np.outer(np.sin(_TURN), second)
        )
        return around
    return np.vstack((points, points[:1])) if shape.kind == "polygon" else points


def smooth_curve(points: Points) -> Points:
    """Return a curve through all points (Catmull-Rom), closed if the first one is the last."""
    is_closed = bool(np.array_equal(points[0], points[-1]))
    before, after = (points[-2], points[1]) if is_closed else (points[0], points[-1])
    knots = np.vstack((before, points, after))
    p0, p1, p2, p3 = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, _SAMPLES, endpoint=False)[None, :, None]
    pieces = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    curve: Points = np.vstack((pieces.reshape(-1, 2), points[-1]))
    return curve


def _circle_box(points: Points) -> Points:
    center, edge = points[:2]
    radius = float(np.hypot(*(edge - center)))
    corners: Points = center + radius * np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)], float)
    return corners


def _ellipse_box(points: Points) -> Points:
    """Return the corners around an ellipse that is given by the ends of its two axes."""
    first, second = (points[1] - points[0]) / 2, (points[3] - points[2]) / 2
    center = points[:4].mean(axis=0)
    corners: Points = center + np.array(
        [-first - second, first - second, first + second, second - first]
    )
    return corners
