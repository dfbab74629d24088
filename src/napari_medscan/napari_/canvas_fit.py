"""Fit a series to the canvas, and keep it fit until the user moves the camera."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import napari.viewer
import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size
from napari_medscan.napari_.qt_canvas import pixel_ratio
from napari_medscan.napari_.slider_index import axes_on_screen

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
    camera = camera_of(viewer)
    camera.center = (0.0,) * (3 - len(center)) + tuple(center)
    camera.zoom = _FILLED * float(np.min(np.asarray(canvas_size(viewer)) / size))
    _fits[viewer] = _Fit(weakref.ref(layer), tuple(camera.center), float(camera.zoom))


def fit_part(
    viewer: napari.viewer.Viewer, layer: Layer, first: Sequence[float], last: Sequence[float]
) -> None:
    """Center a part of a layer on the canvas, as large as fits.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    layer : Layer
        One of its layers, whose last two axes are displayed.
    first, last : sequence of float
        Row and column of two opposite corners of the part, in pixels of the layer.
    """
    leading = (0.0,) * (layer.ndim - len(first))
    # napari does not annotate it.
    ends = np.array(
        [layer.data_to_world((*leading, *corner)) for corner in (first, last)]  # type: ignore[no-untyped-call]
    )
    axes = axes_on_screen(viewer, layer)
    center, size = ends[:, axes].mean(axis=0), np.abs(np.diff(ends[:, axes], axis=0)[0])
    camera = camera_of(viewer)
    camera.center = (0.0,) * (3 - len(center)) + tuple(center)
    camera.zoom = _FILLED * float(np.min(np.asarray(canvas_size(viewer)) / np.maximum(size, 1e-6)))


def refit(viewer: napari.viewer.Viewer) -> None:
    """Fit again after the canvas has changed its size, unless the camera was moved meanwhile."""
    fit = _fits.get(viewer)
    layer = None if fit is None else fit.layer()
    if layer is not None and layer in viewer.layers and is_fit(viewer):
        fit_to_canvas(viewer, layer)


def is_fit(viewer: napari.viewer.Viewer, layer: Layer | None = None) -> bool:
    """Return whether a layer, or any, was fit to the canvas and the camera was not moved since."""
    fit = _fits.get(viewer)
    if fit is None or (layer is not None and fit.layer() is not layer):
        return False
    camera = camera_of(viewer)
    return np.allclose([*camera.center, camera.zoom], [*fit.center, fit.zoom])


def fit_zoom(viewer: napari.viewer.Viewer) -> float | None:
    """Return the zoom at which a series was last fit to the canvas; None if none ever was."""
    fit = _fits.get(viewer)
    return None if fit is None else fit.zoom


def show_actual_size(viewer: napari.viewer.Viewer, layer: Layer) -> None:
    """Zoom so that one pixel of a layer is one pixel of the screen; the center stays.

    Of pixels that are not square, the shorter side is one pixel of the screen.
    """
    axes = axes_on_screen(viewer, layer)
    steps = [abs(float(layer.extent.step[axis])) for axis in axes if axis >= 0]
    camera_of(viewer).zoom = 1 / (min(steps) * pixel_ratio(viewer))


def _extent_in_view(
    viewer: napari.viewer.Viewer, layer: Layer
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the center of a layer along the displayed axes, and its height and width on screen."""
    axes = axes_on_screen(viewer, layer)
    ends = np.stack([_ends(layer, axis) for axis in axes], axis=1)
    size = ends[1] - ends[0]
    if viewer.dims.ndisplay == 3:
        camera = camera_of(viewer)
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
