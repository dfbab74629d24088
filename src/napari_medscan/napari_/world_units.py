"""One unit per axis for all series of a viewer, that of the current series.

napari draws no unit at all, and warns at every change of a layer, when one layer is in mm and
another one in pixels, even if one of them is hidden. Series in pixels (no calibration) and in mm
are never visible together in one place. So all series take the units of the current one, and
have their own units when they are current themselves. Coordinates do not change.
"""

from __future__ import annotations

import weakref

import napari.viewer
from napari.layers import Image, Layer

from napari_medscan.dicom import Stack
from napari_medscan.napari_.compat.viewer_model import show_unit
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import series_of, stack_of
from napari_medscan.napari_.layer_transform import is_timed

Units = tuple[str, ...]

_new: weakref.WeakSet[Layer] = weakref.WeakSet()
"""Layers that were made and not added yet."""
_derived: weakref.WeakSet[Layer] = weakref.WeakSet()
"""Copies of series that share the units of their viewer."""


def units_of(stack: Stack) -> Units:
    """Return the units of the axes of a series as its headers give them."""
    unit = "mm" if stack.geometry.calibrated else "pixel"
    time = "second" if is_timed(stack) else "pixel"
    return tuple(time if axis == "t" else unit for axis in stack.axes if axis != "c")


def note_new(layer: Image) -> None:
    """Let a new layer have the units of the viewer that it will be added to, from the start."""
    _new.add(layer)


def join_derived(viewer: napari.viewer.Viewer) -> None:
    """Let the copies of series in a viewer share its units, too.

    Not while they are added one by one: napari's Split Stack gives each the unit "pixel", and it
    would warn of every further one.
    """
    for layer in viewer.layers:
        stack = stack_of(layer)
        if stack is not None and stack.derivation is not None:
            _derived.add(layer)
    share_units(viewer)


def share_units(viewer: napari.viewer.Viewer) -> None:
    """Give all series of a viewer, and the new ones to be added, the units of the current one."""
    added = [layer for layer in viewer.layers if series_of(layer) or layer in _derived]
    for layer in added:
        _new.discard(layer)
    series = [(x, s) for x in (*added, *_new) if (s := stack_of(x)) is not None]
    lead = stack_of(current_layer(viewer)) or next((stack for _, stack in series), None)
    # From the last axis on: only some series have an axis of time.
    shared: Units = () if lead is None else units_of(lead)
    for _, stack in series:
        own = units_of(stack)
        if len(own) > len(shared):
            shared = own[: len(own) - len(shared)] + shared
    if shared:
        show_unit(viewer, shared[-1])
    changed = []
    for layer, stack in series:
        wanted = shared[len(shared) - len(units_of(stack)) :]
        if tuple(map(_short, layer.units)) != tuple(map(_short, wanted)):
            layer.units = wanted
            changed.append(layer)
    # napari 0.9 slices a layer by the units that the viewer had before, a thousand times too far
    # away, and not again when the viewer has the new ones: it takes note of them on a reload, and
    # slices on a refresh.
    for layer in changed:
        if layer in viewer.layers:
            layer.events.reload(layer=layer)
            layer.refresh()


def _short(unit: object) -> str:
    """Return one name for a unit, which napari spells out."""
    return {"millimeter": "mm"}.get(str(unit), str(unit))
