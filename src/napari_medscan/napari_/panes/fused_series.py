"""Which series three planes show: the current one, and what is fused with it."""

from __future__ import annotations

import napari.viewer
import numpy as np
from napari.layers import Image

from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.frames.cache import shared_cache
from napari_medscan.napari_.current_layer import current_layer, is_visible_series
from napari_medscan.napari_.directions import world_directions
from napari_medscan.napari_.layer_identity import stack_of

_NO_SERIES = "Open a series to see its planes."
_NO_PLANES = "This series has no planes: its orientation is unknown, or it has one slice."
_TOO_LARGE = "This series is too large for the frame cache. Set more memory in Preferences."


def fused_layers(viewer: napari.viewer.Viewer) -> list[Image]:
    """Return the current series and those drawn over and under it, from the bottom to the top."""
    stack = stack_of(current_layer(viewer))
    layers = []
    for layer in viewer.layers:
        theirs = stack_of(layer)
        if stack is None or theirs is None or not is_visible_series(layer):
            continue
        if are_overlayable(stack, theirs):
            layers.append(layer)
    return layers


def why_no_planes(viewer: napari.viewer.Viewer, layers: list[Image], current: Image | None) -> str:
    """Return why there are no three planes, '' if there are."""
    if current is None:
        return _NO_SERIES
    if current.ndim < 3 or current.data.shape[current.ndim - 3] < 2:
        return _NO_PLANES
    if world_directions(viewer, current) is None:
        return _NO_PLANES
    for layer in layers:
        stack = stack_of(layer)
        if stack is not None:
            times = int(np.prod(stack.array.places.shape[:-1], dtype=np.int64))
            if stack.array.nbytes // times > shared_cache().max_bytes:
                return _TOO_LARGE
    return ""
