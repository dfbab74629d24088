"""Planes of the patient in 2-D."""

from __future__ import annotations

import weakref
from itertools import permutations
from typing import Literal, get_args

import napari.viewer
import numpy as np
from napari.layers import Layer
from napari.utils.camera_orientations import HorizontalAxisOrientation as Horizontal
from napari.utils.camera_orientations import VerticalAxisOrientation as Vertical
from numpy.typing import NDArray

from napari_medscan.napari_.canvas_fit import fit_to_canvas
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.directions import (
    Directions,
    projection_directions,
    world_directions,
)
from napari_medscan.napari_.layer_identity import stack_of

Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, ...] = get_args(Plane)

_L, _P, _S = np.eye(3)
# What lies below and to the right on the screen, as radiologists look at a plane: axial from the
# feet, coronal from the front, sagittal from the patient's left.
_DOWN_AND_RIGHT = {"axial": (_P, _L), "coronal": (-_S, _L), "sagittal": (-_S, _P)}

_reserved: weakref.WeakKeyDictionary[napari.viewer.Viewer, Plane] = weakref.WeakKeyDictionary()


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
    viewer.dims.ndisplay = 2
    _put_inside(viewer, layer, _axes_of(plane, directions)[0])
    _turn_to(viewer, plane, directions)
    fit_to_canvas(viewer, layer)
    return True


def reserve_plane(viewer: napari.viewer.Viewer, plane: Plane | None) -> None:
    """Make a plane the one that a reset view shows on a canvas; None for the acquired plane."""
    if plane is None:
        _reserved.pop(viewer, None)
    else:
        _reserved[viewer] = plane


def reserved_plane(viewer: napari.viewer.Viewer) -> Plane | None:
    """Return the plane that is reserved for a canvas, None if it is any."""
    return _reserved.get(viewer)


def plane_in_view(viewer: napari.viewer.Viewer, layer: Layer) -> Plane | None:
    """Return the patient plane that a canvas shows of a stack, as `show_plane` names it.

    Returns
    -------
    {"axial", "coronal", "sagittal"} or None
        None in 3-D, and where the stack's orientation is unknown or it has no third axis.
    """
    directions = world_directions(viewer, layer)
    if directions is None or layer.ndim < 3 or viewer.dims.ndisplay == 3:
        return None
    across = viewer.dims.order[-3]
    return next((plane for plane in PLANES if _axes_of(plane, directions)[0] == across), None)


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
    return _acquired_plane(viewer, directions) != plane


def show_acquired(viewer: napari.viewer.Viewer, layer: Layer | None) -> None:
    """Show slices as they were stored, first row on top, first column on the left."""
    _show_as_stored(viewer)
    if layer is None:
        viewer.reset_view()
    else:
        fit_to_canvas(viewer, layer)


def show_acquired_plane(viewer: napari.viewer.Viewer, layer: Layer) -> None:
    """Turn the view to the plane in which a series was acquired, in radiological convention.

    Slices of known orientation as `show_plane` shows their plane. Projection images by their
    Patient Orientation (PS3.3 C.7.6.1.1.1): head up, and the patient's left on the right. Breasts
    as they hang back to back: the chest wall of the right one on the right. All others as they are
    stored. Sliders and camera stay.
    """
    stack, directions = stack_of(layer), world_directions(viewer, layer)
    is_placed = directions is not None and layer.ndim > 2
    if not is_placed:
        # Across the slices, no image is in view that could say how it lies.
        _show_as_stored(viewer)
    known = directions
    if known is None:
        # Nor is one while napari's slider stands between the steps of several series.
        known = projection_directions(viewer, layer, anywhere=True)
    if known is None:
        return
    side = stack.header.laterality if stack is not None and stack.kind.organ == "breast" else ""
    if side in ("R", "L") and _turn_breast(viewer, known, side):
        return
    if is_placed:
        _turn_to(viewer, _acquired_plane(viewer, known), known)
    else:
        _turn_projection(viewer, known)


def show_turned(viewer: napari.viewer.Viewer, *, rotation: int, flip: bool) -> None:
    """Show slices as they are stored, then rotated and flipped (PS3.3 C.10.6).

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show them.
    rotation : int
        Degrees clockwise: 0, 90, 180 or 270.
    flip : bool
        Left and right change places after that.
    """
    viewer.dims.ndisplay = 2
    *rest, row, column = range(viewer.dims.ndim)
    is_sideways = rotation in (90, 270)
    viewer.dims.order = (*rest, column, row) if is_sideways else (*rest, row, column)
    # Clockwise by a quarter: the first row comes to the right, the first column to the top.
    downwards, rightwards = rotation in (0, 90), rotation in (0, 270)
    _orient(viewer, downwards=downwards, rightwards=rightwards != flip)


