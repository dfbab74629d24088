"""Which layers show an object, and which."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass

import napari.viewer
from napari.layers import Layer

from napari_medscan.dicom import DicomObject, Stack
from napari_medscan.frames import LazyStack
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.world_units import note_new


@dataclass(frozen=True, slots=True, eq=False)
class ShownObject:
    """What a layer shows.

    Parameters
    ----------
    source : DicomObject or None
        The object; None for what was worked out from a series, such as isodose lines.
    stack : Stack or None
        The series on whose grid it lies; None for a grid of its own.
    orientation : tuple of float or None
        Direction cosines of a row and a column of its grid.
    data : object
        What the layer draws. A layer whose data were replaced shows something else.
    array : LazyStack or None
        What is read for it slice by slice.
    part : int
        Number of the region that it shows; 0 for all or several parts of the object.
    is_for_series_alone : bool
        It is about the pixels of its series, and not about the places that they show: it is drawn
        on no other series.
    """

    source: DicomObject | None
    stack: Stack | None
    orientation: tuple[float, ...] | None
    data: object = None
    array: LazyStack | None = None
    part: int = 0
    is_for_series_alone: bool = False


_shown: weakref.WeakKeyDictionary[Layer, ShownObject] = weakref.WeakKeyDictionary()


def note_object(layer: Layer, shown: ShownObject) -> None:
    """Note what a new layer shows."""
    _shown[layer] = shown
    note_new(layer)


def object_of(layer: object) -> ShownObject | None:
    """Return what a layer of ours shows, None for series and for layers of others.

    Copies that napari or plugins make of it are layers of others.
    """
    # napari hands proxies of layers to plugins.
    layer = getattr(layer, "__wrapped__", layer)
    if not isinstance(layer, Layer):
        return None
    shown = _shown.get(layer)
    if shown is None or (shown.data is not None and layer.data is not shown.data):
        return None
    return shown


def shown_objects(viewer: napari.viewer.Viewer) -> list[tuple[Layer, ShownObject]]:
    """Return the layers of a viewer that show objects, from the bottom to the top, and which."""
    return [(layer, what) for layer in viewer.layers if (what := object_of(layer)) is not None]


def layers_of(viewer: napari.viewer.Viewer, source: DicomObject) -> list[Layer]:
    """Return the layers of a viewer that show an object, from the bottom to the top."""
    return [layer for layer, what in shown_objects(viewer) if what.source is source]


def tell_once(name: str, what: str = "one slice") -> Callable[[int, Exception], None]:
    """Return what tells of the first slice or tile of a layer that cannot be read, and no other."""
    told = False

    def on_problem(_index: int, error: Exception) -> None:
        nonlocal told
        if not told:
            told = True
            tell(f"{name}: {what} could not be decoded and is blank ({error}).")

    return on_problem
