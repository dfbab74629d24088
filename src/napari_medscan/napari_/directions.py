"""Where the axes of a viewer and the edges of its canvas lead in the patient."""

from __future__ import annotations

import napari.viewer
import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_medscan.dicom.series.orientation import axis_vectors, film_vectors
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.slider_index import slice_in_view

Directions = NDArray[np.float64]


def world_directions(viewer: napari.viewer.Viewer, layer: Layer) -> Directions | None:
    """Return where the viewer's axes lead in the patient whom a layer shows.

    Whatever places the layer in the world counts: a negative scale, a rotation, an affine.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its dims are the axes.
    layer : Layer
        One that this plugin opened, or any other.

    Returns
    -------
    ndarray, shape (dims.ndim, 3), or None
        One unit vector per axis, LPS; zero for axes that are not spatial. None if the
        orientation is unknown.
    """
    stack = stack_of(layer)
    vectors = None if stack is None else axis_vectors(stack.geometry)
    return None if vectors is None else _in_world(viewer, layer, vectors)


def projection_directions(
    viewer: napari.viewer.Viewer, layer: Layer, *, anywhere: bool = False
) -> Directions | None:
    """Return the same for a projection image, from Patient Orientation (PS3.3 C.7.6.1.1.1).

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where it is, or is about to be.
    layer : Layer
        One that this plugin opened.
    anywhere : bool
        Whether the middle image counts while none is in view.

    Returns
    -------
    ndarray, shape (dims.ndim, 3), or None
        Zero along the axis of slices. None if the image in view has no Patient Orientation.
    """
    stack, number = stack_of(layer), slice_in_view(viewer, layer)
    if stack is not None and number is None and anywhere:
        number = stack.typical
    if stack is None or number is None:
        return None
    vectors = film_vectors(stack.slices[number])
    return None if vectors is None else _in_world(viewer, layer, vectors)


def screen_directions(
    viewer: napari.viewer.Viewer, layer: Layer
) -> tuple[Directions, Directions] | None:
    """Return where "right" and "down" on the canvas lead in the patient, LPS.

    In 3-D, before the camera is turned. None if the orientation is unknown.
    """
    directions = world_directions(viewer, layer)
    if directions is None:
        directions = projection_directions(viewer, layer)
    if directions is None:
        return None
    vertical, horizontal = viewer.dims.displayed[-2:]
    down, right = screen_signs(viewer)
    return directions[horizontal] * right, directions[vertical] * down


def screen_signs(viewer: napari.viewer.Viewer) -> tuple[int, int]:
    """Return 1 if the vertical, and the horizontal, axis leads down, and right; else -1."""
    vertical, horizontal = (str(way) for way in camera_of(viewer).orientation2d)
    return 1 if vertical == "down" else -1, 1 if horizontal == "right" else -1


def _in_world(viewer: napari.viewer.Viewer, layer: Layer, vectors: Directions) -> Directions:
    """Return where the viewer's axes lead, from where the axes of a layer's array lead."""
    origin = np.zeros(viewer.dims.ndim)
    start = np.asarray(layer.world_to_data(origin))
    moved = [np.asarray(layer.world_to_data(row)) - start for row in np.eye(viewer.dims.ndim)]
    spatial = np.array(moved)[:, -3:]
    # A projection has no axis of slices.
    directions = spatial @ vectors[-spatial.shape[1] :]
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    units: Directions = np.divide(
        directions, lengths, out=np.zeros_like(directions), where=lengths > 0
    )
    return units
