"""An empty Labels layer on the voxels of the current series, to draw segments on it."""

from __future__ import annotations

import napari.viewer
import numpy as np
from napari.layers import Image, Labels

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layer_transform import layer_shape
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object
from napari_medscan.napari_.series_command import canvas_command

_OPACITY = 0.5


@canvas_command
def new_labels(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Add an empty Labels layer on the voxels of the current series, ready to be painted.

    napari's own button takes the extent of all layers, and the smallest voxels among them.
    """
    stack = stack_of(layer)
    if stack is None:
        return
    spatial = slice(layer.ndim - 3, layer.ndim)
    labels = Labels(
        np.zeros(layer_shape(stack)[-3:], np.uint8),
        name=f"Labels · {defuse(stack.name)}",
        scale=layer.scale[spatial],
        translate=layer.translate[spatial],
        units=layer.units[spatial],
        axis_labels=layer.axis_labels[spatial],
        opacity=_OPACITY,
        projection_mode="none",
        multiscale=False,
    )
    viewer.add_layer(labels)
    # After it was added: tools are those of the labels, not of the series below.
    note_object(labels, ShownObject(None, stack, stack.geometry.orientation, labels.data))
    viewer.layers.selection.active = labels
    labels.mode = "paint"
