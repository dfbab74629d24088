"""From what the viewer shows to plain data that a picture can be rendered from.

The pixels are those of the layer's array; the canvas, with its overlays and names, is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import napari.viewer
import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_medscan.dicom.header import Header
from napari_medscan.napari_.layers import stack_of
from napari_medscan.napari_.leading import layer_in_picture
from napari_medscan.napari_.shown import index_in_view, is_inside, shown_slice
from napari_medscan.napari_.windowing import is_windowed
from napari_medscan.privacy.painting import Painted

_STRAIGHT = 1e-9
_PROJECTIONS: dict[str, Callable[..., NDArray[Any]]] = {
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "sum": np.sum,
}
"""What napari shows of the slices of a slab, by `Image.projection_mode`; "none" is one slice."""


class NoPictureError(Exception):
    """There is nothing to render; the text says why, for the user."""


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
            "The view is 3-D: a picture is of one slice. A surface can show a face. Switch to 2-D."
        )
    leading = layer_in_picture(viewer)
    if leading is None:
        raise NoPictureError("Open a study and show a slice of it: there is no picture yet.")
    if not blended:
        return [leading]
    chosen = [
        layer
        for layer in viewer.layers
        if layer in viewer.layers.selection
        and isinstance(layer, Image)
        and layer.visible
        and stack_of(layer) is not None
        and is_inside(index_in_view(viewer, layer), layer.data.shape)
    ]
    return chosen or [leading]


def header_in_picture(viewer: napari.viewer.Viewer, layer: Image) -> Header | None:
    """Return the header of the file whose frame is on screen; of any slice in a cut across them."""
    stack = stack_of(layer)
    if stack is None:
        return None
    number = shown_slice(viewer, layer)
    return stack.slices[stack.typical if number is None else number].header


def painted(
    viewer: napari.viewer.Viewer, layer: Image, kept: NDArray[np.bool_] | None = None
) -> Painted:
    """Return what the viewer shows of a layer, read at once; as `paintable`."""
    return paintable(viewer, layer, kept)()


def paintable(
    viewer: napari.viewer.Viewer, layer: Image, kept: NDArray[np.bool_] | None = None
) -> Callable[[], Painted]:
    """Return what reads what the viewer shows of a layer, the way up that it stands on screen.

    What it will read is settled now; the reading may take its time, and be done in a thread: the
    whole stack for a cut across slices, which napari holds then.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its sliders, slabs, the order of its axes, and which way its camera looks count.
    layer : Image
        In the picture.
    kept : ndarray of bool, optional
        (rows, columns) of its frames: pixels that may be seen. A pixel of a cut or a slab may be
        seen when all that it is made of may.

    Raises
    ------
    NoPictureError
        When the layer is turned or sheared in the view, or the view is along axes that it lacks.
    """
    index = index_in_view(viewer, layer)
    before = viewer.dims.ndim - layer.ndim
    axes = [axis - before for axis in viewer.dims.displayed]
    if min(axes) < 0:
        raise NoPictureError("The layer has no such cut: show its slices, as they were acquired.")
    data = layer.data
    origin, spacing, flips = _placement(viewer, layer, index, axes)
    grey = is_windowed(layer)
    low, high = (float(limit) for limit in layer.contrast_limits) if grey else (0.0, 255.0)
    made = partial(
        Painted,
        spacing=spacing,
        origin=origin,
        limits=(low, high),
        colours=layer.colormap.map if grey else None,
        gamma=float(layer.gamma) if grey else 1.0,
        opacity=float(layer.opacity),
        blending=str(layer.blending),
    )
    project = _PROJECTIONS.get(str(layer.projection_mode))
    if project is not None:
        index = _slab(viewer, layer, axes)
    across = tuple(axis for axis in range(layer.ndim) if axis not in axes)
    stands = partial(_as_displayed, turned=axes[0] > axes[1], flips=flips)

    def read() -> Painted:
        values = np.asarray(data[index])
        seen = None if kept is None else np.broadcast_to(kept, data.shape[: layer.ndim])[index]
        if project is not None:
            values = project(values, axis=across)
            seen = None if seen is None else np.all(seen, axis=across)
        return made(values=stands(values), kept=None if seen is None else stands(seen))

    return read


def _slab(
    viewer: napari.viewer.Viewer, layer: Image, axes: Sequence[int]
) -> tuple[int | slice, ...]:
    """Return the index of the slices that napari projects into one picture, by its rounding."""
    point = np.array(viewer.dims.point)
    starts, ends = (
        layer.world_to_data(place)
        for place in (point - viewer.dims.margin_left, point + viewer.dims.margin_right)
    )
    index: list[int | slice] = []
    for axis, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if axis in axes:
            index.append(slice(None))
            continue
        low, high = max(round(float(start)), 0), max(round(float(end)), 0)
        if np.isclose(high, end):
            high += 1
        index.append(slice(low, max(high, low + 1)))
    return tuple(index)


def _placement(
    viewer: napari.viewer.Viewer,
    layer: Image,
    index: tuple[int | slice, ...],
    axes: Sequence[int],
) -> tuple[tuple[float, float], tuple[float, float], list[bool]]:
    """Return origin and spacing on screen, and whether rows and columns run the other way."""
    corner, steps = _placed(layer, index, axes)
    flips = [step < 0 for step in steps]
    ways = viewer.scene.camera.orientation2d
    origin = []
    for number, (start, step, axis) in enumerate(zip(corner, steps, axes, strict=True)):
        end = start + step * (layer.data.shape[axis] - 1)
        against = str(ways[number]) == ("up", "left")[number]
        # Seen from the other side the world counts backwards.
        origin.append(-max(start, end) if against else min(start, end))
        flips[number] ^= against
    return (origin[0], origin[1]), (abs(steps[0]), abs(steps[1])), flips


def _placed(
    layer: Image, index: tuple[int | slice, ...], axes: Sequence[int]
) -> tuple[list[float], list[float]]:
    """Return where the first pixel lies in the world, and how far the next row and column are."""
    first = np.array([0 if isinstance(place, slice) else place for place in index], dtype=float)
    corner = np.asarray(layer.data_to_world(first))  # type: ignore[no-untyped-call]
    steps = []
    for axis in axes:
        onwards = first.copy()
        onwards[axis] += 1
        moved = np.asarray(layer.data_to_world(onwards)) - corner  # type: ignore[no-untyped-call]
        aside = np.delete(moved, axis)
        if np.abs(aside).max(initial=0) > _STRAIGHT * max(abs(moved[axis]), 1):
            raise NoPictureError("The layer is turned in the view: reset its transform first.")
        steps.append(float(moved[axis]))
    return [float(corner[axis]) for axis in axes], steps


def _as_displayed(values: NDArray[Any], *, turned: bool, flips: Sequence[bool]) -> NDArray[Any]:
    """Return pixels in the order of the display: the array has its own axes and directions."""
    if turned:
        values = values.swapaxes(0, 1)
    for axis, flip in enumerate(flips):
        if flip:
            values = np.flip(values, axis)
    return values
