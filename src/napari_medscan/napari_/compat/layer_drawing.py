"""How layers are drawn on a canvas: meshes without new shaders, texts with a halo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.viewer
from napari.layers import Points, Shapes, Vectors
from napari.qt import QtViewer
from vispy.visuals.mesh import MeshVisual

from napari_medscan.napari_.compat.text_halo import add_halo
from napari_medscan.napari_.failure_log import guarded

_BUILDS = "_build_color_transform"


class LayerDrawing:
    """Changes what draws the layers that are added to a canvas.

    Meshes keep their shaders when their vertices change: vispy (0.16) makes a new function for
    colors, which does nothing, with the vertices of every slice, and compiles the shaders for it:
    15 ms of a slider step for each layer of contours. Texts of shapes and points get a halo.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers.
    canvas : QtViewer
        What draws them. Nothing is changed where vispy draws in another way.
    """

    def __init__(self, viewer: napari.viewer.Viewer, canvas: QtViewer) -> None:
        self._layers, self._canvas = viewer.layers, canvas
        self._inserted = guarded(self._on_inserted)
        # napari makes what draws a layer in this event.
        viewer.layers.events.inserted.connect(self._inserted, position="last")

    def release(self) -> None:
        """Leave layers that are added from now on as they are."""
        self._layers.events.inserted.disconnect(self._inserted)

    def _on_inserted(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        layer, visual = event.value, self._canvas.layer_to_visual.get(event.value)
        if visual is None:
            return
        if isinstance(layer, Shapes | Vectors):
            for node in (visual.node, *getattr(visual.node, "_subvisuals", ())):
                if isinstance(node, MeshVisual):
                    _keep_shaders(node)
        if isinstance(layer, Shapes | Points):
            add_halo(visual.node.text)


def _keep_shaders(node: MeshVisual) -> None:
    if hasattr(node, _BUILDS):
        # vispy does not annotate it.
        node.unfreeze()  # type: ignore[no-untyped-call]
        setattr(node, _BUILDS, _kept(getattr(node, _BUILDS)))
        node.freeze()  # type: ignore[no-untyped-call]


def _kept(build: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return what gives the same function for colors of the same kind."""
    made: dict[int, object] = {}

    def kept(colors: Any) -> object:  # noqa: ANN401 - an array of vispy's
        channels = colors.shape[-1]
        # Of one channel it is a color map, with limits that may change.
        if channels == 1:
            return build(colors)
        if channels not in made:
            made[channels] = build(colors)
        return made[channels]

    return kept
