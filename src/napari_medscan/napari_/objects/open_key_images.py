"""Open only the images that a report or a selection of key objects refers to."""

from __future__ import annotations

import weakref

import napari.viewer
from napari.layers import Image

from napari_medscan.counted import counted
from napari_medscan.dicom import DicomObject, MedscanError, Stack
from napari_medscan.dicom.objects.key_images import key_images
from napari_medscan.dicom.objects.report_content import ReportContent
from napari_medscan.napari_ import session
from napari_medscan.napari_.layer_identity import layer_of
from napari_medscan.napari_.layers import image_layers
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.view import show_only
from napari_medscan.napari_.viewer_proxy import unwrapped

_opened: weakref.WeakKeyDictionary[DicomObject, tuple[Stack, ...]] = weakref.WeakKeyDictionary()
"""The series of key images that were made of each object."""


def open_key_images(
    viewer: napari.viewer.Viewer, source: DicomObject, content: ReportContent
) -> list[Image]:
    """Show the images that a report refers to as series of their own, and hide all others.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show them.
    source : DicomObject
        The report.
    content : ReportContent
        What it says.

    Returns
    -------
    list of Image
        Their layers; none, with a message, if none of the images is known.
    """
    viewer = unwrapped(viewer)
    if source not in _opened:
        found = key_images(source, content, session.record.catalogue.stacks)
        if found.missing:
            images = counted(found.missing, "image", "is")
            tell(f"{source.name}: {images} in none of the series that were found.")
        if not found.stacks:
            return []
        _opened[source] = found.stacks
    stacks = _opened[source]
    closed = [stack for stack in stacks if layer_of(viewer, stack) is None]
    try:
        for new in image_layers(closed):
            viewer.add_layer(new)
    except MedscanError as error:
        tell(f"{source.name} cannot be shown: {error}.")
    layers = [layer for s in stacks if (layer := layer_of(viewer, s)) is not None]
    show_only(viewer, layers)
    return layers
