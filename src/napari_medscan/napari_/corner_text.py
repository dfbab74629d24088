"""Series, slice, position, window and zoom in the corners of the canvas; warnings beside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import napari.viewer
import numpy as np
from napari.qt.threading import create_worker
from qtpy.QtCore import Qt
from qtpy.QtGui import QFont, QFontMetricsF

from napari_medscan.dicom import Stack
from napari_medscan.dicom.headers.identity import read_identity
from napari_medscan.dicom.series.orientation import (
    axis_vectors,
    patient_point,
    plane_text,
    slice_position,
)
from napari_medscan.dicom.series.presets import display_scale
from napari_medscan.napari_.canvas_text import CanvasText, is_grid
from napari_medscan.napari_.compat.viewer_model import canvas_size
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.series_text import first_sentence
from napari_medscan.napari_.session import record
from napari_medscan.napari_.snapshot import take_snapshot
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.render.snapshot import Index, Snapshot

_BESIDE_LETTER = 30
"""Pixels between the end of a line and the middle of the canvas, with those before its start."""
_LEAST_WIDTH = 70
"""Pixels below which hardly a word fits, in a narrow pane; warnings are shown all the same."""
_STUDY_WIDTH = 220
"""Half of a canvas on which the name of a study does not break into many lines."""
_MOST_WARNINGS = 2
"""Warnings of a series on the canvas, which has to show the image."""
_FONT_PIXELS = 18
"""Of a text of 10 points, which vispy takes for 10 * 96 / 72 points of 1/72 inch at 96 dpi."""

SLABS = {"max": "MIP", "min": "MinIP", "mean": "Average"}
"""Names of napari's projections."""
_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS | Change.LOOK

if TYPE_CHECKING:
    from napari_medscan.dicom.headers.header import ImageHeader


def name_lines(snapshot: Snapshot) -> list[str]:
    """Return the name of a series, and of its study if several are open."""
    return [*filter(None, (snapshot.name, record.study_title(snapshot.stack.origin)))]


def place_lines(snapshot: Snapshot) -> list[str]:
    """Return slice i of n with its position, slab and time point."""
    stack, index = snapshot.stack, snapshot.index
    lines: list[str] = []
    if not snapshot.is_inside:
        return ["Outside this series"]
    shape = stack.array.shape
    spatial = len(index) - 3
    for along, (place, extent) in enumerate(zip(index[spatial:], shape[spatial:], strict=False)):
        if not isinstance(place, slice) and extent > 1:
            lines.append(f"Slice {place + 1}/{extent}{_position(stack, index, along)}")
            if snapshot.projection in SLABS:
                unit = "mm" if stack.geometry.calibrated else "pixels"
                lines.append(
                    f"{SLABS[snapshot.projection]} {_short(snapshot.slab, snapshot.slab)} {unit}"
                )
    if stack.axes[0] == "t" and not isinstance(index[0], slice):
        lines.append(_time_line(stack, index[0], shape[0]))
    return lines


def window_lines(snapshot: Snapshot) -> list[str]:
    """Return width and level of the window, and the zoom against the acquired pixel."""
    lines = []
    if snapshot.level is not None and snapshot.width is not None:
        factor, unit = display_scale(snapshot.stack)
        width, level = snapshot.width * factor, snapshot.level * factor
        lines.append(f"W {_short(width, width)} · L {_short(level, width)} {unit}".rstrip())
    if not snapshot.is_3d:
        lines.append(f"{100 * snapshot.zoom:.0f}%")
    return lines


def slice_warnings(snapshot: Snapshot) -> list[str]:
    """Return what is wrong with the slice in view: not decoded, or not there."""
    if snapshot.is_3d or len(snapshot.index) < 3:
        return []
    number = snapshot.number
    if number is not None:
        why = snapshot.stack.problems.get(number)
        return [] if why is None else [f"This slice is blank: {why}"]
    place = snapshot.index[-3]
    if isinstance(place, slice) or not snapshot.is_inside:
        return []
    return _gap(snapshot.stack, place)


