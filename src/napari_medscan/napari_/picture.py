"""From what the viewer shows to plain data that a picture can be rendered from.

The pixels are those of the layer's array; the canvas, with its overlays and names, is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import napari.viewer
import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.slider_index import index_in_view, is_in_view
from napari_medscan.napari_.windowing import is_windowed
from napari_medscan.privacy.painting import Colours, Painted
from napari_medscan.render.snapshot import Index

_STRAIGHT = 1e-9
_PROJECTIONS: dict[str, Callable[..., NDArray[Any]]] = {
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "sum": np.sum,
}
"""What napari shows of the slices of a slab, by `Image.projection_mode`; "none" is one slice."""
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
"""All that a layer is drawn by, besides colormap and place. What a picture of one slice does not
depend on is here too: nobody should have to know that."""

DERIVED = "This layer was derived from a series, and is not sent. Select the series itself."

Mask = NDArray[np.bool_]


class NoPictureError(Exception):
    """There is nothing to render; the text says why, for the user."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What the viewer shows of a layer, settled: to be read later, and in any thread.

    Parameters
    ----------
    stack : Stack
        Whose slices they are.
    data : array
        Of the layer.
    index : tuple of int or slice
        Of the array without colour: the slice on screen, or the slices of a slab.
    axes : tuple of int
        Axes of the array that are on screen, the vertical one first.
    flips : tuple of bool
        Whether rows and columns run the other way there.
    spacing, origin : tuple of float
        As of `Painted`.
    projection : str
        What is shown of a slab; "none" of a slice.
    limits, colours, gamma, opacity, blending
        As of `Painted`.
    state : tuple
        Equal while the layer is drawn in the same way, at the same place.
    """

    stack: Stack
    data: Any
    index: Index
    axes: tuple[int, int]
    flips: tuple[bool, bool]
    spacing: tuple[float, float]
    origin: tuple[float, float]
    projection: str
    limits: tuple[float, float]
    colours: Colours | None
    gamma: float
    opacity: float
    blending: str
    state: tuple[object, ...]

    def at(self, index: Index) -> Shown:
        """Return the same of other slices."""
        return replace(self, index=index)

    @property
    def is_across(self) -> bool:
        """Whether it is made of more slices than one: a cut across them, or a slab."""
        return len(self.slices) > 1

    @property
    def slices(self) -> tuple[int, ...]:
        """Numbers of the slices that it is made of, in order; none where one is missing."""
        places = self.stack.array.places
        found = np.unique(places[self.index[: places.ndim]])
        return tuple(int(number) for number in found if number >= 0)

    @property
    def frame(self) -> tuple[int, int]:
        """Rows and columns of a slice as it was acquired."""
        lead = self.stack.array.places.ndim
        rows, columns = self.stack.array.shape[lead : lead + 2]
        return rows, columns

    def read_header(self) -> ImageHeader:
        """Return the header of the slice on screen; of a typical one in a cut across slices.

        It may open the file: not for the GUI thread.

        Raises
        ------
        FrameError
            When the file cannot be read.
        """
        numbers = self.slices
        number = numbers[0] if len(numbers) == 1 else self.stack.typical
        return self.stack.read_header(number)

    def read(self, kept: Mapping[int, Mask] | None = None) -> Painted:
        """Read the pixels, the way up that they stand on screen.

        It may take its time: a cut across slices reads the whole stack, which napari holds then.

        Parameters
        ----------
        kept : mapping, optional
            By number of slice, (rows, columns) of its frame: pixels that may be seen; all of those
            that are not named. A pixel of a slab may be seen when all that it is made of may.
        """
        values = np.asarray(self.data[self.index])
        seen = self._seen(kept) if kept else None
        project = _PROJECTIONS.get(self.projection)
        if project is not None:
            across = tuple(axis for axis in range(len(self.index)) if axis not in self.axes)
            values = project(values, axis=across)
            seen = None if seen is None else np.all(seen, axis=across)
        return Painted(
            self._as_displayed(values),
            self.spacing,
            self.origin,
            self.limits,
            self.colours,
            self.gamma,
            self.opacity,
            self.blending,
            None if seen is None else self._as_displayed(seen),
        )

    def _seen(self, kept: Mapping[int, Mask]) -> Mask:
        places = self.stack.array.places
        lead = places.ndim
        numbers = np.asarray(places[self.index[:lead]])
        everything = np.ones(self.frame, bool)
        frames = [kept.get(int(n), everything)[self.index[lead:]] for n in numbers.ravel()]
        return np.reshape(frames, (*numbers.shape, *frames[0].shape))

    def _as_displayed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return pixels in the order of the display: the array has its own axes and directions."""
        if self.axes[0] > self.axes[1]:
            values = values.swapaxes(0, 1)
        for axis, flip in enumerate(self.flips):
            if flip:
                values = np.flip(values, axis)
        return values


def layers_in_picture(viewer: napari.viewer.Viewer, *, blended: bool = False) -> list[Image]:
    """Return the layers that a picture would be of, the one that decides its extent first.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        What is looked at.
    blended : bool
        All selected layers that are visible, from the lowest up, instead of the leading one alone.

    Raises
    ------
    NoPictureError
        In 3-D, or when no layer of ours is in the picture.
    """
    if viewer.dims.ndisplay != 2:
        raise NoPictureError(
            "The view is 3-D, and may show a face: a picture is of one slice. Switch to 2-D."
        )
    leading = current_layer(viewer)
    if leading is None or not is_in_view(viewer, leading):
        raise NoPictureError("Open a study and show a slice of it: there is no image yet.")
    if series_of(leading) is None:
        raise NoPictureError(DERIVED)
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


