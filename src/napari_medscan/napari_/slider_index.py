"""From the sliders of a viewer to an index of a layer's array."""

from __future__ import annotations

from collections.abc import Sequence

import napari.viewer
import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray

from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.render.snapshot import Index, is_inside, slice_at


def index_in_view(
    viewer: napari.viewer.Viewer, layer: Layer, point: Sequence[float] | None = None
) -> Index:
    """Return the index of a layer's array at which the sliders stand.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the sliders stand.
    layer : Layer
        Any.
    point : sequence of float, optional
        Where they would stand, in the world; by default where they do.

    Returns
    -------
    tuple of int or slice
        One entry per axis, without color: a position, which may lie outside of the array, for
        axes that have a slider; ``slice(None)`` for axes that are displayed.
    """
    displayed = axes_on_screen(viewer, layer)
    positions = layer.world_to_data(viewer.dims.point if point is None else point)
    return tuple(
        slice(None) if axis in displayed else round(float(position))
        for axis, position in enumerate(positions)
    )


def axes_on_screen(viewer: napari.viewer.Viewer, layer: Layer) -> list[int]:
    """Return the axes of a layer's array that are displayed, the vertical one before the last.

    One that the viewer has and the layer lacks is negative.
    """
    return [axis - viewer.dims.ndim + layer.ndim for axis in viewer.dims.displayed]


def point_at(
    viewer: napari.viewer.Viewer, layer: Layer, index: Sequence[float] | NDArray[np.float64]
) -> tuple[float, ...]:
    """Return where the sliders stand at an index of a layer; axes that it lacks stay."""
    # napari does not annotate it.
    world = layer.data_to_world(index)  # type: ignore[no-untyped-call]
    return (*viewer.dims.point[: viewer.dims.ndim - layer.ndim], *map(float, world))


def is_in_view(viewer: napari.viewer.Viewer, layer: Layer) -> bool:
    """Return whether the sliders stand within a layer, so that some of it is on the canvas."""
    return is_inside(index_in_view(viewer, layer), layer.data.shape)


def slice_in_view(viewer: napari.viewer.Viewer, layer: Layer) -> int | None:
    """Return the number of the slice that a layer shows.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the sliders stand.
    layer : Layer
        One that this plugin opened, or any other.

    Returns
    -------
    int or None
        Index into ``Stack.slices``; None if the view cuts across slices, the slider stands
        outside of the series or on a missing slice, or the layer is not ours.
    """
    stack = stack_of(layer)
    return None if stack is None else slice_at(stack, index_in_view(viewer, layer))
