"""From what the viewer shows to plain data that an image can be rendered from.

The pixels are those of the layer's array; the canvas, with its overlays and names, is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import napari.viewer
import numpy as np
from napari.layers import Image

from napari_medscan.napari_.canvas_placement import (
    NoImageInViewError,
    corner_and_steps,
    index_at,
    placement,
    points_along,
    reaches,
)
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.slider_index import index_in_view, is_in_view
from napari_medscan.napari_.windowing import is_windowed
from napari_medscan.render.layer_view import SeriesView
from napari_medscan.render.prepare import Look
from napari_medscan.render.snapshot import Index

_MOST_OTHERS = 12
"""Other slices that are compared with this one."""
_FEW_OTHERS = 4
"""The same for each slice of a series, all of which are looked at."""
_DRAWN = (
    "attenuation",
    "blending",
    "contrast_limits",
    "depiction",
    "gamma",
    "interpolation2d",
    "interpolation3d",
    "iso_threshold",
    "opacity",
    "projection_mode",
    "rendering",
)
"""All that a layer is drawn by, besides colormap and place. What an image of one slice does not
depend on is here too: nobody should have to know that."""

DERIVED = (
    "This layer was derived from a series, and is neither sent nor saved. Select the series itself."
)


def layers_in_view(viewer: napari.viewer.Viewer, *, blended: bool = False) -> list[Image]:
    """Return the layers that an image would be of, the one that decides its extent first.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What is looked at.
    blended : bool
        All selected layers that are visible, from the lowest up, instead of the leading one alone.

    Raises
    ------
    NoImageInViewError
        In 3-D, or when no layer of ours is in the image.
    """
    if viewer.dims.ndisplay != 2:
        raise NoImageInViewError(
            "A 3-D view may show a face. Switch to 2-D: an image is one slice."
        )
    leading = current_layer(viewer)
    if leading is None or not is_in_view(viewer, leading):
        raise NoImageInViewError("No image yet. Open a study and show one of its slices.")
    if series_of(leading) is None:
        raise NoImageInViewError(DERIVED)
    if not blended:
        return [leading]
    chosen = [
        layer
        for layer in viewer.layers
        if layer in viewer.layers.selection
        and isinstance(layer, Image)
        and layer.visible
        and series_of(layer) is not None
        and is_in_view(viewer, layer)
    ]
    return chosen or [leading]


def look(viewer: napari.viewer.Viewer, *, blended: bool) -> Look:
    """Return what is looked at.

    Raises
    ------
    NoImageInViewError
        When there is no image to send.
    """
    layers = layers_in_view(viewer, blended=blended)
    shown = tuple(series_view(viewer, layer) for layer in layers)
    others = tuple(tuple(there) for there in others_of(viewer, layers, _MOST_OTHERS))
    subject = (*_way(viewer), *(layer.unique_id for layer in layers))
    return Look(shown, others, _state(viewer, shown), subject)


def series_looks(viewer: napari.viewer.Viewer, count: int, axis: int | None = None) -> list[Look]:
    """Return looks at slices that are spread evenly over the current series.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What is looked at: its window, plane and orientation are those of all slices.
    count : int
        Most slices.
    axis : int, optional
        Of the layer's data, of which slices are taken; that with the longest slider by default.

    Raises
    ------
    NoImageInViewError
        When there is no image, or the view has no slider.
    """
    here = look(viewer, blended=False)
    (shown,) = here.layers
    (layer,) = layers_in_view(viewer)
    places = [index for (index,) in _places(viewer, [layer], count, axis)]
    if len(places) < 2:
        raise NoImageInViewError("This series has one image only.")
    numbers = np.linspace(0, len(places) - 1, _FEW_OTHERS).round().astype(int)
    others = [places[number] for number in numbers]
    spread = _slider(viewer, layer) if axis is None else axis
    state = _state(viewer, here.layers, spread)
    return [
        replace(
            here,
            layers=(shown.at(index),),
            others=tuple((other,) for other in others if other != index),
            state=state,
            spread=spread,
        )
        for index in places
    ]


def is_same(look: Look, viewer: napari.viewer.Viewer, *, blended: bool) -> bool:
    """Whether the viewer would still give this image."""
    try:
        layers = layers_in_view(viewer, blended=blended)
        shown = tuple(series_view(viewer, layer) for layer in layers)
    except NoImageInViewError:
        return False
    return look.state == _state(viewer, shown, look.spread)


def _state(
    viewer: napari.viewer.Viewer, shown: Sequence[SeriesView], spread: int | None = None
) -> tuple[object, ...]:
    """Return what an image depends on, but for the place along one axis."""
    margins = tuple(viewer.dims.margin_left), tuple(viewer.dims.margin_right)
    places = [
        tuple(str(place) for axis, place in enumerate(layer.index) if axis != spread)
        for layer in shown
    ]
    return (*_way(viewer), margins, *places, *(layer.state for layer in shown))


def _way(viewer: napari.viewer.Viewer) -> tuple[object, ...]:
    return tuple(viewer.dims.displayed), str(camera_of(viewer).orientation2d)


def series_view(viewer: napari.viewer.Viewer, layer: Image) -> SeriesView:
    """Return what the viewer shows of a layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its sliders, slabs, the order of its axes, and which way its camera looks count.
    layer : Image
        In the image.

    Raises
    ------
    NoImageInViewError
        When the layer is turned or sheared in the view, or the view is along axes that it lacks.
    """
    stack = series_of(layer)
    if stack is None:
        raise NoImageInViewError(DERIVED)
    place = placement(viewer, layer)
    corner, steps = corner_and_steps(layer)
    gray = is_windowed(layer)
    low, high = (float(limit) for limit in layer.contrast_limits) if gray else (0.0, 255.0)
    colormap = layer.colormap
    # An array in memory may be changed after its image was checked; the files' values stay.
    data = stack.array.display
    drawn = tuple(str(getattr(layer, name)) for name in _DRAWN)
    placed = (place["axes"], place["flips"], corner.tobytes(), steps.tobytes())
    colored = (colormap.name, np.asarray(colormap.colors).tobytes())
    return SeriesView(
        **place,
        stack=stack,
        data=data,
        limits=(low, high),
        colors=colormap.map if gray else None,
        state=(layer.unique_id, id(data), placed, drawn, colored),
        projection=str(layer.projection_mode),
        gamma=float(layer.gamma) if gray else 1.0,
    )


def others_of(
    viewer: napari.viewer.Viewer, layers: Sequence[Image], count: int
) -> list[list[Index]]:
    """Return where other slices are that the viewer could show, spread over the longest slider.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What is looked at.
    layers : sequence of Image
        In the image; the sliders are those of the first.
    count : int
        Most places.

    Returns
    -------
    list of list of index
        At each place the index of each layer. Places at which one of them is not are left out.
    """
    here = [index_at(viewer, layer, viewer.dims.point) for layer in layers]
    return [there for there in _places(viewer, layers, count) if there != here]


def _places(
    viewer: napari.viewer.Viewer, layers: Sequence[Image], count: int, axis: int | None = None
) -> list[list[Index]]:
    """Return the index of each layer at places that are spread over a slider, the longest one."""
    first = layers[0]
    axis = _slider(viewer, first) if axis is None else axis
    if axis is None:
        return []
    extent = first.data.shape[axis]
    found = []
    chosen = np.linspace(0, extent - 1, min(extent, count)).round().astype(int)
    for point in points_along(viewer, first, axis, chosen.tolist()):
        there = [index_at(viewer, layer, point) for layer in layers]
        if all(reaches(at, layer) for at, layer in zip(there, layers, strict=True)):
            found.append(there)
    return found


def sliders(viewer: napari.viewer.Viewer) -> dict[str, int]:
    """Return the axes of the current series' layer along which there is more than one image.

    Returns
    -------
    dict of str to int
        By the letter that the axis has in `Stack.axes`; the longest first.

    Raises
    ------
    NoImageInViewError
        When there is no image.
    """
    (layer,) = layers_in_view(viewer)
    stack = series_of(layer)
    extents = {
        axis: layer.data.shape[axis]
        for axis, place in enumerate(index_in_view(viewer, layer))
        if not isinstance(place, slice) and layer.data.shape[axis] > 1
    }
    longest = sorted(extents, key=lambda axis: extents[axis], reverse=True)
    return {} if stack is None else {stack.axes[axis]: axis for axis in longest}


def _slider(viewer: napari.viewer.Viewer, layer: Image) -> int | None:
    """Return the axis of a layer with the longest slider, None when it has none."""
    index = index_in_view(viewer, layer)
    sliders = [axis for axis, place in enumerate(index) if not isinstance(place, slice)]
    return max(sliders, key=lambda axis: layer.data.shape[axis], default=None)
