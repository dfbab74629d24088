"""Take a snapshot of what a viewer shows of its current series."""

from __future__ import annotations

import napari.viewer
from napari.layers import Image, Labels

from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.directions import screen_directions
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.slider_index import index_in_view
from napari_medscan.napari_.windowing import center_width, is_windowed
from napari_medscan.render.snapshot import Snapshot


def take_snapshot(
    viewer: napari.viewer.Viewer, layer: Image | Labels | None = None
) -> Snapshot | None:
    """Return what a viewer shows of a series. No file is read.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Any viewer, or the model of a pane.
    layer : Image or Labels, optional
        The layer of another series than the current one, or a copy of a series as labels.

    Returns
    -------
    Snapshot or None
        None if no series is current.
    """
    layer = layer or current_layer(viewer)
    stack = stack_of(layer)
    if layer is None or stack is None:
        return None
    ways = screen_directions(viewer, layer)
    level, width = center_width(layer) if is_windowed(layer) else (None, None)
    index = index_in_view(viewer, layer)
    return Snapshot(
        stack,
        layer.name,
        index,
        None if ways is None else ways[0],
        None if ways is None else ways[1],
        level,
        width,
        float(camera_of(viewer).zoom) * abs(float(layer.scale[-1])),
        str(layer.projection_mode),
        slab_thickness(viewer, layer),
    )


def slab_thickness(viewer: napari.viewer.Viewer, layer: Image | Labels) -> float:
    """Return the thickness of what is projected across the view, 0 for single slices."""
    axis = next(iter(reversed(viewer.dims.not_displayed)), None)
    # A projection has no slices.
    if axis is None or axis < viewer.dims.ndim - layer.ndim:
        return 0.0
    if str(layer.projection_mode) == "none":
        return 0.0
    margins = viewer.dims.margin_left[axis] + viewer.dims.margin_right[axis]
    step = abs(float(layer.scale[axis - viewer.dims.ndim]))
    return max(1, round(margins / step)) * step
