"""Series, slice, position, window and zoom in the corners of the canvas; warnings beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari.viewer
import numpy as np
from napari.qt.threading import create_worker
from qtpy.QtCore import Qt
from qtpy.QtGui import QFont, QFontMetricsF

from napari_medscan.dicom import Stack
from napari_medscan.dicom.identity import read_identity
from napari_medscan.dicom.orientation import axis_vectors, patient_point, plane_text, slice_position
from napari_medscan.dicom.presets import display_scale
from napari_medscan.napari_.canvas_text import CanvasText
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.slider_index import Index, index_in_view, slice_in_view
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.napari_.windowing import center_width

_BESIDE_LETTER = 30
"""Pixels between the end of a line and the middle of the canvas, with those before its start."""
_FONT_PIXELS = 18
"""Of a text of 10 points, which vispy takes for 10 * 96 / 72 points of 1/72 inch at 96 dpi."""

_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS | Change.LOOK

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_medscan.dicom.header import Header


def place_lines(viewer: napari.viewer.Viewer, layer: Image) -> list[str]:
    """Return name, slice i of n with its position, and time point of what a layer shows."""
    stack = stack_of(layer)
    if stack is None:
        return []
    lines = [layer.name]
    index, shape = index_in_view(viewer, layer), layer.data.shape
    for axis in range(layer.ndim - 3, layer.ndim):
        place = index[axis]
        if not isinstance(place, slice) and shape[axis] > 1:
            along = axis - (layer.ndim - 3)
            lines.append(f"Slice {_nth(place, shape[axis])}{_position(stack, index, along)}")
    if stack.axes[0] == "t" and not isinstance(index[0], slice):
        what = "Frame" if stack.dimension == "frame" else "Time"
        lines.append(f"{what} {_nth(index[0], shape[0])}")
    return lines


def window_lines(viewer: napari.viewer.Viewer, layer: Image) -> list[str]:
    """Return width and centre of the window, and the zoom against the acquired pixel."""
    stack = stack_of(layer)
    lines = []
    if not layer.rgb:
        factor, unit = (1.0, "") if stack is None else display_scale(stack)
        center, width = (number * factor for number in center_width(layer))
        lines.append(f"W {_short(width)} · C {_short(center)} {unit}".rstrip())
    if viewer.dims.ndisplay == 2:
        pixel = abs(float(layer.scale[-1]))
        lines.append(f"Zoom {100 * viewer.scene.camera.zoom * pixel:.0f} %")
    return lines


def slice_warnings(viewer: napari.viewer.Viewer, layer: Image) -> list[str]:
    """Return what is wrong with the slice in view: not decoded, or not there."""
    stack = stack_of(layer)
    if stack is None or viewer.dims.ndisplay == 3 or layer.ndim < 3:
        return []
    number = slice_in_view(viewer, layer)
    if number is not None:
        why = stack.problems.get(number)
        return [] if why is None else [f"This slice cannot be read: {why}"]
    place = index_in_view(viewer, layer)[-3]
    return [] if isinstance(place, slice) else _gap(stack, place)


def fitted(lines: list[str], width: float) -> list[str]:
    """Break lines, and cut words short, so that none is wider than asked.

    At the dots where that is enough, so that a number keeps its unit; else between words.

    Parameters
    ----------
    lines : list of str
        Texts of the corners.
    width : float
        In pixels of the canvas.
    """
    font = QFont()
    font.setPixelSize(_FONT_PIXELS)
    metrics = QFontMetricsF(font)
    found: list[str] = []
    for line in lines:
        text = ""
        words: list[str] = []
        for part in line.split(" · "):
            fits = metrics.horizontalAdvance(part) <= width
            words += ["·", part] if fits else ["·", *part.split()]
        for word in words[1:]:
            longer = f"{text} {word}" if text else word
            if text and metrics.horizontalAdvance(longer) > width:
                found.append(text.removesuffix(" ·"))
                longer = "" if word == "·" else word
            text = metrics.elidedText(longer, Qt.TextElideMode.ElideRight, width)
        found.append(text)
    return found


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
        self._warning = CanvasText(viewer, "medscan_warning", "top_right", warning=True)
        self._window = CanvasText(viewer, "medscan_window", "bottom_left")
        self._subscription = watch(viewer, self._update, _CHANGES, before_paint=True)
        self._update()

    def release(self) -> None:
        """Take them off the canvas."""
        self._subscription.release()
        for text in (self._place, self._warning, self._window):
            text.release()

    def _update(self) -> None:
        layer = current_layer(self._viewer)
        for text, lines in (
            (self._place, place_lines),
            (self._warning, slice_warnings),
            (self._window, window_lines),
        ):
            told = [] if layer is None else lines(self._viewer, layer)
            # The letters of the orientation stand amid the edges.
            half = self._viewer.canvas.size[1] / 2 - _BESIDE_LETTER
            text.show("\n".join(fitted(told, half)))


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
        self._subscription = watch(viewer, self._update, _CHANGES, before_paint=True)
        self._update()

    def release(self) -> None:
        """Take it off the canvas and forget it."""
        self._subscription.release()
        self._header = None
        self._text.release()

    def _update(self) -> None:
        layer = current_layer(self._viewer)
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


def _position(stack: Stack, index: Index, along: int) -> str:
    """Return where the slice in view lies: " · S 102.4 mm", '' when it is unknown."""
    vectors = axis_vectors(stack.geometry)
    if vectors is None:
        return ""
    # The slices' own plane, and its own position: a tilted gantry stacks them along another line.
    normal = np.cross(*np.delete(vectors, along, axis=0))
    # Any point of the plane will do.
    places = [0 if isinstance(place, slice) else place for place in index]
    point = slice_position(stack, places) if along == 0 else None
    if point is None:
        point = patient_point(stack, places)
    return "" if point is None else f" · {plane_text(normal, point)}"


def _nth(place: int, count: int) -> str:
    return f"{min(max(place, 0), count - 1) + 1}/{count}"


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