def warning_lines(snapshot: Snapshot) -> list[str]:
    """Return what is wrong with the slice in view, then what holds for the whole series."""
    warnings = list(map(first_sentence, snapshot.stack.warnings))
    hidden = len(warnings) - _MOST_WARNINGS
    if hidden > 0:
        # The Series tab lists all of them.
        warnings[_MOST_WARNINGS:] = [f"+{hidden} more"]
    return [*slice_warnings(snapshot), *warnings]


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
    """Texts that follow the current series and the view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to write them.
    names_series : bool
        Whether the name of the series is one of them; panes that show planes of one need it once.
    """

    def __init__(self, viewer: napari.viewer.Viewer, *, names_series: bool = True) -> None:
        self._viewer = viewer
        self.names_series = names_series
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
        # The cells of a grid show other series, which the text would seem to be about.
        snapshot = None if is_grid(self._viewer) else take_snapshot(self._viewer)
        for text, lines in (
            (self._place, self._place_lines),
            (self._warning, warning_lines),
            (self._window, window_lines),
        ):
            texts = [] if snapshot is None else lines(snapshot)
            # The letters of the orientation stand amid the edges.
            half = canvas_size(self._viewer)[1] / 2 - _BESIDE_LETTER
            if half < _LEAST_WIDTH and lines is not warning_lines:
                texts = []
            text.show("\n".join(fitted(texts, half)))

    def _place_lines(self, snapshot: Snapshot) -> list[str]:
        names = name_lines(snapshot) if self.names_series else []
        if canvas_size(self._viewer)[1] / 2 < _STUDY_WIDTH:
            del names[1:]
        return [*names, *place_lines(snapshot)]


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
        self._header: ImageHeader | None = None
        self._subscription = watch(viewer, self._update, _CHANGES, before_paint=True)
        self._update()

    def release(self) -> None:
        """Take it off the canvas and forget it."""
        self._subscription.release()
        self._header = None
        self._text.release()

    def _update(self) -> None:
        layer = None if is_grid(self._viewer) else current_layer(self._viewer)
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

    def _show(self, found: tuple[ImageHeader, tuple[str, ...]]) -> None:
        header, lines = found
        if header is self._header:
            self._text.show("\n".join(lines))


def _read(header: ImageHeader) -> tuple[ImageHeader, tuple[str, ...]]:
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


def _time_line(stack: Stack, number: int, volumes: int) -> str:
    """Return "Time point 2/5 · 12.5 s", "b-value 2/5 · 1000 s/mm²" or "Frame 2/5"."""
    axis = stack.axis_values
    if axis is None or stack.is_clip:
        return f"{'Frame' if stack.dimension == 'frame' else 'Time point'} {number + 1}/{volumes}"
    name = "Time point" if axis.name == "Time" else axis.name
    line = f"{name} {number + 1}/{volumes}"
    has_value = bool(axis.unit) or isinstance(axis.values, tuple)
    return f"{line} · {axis.text(number).replace('mm2', 'mm²')}" if has_value else line


def _gap(stack: Stack, place: int) -> list[str]:
    """Return how many slices are missing in the gap at a place along z."""
    missing = set(stack.geometry.missing)
    if stack.geometry.missing_are_empty:
        missing = set()
    if place not in missing and not stack.holes:
        return []
    # A slice that is not missing at all time points is missing at this one.
    first = last = place
    while first - 1 in missing:
        first -= 1
    while last + 1 in missing:
        last += 1
    count = last - first + 1
    return ["1 slice missing here" if count == 1 else f"{count} slices missing here"]


def _short(value: float, scale: float) -> str:
    """Return a number with the decimals that matter for a window or slab as wide as `scale`."""
    digits = max(0, 1 - math.floor(math.log10(max(abs(scale), 1e-12) / 5)))
    # Plus 0: what rounds to nothing is written without a minus.
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
