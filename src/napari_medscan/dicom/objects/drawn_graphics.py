"""From graphic objects to lines on the pixels of an image (PS3.3 C.10.5.1)."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.objects.annotations import Color, Graphic, TextNote
from napari_medscan.dicom.objects.display_area import Area, DisplayTurn

Points = NDArray[np.float64]
_SAMPLES: Final = 8
"""Straight pieces between two points of a curve."""
_ENDS: Final = 2
_HALF_PIXEL: Final = 0.5


class DrawnShape(NamedTuple):
    """A line on an image.

    Parameters
    ----------
    kind : {"path", "polygon", "ellipse"}
        What it is; an ellipse is given by the corners of the box around it.
    points : ndarray, shape (points, 2)
        Row and column; the centers of pixels are whole numbers.
    color : tuple of float
        Red, green and blue between 0 and 1.
    is_filled : bool
        Its inside is filled.
    """

    kind: Literal["path", "polygon", "ellipse"]
    points: Points
    color: Color
    is_filled: bool = False


class DrawnText(NamedTuple):
    """A text whose upper left corner is at a row and column of an image."""

    text: str
    place: tuple[float, float]
    color: Color


class DrawnPoint(NamedTuple):
    """A point at a row and column of an image."""

    place: tuple[float, float]
    color: Color


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


def draw_graphic(graphic: Graphic, canvas: Canvas) -> DrawnShape | DrawnPoint:
    """Return what draws a graphic object on an image."""
    points = canvas.pixels(graphic.points, graphic.units)
    if graphic.kind == "POINT":
        row, column = points[0].tolist()
        return DrawnPoint((row, column), graphic.color)
    if graphic.kind in ("CIRCLE", "ELLIPSE"):
        box = _circle_box(points) if graphic.kind == "CIRCLE" else _ellipse_box(points)
        return DrawnShape("ellipse", box, graphic.color, graphic.is_filled)
    if graphic.kind == "INTERPOLATED" and len(points) > _ENDS:
        points = smooth_curve(points)
    is_area = graphic.is_filled and len(points) > _ENDS
    return DrawnShape("polygon" if is_area else "path", points, graphic.color, is_area)


def draw_text(note: TextNote, canvas: Canvas) -> tuple[DrawnText, DrawnShape | None]:
    """Return what draws a text object, and the line to the point that it is about."""
    place, end = canvas.pixel(note.place, note.units), canvas.pixel(note.end, note.units)
    line = None
    if note.anchor is not None:
        anchor = np.array(canvas.pixel(note.anchor, note.anchor_units))
        # From the edge of the box, so that it does not cross the text.
        start = np.clip(anchor, np.minimum(place, end), np.maximum(place, end))
        line = DrawnShape("path", np.array([start, anchor]), note.color)
    return DrawnText(note.text, place, note.color), line


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