def _turn_to(viewer: napari.viewer.Viewer, plane: Plane, directions: Directions) -> None:
    down, right = _DOWN_AND_RIGHT[plane]
    across, vertical, horizontal = axes = _axes_of(plane, directions)
    rest = [axis for axis in range(viewer.dims.ndim) if axis not in axes]
    viewer.dims.order = (*rest, across, vertical, horizontal)
    _orient(
        viewer,
        downwards=bool(directions[vertical] @ down > 0),
        rightwards=bool(directions[horizontal] @ right > 0),
    )


def _turn_projection(viewer: napari.viewer.Viewer, directions: Directions) -> None:
    """Show a projection image with the head up; one without head and feet as it is stored."""
    *rest, vertical, horizontal = range(viewer.dims.ndim)
    if abs(directions[horizontal] @ _S) > abs(directions[vertical] @ _S):
        vertical, horizontal = horizontal, vertical
    if _axis_of(directions[vertical]) != _axis_of(_S):
        _show_as_stored(viewer)
        return
    viewer.dims.order = (*rest, vertical, horizontal)
    downwards = bool(directions[vertical] @ -_S > 0)
    frontal = _axis_of(directions[horizontal]) == _axis_of(_L)
    # A lateral film may be looked at from both sides: it is turned, never mirrored.
    rightwards = bool(directions[horizontal] @ _L > 0) if frontal else downwards
    _orient(viewer, downwards=downwards, rightwards=rightwards)


def _turn_breast(viewer: napari.viewer.Viewer, directions: Directions, side: str) -> bool:
    """Show a mammogram with its chest wall where mammograms hang; False if that is not known."""
    *rest, vertical, horizontal = range(viewer.dims.ndim)
    if abs(directions[horizontal] @ _P) < abs(directions[vertical] @ _P):
        vertical, horizontal = horizontal, vertical
    if _axis_of(directions[horizontal]) != _axis_of(_P):
        return False
    is_right = side == "R"
    back = directions[horizontal] @ (_P if is_right else -_P)
    # Oblique and lateral views have the head up, cranio-caudal ones the outer side of the breast.
    upright = _axis_of(directions[vertical]) == _axis_of(_S)
    down = -_S if upright else _L if is_right else -_L
    viewer.dims.order = (*rest, vertical, horizontal)
    _orient(
        viewer,
        downwards=bool(directions[vertical] @ down > 0),
        rightwards=bool(back > 0),
    )
    return True


def _show_as_stored(viewer: napari.viewer.Viewer) -> None:
    viewer.dims.ndisplay = 2
    viewer.dims.order = tuple(range(viewer.dims.ndim))
    _orient(viewer, downwards=True, rightwards=True)


def _orient(viewer: napari.viewer.Viewer, *, downwards: bool, rightwards: bool) -> None:
    """Set where the vertical and the horizontal axis of the view lead on the canvas."""
    camera_of(viewer).orientation2d = (
        Vertical.DOWN if downwards else Vertical.UP,
        Horizontal.RIGHT if rightwards else Horizontal.LEFT,
    )


def _anatomical_axes(directions: Directions) -> tuple[int, int, int]:
    """Return the world axes nearest to the patient's L, P and S axis."""
    spatial = [axis for axis in range(len(directions)) if directions[axis].any()]
    parts = np.abs(directions)
    best = max(
        permutations(spatial, 3), key=lambda axes: sum(parts[a, i] for i, a in enumerate(axes))
    )
    return best[0], best[1], best[2]


def _axes_of(plane: Plane, directions: Directions) -> tuple[int, int, int]:
    """Return the world axes across a plane, down and to the right in it."""
    down, right = _DOWN_AND_RIGHT[plane]
    axes = _anatomical_axes(directions)
    vertical, horizontal = axes[_axis_of(down)], axes[_axis_of(right)]
    (across,) = set(axes) - {vertical, horizontal}
    return across, vertical, horizontal


def _acquired_plane(viewer: napari.viewer.Viewer, directions: Directions) -> Plane:
    """Return the patient plane nearest to the plane of the slices."""
    across = viewer.dims.ndim - 3
    return next(plane for plane in PLANES if _axes_of(plane, directions)[0] == across)


def _axis_of(direction: NDArray[np.float64]) -> int:
    return int(np.argmax(np.abs(direction)))


def _put_inside(viewer: napari.viewer.Viewer, layer: Layer, axis: int) -> None:
    """Move a slider to the middle of a layer when it stands beside it."""
    low, high = layer.extent.world[:, axis - viewer.dims.ndim]
    if not low <= viewer.dims.point[axis] <= high:
        viewer.dims.set_point(axis, float(low + high) / 2)
