"""From what the viewer shows to plain data that a picture can be rendered from.

The pixels are those of the layer's array; the canvas, with its overlays and names, is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """Return what the viewer shows of a layer, as plain data, the way up that it stands on screen.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Its sliders, the order of its axes, and which way its camera looks count.
    layer : Image
        In the picture.
    kept : ndarray of bool, optional
        (rows, columns) of its frames: pixels that may be seen. Only for views of whole frames.

    Raises
    ------
    NoPictureError
        When the layer is turned or sheared in the view.

    Notes
    -----
    Reads the slice if it is not cached, and the whole stack for a cut across slices.
    """
    index = index_in_view(viewer, layer)
    before = viewer.dims.ndim - layer.ndim
    axes = [axis - before for axis in viewer.dims.displayed]
    values = np.asarray(layer.data[index])
    # Axes stand in the order of the array, and rows and columns in that of the display.
    turned = axes[0] > axes[1]
    values = _upright(values, turned=turned)
    if kept is not None:
        kept = _upright(kept, turned=turned) if _shows_frames(layer, axes) else None
    corner, steps = _placed(layer, index, axes)
    flips = [step < 0 for step in steps]
    downwards, rightwards = viewer.scene.camera.orientation2d
    origin = []
    for number, (start, step, size) in enumerate(zip(corner, steps, values.shape, strict=False)):
        end = start + step * (size - 1)
        against = (str(downwards) == "up", str(rightwards) == "left")[number]
        # Seen from the other side the world counts backwards.
        origin.append(-max(start, end) if against else min(start, end))
        flips[number] ^= against
    values = _flipped(values, flips)
    grey = is_windowed(layer)
    low, high = (float(limit) for limit in layer.contrast_limits) if grey else (0.0, 255.0)
    return Painted(
        values=values,
        spacing=(abs(steps[0]), abs(steps[1])),
        origin=(origin[0], origin[1]),
        limits=(low, high),
        colours=layer.colormap.map if grey else None,
        gamma=float(layer.gamma) if grey else 1.0,
        opacity=float(layer.opacity),
        blending=str(layer.blending),
        kept=None if kept is None else _flipped(kept, flips),
    )


def _shows_frames(layer: Image, axes: Sequence[int]) -> bool:
    """Whether the view is of rows and columns, not a cut across slices."""
    return sorted(axes) == [layer.ndim - 2, layer.ndim - 1]


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


def _upright(values: NDArray[Any], *, turned: bool) -> NDArray[Any]:
    return values.swapaxes(0, 1) if turned else values


def _flipped(values: NDArray[Any], flips: Sequence[bool]) -> NDArray[Any]:
    for axis, flip in enumerate(flips):
        if flip:
            values = np.flip(values, axis)
    return values
