"""Which layers a change of the window applies to."""

from __future__ import annotations

import weakref
from itertools import chain
from typing import Literal

import napari.viewer
from napari.layers import Image

from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.series.presets import carried_over, group_of
from napari_medscan.napari_.active_viewer import main_viewer, viewers_of_window
from napari_medscan.napari_.current_layer import visible_series
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.windowing import invert, is_inverted, is_windowed, show

Scope = Literal["selected", "all"]
"""The selected layers, or all of the same modality and unit, in panes too."""

_scopes: weakref.WeakKeyDictionary[napari.viewer.Viewer, Scope] = weakref.WeakKeyDictionary()


def window_scope(viewer: napari.viewer.Viewer) -> Scope:
    """Return which layers a change of the window applies to; at first the selected ones."""
    return _scopes.get(main_viewer(viewer), "selected")


def set_window_scope(viewer: napari.viewer.Viewer, scope: Scope) -> None:
    """Choose which layers a change of the window applies to.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        A viewer or the model of a pane: it is one choice for the window, for as long as it lives.
    scope : {"selected", "all"}
        The selected layers, or all of the same modality and unit, in panes too.
    """
    _scopes[main_viewer(viewer)] = scope


def window_targets(viewer: napari.viewer.Viewer, layer: Image) -> list[Image]:
    """Return the layers whose window changes with that of a layer, itself among them.

    Layers of another modality or unit never do: the numbers mean something else there.
    """
    group = _group(layer)
    scope = window_scope(viewer)
    viewers = viewers_of_window(viewer) if scope == "all" else [viewer]
    layers = chain.from_iterable(each.layers for each in viewers)
    alike = [other for other in layers if is_windowed(other) and _group(other) == group]
    if scope == "all":
        return alike
    selected = [other for other in alike if other in viewer.layers.selection]
    return selected if layer in selected else [layer]


def inversion(viewer: napari.viewer.Viewer, layer: Image) -> bool | None:
    """Return whether what *Invert* acts on for a layer is inverted; None if there is nothing."""
    image = _inverted_image(viewer, layer)
    return None if image is None else is_inverted(image)


def set_inverted(viewer: napari.viewer.Viewer, layer: Image, *, inverted: bool) -> None:
    """Invert grayscale of a layer and its `window_targets`, or undo that.

    An additive overlay is never inverted: what is black in it would become bright and hide what
    lies below. For an overlay it is the topmost visible image below that is inverted.
    """
    image = _inverted_image(viewer, layer)
    for target in () if image is None else window_targets(viewer, image):
        if not is_additive(target) and is_inverted(target) is not inverted:
            invert(target)


def _inverted_image(viewer: napari.viewer.Viewer, layer: Image) -> Image | None:
    if not is_additive(layer):
        return layer
    images = (each for each in visible_series(viewer) if is_windowed(each))
    return next((each for each in images if not is_additive(each)), None)


def is_additive(layer: Image) -> bool:
    """Return whether a layer is added to what lies below it, as PET on CT is."""
    return str(layer.blending) == "additive"


def show_window(viewer: napari.viewer.Viewer, layer: Image, voi: Voi) -> None:
    """Draw a window of a layer in all of its targets; of PET, with the same SUV."""
    source = stack_of(layer)
    for target in window_targets(viewer, layer):
        stack = stack_of(target)
        if source is not None and stack is not None:
            show(target, carried_over(voi, source, stack))


def _group(layer: Image) -> str:
    stack = stack_of(layer)
    return "" if stack is None else group_of(stack)
