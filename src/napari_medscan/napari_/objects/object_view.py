"""Objects follow the series in view: on top of images, and hidden beside those of other places.

So do measurements: values and outlines of one patient are never seen on images of another.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, TypeGuard

import napari.viewer
import numpy as np
from napari.layers import Layer
from qtpy.QtCore import QTimer

from napari_medscan.dicom import DicomObject, Slide, SlideSegmentation, Stack
from napari_medscan.dicom.series.relations import are_overlayable, same_frame_of_reference
from napari_medscan.dicom.space.tolerances import PARALLEL
from napari_medscan.napari_.current_layer import (
    current_layer,
    set_visible,
    visible_series,
    visible_stacks,
)
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import layer_of, series_of
from napari_medscan.napari_.measurement_layers import drawn_on, is_drawn_on
from napari_medscan.napari_.objects.reunion import reunite
from napari_medscan.napari_.objects.shown_object import (
    ShownObject,
    layers_of,
    object_of,
    shown_objects,
)
from napari_medscan.napari_.planes import show_acquired
from napari_medscan.napari_.session import record
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import Subscription, watch
from napari_medscan.napari_.waiting_layers import is_on, show_beside_its_series


class ObjectView:
    """Keeps the objects of one viewer on the series that they belong to.

    An object, or a layer of measurements, that is switched on is hidden while a series of another
    patient, frame of reference or orientation is in view, and returns with its own.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = weakref.ref(viewer)
        self._inserted = guarded(self._on_inserted)
        self._activate = guarded(self._activate_series)
        viewer.layers.events.inserted.connect(self._inserted, position="last")
        self._reunite = guarded(self._reunite_now)
        # Not the series themselves: they are released when they are closed.
        self._known: frozenset[int] = frozenset()
        record.changed.connect(self._on_record)
        self._subscription: Subscription = watch(viewer, self.follow, before_paint=True)

    def release(self) -> None:
        """Leave the viewer alone."""
        self._subscription.release()
        record.changed.disconnect(self._on_record, missing_ok=True)
        viewer = self._viewer()
        if viewer is not None:
            viewer.layers.events.inserted.disconnect(self._inserted)

    def follow(self) -> None:
        """Hide what does not belong to the series in view, and show again what does."""
        viewer = self._viewer()
        if viewer is None:
            return
        objects = shown_objects(viewer)
        drawings = [layer for layer in viewer.layers if drawn_on(layer) is not None]
        if not objects and not drawings:
            return
        stacks = visible_stacks(viewer)
        for layer, what in objects:
            is_in_view = not stacks or _may_be_seen(what, stacks)
            show_beside_its_series(layer, is_in_view=is_in_view)
        for layer in drawings:
            is_in_view = not stacks or any(is_drawn_on(layer, stack) for stack in stacks)
            show_beside_its_series(layer, is_in_view=is_in_view)

    def _on_record(self) -> None:
        # Not now: the layers of the drop are not there yet.
        QTimer.singleShot(0, self._reunite)

    def _reunite_now(self) -> None:
        viewer, stacks = self._viewer(), record.catalogue.stacks
        before, self._known = self._known, frozenset(map(id, stacks))
        if viewer is not None and self._known - before:
            reunite(viewer, stacks, is_on)

    def _activate_series(self) -> None:
        viewer = self._viewer()
        series = None if viewer is None else current_layer(viewer)
        if viewer is not None and series is not None and object_of(viewer.layers.selection.active):
            viewer.layers.selection.active = series

    def _fit(self, slide: Layer) -> None:
        """Fit a slide, or labels without one, to the canvas unless a series is in view."""
        viewer = self._viewer()
        if viewer is None or current_layer(viewer) is not None:
            return
        shown = object_of(slide)
        is_slide = shown is not None and isinstance(shown.source, Slide)
        if is_slide or not any(layer.visible for layer, _ in _slides_in(viewer)):
            show_acquired(viewer, slide)

    def _on_inserted(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        """Keep objects and measurements above a new series, which would cover them."""
        viewer = self._viewer()
        if viewer is None:
            return
        shown = object_of(event.value)
        if shown is not None:
            if isinstance(shown.source, Slide | SlideSegmentation) and event.value.visible:
                self._fit(event.value)
            # Not now: napari activates the new layer after this event. Tools and keys are those
            # of the series until somebody selects the object.
            QTimer.singleShot(0, self._activate)
        is_slide = shown is not None and isinstance(shown.source, Slide)
        if series_of(event.value) is None and not is_slide:
            return
        layers = viewer.layers[: viewer.layers.index(event.value)]
        below = [
            number
            for number, layer in enumerate(layers)
            if ((what := object_of(layer)) or drawn_on(layer))
            and (not is_slide or (what and isinstance(what.source, SlideSegmentation)))
        ]
        if below:
            viewer.layers.move_multiple(below, len(viewer.layers))


def _may_be_seen(shown: ShownObject, stacks: Sequence[Stack]) -> bool:
    """Return whether an object may be drawn beside the visible series, the current one first."""
    if shown.is_for_series_alone:
        return any(lies_on(shown, stack) for stack in stacks)
    return lies_on(shown, stacks[0])


def lies_on(shown: ShownObject, stack: Stack) -> bool:
    """Return whether an object may be drawn on the slices of a series."""
    if shown.is_for_series_alone:
        return shown.stack is stack.origin
    if shown.stack is not None:
        return are_overlayable(shown.stack, stack)
    orientation, other = shown.orientation, stack.geometry.orientation
    if orientation is None or other is None or shown.source is None:
        return False
    if not same_frame_of_reference(shown.source, stack):
        return False
    return bool(np.allclose(orientation, other, atol=PARALLEL))


def show_object(viewer: napari.viewer.Viewer, source: DicomObject) -> None:
    """Show the layers of an object, with a series that it lies on in view."""
    viewer = unwrapped(viewer)
    layers = layers_of(viewer, source)
    shown = object_of(layers[0]) if layers else None
    if shown is None:
        return
    stacks = visible_stacks(viewer)
    if stacks and not _may_be_seen(shown, stacks):
        series = layer_of(viewer, shown.stack)
        if series is not None:
            bring_into_view(viewer, series)
        else:
            for other in list(visible_series(viewer)):
                set_visible(other, visible=False)
    if isinstance(source, Slide | SlideSegmentation):
        _leave_its_slide(viewer, source)
    for layer in layers:
        set_visible(layer, visible=True)
    if isinstance(source, Slide):
        show_acquired(viewer, layers[0])


def _slides_in(viewer: napari.viewer.Viewer) -> list[tuple[Layer, Slide | SlideSegmentation]]:
    """Return the layers of slides and of their segmentations, and what each shows."""
    return [
        (layer, what.source)
        for layer, what in shown_objects(viewer)
        if isinstance(what.source, Slide | SlideSegmentation)
    ]


def _leave_its_slide(viewer: napari.viewer.Viewer, source: Slide | SlideSegmentation) -> None:
    """Hide slides that an object would be drawn over; show the one that its segments lie on."""
    for layer, other in _slides_in(viewer):
        if other is source:
            continue
        if not same_frame_of_reference(source, other):
            set_visible(layer, visible=False)
        elif _is_image(other):
            set_visible(layer, visible=not _is_image(source) and other.role == "slide")
        elif _is_image(source) and source.role != "slide":
            set_visible(layer, visible=False)


def _is_image(source: Slide | SlideSegmentation) -> TypeGuard[Slide]:
    """Return whether an object is an image, and no segments that are drawn on one."""
    return isinstance(source, Slide) and not source.is_fractional


def hide_object(viewer: napari.viewer.Viewer, source: DicomObject) -> None:
    """Hide the layers of an object."""
    for layer in layers_of(unwrapped(viewer), source):
        set_visible(layer, visible=False)
