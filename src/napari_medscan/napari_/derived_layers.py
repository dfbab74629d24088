"""Layers that napari and plugins derive from a series: crops, projections, filtered copies, labels.

They carry the metadata of the layer they were made of, and maybe its place. Neither is proof: a
layer is taken for derived from a series if its own transform puts every voxel on the grid of the
series, and the values do not show that it was mirrored, transposed or reversed.
"""

from __future__ import annotations

import weakref

import numpy as np
from napari.layers import Image, Labels, Layer

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.derived import derived
from napari_medscan.dicom.space.index_map import index_map
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.layer_transform import layer_transform

_Key = tuple[object, ...]

_known: dict[_Key, tuple[Stack, Stack | None]] = {}
"""By array, series and place, the series and what was found: it takes two slices to find out."""


def derived_stack(layer: Layer, series: Stack) -> Stack | None:
    """Return the stack of a layer that was derived from a series, None if that is not proven.

    Parameters
    ----------
    layer : Layer
        Its metadata is that of a layer of the series.
    series : Stack
        The series.

    Returns
    -------
    Stack or None
        The same for every layer with the same array and place.
    """
    if not isinstance(layer, Image | Labels) or layer.multiscale:
        return None
    data = layer.data
    base = data.base if isinstance(data, EditableArray) else data
    if base is not series.array.display and type(data) is not np.ndarray:
        # Only what is in memory can be looked at without starting somebody's computation.
        return None
    if not np.array_equal(layer.rotate, np.eye(layer.ndim)) or np.any(layer.shear):
        return None
    scale, translate = tuple(map(float, layer.scale)), tuple(map(float, layer.translate))
    is_image = isinstance(layer, Image)
    key = id(data), id(series), scale, translate, is_image
    if key not in _known:
        axes = index_map(
            scale, translate, data.shape[: layer.ndim], layer_transform(series), _extents(series)
        )
        found = None if axes is None else derived(series, data, axes, is_image=is_image)
        _known[key] = series, found
        weakref.finalize(data, _known.pop, key, None)
    return _known[key][1]


def _extents(series: Stack) -> tuple[int, ...]:
    """Return the voxels of a series along its axes, without color."""
    shape = series.array.shape
    return shape[:-1] if series.is_rgb else shape
