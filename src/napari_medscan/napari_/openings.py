"""Follow what is opened and removed: which series a viewer shows then, and what stays as it is."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import napari.viewer
from napari.layers import Image
from qtpy.QtCore import QTimer

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.studies import first_to_show
from napari_medscan.napari_.active_viewer import viewers_of_window
from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit, refit
from napari_medscan.napari_.cine import autoplay
from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size_event
from napari_medscan.napari_.current_layer import (
    current_layer,
    is_visible_series,
    visible_series,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import recognize_copy, series_of, stack_of
from napari_medscan.napari_.painted_labels import make_paintable
from napari_medscan.napari_.slider_index import is_in_view
from napari_medscan.napari_.view import bring_into_view, fuse, go_to_middle, images_below
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.volume_view import keep_unmirrored
from napari_medscan.napari_.world_units import join_derived, share_units


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
        self._camera: _Camera | None = None
        self._activate, self._join = guarded(self._activate_lead), self._guarded(join_derived)
        self._succeed = guarded(self._show_successor)
        self._note, self._keep = guarded(self._note_camera), guarded(self._keep_camera)
        self._units, self._inserted = self._guarded(share_units), guarded(self._on_inserted)
        self._removal = guarded(self._on_removed)
        self._fit, self._unmirror = self._guarded(refit), self._guarded(_keep_unmirrored)
        layers, dims = viewer.layers, viewer.dims.events
        for emitter in (layers.events.inserting, layers.events.removing):
            emitter.connect(self._note)
        for emitter in (layers.events.inserted, layers.events.removed):
            emitter.connect(self._keep, position="last")
        # napari draws a new layer before it calls anybody's callback of "inserted".
        layers.events.inserting.connect(self._units)
        layers.events.inserted.connect(self._inserted, position="last")
        layers.events.removed.connect(self._removal, position="last")
        layers.selection.events.active.connect(self._units)
        canvas_size_event(viewer).connect(self._fit)
        for emitter in (
            dims.ndisplay,
            dims.order,
            layers.events.inserted,
            layers.selection.events.active,
            camera_of(viewer).events.orientation,
        ):
            emitter.connect(self._unmirror)

    def _guarded(self, act: Callable[[napari.viewer.Viewer], object]) -> Callable[..., None]:
        """Return a callback that acts on the viewer as long as there is one."""

        def call(_event: object = None) -> None:
            if (viewer := self._viewer()) is not None:
                act(viewer)

        return guarded(call)

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
            images = images_below(viewer, layer)
            self._lead = weakref.ref(images or layer)
            if images is not None:
                self._activate_later()
            autoplay(viewer, layer)
        else:
            lead = self._lead()
            if lead in viewer.layers and is_visible_series(lead) and not is_in_view(viewer, lead):
                # The new layer has changed the slider's steps.
                go_to_middle(viewer, lead)
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
        if not is_visible_series(active) or images_below(viewer, active) is not None:
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


def _keep_unmirrored(viewer: napari.viewer.Viewer) -> None:
    layer = current_layer(viewer)
    if layer is not None:
        keep_unmirrored(viewer, layer)


_followed: weakref.WeakKeyDictionary[napari.viewer.Viewer, _Openings] = weakref.WeakKeyDictionary()
