"""Bring a series into view: the one place that decides what the canvas shows of it.

napari keeps plane, mirroring, sliders and camera for the viewer, and takes them from the first
layer that was added. Whoever makes a series visible goes through `bring_into_view`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import napari.viewer
import numpy as np
from napari.layers import Image
from qtpy.QtCore import QTimer

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.dicom.series.studies import first_to_show
from napari_medscan.napari_ import settings
from napari_medscan.napari_.active_viewer import viewers_of_window
from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit, refit
from napari_medscan.napari_.cine import autoplay
from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size_event
from napari_medscan.napari_.current_layer import (
    current_layer,
    is_visible_series,
    set_visible,
    visible_series,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.fusion import draw_fused, is_fusion, is_see_through
from napari_medscan.napari_.layer_identity import recognize_copy, series_of, stack_of
from napari_medscan.napari_.painted_labels import make_paintable
from napari_medscan.napari_.planes import reserved_plane, show_acquired_plane, show_plane
from napari_medscan.napari_.slider_index import is_in_view, point_at
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.volume_view import keep_unmirrored
from napari_medscan.napari_.world_units import join_derived, share_units


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
    viewer.layers.selection.active = _images_below(viewer, layer) or layer


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
        _go_to_middle(viewer, layer)
    fit_to_canvas(viewer, layer)
    set_visible(layer, visible=True)
    viewer.layers.selection.active = layer


def follow_openings(viewer: napari.viewer.Viewer) -> None:
    """Bring the series that are added to a viewer into view, for as long as the viewer lives.

    Of several that are added together, the ones that are visible; when the last visible one is
    removed, a hidden one. It also keeps a series fit to a canvas whose size changes until the user
    moves the camera, and volumes in 3-D unmirrored.
    Calling it again changes nothing.
    """
    viewer = unwrapped(viewer)
    if viewer not in _followed:
        _followed[viewer] = _Openings(viewer)


@dataclass(frozen=True, slots=True)
class _Camera:
    """What the camera of a viewer showed before the list of layers changed."""

    layer: weakref.ref[Image]
    ndim: int
    is_fit: bool
    center: tuple[float, float, float] | tuple[float, float]
    zoom: float


class _Openings:
    """Listens to a viewer for series that come and go, and for its canvas and camera."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = weakref.ref(viewer)
        self._lead: Callable[[], Image | None] = lambda: None
        self._removed: Stack | None = None
        self._inserted = guarded(self._on_inserted)
        self._activate = guarded(self._activate_lead)
        self._succeed = guarded(self._show_successor)
        self._on_removal = guarded(self._on_removed)
        self._more = [guarded(self._keep_fit), guarded(self._keep_unmirrored)]
        self._units, self._join = guarded(self._share_units), guarded(self._join_derived)
        self._camera: _Camera | None = None
        self._note, self._keep = guarded(self._note_camera), guarded(self._keep_camera)
        layers, dims = viewer.layers, viewer.dims.events
        for emitter in (layers.events.inserting, layers.events.removing):
            emitter.connect(self._note)
        for emitter in (layers.events.inserted, layers.events.removed):
            emitter.connect(self._keep, position="last")
        # napari draws a new layer before it calls anybody's callback of "inserted".
        layers.events.inserting.connect(self._units)
        layers.events.inserted.connect(self._inserted, position="last")
        layers.events.removed.connect(self._on_removal, position="last")
        layers.selection.events.active.connect(self._units)
        canvas_size_event(viewer).connect(self._more[0])
        for emitter in (
            dims.ndisplay,
            dims.order,
            layers.events.inserted,
            layers.selection.events.active,
            camera_of(viewer).events.orientation,
        ):
            emitter.connect(self._more[1])

    def _note_camera(self, _event: object = None) -> None:
        viewer = self._viewer()
        layer = None if viewer is None else current_layer(viewer)
        self._camera = None
        if viewer is not None and layer is not None:
            camera = camera_of(viewer)
            self._camera = _Camera(
                weakref.ref(layer), viewer.dims.ndim, is_fit(viewer), camera.center, camera.zoom
            )

    def _keep_camera(self, _event: object = None) -> None:
        """Undo that napari fits all layers, hidden ones too, when there are more or fewer axes."""
        viewer, before = self._viewer(), self._camera
        self._camera = None
        if viewer is None or before is None or viewer.dims.ndim == before.ndim:
            return
        layer = before.layer()
        if layer is None or layer not in viewer.layers:
            return
        if before.is_fit:
            fit_to_canvas(viewer, layer)
        else:
            camera_of(viewer).center, camera_of(viewer).zoom = before.center, before.zoom

    def _on_inserted(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        viewer, layer = self._viewer(), event.value
        make_paintable(layer)
        if viewer is None:
            return
        recognize_copy(layer, viewer.layers)
        if series_of(layer) is None:
            if stack_of(layer) is not None:
                QTimer.singleShot(0, self._join)
            return
        layer.events.visible.connect(self._units)
        if layer.visible:
            fuse(viewer, layer)
            bring_into_view(viewer, layer)
            images = _images_below(viewer, layer)
            self._lead = weakref.ref(images or layer)
            if images is not None:
                self._activate_later()
            autoplay(viewer, layer)
        else:
            lead = self._lead()
            if lead in viewer.layers and is_visible_series(lead) and not is_in_view(viewer, lead):
                # The new layer has changed the slider's steps.
                _go_to_middle(viewer, lead)
            self._activate_later()

    def _activate_later(self) -> None:
        """Activate the lead when napari has activated the layer that it adds.

        napari does so after this event, and within the event of the selection a change of it would
        leave the layer list showing both as selected.
        """
        QTimer.singleShot(0, self._activate)

    def _activate_lead(self) -> None:
        """Activate the lead again after napari has activated a layer that is not to be current."""
        viewer, lead = self._viewer(), self._lead()
        if viewer is None or lead not in viewer.layers or not is_visible_series(lead):
            return
        active = viewer.layers.selection.active
        if active is lead or series_of(active) is None:
            return
        if not is_visible_series(active) or _images_below(viewer, active) is not None:
            viewer.layers.selection.active = lead

    def _on_removed(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        layer = event.value
        if is_visible_series(layer):
            self._removed = stack_of(layer)
            # Not now: all layers may be about to go, and each would be read before it does.
            QTimer.singleShot(0, self._succeed)

    def _show_successor(self) -> None:
        """Bring a hidden series into view after the last visible one was removed.

        The first to look at of the same study, else of all that are in no pane.
        """
        viewer, removed, self._removed = self._viewer(), self._removed, None
        if viewer is None or removed is None or any(visible_series(viewer)):
            return
        others = (other for other in viewers_of_window(viewer) if other is not viewer)
        in_panes = {stack_of(layer) for other in others for layer in other.layers}
        hidden = {
            stack: layer
            for layer in viewer.layers
            if isinstance(layer, Image)
            and (stack := series_of(layer)) is not None
            and stack not in in_panes
        }
        study = [stack for stack in hidden if stack.header.study == removed.header.study]
        if hidden:
            bring_into_view(viewer, hidden[first_to_show(study or list(hidden))])

    def _share_units(self, _event: object = None) -> None:
        viewer = self._viewer()
        if viewer is not None:
            share_units(viewer)

    def _join_derived(self) -> None:
        viewer = self._viewer()
        if viewer is not None:
            join_derived(viewer)

    def _keep_fit(self, _event: object = None) -> None:
        viewer = self._viewer()
        if viewer is not None:
            refit(viewer)

    def _keep_unmirrored(self, _event: object = None) -> None:
        viewer = self._viewer()
        layer = None if viewer is None else current_layer(viewer)
        if viewer is not None and layer is not None:
            keep_unmirrored(viewer, layer)


_followed: weakref.WeakKeyDictionary[napari.viewer.Viewer, _Openings] = weakref.WeakKeyDictionary()


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


def _images_below(viewer: napari.viewer.Viewer, layer: Image) -> Image | None:
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
    anatomies = [stack_of(other) for other in visible_series(viewer)]
    if stack is not None and any(a is not None and is_fusion(stack, a) for a in anatomies):
        draw_fused(layer)


def _show_slices(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show a series in its own plane, on its middle slice, fit to the canvas."""
    viewer.dims.ndisplay = 2
    _go_to_middle(viewer, layer)
    show_acquired_plane(viewer, layer)
    fit_to_canvas(viewer, layer)


def _fit_like_before(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Fit a series that is alone as another was, unless the camera was moved since."""
    if is_fit(viewer):
        fit_to_canvas(viewer, layer)


def _go_to_middle(viewer: napari.viewer.Viewer, layer: Image) -> None:
    stack = stack_of(layer)
    if stack is None:
        return
    places = stack.array.places
    (first, *_) = np.argwhere(places == stack.typical)
    index = (*(int(i) for i in first), *((n - 1) // 2 for n in layer.data.shape[places.ndim :][:2]))
    viewer.dims.point = point = point_at(viewer, layer, index)
    if not np.allclose(viewer.dims.point, point):
        # napari's slider ends at the last whole step of all layers together, and drags the point
        # there, up to a step beside the series. It is there now, and lets the second setting be.
        viewer.dims.point = point
