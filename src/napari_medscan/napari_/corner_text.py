"""Series, slice, position, window and zoom in the corners of the canvas; warnings beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari.viewer
import numpy as np
from napari.qt.threading import create_worker

from napari_medscan.dicom import Stack
from napari_medscan.dicom.identity import read_identity
from napari_medscan.dicom.orientation import axis_vectors, patient_point, plane_text, slice_position
from napari_medscan.napari_.canvas_text import CanvasText
from napari_medscan.napari_.layers import stack_of
from napari_medscan.napari_.leading import LeadFollower, layer_in_picture
from napari_medscan.napari_.shown import shown_slice
from napari_medscan.napari_.windowing import center_width

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_medscan.dicom.header import Header


def place_lines(viewer: napari.viewer.Viewer, layer: Image) -> list[str]:
    """Return name, slice i of n with its position, and time point of what a layer shows."""
    stack = stack_of(layer)
    if stack is None:
        return []
    lines = [layer.name]
    index = _index(viewer, layer)
    axis = _cut_axis(viewer, layer)
    if axis is not None and layer.data.shape[axis] > 1:
        lines.append(_slice_line(layer, stack, index, axis))
    if stack.axes[0] == "t" and layer.ndim - viewer.dims.ndisplay > 0:
        what = {"": "time", "frame": "frame"}.get(stack.dimension, "time")
        lines.append(f"{what.capitalize()} {_nth(index[0], layer.data.shape[0])}")
    return lines


def window_lines(viewer: napari.viewer.Viewer, layer: Image) -> list[str]:
    """Return width and centre of the window, and the zoom against the acquired pixel."""
    stack = stack_of(layer)
    lines = []
    if not layer.rgb:
        center, width = center_width(layer)
        unit = f" {stack.unit}" if stack is not None and stack.unit else ""
        lines.append(f"W {_short(width)} · C {_short(center)}{unit}")
    if viewer.dims.ndisplay == 2:
        pixel = abs(float(layer.scale[-1]))
        lines.append(f"Zoom {100 * viewer.scene.camera.zoom * pixel:.0f} %")
    return lines


def slice_warnings(viewer: napari.viewer.Viewer, layer: Image) -> list[str]:
    """Return what is wrong with the slice in view: not decoded, or not there."""
    stack = stack_of(layer)
    if stack is None or viewer.dims.ndisplay == 3:
        return []
    number = shown_slice(viewer, layer)
    if number is not None:
        why = stack.problems.get(number)
        return [] if why is None else [f"Frame could not be decoded: {why}"]
    if _cut_axis(viewer, layer) != len(stack.array.places.shape) - 1:
        return []
    return _gap(stack, round(_index(viewer, layer)[-3]))


class CornerText:
    """Texts that follow the leading layer and the view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to write them.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._place = CanvasText(viewer, "medscan_place", "top_left")
        self._warning = CanvasText(viewer, "medscan_warning", "top_left", warning=True)
        self._window = CanvasText(viewer, "medscan_window", "bottom_left")
        self._follower = LeadFollower(viewer, self._update)

    def release(self) -> None:
        """Take them off the canvas."""
        self._follower.release()
        for text in (self._place, self._warning, self._window):
            text.release()

    def _update(self) -> None:
        layer = layer_in_picture(self._viewer)
        for text, lines in (
            (self._place, place_lines),
            (self._warning, slice_warnings),
            (self._window, window_lines),
        ):
            text.show("" if layer is None else "\n".join(lines(self._viewer, layer)))


class IdentityText:
    """Name, ID and birth date of the patient in a corner, for as long as this exists.

    They are read from the file in a thread, kept in memory only, and shown on the canvas only.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to write them.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._text = CanvasText(viewer, "medscan_identity", "top_right")
        self._header: Header | None = None
        self._follower = LeadFollower(viewer, self._update)

    def release(self) -> None:
        """Take it off the canvas and forget it."""
        self._follower.release()
        self._header = None
        self._text.release()

    def _update(self) -> None:
        layer = layer_in_picture(self._viewer)
        stack = None if layer is None else stack_of(layer)
        header = None if stack is None else stack.header
        if header is self._header:
            return
        # Never the name of one patient over the picture of another.
        self._header = header
        self._text.show("")
        if header is not None:
            # napari's annotation only knows plain functions by their runtime class.
            worker = create_worker(_read, header)  # type: ignore[arg-type]
            worker.returned.connect(self._show)
            worker.start()

    def _show(self, found: tuple[Header, tuple[str, ...]]) -> None:
        header, lines = found
        if header is self._header:
            self._text.show("\n".join(lines))


def _read(header: Header) -> tuple[Header, tuple[str, ...]]:
    return header, read_identity(header)


def _index(viewer: napari.viewer.Viewer, layer: Image) -> list[float]:
    """Return the array index at which the sliders stand."""
    return [float(i) for i in layer.world_to_data(viewer.dims.point)]


def _cut_axis(viewer: napari.viewer.Viewer, layer: Image) -> int | None:
    """Return the layer's axis of space that the view cuts across, None in 3-D."""
    if viewer.dims.ndisplay == 3 or layer.ndim < 3:
        return None
    before = viewer.dims.ndim - layer.ndim
    axis = viewer.dims.order[-3] - before
    return axis if axis >= layer.ndim - 3 else None


def _slice_line(layer: Image, stack: Stack, index: list[float], axis: int) -> str:
    line = f"Slice {_nth(index[axis], layer.data.shape[axis])}"
    vectors = axis_vectors(stack.geometry)
    if vectors is None:
        return line
    along = axis - (layer.ndim - 3)
    # The slices' own plane, and its own position: a tilted gantry stacks them along another line.
    normal = np.cross(*np.delete(vectors, along, axis=0))
    point = slice_position(stack, index) if along == 0 else None
    if point is None:
        point = patient_point(stack, [round(i) for i in index])
    return line if point is None else f"{line} · {plane_text(normal, point)}"


def _nth(index: float, count: int) -> str:
    return f"{min(max(round(index), 0), count - 1) + 1}/{count}"


def _gap(stack: Stack, place: int) -> list[str]:
    """Return how many slices are missing in the gap at a place along z."""
    missing = set(stack.geometry.missing)
    if place not in missing:
        return []
    first = last = place
    while first - 1 in missing:
        first -= 1
    while last + 1 in missing:
        last += 1
    count = last - first + 1
    return ["1 slice missing here" if count == 1 else f"{count} slices missing here"]


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
