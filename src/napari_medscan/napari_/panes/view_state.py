"""What a canvas shows: plane, slices, camera and visible layers, to be restored later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.camera_orientations import HorizontalAxisOrientation as Horizontal
from napari.utils.camera_orientations import VerticalAxisOrientation as Vertical

from napari_medscan.napari_.canvas_fit import fit_to_canvas, fit_zoom, is_fit
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer, set_visible
from napari_medscan.napari_.slider_range import reach_hidden


@dataclass(frozen=True, slots=True, eq=False)
class ViewState:
    """The view of one viewer at one moment."""

    visible: tuple[tuple[Layer, bool], ...]
    active: Layer | None
    ndisplay: Literal[2, 3]
    order: tuple[int, ...]
    point: tuple[float, ...]
    ways: tuple[Vertical, Horizontal]
    center: tuple[float, float, float] | tuple[float, float]
    zoom: float
    is_fit: bool

    @classmethod
    def of(cls, viewer: napari.viewer.Viewer) -> ViewState:
        """Return the view as it is now."""
        dims, camera = viewer.dims, camera_of(viewer)
        return cls(
            tuple((layer, layer.visible) for layer in viewer.layers),
            viewer.layers.selection.active,
            dims.ndisplay,
            tuple(dims.order),
            tuple(dims.point),
            camera.orientation2d,
            camera.center,
            float(camera.zoom),
            is_fit(viewer),
        )

    def restore(self, viewer: napari.viewer.Viewer, point: tuple[float, ...] | None = None) -> None:
        """Show it again; layers and axes that came or went meanwhile stay as they are.

        Parameters
        ----------
        viewer : napari.viewer.Viewer
            Where it was.
        point : tuple of float, optional
            Where the sliders shall stand instead.
        """
        for layer, visible in self.visible:
            if layer in viewer.layers and not visible:
                set_visible(layer, visible=False)
        dims, camera = viewer.dims, camera_of(viewer)
        if dims.ndim == len(self.order):
            dims.ndisplay = self.ndisplay
            dims.order = self.order
            camera.orientation2d = self.ways
            reach_hidden(viewer)
            dims.point = self.point if point is None else point
        for layer, visible in self.visible:
            if layer in viewer.layers and visible:
                set_visible(layer, visible=True)
        if self.active in viewer.layers:
            viewer.layers.selection.active = self.active
        current = current_layer(viewer)
        if self.is_fit and current is not None:
            # The canvas may have another size now.
            fit_to_canvas(viewer, current)
        else:
            camera.center, camera.zoom = self.center, self.zoom


def copy_view(source: napari.viewer.Viewer, target: napari.viewer.Viewer, layer: Image) -> None:
    """Show in one viewer the plane, slices and zoom of another.

    Axes correspond from the last one on: a viewer that has a clip open, too, has one more.

    Parameters
    ----------
    source, target : napari.viewer.Viewer
        The viewers.
    layer : Image
        Layer of the target that is fit to its canvas as far as its twin is to the other's.
    """
    more = target.dims.ndim - source.dims.ndim
    order = [axis + more for axis in source.dims.order if axis + more >= 0]
    target.dims.ndisplay = source.dims.ndisplay
    target.dims.order = (*range(more), *order)
    camera_of(target).orientation2d = camera_of(source).orientation2d
    point = np.array(target.dims.point)
    shared = min(len(point), source.dims.ndim)
    point[-shared:] = source.dims.point[-shared:]
    target.dims.point = tuple(point)
    fit_to_canvas(target, layer)
    theirs, ours = fit_zoom(source), fit_zoom(target)
    camera = camera_of(source)
    if theirs and ours and not np.isclose(camera.zoom, theirs):
        camera_of(target).center = camera.center
        camera_of(target).zoom = camera.zoom / theirs * ours
