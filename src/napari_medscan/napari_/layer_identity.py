"""Which layers are ours, and which series each of them shows."""

from __future__ import annotations

import napari.viewer
from napari.layers import Image

from napari_medscan.dicom import Stack

METADATA_KEY = "medscan"
"""Key in a layer's metadata of its Stack."""


def stack_of(layer: object) -> Stack | None:
    """Return the stack of a layer that shows its array, else None.

    napari and plugins copy the metadata to layers that they derive; those have other data.
    """
    stack = getattr(layer, "metadata", {}).get(METADATA_KEY)
    if not isinstance(stack, Stack):
        return None
    data = getattr(layer, "data", None)
    # napari hands proxies of layers to plugins.
    return stack if getattr(data, "__wrapped__", data) is stack.array.display else None


def layer_of(viewer: napari.viewer.Viewer, stack: Stack | None) -> Image | None:
    """Return the layer of a viewer that shows a stack, the topmost of several; None without one."""
    if stack is None:
        return None
    ours = (layer for layer in reversed(viewer.layers) if isinstance(layer, Image))
    return next((layer for layer in ours if stack_of(layer) is stack), None)
