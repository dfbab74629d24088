"""On which series a Labels layer lies, and its labels on the voxels of that series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import napari
import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.derived import derived
from napari_medscan.dicom.space.index_map import index_map
from napari_medscan.export import ExportError
from napari_medscan.napari_.current_layer import visible_stacks
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.layer_transform import layer_shape, layer_transform
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.session import record

NO_SERIES: Final = "Labels can be saved if they lie on the voxels of a DICOM series that is open"
_NEAR: Final = 0.1
"""Voxels that the grids may differ by anywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelsOnSeries:
    """Labels on the grid of a series.

    Parameters
    ----------
    stack : Stack
        The series.
    data : array
        Of its shape without color, or of one of its volumes: the layer's own array if that has
        the same grid.
    """

    stack: Stack
    data: Any


class _MisfitError(Exception):
    """Labels do not lie on the voxels of a series; a phrase that its name completes."""


def labels_on_series(layer: Labels) -> LabelsOnSeries:
    """Return the labels of a layer on the series that they lie on.

    A part of a series, a mirrored one, or one with a margin is laid onto the voxels; nothing is
    interpolated.

    Raises
    ------
    ExportError
        If they lie on none, and why, or on several that are not visible.
    """
    reasons = []
    for stacks in _candidates(layer):
        fits = []
        for stack in stacks:
            try:
                fits.append(LabelsOnSeries(stack, _laid(layer, stack)))
            except _MisfitError as reason:
                reasons.append(f"{reason} {stack.name}")
        if len({each.stack.header.series for each in fits}) > 1:
            raise ExportError("Labels fit several series. Show the one that they belong to")
        if fits:
            return fits[0]
    raise ExportError(f"{NO_SERIES}. {reasons[0]}" if reasons else NO_SERIES)


def on_own_grid(layer: Labels, placed: LabelsOnSeries) -> tuple[Stack, Any]:
    """Return a stack with the grid of a layer, and the labels on it.

    That is the part of a series, such as a crop, on which the labels were drawn; the series if
    they reach beyond it.
    """
    series, data = placed.stack, layer.data
    place = tuple(map(float, layer.scale)), tuple(map(float, layer.translate))
    if placed.data is data or not np.allclose(layer.rotate, np.eye(layer.ndim)):
        return series, placed.data
    axes = index_map(*place, data.shape, layer_transform(series), layer_shape(series))
    if axes is None or any(axis is None or not axis.is_whole for axis in axes[-3:]):
        return series, placed.data
    part = derived(series, data, axes, is_image=False)
    return (series, placed.data) if part is None else (part, data)


def _candidates(layer: Labels) -> Iterator[Sequence[Stack]]:
    """Yield groups of series that labels may lie on, the likeliest first."""
    shown = object_of(layer)
    if shown is not None and shown.stack is not None:
        # They are known to lie there, and on no other series of the same shape.
        yield [shown.stack]
        return
    claimed = stack_of(layer)
    if claimed is not None:
        yield [claimed.origin]
        return
    viewer = napari.current_viewer()
    if viewer is not None and layer in viewer.layers:
        yield from ([stack.origin] for stack in visible_stacks(viewer))
        images = [stack_of(each) for each in viewer.layers if isinstance(each, Image)]
        yield list(dict.fromkeys(stack.origin for stack in images if stack is not None))
    yield record.stacks


def _laid(layer: Labels, stack: Stack) -> Any:  # noqa: ANN401 - an array
    """Return labels on the grid of a series."""
    voxels = layer_shape(stack)
    if layer.ndim not in (3, len(voxels)) or layer.multiscale:
        raise _MisfitError(f"They have {layer.ndim} axes, not those of")
    extents = voxels[-layer.ndim :]
    matrix, offset = _index_transform(layer, stack)
    signs = np.sign(np.diag(matrix))
    shape = np.array(layer.data.shape)
    if (np.abs(matrix - np.diag(signs)) * shape).max() > _NEAR or not signs.all():
        raise _MisfitError("Their voxels have another size or direction than those of")
    whole = np.rint(offset)
    if np.abs(offset - whole).max() > _NEAR:
        raise _MisfitError("They lie between the voxels of")
    if (signs > 0).all() and not whole.any() and layer.data.shape == extents:
        return layer.data
    return _part(layer.data, extents, whole.astype(int).tolist(), signs.astype(int).tolist())


def _index_transform(
    layer: Labels, stack: Stack
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return matrix and offset from indices of the layer to those of the series."""
    scale, translate = (np.array(each)[-layer.ndim :] for each in layer_transform(stack))
    corners = [np.zeros(layer.ndim), *np.eye(layer.ndim)]
    # napari does not annotate it.
    world = np.array([layer.data_to_world(corner) for corner in corners])  # type: ignore[no-untyped-call]
    indices = (world - translate) / scale
    return (indices[1:] - indices[0]).T, indices[0]


def _part(
    data: Any,  # noqa: ANN401 - an array
    extents: Sequence[int],
    offsets: Sequence[int],
    signs: Sequence[int],
) -> NDArray[Any]:
    """Return labels of which index i is ``offset + sign * i``; voxels they do not cover are 0."""
    found = np.asarray(data)
    inside = np.zeros(found.shape, np.bool_)
    taken, places = [], []
    for length, extent, offset, sign in zip(found.shape, extents, offsets, signs, strict=True):
        own = np.arange(length)
        target = offset + sign * own
        is_in = (target >= 0) & (target < extent)
        taken.append(own[is_in])
        places.append(target[is_in])
    inside[np.ix_(*taken)] = True
    if found[~inside].any():
        raise _MisfitError("They are painted beyond the edges of")
    laid = np.zeros(extents, found.dtype)
    laid[np.ix_(*places)] = found[np.ix_(*taken)]
    return laid
