"""Contours and isodose lines where their own layers draw none: across the slices, and in panes."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import NamedTuple, TypeGuard

import napari.viewer
import numpy as np
from napari.layers import Layer, Shapes, Vectors
from napari.utils.events import Event
from numpy.typing import NDArray

from napari_medscan.dicom import Stack, StructureSet
from napari_medscan.dicom.objects.cut_region import CutRegion, Lines
from napari_medscan.napari_.current_layer import add_inactive, current_layer
from napari_medscan.napari_.isodose import IsodoseCut, levels_of
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.objects.object_view import lies_on
from napari_medscan.napari_.objects.region_outlines import (
    RegionOutlines,
    draw_in_3d,
    outlines_of,
)
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.napari_.waiting_layers import is_on
from napari_medscan.napari_.world_units import note_new

NAME = "Contours in this plane"
Color = NDArray[np.float64]
Contours = Shapes | Vectors
"""A layer of contours or isodose lines, or of the outlines of many regions."""
Cut = CutRegion | IsodoseCut | RegionOutlines


class _Plane(NamedTuple):
    """A plane with the contours that it cuts: it changes if and only if the lines do."""

    axis: int
    """Across the plane, of slices, rows and columns."""
    place: float
    """Along that axis, napari's world."""
    layers: tuple[Contours, ...]
    cuts: tuple[Cut, ...]


class PlaneCuts:
    """Draws where the plane in view cuts the visible contours of the main canvas.

    On their slices contours have layers of their own on the main canvas; panes draw the same
    lines. Across the slices it is the outline of what the contours enclose.

    Parameters
    ----------
    main : napari.viewer.Viewer
        The viewer of the main canvas, which has the layers of the contours.
    model : napari.viewer.Viewer
        The viewer that is drawn in: the model of a pane, or the main viewer itself.
    """

    def __init__(self, main: napari.viewer.Viewer, model: napari.viewer.Viewer) -> None:
        # Weak: a tool of a viewer must not keep it.
        self._main, self._model = weakref.ref(main), weakref.ref(model)
        self._layer: Vectors | None = None
        self._drawn: _Plane | None = None
        self._subscriptions = [watch(model, self.follow, before_paint=True)]
        if model is not main:
            self._subscriptions.append(watch(main, self.follow, before_paint=True))

    def release(self) -> None:
        """Take the lines off the canvas."""
        for subscription in self._subscriptions:
            subscription.release()
        self._remove()

    def follow(self) -> None:
        """Draw the lines of the plane in view."""
        model = self._model()
        if model is not None and model is self._main():
            for layer in model.layers:
                if isinstance(layer, Vectors) and outlines_of(layer) is not None:
                    draw_in_3d(layer, is_3d=model.dims.ndisplay == 3)
        plane = self._plane()
        if plane is None:
            self._remove()
        elif plane != self._drawn or not self._is_there():
            self._drawn = plane
            self._draw(plane)

    def _plane(self) -> _Plane | None:
        main, model = self._main(), self._model()
        if main is None or model is None:
            return None
        return _plane_at(main, model, model.dims.point)

    def _is_there(self) -> bool:
        model = self._model()
        return model is not None and self._layer in model.layers

    def _draw(self, plane: _Plane) -> None:
        model = self._model()
        if model is None:
            return
        pieces = list(_lines_of(plane))
        # Its own pixels are cubes, or lines along one axis were thicker than along the other; and
        # no smaller than those of contours, or napari's sliders had more steps.
        size = float(max(plane.layers[0].scale))
        lines = np.concatenate([lines for lines, _ in pieces] or [np.zeros((0, 2, 3))]) / size
        colors = np.concatenate([
            np.broadcast_to(color, (len(its), 4)) for its, color in pieces
        ] or [np.zeros((0, 4))])  # fmt: skip
        vectors = np.stack((lines[:, 0], lines[:, 1] - lines[:, 0]), axis=1)
        if not self._is_there():
            self._add(model, size, float(min(plane.layers[0].scale[1:])) / size)
        layer = self._layer
        if layer is None:
            return
        _take(layer, vectors, colors)

    def _add(self, model: napari.viewer.Viewer, size: float, width: float) -> None:
        self._layer = Vectors(
            ndim=3,
            name=NAME,
            scale=(size,) * 3,
            units=("mm",) * 3,
            axis_labels=("z", "y", "x"),
            vector_style="line",
            edge_width=width,
            opacity=1.0,
        )
        # napari would draw a thousand lines into its thumbnail at each step, which takes 40 ms.
        self._layer._max_vectors_thumbnail = 0  # noqa: SLF001 - there is no other way
        note_new(self._layer)
        add_inactive(model, self._layer)

    def _remove(self) -> None:
        model, layer = self._model(), self._layer
        self._layer = self._drawn = None
        if model is not None and layer is not None and layer in model.layers:
            active = model.layers.selection.active
            model.layers.remove(layer)
            if active in model.layers:
                model.layers.selection.active = active


