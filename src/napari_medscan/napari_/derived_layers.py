"""Layers that napari and plugins derive from a series: crops, projections, filtered copies, labels.

They carry the metadata of the layer they were made of, and maybe its place. Neither is proof: a
layer is taken for derived from a series if its own transform puts every voxel on the grid of the
series, and the values do not show that it was mirrored, transposed or reversed. Without metadata
only equal values are proof.
"""

from __future__ import annotations

import weakref

import numpy as np
from napari.layers import Image, Labels, Layer

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.derived import derived
from napari_medscan.dicom.series.likeness import Likeness, likeness
from napari_medscan.dicom.space.index_map import IndexMap, index_map
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.layer_transform import layer_shape, layer_transform

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
    if not isinstance(layer, Image | Labels) or not _is_placed_plainly(layer):
        return None
    data = layer.data
    base = data.base if isinstance(data, EditableArray) else data
    if base is not series.array.display and type(data) is not np.ndarray:
        # Only what is in memory can be looked at without starting somebody's computation.
        return None
    is_image = isinstance(layer, Image)
    key = id(data), id(series), tuple(layer.scale), tuple(layer.translate), is_image
    if key not in _known:
        axes = _axes(layer, series)
        found = None if axes is None else derived(series, data, axes, is_image=is_image)
        _known[key] = series, found
        weakref.finalize(data, _known.pop, key, None)
    return _known[key][1]


def is_copy(layer: Layer, series: Stack) -> bool:
    """Return whether a layer holds values of a series in their own place, whatever its metadata.

    napari-crop, for one, drops these. Reads two slices of the series if type, place and size agree.
    """
    if not isinstance(layer, Image) or not _is_placed_plainly(layer):
        return False
    data = layer.data
    if type(data) is not np.ndarray or data.dtype != series.array.dtype:
        return False
    axes = _axes(layer, series)
    if axes is None or None in axes or likeness(series, data, axes) is not Likeness.EQUAL:
        return False
    # One value everywhere tells nothing.
    return bool(data.min() != data.max())


def _is_placed_plainly(layer: Image | Labels) -> bool:
    """Return whether a layer is one array that is scaled and moved only."""
    is_turned = not np.array_equal(layer.rotate, np.eye(layer.ndim)) or np.any(layer.shear)
    return not layer.multiscale and not is_turned


def _axes(layer: Image | Labels, series: Stack) -> IndexMap | None:
    """Return where the voxels of a layer lie on the grid of a series."""
    scale, translate = tuple(map(float, layer.scale)), tuple(map(float, layer.translate))
    shape = layer.data.shape[: layer.ndim]
    return index_map(scale, translate, shape, layer_transform(series), layer_shape(series))
