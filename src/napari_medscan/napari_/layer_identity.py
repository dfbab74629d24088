"""Which layers are ours, and which series each of them shows."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import napari.viewer
from napari.layers import Image, Layer
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.napari_.derived_layers import derived_stack, is_copy

METADATA_KEY = "medscan"
"""Key in a layer's metadata of its Stack."""

_in_memory: dict[int, tuple[weakref.ref[NDArray[Any]], Stack]] = {}
"""By their ids, arrays that hold a whole series, for as long as they exist."""


def series_of(layer: object) -> Stack | None:
    """Return the series that a layer shows, None if the layer is not ours.

    A layer is ours if its data is the array of a series that we opened, or the one that
    `Load into memory` made of it. Metadata say nothing: napari and plugins copy them to layers of
    other values, shape and place.
    """
    layer = _unwrapped(layer)
    stack = _claimed(layer)
    if stack is None or not isinstance(layer, Image):
        return None
    data = layer.data
    if data is stack.array.display:
        return stack
    array, series = _in_memory.get(id(data), (None, None))
    return stack if array is not None and array() is data and series is stack else None


def stack_of(layer: object) -> Stack | None:
    """Return what a layer shows: a series, or a copy that was derived from one; else None.

    The ``derivation`` of a copy is not None. What is not proven of it, such as its unit, its stack
    does not have; see `dicom.series.derived`.
    """
    layer = _unwrapped(layer)
    series = series_of(layer)
    if series is not None:
        return series
    claimed = _claimed(layer)
    if claimed is None or not isinstance(layer, Layer):
        return None
    return derived_stack(layer, claimed)


def recognize_copy(layer: Layer, others: Iterable[Layer]) -> None:
    """Note of a layer whose maker dropped the metadata which series it is a copy of, if of any."""
    if _claimed(layer) is None:
        series = filter(None, map(series_of, others))
        source = next((each for each in series if is_copy(layer, each)), None)
        if source is not None:
            layer.metadata[METADATA_KEY] = source


def tagged_stack_of(layer: object) -> Stack | None:
    """Return the stack of a layer each of whose slices has the tags of a file, else None."""
    stack = stack_of(layer)
    if stack is None or stack.derivation is None or stack.derivation.has_slices:
        return stack
    return None


def layer_of(viewer: napari.viewer.Viewer, stack: Stack | None) -> Image | None:
    """Return the layer of a viewer that shows a stack, the topmost of several; None without one."""
    if stack is None:
        return None
    ours = (layer for layer in reversed(viewer.layers) if isinstance(layer, Image))
    return next((layer for layer in ours if stack_of(layer) is stack), None)


def note_in_memory(array: NDArray[Any], stack: Stack) -> None:
    """Take an array for the values of a series: a layer with both is ours."""
    _in_memory[id(array)] = weakref.ref(array), stack
    weakref.finalize(array, _in_memory.pop, id(array), None)


def forget_in_memory(array: NDArray[Any]) -> None:
    """Take an array for the values of a series no longer, since somebody may change it."""
    _in_memory.pop(id(array), None)


def _claimed(layer: object) -> Stack | None:
    """Return the stack in a layer's metadata."""
    stack = getattr(layer, "metadata", {}).get(METADATA_KEY)
    return stack if isinstance(stack, Stack) else None


def _unwrapped(layer: object) -> object:
    """Return the layer itself for the proxy that napari hands to plugins."""
    return getattr(layer, "__wrapped__", layer)