def _take(layer: Vectors, vectors: NDArray[np.float64], colors: NDArray[np.float64]) -> None:
    """Give a layer its lines, which napari draws once.

    napari draws when either attribute is set, and with new data compares the extents of all layers
    and updates the sliders: that took a third of the time. The lines lie within their series.
    """
    blocked = getattr(layer, "_block_refresh", nullcontext)
    with blocked(), layer.events.edge_color.blocker():
        layer.data = vectors
        if len(vectors):
            layer.edge_color = colors
    layer.refresh(extent=False, thumbnail=False)


def cut_lines(
    main: napari.viewer.Viewer, model: napari.viewer.Viewer, point: Sequence[float]
) -> Iterator[tuple[Lines, Color]]:
    """Yield what `PlaneCuts` draws while the sliders are at a point.

    Parameters
    ----------
    main, model
        As in `PlaneCuts`.
    point : sequence of float
        In the world of the model.

    Yields
    ------
    ndarray, shape (lines, 2, 3)
        In the world.
    ndarray, shape (4,)
        Their color.
    """
    plane = _plane_at(main, model, point)
    if plane is not None:
        yield from _lines_of(plane)


def _plane_at(
    main: napari.viewer.Viewer, model: napari.viewer.Viewer, point: Sequence[float]
) -> _Plane | None:
    """Return the plane in view, None if it cuts no contours or their layers draw it."""
    if model.dims.ndisplay == 3 or model.dims.ndim < 3:
        return None
    stack = stack_of(current_layer(model))
    across = model.dims.order[-3]
    axis = across - model.dims.ndim + 3
    if stack is None or axis < 0:
        return None
    layers = tuple(_contours_on(main, stack))
    if axis == 0 and model is main:
        layers = tuple(layer for layer in layers if outlines_of(layer) is not None)
    if not layers:
        return None
    return _Plane(axis, float(point[across]), layers, tuple(map(_cut_of, layers)))


def _lines_of(plane: _Plane) -> Iterator[tuple[Lines, Color]]:
    for layer, cut in zip(plane.layers, plane.cuts, strict=True):
        yield from _pieces(layer, cut, plane)


def _contours_on(viewer: napari.viewer.Viewer, stack: Stack) -> Iterator[Contours]:
    """Yield the visible contours and isodose lines that lie on a series."""
    for layer in viewer.layers:
        shown = object_of(layer)
        if shown is not None and is_on(layer) and is_contours(layer) and lies_on(shown, stack):
            yield layer


def is_contours(layer: Layer) -> TypeGuard[Contours]:
    """Return whether a layer has contours of a structure set or isodose lines."""
    if outlines_of(layer) is not None:
        return True
    shown = object_of(layer)
    if shown is None or not isinstance(layer, Shapes) or not layer.nshapes:
        return False
    return isinstance(shown.source, StructureSet) or bool(levels_of(layer))


_cuts: weakref.WeakKeyDictionary[Shapes, CutRegion | IsodoseCut] = weakref.WeakKeyDictionary()


def _cut_of(layer: Contours) -> Cut:
    """Return what planes cut of a layer, until its contours are changed."""
    if not isinstance(layer, Shapes):
        return outlines_of(layer) or RegionOutlines({})
    if layer not in _cuts:
        shown, levels = object_of(layer), levels_of(layer)
        if levels and shown is not None and shown.stack is not None:
            _cuts[layer] = IsodoseCut(shown.stack, levels)
        else:
            _cuts[layer] = CutRegion((path[0, 0], path[:, 1:]) for path in layer.data)
            layer.events.data.connect(_forget)
    return _cuts[layer]


def _forget(event: Event) -> None:
    event.source.events.data.disconnect(_forget)
    _cuts.pop(event.source, None)


def _pieces(layer: Contours, cut: Cut, plane: _Plane) -> Iterator[tuple[Lines, Color]]:
    """Yield lines in napari's world, shape (lines, 2, 3), and their color."""
    scale, translate = np.array(layer.scale), np.array(layer.translate)
    at = (plane.place - translate[plane.axis]) / scale[plane.axis]
    within = [axis for axis in range(3) if axis != plane.axis]
    opacity = np.array((1, 1, 1, layer.opacity))
    found = cut.lines(plane.axis, at)
    # All contours of a region have one color, those of each level another.
    for number, lines in [(0, found)] if isinstance(found, np.ndarray) else found:
        world = np.empty((len(lines), 2, 3))
        world[..., plane.axis] = plane.place
        world[..., within] = lines * scale[within] + translate[within]
        own = cut.color(number) if isinstance(cut, RegionOutlines) else layer.edge_color[number]
        yield world, own * opacity
