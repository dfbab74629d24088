"""Contours, drawn shapes and points that are visible on a canvas, as lines without text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import napari.viewer
import numpy as np
from napari.layers import Layer, Points, Shapes
from numpy.typing import NDArray

from napari_medscan.napari_.active_viewer import main_viewer
from napari_medscan.napari_.canvas_placement import corner_and_steps
from napari_medscan.napari_.directions import screen_signs
from napari_medscan.napari_.objects.plane_cuts import cut_lines
from napari_medscan.napari_.shape_outline import CLOSED, shape_outline
from napari_medscan.napari_.slider_index import axes_on_screen
from napari_medscan.privacy.strokes import Color, Stroke

Figure = tuple[NDArray[np.float64], Color, float]
"""Vertices in the world, color, and width there; 0 is filled."""


class _Figures(NamedTuple):
    """The lines of a layer, and between which places along the sliders each of them is."""

    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    figures: list[Figure]
    layer: Layer
    sliders: list[int]


class CanvasStrokes:
    """What shapes, points and contours a canvas shows, wherever its sliders are.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The canvas, or the model of a pane.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer, self._displayed = viewer, tuple(viewer.dims.displayed)
        # Seen from the other side the world counts backwards.
        self._signs = np.array(screen_signs(viewer))
        self._layers = [
            self._figures_of(layer)
            for layer in viewer.layers
            if layer.visible
            and isinstance(layer, Shapes | Points)
            and len(layer.data)
            and min(self._displayed) >= viewer.dims.ndim - layer.ndim
        ]

    def __bool__(self) -> bool:
        viewer = self._viewer
        return bool(self._layers) or any(cut_lines(main_viewer(viewer), viewer, viewer.dims.point))

    def at(self, point: Sequence[float]) -> tuple[Stroke, ...]:
        """Return the lines that are seen while the sliders are at a point of the world."""
        figures: list[Figure] = []
        for lows, highs, of_layer, layer, sliders in self._layers:
            place = np.round(np.asarray(layer.world_to_data(point))[sliders])
            is_here = (np.abs(lows - place) < 0.5) & (np.abs(highs - place) < 0.5)
            figures += [of_layer[number] for number in np.flatnonzero(is_here.all(axis=1))]
        width = self._width()
        for lines, color in cut_lines(main_viewer(self._viewer), self._viewer, point):
            rgba = _rgba(color, 1.0)
            figures += [(line, rgba, width) for line in lines]
        return tuple(
            Stroke(points[:, self._last(points)] * self._signs, color, thick)
            for points, color, thick in figures
        )

    def _last(self, points: NDArray[np.float64]) -> list[int]:
        """Return which axes of vertices are on screen, the vertical one first."""
        return [axis - self._viewer.dims.ndim + points.shape[1] for axis in self._displayed]

    def _width(self) -> float:
        """Return the width of contours in the plane, that of their own layers."""
        widths = [thick for each in self._layers for _, _, thick in each.figures if thick]
        return min(widths, default=1e-9)

    def _figures_of(self, layer: Shapes | Points) -> _Figures:
        within = axes_on_screen(self._viewer, layer)
        sliders = [axis for axis in range(layer.ndim) if axis not in within]
        corner, steps = corner_and_steps(layer)
        # Where slices are far apart, lines would be as thick as those.
        size = float(np.abs(np.diag(steps))[within].min())
        lows, highs, figures = [], [], []
        parts = _shapes_of(layer) if isinstance(layer, Shapes) else _points_of(layer, within)
        for vertices, color, width in parts:
            lows.append(np.round(vertices[:, sliders].min(axis=0)))
            highs.append(np.round(vertices[:, sliders].max(axis=0)))
            figures.append((vertices @ steps + corner, color, width * size))
        return _Figures(np.array(lows), np.array(highs), figures, layer, sliders)


def _shapes_of(layer: Shapes) -> Iterator[Figure]:
    """Yield outlines, and before them what they enclose if it has a color, in pixels."""
    edges, faces = np.asarray(layer.edge_color), np.asarray(layer.face_color)
    widths = np.asarray(layer.edge_width, np.float64)
    for number, (kind, data) in enumerate(zip(layer.shape_type, layer.data, strict=True)):
        vertices = shape_outline(kind, data)
        if kind in CLOSED and faces[number][3]:
            yield vertices, _rgba(faces[number], layer.opacity), 0.0
        yield vertices, _rgba(edges[number], layer.opacity), float(widths[number])


def _points_of(layer: Points, within: Sequence[int]) -> Iterator[Figure]:
    """Yield a cross for each point, along the axes on screen, in pixels; hidden ones have none."""
    sizes, colors = np.asarray(layer.size), np.asarray(layer.face_color)
    for number, data in enumerate(layer.data):
        if not layer.shown[number]:
            continue
        for axis in within:
            arm = np.zeros((2, layer.ndim))
            arm[:, axis] = float(sizes[number]) / 2 * np.array((-1, 1))
            color = _rgba(colors[number], layer.opacity)
            yield np.asarray(data, np.float64) + arm, color, float(sizes[number]) / 8


def _rgba(color: NDArray[np.floating], opacity: float) -> Color:
    red, green, blue, alpha = (float(part) for part in color)
    return red, green, blue, alpha * opacity
