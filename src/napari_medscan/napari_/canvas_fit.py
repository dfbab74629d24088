"""Fit a series to the canvas, and keep it fit until the user moves the camera."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import napari.viewer
import numpy as np
from napari.layers import Layer


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
    viewer.fit_to_view(layers=[layer])
    camera = viewer.scene.camera
    _fits[viewer] = _Fit(weakref.ref(layer), tuple(camera.center), float(camera.zoom))


def refit(viewer: napari.viewer.Viewer) -> None:
    """Fit again after the canvas has changed its size, unless the camera was moved meanwhile."""
    fit = _fits.get(viewer)
    layer = None if fit is None else fit.layer()
    if fit is None or layer is None or layer not in viewer.layers:
        return
    camera = viewer.scene.camera
    if np.allclose([*camera.center, camera.zoom], [*fit.center, fit.zoom]):
        fit_to_canvas(viewer, layer)
