"""What the list of series does with segmentations and other objects."""

from __future__ import annotations

from collections.abc import Iterable

import napari.viewer

from napari_medscan.dicom import DicomObject, PresentationState
from napari_medscan.napari_ import session
from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.objects.applied_state import (
    applied_states,
    apply_state,
    withdraw_state,
)
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import hide_object, show_object
from napari_medscan.napari_.objects.shown_object import layers_of, object_of
from napari_medscan.widgets.panel.documents import open_document
from napari_medscan.widgets.panel.object_rows import ListedObjects


def listed_objects(viewer: napari.viewer.Viewer) -> ListedObjects:
    """Return the objects of the session, and those that layers show, by their series."""
    catalogue = session.record.catalogue
    shown = [(layer, what) for layer in viewer.layers if (what := object_of(layer)) is not None]
    opened = dict.fromkeys(what.source for _, what in shown if what.source is not None)
    below: dict[object, list[DicomObject]] = {}
    for source in dict.fromkeys((*catalogue.objects, *opened)):
        homes = (what.stack for _, what in shown if what.source is source)
        home = next(homes, None) or catalogue.home_of(source)
        below.setdefault(home, []).append(source)
    others = below.pop(None, [])
    visible = frozenset(
        w.source
        for layer, w in shown
        if layer.visible and w.source is not None and not isinstance(w.source, PresentationState)
    ) | applied_states(viewer)
    known = set(catalogue.stacks)
    others += [each for stack in set(below) - known for each in below.pop(stack)]
    return ListedObjects({s: below[s] for s in catalogue.stacks if s in below}, others, visible)


def switch_object(viewer: napari.viewer.Viewer, source: DicomObject, visible: bool) -> None:  # noqa: FBT001 - Qt hands it over
    """Show an object, which becomes layers if it was not open, or hide it.

    A report opens in a window, and a document is saved where the user says.
    """
    if not source.is_overlay:
        open_document(viewer, source, main_window())
        return
    if isinstance(source, PresentationState):
        apply_state(viewer, source) if visible else withdraw_state(viewer, source)
        return
    if not visible:
        hide_object(viewer, source)
        return
    if not layers_of(viewer, source):
        for layer in object_layers([source], session.record.catalogue.stacks):
            layer.visible = False
            viewer.add_layer(layer)
    show_object(viewer, source)


def close_objects(viewer: napari.viewer.Viewer, sources: Iterable[DicomObject]) -> None:
    """Remove the layers of objects."""
    for source in sources:
        if isinstance(source, PresentationState):
            withdraw_state(viewer, source)
        for layer in layers_of(viewer, source):
            viewer.layers.remove(layer)
