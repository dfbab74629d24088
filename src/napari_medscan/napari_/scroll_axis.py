"""Scroll a series along its own slices or its time, whatever other layers the viewer holds."""

from __future__ import annotations

import napari.viewer
import numpy as np
from napari.layers import Layer

from napari_medscan.napari_.layer_identity import stack_of


def slice_axis(viewer: napari.viewer.Viewer, layer: Layer) -> int | None:
    """Return the viewer's axis along which a series is scrolled.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its displayed axes cannot be scrolled.
    layer : Layer
        A series.

    Returns
    -------
    int or None
        The axis across the plane in view; time if the series has one slice; None if there is
        nothing to scroll.
    """
    time = time_axis(viewer, layer)
    axes = [axis for axis in _scrollable(viewer, layer) if axis != time]
    return axes[-1] if axes else time


def time_axis(viewer: napari.viewer.Viewer, layer: Layer) -> int | None:
    """Return the viewer's axis of a series' time points, None if it has one or none."""
    stack = stack_of(layer)
    axis = viewer.dims.ndim - layer.ndim
    is_timed = stack is not None and stack.axes.startswith("t")
    return axis if is_timed and axis in _scrollable(viewer, layer) else None


def length(viewer: napari.viewer.Viewer, layer: Layer, axis: int) -> int:
    """Return how many slices or time points a series has along an axis of the viewer."""
    return int(layer.data.shape[axis - viewer.dims.ndim + layer.ndim])


def place_on_axis(viewer: napari.viewer.Viewer, layer: Layer, axis: int) -> int:
    """Return the slice or time point nearest to the slider, within the series."""
    place = layer.world_to_data(viewer.dims.point)[axis - viewer.dims.ndim + layer.ndim]
    return int(np.clip(round(float(place)), 0, length(viewer, layer, axis) - 1))


def go_to(viewer: napari.viewer.Viewer, layer: Layer, axis: int, place: int) -> None:
    """Move a slider to a slice or time point of a series; beyond its ends, to the end.

    napari's own sliders step by the finest step of all layers, hidden ones included.
    """
    before = viewer.dims.ndim - layer.ndim
    index = np.array(layer.world_to_data(viewer.dims.point), dtype=float)
    index[axis - before] = np.clip(place, 0, length(viewer, layer, axis) - 1)
    # napari does not annotate it.
    world = layer.data_to_world(tuple(index))  # type: ignore[no-untyped-call]
    viewer.dims.set_point(axis, float(world[axis - before]))


def step(viewer: napari.viewer.Viewer, layer: Layer, axis: int | None, count: int) -> None:
    """Move a slider by slices or time points of a series; without an axis, nothing moves."""
    if axis is not None:
        go_to(viewer, layer, axis, place_on_axis(viewer, layer, axis) + count)


def _scrollable(viewer: napari.viewer.Viewer, layer: Layer) -> list[int]:
    """Return the axes that have a slider and along which a series has more than one place."""
    before = viewer.dims.ndim - layer.ndim
    return [
        axis
        for axis in viewer.dims.not_displayed
        if axis >= before and length(viewer, layer, axis) > 1
    ]
