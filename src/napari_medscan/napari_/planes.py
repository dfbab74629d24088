"""Views of a stack in 2-D: planes of the patient, slabs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Literal

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.camera_orientations import HorizontalAxisOrientation as Horizontal
from napari.utils.camera_orientations import VerticalAxisOrientation as Vertical
from numpy.typing import NDArray

from napari_medscan.napari_.current_layer import world_directions

Plane = Literal["axial", "coronal", "sagittal"]
Projection = Literal["none", "max", "min", "mean"]

_L, _P, _S = np.eye(3)
# What lies below and to the right on the screen, as radiologists look at a plane: axial from the
# feet, coronal from the front, sagittal from the patient's left.
_DOWN_AND_RIGHT = {"axial": (_P, _L), "coronal": (-_S, _L), "sagittal": (-_S, _P)}


def show_plane(viewer: napari.viewer.Viewer, layer: Layer, plane: Plane) -> bool:
    """Show the plane of a stack that is nearest to a plane of the patient.

    In the radiological way: the patient's right is on the left of the screen, the front or the
    head is up. napari's sliders, axes and camera do it, so that everything else in napari works
    on. An oblique stack is shown along its own axes.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show it.
    layer : Layer
        One that this plugin opened.
    plane : {"axial", "coronal", "sagittal"}
        The plane.

    Returns
    -------
    bool
        False, and nothing is done, when the stack's orientation is unknown or it has no third
        axis.
    """
    directions = world_directions(viewer, layer)
    if directions is None or layer.ndim < 3:
        return False
    down, right = _DOWN_AND_RIGHT[plane]
    across, vertical, horizontal = axes = _axes_of(plane, directions)
    rest = [axis for axis in range(viewer.dims.ndim) if axis not in axes]
    viewer.dims.ndisplay = 2
    _put_inside(viewer, layer, across)
    viewer.dims.order = (*rest, across, vertical, horizontal)
    viewer.scene.camera.orientation2d = (
        Vertical.DOWN if directions[vertical] @ down > 0 else Vertical.UP,
        Horizontal.RIGHT if directions[horizontal] @ right > 0 else Horizontal.LEFT,
    )
    viewer.fit_to_view(layers=[layer])
    return True


def cuts_slices(viewer: napari.viewer.Viewer, layer: Layer, plane: Plane) -> bool:
    """Whether a plane runs across all slices of a stack, so that it takes all of them to show it.

    Parameters
    ----------
    viewer, layer, plane
        As of `show_plane`.
    """
    directions = world_directions(viewer, layer)
    if directions is None or layer.ndim < 3:
        return False
    return _axes_of(plane, directions)[0] != viewer.dims.ndim - 3


def show_acquired(viewer: napari.viewer.Viewer, layer: Layer | None) -> None:
    """Show slices as they were acquired, first row on top, first column on the left."""
    viewer.dims.ndisplay = 2
    viewer.dims.order = tuple(range(viewer.dims.ndim))
    viewer.scene.camera.orientation2d = (Vertical.DOWN, Horizontal.RIGHT)
    if layer is None:
        viewer.reset_view()
    else:
        viewer.fit_to_view(layers=[layer])


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


def _anatomical_axes(directions: NDArray[np.float64]) -> tuple[int, int, int]:
    """Return the world axes nearest to the patient's L, P and S axis."""
    spatial = [axis for axis in range(len(directions)) if directions[axis].any()]
    parts = np.abs(directions)
    best = max(
        permutations(spatial, 3), key=lambda axes: sum(parts[a, i] for i, a in enumerate(axes))
    )
    return best[0], best[1], best[2]


def _axes_of(plane: Plane, directions: NDArray[np.float64]) -> tuple[int, int, int]:
    """Return the world axes across a plane, down and to the right in it."""
    down, right = _DOWN_AND_RIGHT[plane]
    axes = _anatomical_axes(directions)
    vertical, horizontal = axes[_axis_of(down)], axes[_axis_of(right)]
    (across,) = set(axes) - {vertical, horizontal}
    return across, vertical, horizontal


def _axis_of(direction: NDArray[np.float64]) -> int:
    return int(np.argmax(np.abs(direction)))


def _put_inside(viewer: napari.viewer.Viewer, layer: Layer, axis: int) -> None:
    """Move a slider to the middle of a layer when it stands beside it."""
    low, high = layer.extent.world[:, axis - viewer.dims.ndim]
    if not low <= viewer.dims.point[axis] <= high:
        viewer.dims.set_point(axis, float(low + high) / 2)
