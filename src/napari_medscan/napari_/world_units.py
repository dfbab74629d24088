"""One unit per axis for all layers of ours in a viewer, that of the current series.

napari draws no unit at all, and warns at every change of a layer, when one layer is in mm and
another one in pixels, even if one of them is hidden. Series in pixels (no calibration) and in mm
are never visible together in one place. So all series take the units of the current one, and
have their own units when they are current themselves. So do slides, segmentations, contours and
measurements. Coordinates do not change.
"""

from __future__ import annotations

import weakref

import napari.viewer
from napari.layers import Layer

from napari_medscan.napari_.compat.viewer_model import show_unit
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import series_of, stack_of
from napari_medscan.napari_.layer_transform import Units, units_of

_new: weakref.WeakSet[Layer] = weakref.WeakSet()
"""Layers that were made and not added yet."""
_derived: weakref.WeakSet[Layer] = weakref.WeakSet()
"""Copies of series that share the units of their viewer."""


_others: weakref.WeakKeyDictionary[Layer, Units] = weakref.WeakKeyDictionary()
"""Layers of ours that are no series, with the units that they were made with."""


def note_new(layer: Layer) -> None:
    """Let a new layer have the units of the viewer that it will be added to, from the start."""
    _new.add(layer)
    if stack_of(layer) is None:
        _others[layer] = tuple(map(_short, layer.units))


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
    """Give our layers in a viewer, and the new ones to be added, the units of the current series.

    Those of a visible slide or another layer of ours if no series is visible.
    """
    added = [x for x in viewer.layers if series_of(x) or x in _derived or x in _others]
    for layer in added:
        _new.discard(layer)
    units = {layer: own for layer in (*added, *_new) if (own := _own_units(layer))}
    lead = current_layer(viewer) or next((layer for layer in units if layer.visible), None)
    # From the last axis on: only some series have an axis of time.
    shared = next(iter(units.values()), ()) if lead is None else _own_units(lead)
    for own in units.values():
        if len(own) > len(shared):
            shared = own[: len(own) - len(shared)] + shared
    if shared:
        show_unit(viewer, shared[-1])
    changed = []
    for layer, own in units.items():
        wanted = shared[len(shared) - len(own) :]
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


def _own_units(layer: Layer) -> Units:
    """Return the units that a layer of ours has by itself, () for others."""
    stack = stack_of(layer)
    return _others.get(layer, ()) if stack is None else units_of(stack)


def _short(unit: object) -> str:
    """Return one name for a unit, which napari spells out."""
    return {"millimeter": "mm"}.get(str(unit), str(unit))
