"""Objects that were opened before their images move to them when these are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import napari.viewer
from napari.layers import Layer

from napari_medscan.dicom import DicomObject, Stack
from napari_medscan.dicom.series.relations import belongs_to
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.shown_object import layers_of, object_of


def reunite(
    viewer: napari.viewer.Viewer, stacks: Sequence[Stack], is_on: Callable[[Layer], bool]
) -> None:
    """Place objects that stand alone on the series that they fit, if one is known by now.

    The order in which files are opened does not matter then. Labels that somebody has painted on
    stay as they are.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where objects may be open.
    stacks : sequence of Stack
        All series that are known.
    is_on : callable
        Whether a layer is visible, or hidden only as long as another series is in view.
    """
    alone = [what for layer in viewer.layers if (what := object_of(layer)) and what.stack is None]
    for source in dict.fromkeys(what.source for what in alone if what.source is not None):
        layers = layers_of(viewer, source)
        related = [stack for stack in stacks if belongs_to(source, stack)]
        if related and not any(map(_is_painted, layers)):
            _move(viewer, source, related, is_visible=any(map(is_on, layers)))


def _move(
    viewer: napari.viewer.Viewer,
    source: DicomObject,
    stacks: Sequence[Stack],
    *,
    is_visible: bool,
) -> None:
    new = object_layers([source], stacks)
    shown = object_of(new[0]) if new else None
    if shown is None or shown.stack is None:
        return
    for layer in layers_of(viewer, source):
        viewer.layers.remove(layer)
    for layer in new:
        layer.visible = is_visible
        viewer.add_layer(layer)


def _is_painted(layer: Layer) -> bool:
    return isinstance(layer.data, EditableArray) and bool(layer.data.edited_slices)
