"""Bring a series into view: the one place that decides what the canvas shows of it.

napari keeps plane, mirroring, sliders and camera for the viewer, and takes them from the first
layer that was added. Whoever makes a series visible goes through `bring_into_view`.
"""

from __future__ import annotations

import napari.viewer
import numpy as np
from napari.layers import Image

from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.napari_ import settings
from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import (
    is_visible_series,
    set_visible,
    visible_series,
    visible_stacks,
)
from napari_medscan.napari_.fusion import draw_fused, is_fusion, is_see_through
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.planes import reserved_plane, show_acquired_plane, show_plane
from napari_medscan.napari_.slider_index import is_in_view, point_at
from napari_medscan.napari_.slider_range import reach_hidden
from napari_medscan.napari_.viewer_proxy import unwrapped


def bring_into_view(
    viewer: napari.viewer.Viewer, layer: Image, *, hide_others: bool | None = None
) -> None:
    """Show a series as a radiologist expects it, and make it current.

    Dose and maps that are drawn over visible images leave these current.

    In 2-D, in the plane it was acquired in, in radiological convention, on its middle slice, fit
    to the canvas. If the current series lies in the same place and plane, and the slice in view
    is within the new series, then plane, mirroring, slice and zoom stay as they are: PET over CT,
    another phase of the same scan. A series that takes the place of one that was fit to the canvas
    is fit to it, too, unless the user has moved the camera.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show it.
    layer : Image
        A layer of ours in this viewer.
    hide_others : bool, optional
        Whether to hide series of other patients, frames of reference and orientations, and those
        that the series covers. As the user's settings say if it is left out. Layers that are not
        ours are never hidden.
    """
    viewer = unwrapped(viewer)
    stack = stack_of(layer)
    if stack is None:
        return
    others = [other for other in visible_series(viewer) if other != layer]
    stays = bool(others) and _fits(viewer, layer, others[0])
    if settings.current().hide_unrelated if hide_others is None else hide_others:
        for other in others:
            if not _may_stay(viewer, layer, other):
                other.visible = False
    if not stays:
        # A layer that appears in the plane of another series could read its whole volume.
        _show_slices(viewer, layer)
    elif not any(other.visible for other in others):
        _fit_like_before(viewer, layer)
    set_visible(layer, visible=True)
    viewer.layers.selection.active = images_below(viewer, layer) or layer


def show_only(viewer: napari.viewer.Viewer, layers: list[Image]) -> None:
    """Hide all series but some, and bring the last of those into view."""
    viewer = unwrapped(viewer)
    if not layers:
        return
    bring_into_view(viewer, layers[-1])
    for layer in viewer.layers:
        if isinstance(layer, Image) and stack_of(layer) is not None:
            set_visible(layer, visible=layer in layers)
    if len(layers) == 1:
        _fit_like_before(viewer, layers[0])
    if not is_visible_series(viewer.layers.selection.active):
        viewer.layers.selection.active = layers[-1]


def add_hidden(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Add the hidden layer of a series below all others; the active layer stays active."""
    active = viewer.layers.selection.active
    viewer.layers.insert(0, layer)
    if active is not None:
        viewer.layers.selection.active = active


def show_anew(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show a series in 2-D as when it was opened, but on the slice in view if there is one.

    Plane, mirroring, zoom and center are those of `bring_into_view`, but a canvas that has a plane
    reserved for it shows that plane. The series becomes current.
    """
    viewer = unwrapped(viewer)
    viewer.dims.ndisplay = 2
    plane = reserved_plane(viewer)
    if plane is None or not show_plane(viewer, layer, plane):
        show_acquired_plane(viewer, layer)
    if not is_in_view(viewer, layer):
        go_to_middle(viewer, layer)
    fit_to_canvas(viewer, layer)
    set_visible(layer, visible=True)
    viewer.layers.selection.active = layer


def _fits(viewer: napari.viewer.Viewer, layer: Image, current: Image) -> bool:
    """Return whether a series can be shown just as the current one is looked at."""
    mine, theirs = stack_of(layer), stack_of(current)
    if mine is None or theirs is None or not are_overlayable(mine, theirs):
        return False
    if viewer.dims.ndisplay != 2 or not is_in_view(viewer, current):
        return False
    low, high = layer.extent.world
    before = viewer.dims.ndim - layer.ndim
    for axis, center in zip(viewer.dims.displayed, camera_of(viewer).center[-2:], strict=True):
        if axis < before or not low[axis - before] <= center <= high[axis - before]:
            return False
    return is_in_view(viewer, layer)


def _may_stay(viewer: napari.viewer.Viewer, layer: Image, other: Image) -> bool:
    """Return whether a series may stay visible beside one that is brought into view."""
    mine, theirs = stack_of(layer), stack_of(other)
    if mine is None or theirs is None or not are_overlayable(mine, theirs):
        return False
    upper = layer if viewer.layers.index(layer) > viewer.layers.index(other) else other
    return is_see_through(upper)


def images_below(viewer: napari.viewer.Viewer, layer: Image) -> Image | None:
    """Return the visible images that dose or a map is drawn over, None for any other series."""
    stack = stack_of(layer)
    if stack is None or not stack.kind.is_derived:
        return None
    for other in visible_series(viewer):
        images = stack_of(other)
        if images is not None and is_fusion(stack, images):
            return other
    return None


def fuse(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Draw PET over a visible CT, and dose over images, as a fusion; others stay as they are."""
    stack = stack_of(layer)
    if stack is not None and any(is_fusion(stack, other) for other in visible_stacks(viewer)):
        draw_fused(layer)


def _show_slices(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show a series in its own plane, on its middle slice, fit to the canvas."""
    viewer.dims.ndisplay = 2
    go_to_middle(viewer, layer)
    show_acquired_plane(viewer, layer)
    fit_to_canvas(viewer, layer)


def _fit_like_before(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Fit a series that is alone as another was, unless the camera was moved since."""
    if is_fit(viewer):
        fit_to_canvas(viewer, layer)


def go_to_middle(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Move the sliders to the middle slice of a series."""
    stack = stack_of(layer)
    if stack is None:
        return
    places = stack.array.places
    (first, *_) = np.argwhere(places == stack.typical)
    index = (*(int(i) for i in first), *((n - 1) // 2 for n in layer.data.shape[places.ndim :][:2]))
    reach_hidden(viewer)
    viewer.dims.point = point = point_at(viewer, layer, index)
    if not np.allclose(viewer.dims.point, point):
        # napari's slider ends at the last whole step of all layers together, and drags the point
        # there, up to a step beside the series. It is there now, and lets the second setting be.
        viewer.dims.point = point
