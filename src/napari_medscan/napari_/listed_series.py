"""The series that the panel lists: those of the session, open or not; opening them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import napari.viewer
from napari.layers import Image

from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.series.dicom_object import DicomObject
from napari_medscan.dicom.series.studies import Study, studies_of
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.session import record
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_proxy import unwrapped


def listed_studies(
    viewer: napari.viewer.Viewer, objects: Iterable[DicomObject] = ()
) -> list[Study]:
    """Return the studies of the session, and those of layers of other origin (samples).

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Has the layers.
    objects : iterable of DicomObject
        What else is listed, of no series.
    """
    opened = (s for s in map(series_of, viewer.layers) if s is not None)
    return studies_of(dict.fromkeys([*record.stacks, *opened]), objects)


def listed_stacks(viewer: napari.viewer.Viewer) -> list[Stack]:
    """Return all series in the order in which the panel lists them."""
    return [stack for study in listed_studies(viewer) for stack in study.stacks]


def layers_of_stacks(viewer: napari.viewer.Viewer, stacks: Sequence[Stack]) -> list[Image]:
    """Return the layers that show these stacks; a duplicated layer is one more."""
    layers = (layer for layer in viewer.layers if isinstance(layer, Image))
    return [layer for layer in layers if series_of(layer) in stacks]


def open_stacks(viewer: napari.viewer.Viewer, stacks: Sequence[Stack]) -> None:
    """Open series as layers; if all are open, bring the last one into view."""
    viewer = unwrapped(viewer)
    closed = [stack for stack in stacks if not layers_of_stacks(viewer, [stack])]
    if any(stack.is_compressed for stack in closed):
        workers.warm_up()
    for stack in closed:
        record.watch(stack)
    # The ones that are visible are brought into view as they are added.
    for layer in image_layers(closed):
        viewer.add_layer(layer)
    if stacks and not closed:
        bring_into_view(viewer, layers_of_stacks(viewer, stacks)[-1])
