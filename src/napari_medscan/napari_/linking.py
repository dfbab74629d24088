"""Links between series: the same place in the patient, however each was acquired."""

from __future__ import annotations

import weakref

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.events import EventEmitter
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.orientation import patient_point, slice_position
from napari_medscan.dicom.series.relations import are_parallel, same_frame_of_reference
from napari_medscan.dicom.space.vectors import normal_of
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.directions import world_directions
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.per_viewer import PerViewer
from napari_medscan.napari_.slider_index import point_at
from napari_medscan.napari_.viewer_watch import watch

MOST_DEGREES = 10.0
"""Greatest angle between planes that are laid together: a head is never held quite alike."""
_PARALLEL = 0.5
"""Degrees of which nothing is to be seen."""


def patient_place(viewer: napari.viewer.Viewer, layer: Layer) -> NDArray[np.float64] | None:
    """Return where in the patient a layer is looked at: on its slice, amid the canvas; LPS, mm."""
    stack = stack_of(layer)
    if stack is None or viewer.dims.ndisplay == 3:
        return None
    world = np.array(viewer.dims.point)
    world[list(viewer.dims.displayed)] = camera_of(viewer).center[-2:]
    return patient_point(stack, layer.world_to_data(world))


def go_to_place(viewer: napari.viewer.Viewer, layer: Layer, place: NDArray[np.float64]) -> bool:
    """Move sliders and camera so that a layer shows a place in the patient.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose sliders and camera; zoom and axes stay.
    layer : Layer
        One that this plugin opened.
    place : ndarray, shape (3,)
        LPS, mm.

    Returns
    -------
    bool
        False, and nothing moves, when the place is outside of the stack or its geometry unknown.
    """
    stack = stack_of(layer)
    affine = None if stack is None else stack.geometry.affine
    if stack is None or affine is None or viewer.dims.ndisplay == 3:
        return False
    voxel = np.linalg.solve(affine, [*place, 1.0])[:3]
    if not stack.geometry.measurable:
        voxel[0] = nearest_slice(stack, place)
    # A single slice may have no axis of slices.
    shape = np.array((1, *layer.data.shape[: layer.ndim])[-3:])
    if np.any(voxel < -0.5) or np.any(voxel > shape - 0.5):
        return False
    index = np.asarray(layer.world_to_data(viewer.dims.point), dtype=np.float64)
    index[-3:] = voxel[-layer.ndim :]
    viewer.dims.point = point = point_at(viewer, layer, index)
    vertical, horizontal = viewer.dims.displayed
    camera_of(viewer).center = (0.0, point[vertical], point[horizontal])
    return True


class SamePlace:
    """Goes to the same place in the patient when another series is selected.

    Series of one orientation share napari's world and need none of this; others have a world of
    their own each. A series of another frame of reference, or one that does not reach the place,
    is left where it is.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose sliders.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._layer = current_layer(viewer)
        self._subscription = watch(viewer, self._update, before_paint=True)

    def release(self) -> None:
        """Leave the sliders alone."""
        self._subscription.release()

    def _update(self) -> None:
        before, self._layer = self._layer, current_layer(self._viewer)
        layer = self._layer
        mine, theirs = stack_of(layer), stack_of(before)
        if layer is None or before is None or mine is None or theirs is None or mine is theirs:
            return
        if before not in self._viewer.layers or not same_frame_of_reference(mine, theirs):
            return
        # The sliders still stand where the series before was looked at.
        place = patient_place(self._viewer, before)
        if place is not None:
            go_to_place(self._viewer, layer, place)


class SliceLink:
    """Puts a slice of one series onto a slice of another, as for a prior examination.

    Their planes must be parallel, or nearly so; their frames of reference may differ, since it is
    the user who says which slices show the same. The first is moved along the axis of the slices
    by ``translate``, and back again.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        # Weak: the viewer would never go, since `PerViewer` holds this for as long as it lives.
        self._viewer: napari.viewer.Viewer = weakref.proxy(viewer)
        self._marked: Image | None = None
        self._point = 0.0
        self._axis = 0
        self._moved: list[tuple[Image, tuple[float, ...]]] = []

    @property
    def marked(self) -> Image | None:
        """The layer whose slice is marked, while it is in the viewer."""
        return self._marked if self._marked in self._viewer.layers else None

    @property
    def is_linked(self) -> bool:
        """Whether a layer of the viewer has been moved."""
        return any(layer in self._viewer.layers for layer, _ in self._moved)

    def mark(self) -> str:
        """Remember the slice in view; return why not, or ''."""
        layer = current_layer(self._viewer)
        if layer is None or layer.ndim < 3 or self._viewer.dims.ndisplay == 3:
            return "Select a series and show the slice to link."
        self._marked = layer
        self._axis = self._viewer.dims.order[-3] - self._viewer.dims.ndim
        self._point = float(self._viewer.dims.point[self._axis])
        return ""

    def link(self) -> str:
        """Put the marked slice where the slice in view is; return why not, or ''."""
        marked, layer = self.marked, current_layer(self._viewer)
        mine, theirs = stack_of(marked), stack_of(layer)
        if marked is None or mine is None:
            return "First mark a slice of the other series."
        if layer is None or theirs is None or theirs is mine:
            return "Now select the other series and show the same place."
        angle = self._angle(marked, layer)
        if angle is None:
            return "One series has no orientation information."
        if angle > MOST_DEGREES:
            return f'The planes differ by {angle:.0f}° and cannot be linked. Use "Sync position".'
        if self._viewer.dims.order[-3] - self._viewer.dims.ndim != self._axis:
            return "Show the plane in which the first slice was marked."
        if not any(moved == marked for moved, _ in self._moved):
            self._moved.append((marked, tuple(marked.translate)))
        translate = np.array(marked.translate)
        translate[self._axis] += self._viewer.dims.point[self._axis] - self._point
        marked.translate = translate
        self._marked = None
        if angle > _PARALLEL:
            tell(f"Planes differ by {angle:.0f}°: linking is approximate toward the edges.")
        return ""

    def _angle(self, one: Layer, other: Layer) -> float | None:
        """Return the degrees between where the slider leads in two series, None if unknown."""
        ways = [world_directions(self._viewer, layer) for layer in (one, other)]
        if ways[0] is None or ways[1] is None:
            return None
        cosine = float(ways[0][self._axis] @ ways[1][self._axis])
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def unlink(self) -> None:
        """Put every layer back where it belongs."""
        for layer, translate in self._moved:
            if layer in self._viewer.layers:
                layer.translate = translate
        self._moved.clear()
        self._marked = None


