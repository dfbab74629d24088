"""What the list of series does with segmentations and other objects."""

from __future__ import annotations

from collections.abc import Iterable

import napari.viewer
from napari.layers import Layer, Shapes

from napari_medscan.dicom import DicomObject, PresentationState, StructureSet
from napari_medscan.napari_ import session
from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.objects.applied_state import (
    applied_states,
    apply_state,
    withdraw_state,
)
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import hide_object, show_object
from napari_medscan.napari_.objects.region_outlines import outlines_of, switch_regions
from napari_medscan.napari_.objects.shown_object import layers_of, object_of, shown_objects
from napari_medscan.napari_.objects.structure_layers import contours_layer
from napari_medscan.widgets.panel.documents import open_document
from napari_medscan.widgets.panel.object_rows import ListedObjects, ListedRegion


def listed_objects(viewer: napari.viewer.Viewer) -> ListedObjects:
    """Return the objects of the session, and those that layers show, by their series."""
    catalogue = session.record.catalogue
    shown = shown_objects(viewer)
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
    regions = {what.source: found for layer, what in shown
               if what.source is not None and (found := _regions_of(layer))}  # fmt: skip
    placed = {stack: below[stack] for stack in catalogue.stacks if stack in below}
    return ListedObjects(placed, others, visible, regions)


def _regions_of(layer: Layer) -> tuple[ListedRegion, ...]:
    """Return the regions that a layer draws together, () for any other layer."""
    outlines = outlines_of(layer)
    if outlines is None:
        return ()
    return tuple(
        ListedRegion(number, roi.name, roi.color, layer.visible and number not in outlines.off)
        for number, (roi, _) in outlines.regions.items()
    )


def switch_region(
    viewer: napari.viewer.Viewer,
    source: DicomObject,
    number: int,
    visible: bool,  # noqa: FBT001 - Qt hands it over
) -> None:
    """Draw one region of a structure set, or draw it no more.

    The first one that is switched on while all are hidden is seen alone.
    """
    for layer in layers_of(viewer, source):
        outlines = outlines_of(layer)
        if outlines is None:
            continue
        if visible and not layer.visible:
            switch_regions(layer, set(outlines.regions) - {number}, visible=False)
            switch_regions(layer, [number], visible=True)
            show_object(viewer, source)
        else:
            switch_regions(layer, [number], visible=visible)


def switch_object(viewer: napari.viewer.Viewer, source: DicomObject, visible: bool) -> None:  # noqa: FBT001 - Qt hands it over
    """Show an object, which becomes layers if it was not open, or hide it.

    A report opens in a dock, and a document is saved where the user says.
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


def open_region(viewer: napari.viewer.Viewer, source: DicomObject, number: int) -> None:
    """Give a region of outlines a layer of its own, whose contours can be edited."""
    if not isinstance(source, StructureSet):
        return
    switch_region(viewer, source, number, visible=False)
    for layer in layers_of(viewer, source):
        shown = object_of(layer)
        if isinstance(layer, Shapes) and shown is not None and shown.part == number:
            break
    else:
        layer = viewer.add_layer(contours_layer(source, session.record.catalogue.stacks, number))
    layer.visible = True
    viewer.layers.selection.active = layer


def close_objects(viewer: napari.viewer.Viewer, sources: Iterable[DicomObject]) -> None:
    """Remove the layers of objects."""
    for source in sources:
        if isinstance(source, PresentationState):
            withdraw_state(viewer, source)
        for layer in layers_of(viewer, source):
            viewer.layers.remove(layer)
