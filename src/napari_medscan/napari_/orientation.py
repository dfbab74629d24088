"""Rotate and flip the view; pixels, layers and their place in the world stay as they are."""

from __future__ import annotations

import napari.viewer
from napari.layers import Layer
from napari.utils.camera_orientations import HorizontalAxisOrientation as Horizontal
from napari.utils.camera_orientations import VerticalAxisOrientation as Vertical

from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit
from napari_medscan.napari_.compat.viewer_model import camera_of


def rotate_view(viewer: napari.viewer.Viewer, layer: Layer, *, clockwise: bool = True) -> None:
    """Rotate what the canvas shows by 90 degrees, in 2-D.

    A layer that is fit to the canvas is fit again; otherwise zoom and center stay.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    layer : Layer
        The layer that may be fit to the canvas.
    clockwise : bool
        The direction.
    """
    camera = camera_of(viewer)
    was_fit, zoom, center = is_fit(viewer, layer), camera.zoom, camera.center
    vertical, horizontal = (str(way) for way in camera.orientation2d)
    is_down, is_right = vertical == "down", horizontal == "right"
    *rest, row, column = viewer.dims.order
    # napari fits all layers, hidden ones included, when the order changes.
    viewer.dims.order = (*rest, column, row)
    # Clockwise, what points right points down afterwards, and what points down points left.
    camera.orientation2d = (
        Vertical.DOWN if is_right == clockwise else Vertical.UP,
        Horizontal.LEFT if is_down == clockwise else Horizontal.RIGHT,
    )
    if was_fit:
        fit_to_canvas(viewer, layer)
        return
    camera.zoom = zoom
    camera.center = (0.0, center[-1], center[-2])


def flip_view(viewer: napari.viewer.Viewer, *, vertically: bool = False) -> None:
    """Mirror what the canvas shows: left and right, or top and bottom.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    vertically : bool
        Whether top and bottom change places; otherwise left and right.
    """
    camera = camera_of(viewer)
    vertical, horizontal = camera.orientation2d
    if vertically:
        vertical = Vertical.UP if str(vertical) == "down" else Vertical.DOWN
    else:
        horizontal = Horizontal.LEFT if str(horizontal) == "right" else Horizontal.RIGHT
    camera.orientation2d = (vertical, horizontal)
