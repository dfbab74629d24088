"""Where the plane on a canvas lies in the patient, and where planes of other canvases cut it.

Pixels of a canvas are logical pixels of Qt: x to the right and y down, from the upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass

import napari.viewer
import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_medscan.dicom.series.orientation import patient_point
from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size, grid_of
from napari_medscan.napari_.directions import screen_signs
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import MOST_DEGREES
from napari_medscan.napari_.slider_index import axes_on_screen, is_in_view, point_at

Vector = NDArray[np.float64]
Segment = tuple[float, float, float, float]
"""x and y of one end, x and y of the other; pixels of a canvas."""


def to_canvas(viewer: napari.viewer.Viewer, world: Vector) -> tuple[float, float]:
    """Return the pixel of the canvas at which a place in napari's world is drawn, in 2-D."""
    axes, middle, center, zoom = _frame(viewer)
    y, x = middle + (world[axes] - center) * zoom
    return float(x), float(y)


def to_world(viewer: napari.viewer.Viewer, x: float, y: float) -> Vector:
    """Return the place in napari's world that is drawn at a pixel of the canvas, in 2-D."""
    axes, middle, center, zoom = _frame(viewer)
    world = np.array(viewer.dims.point, dtype=np.float64)
    world[axes] = center + (np.array((y, x)) - middle) / zoom
    return world


def _frame(viewer: napari.viewer.Viewer) -> tuple[list[int], Vector, Vector, Vector]:
    """Return of the canvas its axes, its middle in pixels and in the world, and pixels per unit.

    Vertical and horizontal; pixels per unit are negative along an axis that leads up, or left.
    """
    camera = camera_of(viewer)
    middle, center = np.array(canvas_size(viewer)) / 2, np.array(camera.center[-2:])
    zoom = np.array(screen_signs(viewer)) * camera.zoom
    return list(viewer.dims.displayed[-2:]), middle, center, zoom


def place_of(viewer: napari.viewer.Viewer, layer: Layer, world: Vector) -> Vector | None:
    """Return where a place in napari's world lies in the patient, on the slice that is drawn.

    Returns
    -------
    ndarray, shape (3,), or None
        LPS, mm; None if it is unknown, as between slices that are unevenly spaced.
    """
    stack = stack_of(layer)
    if stack is None:
        return None
    index = np.array(layer.world_to_data(world), dtype=np.float64)
    before = viewer.dims.ndim - layer.ndim
    for axis in viewer.dims.not_displayed:
        if axis >= before:
            index[axis - before] = round(float(index[axis - before]))
    return patient_point(stack, index)


@dataclass(frozen=True, slots=True, eq=False)
class CanvasPlane:
    """The plane of the slice on a canvas, in the patient.

    Parameters
    ----------
    corner, right, down : ndarray, shape (3,)
        LPS, mm: the upper left corner of the canvas, and the steps of one pixel. The steps are
        not perpendicular where a tilted stack is cut across its slices.
    image : tuple of float
        Left, top, right and bottom edge of the slice, pixels of the canvas.
    """

    corner: Vector
    right: Vector
    down: Vector
    image: tuple[float, float, float, float]

    @property
    def normal(self) -> Vector:
        """The unit vector across the plane."""
        across = np.cross(self.right, self.down)
        normal: Vector = across / np.linalg.norm(across)
        return normal

    def project(self, place: Vector) -> tuple[float, float, float]:
        """Return the pixel nearest to a place in the patient, and its distance, mm, signed."""
        distance = float(self.normal @ (place - self.corner))
        x, y = self._pixels(place - self.corner)
        return x, y, distance

    def cut_by(self, other: CanvasPlane) -> Segment | None:
        """Return where the slice of another canvas cuts the slice on this one.

        Returns
        -------
        tuple of float or None
            Pixels of this canvas. None if the slices do not meet, or if their planes are parallel
            or nearly so.
        """
        across = other.normal
        if np.linalg.norm(np.cross(across, self.normal)) < np.sin(np.radians(MOST_DEGREES)):
            return None
        # The points of this plane for which slope @ (x, y) == offset.
        slope = np.array([across @ self.right, across @ self.down])
        offset = float(across @ (other.corner - self.corner))
        start = slope * offset / float(slope @ slope)
        way = np.array([-slope[1], slope[0]]) / np.linalg.norm(slope)
        origin = self.corner + self.right * start[0] + self.down * start[1] - other.corner
        step = self.right * way[0] + self.down * way[1]
        ends = _clip((-np.inf, np.inf), start, way, self.image)
        there, step_there = (np.array(other._pixels(vector)) for vector in (origin, step))
        ends = _clip(ends, there, step_there, other.image)
        if ends is None:
            return None
        (x0, y0), (x1, y1) = (start + way * end for end in ends)
        return float(x0), float(y0), float(x1), float(y1)

    def _pixels(self, vector: Vector) -> tuple[float, float]:
        """Return how many pixels right and down a vector of the plane leads."""
        steps = np.column_stack([self.right, self.down])
        (x, y), *_ = np.linalg.lstsq(steps, vector, rcond=None)
        return float(x), float(y)


def plane_on(viewer: napari.viewer.Viewer, layer: Layer | None) -> CanvasPlane | None:
    """Return the plane in the patient of the slice that a viewer shows of a layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        A viewer, or the model of a pane.
    layer : Layer or None
        One of its layers.

    Returns
    -------
    CanvasPlane or None
        None in 3-D and in a grid, if the slider stands outside of the layer, and if the place in
        the patient is unknown.
    """
    if layer is None or stack_of(layer) is None or viewer.dims.ndisplay == 3:
        return None
    if grid_of(viewer).enabled or layer.ndim < 2 or not is_in_view(viewer, layer):
        return None
    places = [place_of(viewer, layer, to_world(viewer, x, y)) for x, y in ((0, 0), (1, 0), (0, 1))]
    corner, right, down = places
    if corner is None or right is None or down is None:
        return None
    return CanvasPlane(corner, right - corner, down - corner, image_on(viewer, layer))


def image_on(viewer: napari.viewer.Viewer, layer: Layer) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom edge of a layer, pixels of the canvas."""
    index = np.array(layer.world_to_data(viewer.dims.point), dtype=np.float64)
    axes = axes_on_screen(viewer, layer)
    corners = []
    for edge in (-0.5, np.array(layer.data.shape)[axes] - 0.5):
        index[axes] = edge
        corners.append(to_canvas(viewer, np.array(point_at(viewer, layer, index))))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _clip(
    ends: tuple[float, float] | None,
    start: Vector,
    way: Vector,
    image: tuple[float, float, float, float],
) -> tuple[float, float] | None:
    """Return which part of ``start + t * way`` lies in an image, of t between two ends."""
    if ends is None:
        return None
    first, last = ends
    for axis in (0, 1):
        low, high = image[axis] - start[axis], image[axis + 2] - start[axis]
        if abs(way[axis]) < 1e-9:
            if low > 0 or high < 0:
                return None
            continue
        near, far = sorted((low / way[axis], high / way[axis]))
        first, last = max(first, near), min(last, far)
    return (first, last) if first < last else None
