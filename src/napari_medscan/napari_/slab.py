"""Slabs: several slices projected into one, on all canvases that show their plane."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Literal

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from psygnal import Signal

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.per_viewer import PerViewer
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import Subscription, watch

Projection = Literal["none", "max", "min", "mean"]
DEFAULT_THICKNESS = 10.0
MIN_THICKNESS, MAX_THICKNESS = 0.1, 1000.0


class Slab:
    """The slab of a viewer, which series that become current later have, too.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its main canvas.
    """

    changed = Signal()
    """Projection or thickness have changed."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        # Weak: the viewer would never go, since `PerViewer` holds this for as long as it lives.
        self._viewer = weakref.ref(unwrapped(viewer))
        self._subscription: Subscription | None = None
        self._current: weakref.ref[Image] | None = None
        self._projection: Projection = "none"
        self._thickness = DEFAULT_THICKNESS

    @property
    def projection(self) -> Projection:
        """How the slices are combined; "none" for single slices."""
        return self._projection

    @property
    def thickness(self) -> float:
        """In mm (pixels without calibration); kept while there is no slab."""
        return self._thickness

    def show(self, projection: Projection | None = None, thickness: float | None = None) -> None:
        """Show another slab; what is left out stays as it is.

        Parameters
        ----------
        projection : {"none", "max", "min", "mean"}, optional
            How its slices are combined; "none" shows single slices again.
        thickness : float, optional
            In mm, brought within `MIN_THICKNESS` and `MAX_THICKNESS`.
        """
        if projection is not None:
            self._projection = projection
        if thickness is not None:
            self._thickness = min(max(float(thickness), MIN_THICKNESS), MAX_THICKNESS)
        self._apply()
        viewer = self._viewer()
        if self._projection != "none" and self._subscription is None and viewer is not None:
            self._subscription = watch(viewer, self._on_viewer, before_paint=True)
        elif self._projection == "none" and self._subscription is not None:
            self._subscription.release()
            self._subscription = None
        self.changed.emit()

    def _on_viewer(self) -> None:
        viewer = self._viewer()
        before = None if self._current is None else self._current()
        if viewer is not None and current_layer(viewer) is not before:
            self._apply()

    def _apply(self) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        current = current_layer(viewer)
        self._current = None if current is None else weakref.ref(current)
        ours = [x for x in viewer.layers if isinstance(x, Image) and stack_of(x) is not None]
        ours.sort(key=lambda layer: layer is not current)
        set_slab(viewer, ours, self._projection, self._thickness)


slab_of = PerViewer(Slab)
"""The one slab of a viewer, which the panel and commands change."""


def set_slab(
    viewer: napari.viewer.Viewer, layers: Iterable[Layer], mode: Projection, thickness: float
) -> int:
    """Show a slab instead of a slice: its maximum, minimum or mean.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose slices get thick, along every axis of space, so that the slab keeps its thickness
        when another plane is chosen.
    layers : iterable of Layer
        Layers to project; the thickness is rounded to slices of the first.
    mode : {"none", "max", "min", "mean"}
        The projection; "none" gives single slices again.
    thickness : float
        In mm (pixels where there are none).

    Returns
    -------
    int
        How many slices the slab has along the axis in view.
    """
    chosen = [layer for layer in layers if isinstance(layer, Image) and not layer.rgb]
    ndim = viewer.dims.ndim
    counts = [1] * ndim
    if chosen and mode != "none":
        steps = np.abs(chosen[0].scale[-3:])
        for axis, step in zip(range(ndim - len(steps), ndim), steps, strict=True):
            counts[axis] = max(1, round(thickness / float(step)))
    step = [entry.step for entry in viewer.dims.range]
    if chosen:
        step[-len(chosen[0].scale[-3:]) :] = np.abs(chosen[0].scale[-3:])
    # napari shows slices round(point - left) up to, but without, round(point + right), unless
    # that is whole: just below half a slice more never is, wherever the slider stands.
    viewer.dims.margin_left = tuple((n // 2) * s for n, s in zip(counts, step, strict=True))
    viewer.dims.margin_right = tuple(
        ((n - 1) // 2 + 0.99) * s if n > 1 else 0.0 for n, s in zip(counts, step, strict=True)
    )
    for layer in chosen:
        layer.projection_mode = mode
    before = viewer.dims.not_displayed
    return counts[before[-1]] if before else 1
