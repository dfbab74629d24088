"""Series, slice, position, window and zoom in the corners of the canvas; warnings beside them."""

from __future__ import annotations

import napari.viewer
from qtpy.QtCore import Qt
from qtpy.QtGui import QFont, QFontMetricsF

from napari_medscan.napari_.canvas_text import CanvasText, is_grid, is_small_canvas
from napari_medscan.napari_.compat.canvas_label import PIXELS_PER_POINT
from napari_medscan.napari_.compat.viewer_model import canvas_size
from napari_medscan.napari_.corner_lines import (
    beside_lines,
    name_lines,
    place_lines,
    warning_lines,
    window_lines,
)
from napari_medscan.napari_.current_layer import current_layer, placed_layer
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.fusion import seen_together
from napari_medscan.napari_.session import record
from napari_medscan.napari_.snapshot import take_snapshot
from napari_medscan.napari_.viewer_watch import Change, watch

_BESIDE_LETTER, _BESIDE_LETTER_SMALL = 30, 20
"""Pixels between the end of a line and the middle of the canvas, with those before its start."""
_LEAST_WIDTH = 40
"""Pixels below which hardly a word fits, in a narrow pane; warnings are shown all the same."""
_STUDY_WIDTH = 220
"""Half of a canvas on which the name of a study does not break into many lines."""
_POINTS, _SMALL_POINTS = 10.0, 7.0
"""Whole numbers: napari measures the box of a text in whole points."""
_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS | Change.LOOK


def fitted(lines: list[str], width: float, points: float = _POINTS) -> list[str]:
    """Break lines, and cut words short, so that none is wider than asked.

    At the dots where that is enough, so that a number keeps its unit; else between words.

    Parameters
    ----------
    lines : list of str
        Texts of the corners.
    width : float
        In pixels of the canvas.
    points : float
        Size of the font.
    """
    metrics = _metrics(points)
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


def small_lines(names: list[str], facts: list[str], width: float) -> list[str]:
    """Return each part of some lines on a line of its own, as they are written on a small canvas.

    Names are cut short. Facts are whole or left out: "L 202.5" cut short is another number.

    Parameters
    ----------
    names, facts : list of str
        Lines, whose parts are separated by dots.
    width : float
        In pixels of the canvas.
    """
    metrics = _metrics(_SMALL_POINTS)
    right = Qt.TextElideMode.ElideRight
    name_parts = [part for line in names for part in line.split(" · ")]
    parts = [part for line in facts for part in line.split(" · ")]
    return [
        *(metrics.elidedText(part, right, width) for part in name_parts),
        *(part for part in parts if metrics.horizontalAdvance(part) <= width),
    ]


def short_names(names: list[str]) -> list[str]:
    """Return the names of a series and of its study, short enough for a small canvas.

    Where the study tells more than the description, modality and number stand for the series:
    "CT 2", "−5 months".
    """
    if len(names) < 2:
        return names
    series, study = names
    number = series.partition(" · ")[0]
    parts = [
        f"−{part.removesuffix(' before')}" if part.endswith(" before") else part
        for part in study.split(" · ")
    ]
    return [number, *parts]


def _metrics(points: float) -> QFontMetricsF:
    font = QFont()
    font.setPixelSize(round(PIXELS_PER_POINT * points))
    return QFontMetricsF(font)


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
        # What tells the study of a series from the others changes when another one is found.
        self._on_record = guarded(self._update)
        record.changed.connect(self._on_record)
        self._update()

    def release(self) -> None:
        """Take them off the canvas."""
        self._subscription.release()
        record.changed.disconnect(self._on_record, missing_ok=True)
        for text in (self._place, self._warning, self._window):
            text.release()

    def _update(self) -> None:
        # The cells of a grid show other series, which the text would seem to be about.
        shown = None if is_grid(self._viewer) else placed_layer(self._viewer)
        snapshot = None if shown is None else take_snapshot(self._viewer, shown)
        width = canvas_size(self._viewer)[1]
        # Other lines would break into many.
        small = is_small_canvas(self._viewer)
        # The letters of the orientation stand amid the edges.
        half = width / 2 - (_BESIDE_LETTER_SMALL if small else _BESIDE_LETTER)
        names, place, window, warnings = [], [], [], []
        if snapshot is not None:
            warnings = warning_lines(snapshot)
        if snapshot is not None and half >= _LEAST_WIDTH:
            brief = bool(width / 2 < _STUDY_WIDTH)
            names = name_lines(snapshot, brief=brief) if self.names_series else []
            current = current_layer(self._viewer)
            if self.names_series and current is not None and not small:
                names += beside_lines(x.name for x in seen_together(self._viewer, current))
            place, window = place_lines(snapshot, short=small), window_lines(snapshot)
        points = _SMALL_POINTS if small else _POINTS
        for text in (self._place, self._window, self._warning):
            text.font_size = points
        for text, heads, facts in ((self._place, names, place), (self._window, [], window)):
            if small:
                lines = small_lines(short_names(heads), facts, half)
            else:
                lines = fitted([*heads, *facts], half)
            text.show("\n".join(lines))
        # A warning is read to its end.
        self._warning.show("\n".join(fitted(warnings, half, points)))