slice_link_of = PerViewer(SliceLink)
"""The one link of a viewer's slices, which buttons and commands set."""


class Alignment:
    """Places stacks of other orientations in the frame of the leading layer, in 3-D.

    napari cannot draw an oblique or axis-permuting affine in 2-D, so they are only there in 3-D.
    Only visible stacks of the leading layer's frame of reference are placed.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._placed: list[tuple[Layer, NDArray[np.float64]]] = []
        # The affines must be gone before napari slices for 2-D. napari calls plugins after itself,
        # but emitters that are chained, which are its own, in the place they ask for.
        self._first = EventEmitter(source=self, type_name="ndisplay")
        self._first.connect(self._on_ndisplay)
        viewer.dims.events.ndisplay.connect(self._first, position="first")
        self._subscription = watch(viewer, self._update, before_paint=True)

    def release(self) -> None:
        """Put every layer back."""
        self._viewer.dims.events.ndisplay.disconnect(self._first)
        self._subscription.release()
        self._put_back()

    def _on_ndisplay(self, _event: object = None) -> None:
        if self._viewer.dims.ndisplay == 2:
            self._put_back()

    def _update(self) -> None:
        base = current_layer(self._viewer)
        if self._viewer.dims.ndisplay == 2 or base is None:
            self._put_back()
            return
        wanted: list[tuple[Layer, NDArray[np.float64]]] = []
        for layer in self._viewer.layers:
            matrix = alignment(layer, base) if layer.visible and layer != base else None
            if matrix is not None:
                wanted.append((layer, matrix))
        for layer, before in self._placed:
            if not any(layer == other for other, _ in wanted):
                layer.affine = before
        known = self._placed
        self._placed = []
        for layer, matrix in wanted:
            original = [affine for other, affine in known if other == layer]
            original.append(np.array(layer.affine.affine_matrix))
            self._placed.append((layer, original[0]))
            if not np.allclose(layer.affine.affine_matrix, matrix):
                layer.affine = matrix

    def _put_back(self) -> None:
        for layer, before in self._placed:
            layer.affine = before
        self._placed = []


def alignment(layer: Layer, base: Layer) -> NDArray[np.float64] | None:
    """Return the affine that places a layer in the world of another.

    Parameters
    ----------
    layer, base : Layer
        Of any origin.

    Returns
    -------
    ndarray, shape (layer.ndim + 1, layer.ndim + 1), or None
        Replaces ``layer.affine``. None when there is nothing to do: either is not ours, their
        frames of reference differ, a geometry is unknown, or they lie in one world already.
    """
    mine, theirs = stack_of(layer), stack_of(base)
    if mine is None or theirs is None or not same_frame_of_reference(mine, theirs):
        return None
    if are_parallel(mine, theirs) or min(layer.ndim, base.ndim) < 3:
        return None
    to_patient, base_to_patient = mine.geometry.affine, theirs.geometry.affine
    if to_patient is None or base_to_patient is None:
        return None
    own = _own_world(layer)
    patient_to_base = _own_world(base) @ np.linalg.inv(base_to_patient)
    matrix = np.eye(layer.ndim + 1)
    matrix[-4:, -4:] = patient_to_base @ to_patient @ np.linalg.inv(own)
    return matrix


def _own_world(layer: Layer) -> NDArray[np.float64]:
    """Return the matrix of a layer's scale and translate, for the axes of space."""
    matrix = np.diag([*np.asarray(layer.scale)[-3:], 1.0])
    matrix[:3, 3] = np.asarray(layer.translate)[-3:]
    return matrix


def nearest_slice(stack: Stack, place: NDArray[np.float64]) -> float:
    """Return the place along z of the slice whose plane is nearest."""
    orientation = stack.geometry.orientation
    if orientation is None or not stack.array.places.ndim:
        return 0.0
    normal = np.array(normal_of(orientation))
    lead = (0,) * (stack.array.places.ndim - 1)
    distances = []
    for z in range(stack.array.places.shape[-1]):
        position = slice_position(stack, (*lead, z))
        distances.append(np.inf if position is None else abs(float(normal @ (place - position))))
    return float(np.argmin(distances))
