"""Where a canvas shows a layer: which pixels of its array, where on screen, and which way up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from numpy.typing import NDArray

from napari_medscan.dicom import MedscanError
from napari_medscan.napari_.directions import screen_signs
from napari_medscan.napari_.slider_index import axes_on_screen, index_in_view
from napari_medscan.render.layer_view import PROJECTIONS
from napari_medscan.render.snapshot import Index

_STRAIGHT = 1e-9


class NoImageInViewError(MedscanError):
    """There is nothing to render; the text says why, for the user."""


def points_along(
    viewer: napari.viewer.Viewer, layer: Image, axis: int, places: Iterable[int]
) -> Iterator[tuple[float, ...]]:
    """Yield where the sliders are at places of a layer along an axis of its data."""
    inside = [0 if isinstance(place, slice) else place for place in index_in_view(viewer, layer)]
    for place in places:
        inside[axis] = place
        world = layer.data_to_world(inside)  # type: ignore[no-untyped-call]
        point = list(viewer.dims.point)
        point[viewer.dims.ndim - layer.ndim + axis] = float(world[axis])
        yield tuple(point)


def index_at(viewer: napari.viewer.Viewer, layer: Layer, point: Sequence[float]) -> Index:
    """Return the index of what is shown with the sliders at a point, by napari's rounding."""
    if str(layer.projection_mode) not in PROJECTIONS:
        return index_in_view(viewer, layer, point)
    displayed = axes_on_screen(viewer, layer)
    starts = layer.world_to_data(np.subtract(point, viewer.dims.margin_left))
    ends = layer.world_to_data(np.add(point, viewer.dims.margin_right))
    index = []
    for axis, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if axis in displayed:
            index.append(slice(None))
            continue
        low, high = max(round(float(start)), 0), max(round(float(end)), 0)
        if np.isclose(high, end):
            high += 1
        index.append(slice(low, max(high, low + 1)))
    return tuple(index)


def reaches(index: Index, layer: Layer) -> bool:
    """Whether anything of a layer is at an index."""
    pairs = zip(_starts(index), layer.data.shape, strict=False)
    return all(0 <= start < extent for start, extent in pairs)


def _starts(index: Index) -> list[int]:
    return [(place.start or 0) if isinstance(place, slice) else place for place in index]


def corner_and_steps(layer: Layer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the first pixel lies in the world, and how far one step along each axis is."""
    inside = np.vstack([np.zeros(layer.ndim), np.eye(layer.ndim)])
    corner, *ends = (np.asarray(layer.data_to_world(row)) for row in inside)  # type: ignore[no-untyped-call]
    return corner, np.subtract(ends, corner)


class Placement(TypedDict):
    """The part of `LayerView` that viewer and layer decide, whatever the data."""

    index: Index
    axes: tuple[int, int]
    flips: tuple[bool, bool]
    spacing: tuple[float, float]
    origin: tuple[float, float]
    opacity: float
    blending: str


def placement(viewer: napari.viewer.Viewer, layer: Layer) -> Placement:
    """Return which pixels of a layer are on the canvas, where, and which way up.

    Raises
    ------
    NoImageInViewError
        If the layer is turned or sheared in the view, or the view is along axes that it lacks.
    """
    vertical, horizontal = axes_on_screen(viewer, layer)
    if min(vertical, horizontal) < 0:
        raise NoImageInViewError(
            "The layer cannot be drawn in this plane. Show the acquired plane."
        )
    index = index_at(viewer, layer, viewer.dims.point)
    corner, steps = corner_and_steps(layer)
    start = corner + np.asarray(_starts(index), float) @ steps
    signs = screen_signs(viewer)
    origin, spacing, flips = [], [], []
    for number, axis in enumerate((vertical, horizontal)):
        step = float(steps[axis, axis])
        aside = np.delete(steps[axis], axis)
        if np.abs(aside).max(initial=0) > _STRAIGHT * max(abs(step), 1):
            raise NoImageInViewError("The layer is turned in the view: reset its transform first.")
        first = float(start[axis])
        last = first + step * (layer.data.shape[axis] - 1)
        against = signs[number] < 0
        # Seen from the other side the world counts backwards.
        origin.append(-max(first, last) if against else min(first, last))
        spacing.append(abs(step))
        flips.append((step < 0) ^ against)
    return Placement(
        index=index,
        axes=(vertical, horizontal),
        flips=(flips[0], flips[1]),
        spacing=(spacing[0], spacing[1]),
        origin=(origin[0], origin[1]),
        opacity=float(layer.opacity),
        blending=str(layer.blending),
    )
