"""Where the layer of a series, or of what lies on one, is in napari's world."""

from __future__ import annotations

from typing import TypedDict

from napari_medscan.dicom import Stack
from napari_medscan.dicom.space.geometry import Geometry

Units = tuple[str, ...]


class LayerPlace(TypedDict):
    """What places a layer, by the names that napari's layers take it."""

    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: Units
    axis_labels: tuple[str, ...]


def layer_place(stack: Stack) -> LayerPlace:
    """Return where a layer lies that has the grid of a series, time points included."""
    scale, translate = layer_transform(stack)
    axes = tuple(stack.axes.removesuffix("c"))
    return LayerPlace(scale=scale, translate=translate, units=units_of(stack), axis_labels=axes)


def grid_place(geometry: Geometry) -> LayerPlace:
    """Return where a layer lies that has the slices, rows and columns of a geometry."""
    return LayerPlace(
        scale=geometry.scale,
        translate=geometry.translate,
        units=("mm" if geometry.calibrated else "pixel",) * 3,
        axis_labels=("z", "y", "x"),
    )


def layer_shape(stack: Stack) -> tuple[int, ...]:
    """Return the extents of a layer that has the grid of a series, without color."""
    return stack.array.shape[: stack.array.ndim - stack.is_rgb]


def layer_transform(stack: Stack) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return scale and translate of a layer that shows a stack.

    Data stay in acquisition order: scale is (step, row spacing, column spacing) in mm, and
    translate the position along the stack's own axes. A time axis is scaled in seconds if it is
    known when the frames of a clip begin, else each step is 1.

    Parameters
    ----------
    stack : Stack
        A series.
    """
    geometry = stack.geometry
    if not stack.axes.startswith("t"):
        return geometry.scale, geometry.translate
    return (stack.frame_seconds or 1.0, *geometry.scale), (0.0, *geometry.translate)


def units_of(stack: Stack) -> Units:
    """Return the units of the axes of a series as its headers give them."""
    unit = "mm" if stack.geometry.calibrated else "pixel"
    time = "second" if stack.frame_seconds else "pixel"
    return tuple(time if axis == "t" else unit for axis in stack.axes if axis != "c")