def shown_of(viewer: napari.viewer.Viewer, layer: Image) -> Shown:
    """Return what the viewer shows of a layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its sliders, slabs, the order of its axes, and which way its camera looks count.
    layer : Image
        In the picture.

    Raises
    ------
    NoPictureError
        When the layer is turned or sheared in the view, or the view is along axes that it lacks.
    """
    stack = series_of(layer)
    before = viewer.dims.ndim - layer.ndim
    vertical, horizontal = (axis - before for axis in viewer.dims.displayed)
    if stack is None or min(vertical, horizontal) < 0:
        raise NoPictureError("The layer has no such cut: show its slices, as they were acquired.")
    axes = vertical, horizontal
    index = _index(viewer, layer, viewer.dims.point)
    corner, steps = _placed(layer)
    origin, spacing, flips = _placement(viewer, layer, corner, steps, index, axes)
    grey = is_windowed(layer)
    low, high = (float(limit) for limit in layer.contrast_limits) if grey else (0.0, 255.0)
    colours = layer.colormap
    # An array in memory may be changed after its picture was checked; the files' values stay.
    data = stack.array.display
    drawn = tuple(str(getattr(layer, name)) for name in _DRAWN)
    placed = (str(index), axes, flips, corner.tobytes(), steps.tobytes())
    coloured = (colours.name, np.asarray(colours.colors).tobytes())
    return Shown(
        stack,
        data,
        index,
        axes,
        flips,
        spacing,
        origin,
        str(layer.projection_mode),
        (low, high),
        colours.map if grey else None,
        float(layer.gamma) if grey else 1.0,
        float(layer.opacity),
        str(layer.blending),
        (layer.unique_id, id(data), placed, drawn, coloured),
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
        In the picture; the sliders are those of the first.
    count : int
        Most places.

    Returns
    -------
    list of list of index
        At each place the index of each layer. Places at which one of them is not are left out.
    """
    first = layers[0]
    index = index_in_view(viewer, first)
    sliders = [axis for axis, place in enumerate(index) if not isinstance(place, slice)]
    if not sliders:
        return []
    axis = max(sliders, key=lambda axis: first.data.shape[axis])
    extent = first.data.shape[axis]
    found = []
    for place in np.linspace(0, extent - 1, min(extent, count)).round().astype(int):
        if place == index[axis]:
            continue
        inside = [0 if isinstance(p, slice) else p for p in index]
        inside[axis] = int(place)
        world = first.data_to_world(inside)  # type: ignore[no-untyped-call]
        point = list(viewer.dims.point)
        point[viewer.dims.ndim - first.ndim + axis] = world[axis]
        there = [_index(viewer, layer, point) for layer in layers]
        if all(_reaches(at, layer) for at, layer in zip(there, layers, strict=True)):
            found.append(there)
    return found


def _index(viewer: napari.viewer.Viewer, layer: Image, point: Sequence[float]) -> Index:
    """Return the index of what is shown with the sliders at a point, by napari's rounding."""
    displayed = {axis - viewer.dims.ndim + layer.ndim for axis in viewer.dims.displayed}
    if str(layer.projection_mode) not in _PROJECTIONS:
        places = layer.world_to_data(point)
        return tuple(
            slice(None) if axis in displayed else round(float(place))
            for axis, place in enumerate(places)
        )
    starts = layer.world_to_data(np.subtract(point, viewer.dims.margin_left))
    ends = layer.world_to_data(np.add(point, viewer.dims.margin_right))
    index = []
    for axis, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if axis in displayed:
            index.append(slice(None))
            continue
        low, high = max(round(float(start)), 0), max(round(float(end)), 0)
        if np.isclose(high, end):
            high += 1
        index.append(slice(low, max(high, low + 1)))
    return tuple(index)


def _reaches(index: Index, layer: Image) -> bool:
    """Whether anything of a layer is at an index."""
    starts = [(p.start or 0) if isinstance(p, slice) else p for p in index]
    return all(0 <= s < extent for s, extent in zip(starts, layer.data.shape, strict=False))


def _placed(layer: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the first pixel lies in the world, and how far one step along each axis is."""
    inside = np.vstack([np.zeros(layer.ndim), np.eye(layer.ndim)])
    corner, *ends = (np.asarray(layer.data_to_world(row)) for row in inside)  # type: ignore[no-untyped-call]
    return corner, np.subtract(ends, corner)


def _placement(
    viewer: napari.viewer.Viewer,
    layer: Image,
    corner: NDArray[np.float64],
    steps: NDArray[np.float64],
    index: Index,
    axes: tuple[int, int],
) -> tuple[tuple[float, float], tuple[float, float], tuple[bool, bool]]:
    """Return origin and spacing on screen, and whether rows and columns run the other way."""
    places = [(p.start or 0) if isinstance(p, slice) else p for p in index]
    start = corner + np.asarray(places, float) @ steps
    ways = camera_of(viewer).orientation2d
    origin, spacing, flips = [], [], []
    for number, axis in enumerate(axes):
        step = float(steps[axis, axis])
        aside = np.delete(steps[axis], axis)
        if np.abs(aside).max(initial=0) > _STRAIGHT * max(abs(step), 1):
            raise NoPictureError("The layer is turned in the view: reset its transform first.")
        first = float(start[axis])
        last = first + step * (layer.data.shape[axis] - 1)
        against = str(ways[number]) == ("up", "left")[number]
        # Seen from the other side the world counts backwards.
        origin.append(-max(first, last) if against else min(first, last))
        spacing.append(abs(step))
        flips.append((step < 0) ^ against)
    return (origin[0], origin[1]), (spacing[0], spacing[1]), (flips[0], flips[1])
