"""Go to an image that a report or a key object refers to."""

from __future__ import annotations

import napari.viewer
import numpy as np
from napari.layers import Image

from napari_medscan.dicom import MedscanError, Stack
from napari_medscan.napari_ import session
from napari_medscan.napari_.layer_identity import layer_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_proxy import unwrapped


def go_to_image(viewer: napari.viewer.Viewer, sop_instance: str, frame: int = 0) -> bool:
    """Bring the slice of an image into view; its series is opened if it was not.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show it.
    sop_instance : str
        SOP Instance UID.
    frame : int
        Frame number, from 1; 0 for the first, or the only one.

    Returns
    -------
    bool
        False, with a message, if the image is in no series that is known.
    """
    viewer = unwrapped(viewer)
    found = next(iter(session.record.catalogue.find_images(sop_instance)), None)
    if found is None:
        tell("This image is in none of the series that were found.")
        return False
    number = found.slices[min(max(frame, 1), len(found.slices)) - 1]
    return go_to_slice(viewer, found.stack, number) is not None


def go_to_slice(viewer: napari.viewer.Viewer, stack: Stack, number: int) -> Image | None:
    """Bring a slice into view; its series is opened if it was not.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    stack : Stack
        The series.
    number : int
        Index into ``stack.slices``.

    Returns
    -------
    Image or None
        The layer of the series; None, with a message, if it cannot be shown.
    """
    layer = layer_of(viewer, stack)
    try:
        if layer is None:
            session.record.watch(stack)
            layer = image_layer(stack)
            viewer.add_layer(layer)
    except MedscanError as error:
        tell(f"{stack.name} cannot be shown: {error}.")
        return None
    bring_into_view(viewer, layer)
    (place, *_) = np.argwhere(stack.array.places == number)
    middle = [(extent - 1) // 2 for extent in layer.data.shape[len(place) :]]
    # napari does not annotate it.
    world = layer.data_to_world((*map(int, place), *middle))  # type: ignore[no-untyped-call]
    point = list(viewer.dims.point)
    start = viewer.dims.ndim - layer.ndim
    point[start : start + len(place)] = (float(at) for at in world[: len(place)])
    viewer.dims.point = tuple(point)
    return layer
