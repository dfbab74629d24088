"""A second layer over the array of a first one, for another canvas: no voxel is copied."""

from __future__ import annotations

import numpy as np
from napari.layers import Image

from napari_medscan.napari_.windowing import WINDOW_KEY

_LOOK = ("contrast_limits_range", "contrast_limits", "gamma", "opacity", "blending")


def twin_of(layer: Image) -> Image:
    """Return a hidden layer with the array, place and look of another.

    Parameters
    ----------
    layer : napari.layers.Image
        One that this plugin opened.

    Returns
    -------
    napari.layers.Image
        In no viewer yet. An affine that aligns the first in 3-D is left out.
    """
    twin = Image(
        layer.data,
        name=layer.name,
        metadata=dict(layer.metadata),
        rgb=layer.rgb,
        multiscale=False,
        scale=tuple(layer.scale),
        translate=tuple(layer.translate),
        units=layer.units,
        axis_labels=layer.axis_labels,
        interpolation2d=layer.interpolation2d,
        projection_mode="none",
        visible=False,
        contrast_limits=tuple(layer.contrast_limits),
    )
    copy_look(layer, twin)
    return twin


def copy_look(source: Image, target: Image) -> None:
    """Draw a layer by the window, colormap, opacity and blending of another."""
    for name in _LOOK:
        value = getattr(source, name)
        if getattr(target, name) != value:
            setattr(target, name, value)
    if not _same_colormap(source, target):
        target.colormap = source.colormap
    if WINDOW_KEY in source.metadata:
        target.metadata[WINDOW_KEY] = source.metadata[WINDOW_KEY]
    else:
        target.metadata.pop(WINDOW_KEY, None)


def _same_colormap(one: Image, other: Image) -> bool:
    mine, theirs = one.colormap, other.colormap
    return mine.name == theirs.name and np.array_equal(mine.colors, theirs.colors)
