"""Fit a series to the canvas, and keep it fit until the user moves the camera."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import napari.viewer
import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.qt_canvas import pixel_ratio
from napari_medscan.napari_.viewer_watch import unwrapped

_FILLED = 0.95
"""Part of the canvas that a series fills, as in napari."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """What was fit to a canvas, and the camera that it gave."""

    layer: weakref.ref[Layer]
    center: tuple[float, ...]
    zoom: float


_fits: weakref.WeakKeyDictionary[napari.viewer.Viewer, _Fit] = weakref.WeakKeyDictionary()


def fit_to_canvas(viewer: napari.viewer.Viewer, layer: Layer) -> None:
    """Center a layer on the canvas, as large as fits; other layers do not count.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    layer : Layer
        One of its layers.
    """
    # napari's own fit fails for a layer of fewer axes than the viewer has.
    center, size = _extent_in_view(viewer, layer)
    camera = viewer.scene.camera
    camera.center = (0.0,) * (3 - len(center)) + tuple(center)
    camera.zoom = _FILLED * float(np.min(np.asarray(viewer.canvas.size) / size))
    _fits[viewer] = _Fit(weakref.ref(layer), tuple(camera.center), float(camera.zoom))


def refit(viewer: napari.viewer.Viewer) -> None:
    """Fit again after the canvas has changed its size, unless the camera was moved meanwhile."""
    known = _fits.get(viewer)
    layer = None if known is None else known.layer()
    if layer is not None and layer in viewer.layers and is_fit(viewer):
        fit_to_canvas(viewer, layer)


def is_fit(viewer: napari.viewer.Viewer) -> bool:
    """Return whether the camera has not been moved since a series was fit to the canvas."""
    known, camera = _fits.get(viewer), viewer.scene.camera
    if known is None:
        return False
    return np.allclose([*camera.center, camera.zoom], [*known.center, known.zoom])


def fit(viewer: napari.viewer.Viewer) -> bool:
    """Fit the current series to the canvas; return False if no series is visible."""
    viewer = unwrapped(viewer)
    layer = current_layer(viewer)
    if layer is None:
        return False
    fit_to_canvas(viewer, layer)
    return True


def fit_zoom(viewer: napari.viewer.Viewer) -> float | None:
    """Return the zoom at which the series was last fit to the canvas; None if it never was."""
    known = _fits.get(viewer)
    return None if known is None else known.zoom


def show_actual_size(viewer: napari.viewer.Viewer) -> bool:
    """Show one pixel of the current image as one pixel of the screen, around the same center.

    Where rows and columns are spaced differently, a column is one pixel wide.

    Returns
    -------
    bool
        False, and nothing changes, if no series is visible or the view is in 3-D.
    """
    viewer = unwrapped(viewer)
    layer = current_layer(viewer)
    if layer is None or viewer.dims.ndisplay == 3:
        return False
    across = viewer.dims.displayed[-1] - viewer.dims.ndim
    width = abs(float(layer.scale[across]))
    viewer.scene.camera.zoom = 1 / (width * pixel_ratio(viewer))
    return True


def _extent_in_view(
    viewer: napari.viewer.Viewer, layer: Layer
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the center of a layer along the displayed axes, and its height and width on screen."""
    axes = [axis - viewer.dims.ndim + layer.ndim for axis in viewer.dims.displayed]
    ends = np.stack([_ends(layer, axis) for axis in axes], axis=1)
    size = ends[1] - ends[0]
    if viewer.dims.ndisplay == 3:
        camera = viewer.scene.camera
        view, up = np.array(camera.view_direction), np.array(camera.up_direction)
        # The width and height of a box, seen along a direction.
        size = np.abs(np.stack([up, np.cross(view, up)])) @ size
    return ends.mean(axis=0), np.where(size > 0, size, 1.0)


def _ends(layer: Layer, axis: int) -> NDArray[np.float64]:
    """Return the outer edges of the first and last pixel along an axis that a layer may lack."""
    if axis < 0:
        return np.array([-0.5, 0.5])
    margin = abs(float(layer.extent.step[axis])) / 2
    low, high = layer.extent.world[:, axis]
    return np.array([low - margin, high + margin])
