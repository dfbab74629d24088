"""Scout lines, and the crosshair, on the canvases of an arrangement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.panes.canvas_lines import Line
from napari_medscan.napari_.panes.canvas_plane import CanvasPlane, plane_on
from napari_medscan.napari_.panes.pane import Pane
from napari_medscan.napari_.panes.position_link import slider_axis
from napari_medscan.napari_.viewer_watch import Change, watch

_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS
_MARK = "#ffb347"
_ARM = 14
"""Pixels from the middle of a mark to the end of its arms."""
_GAP = 4
"""Pixels around the middle that stay free: what is pointed at has to be seen."""


class ReferenceLines:
    """Draws where the slice of each pane cuts the others, and marks one place in the patient.

    Slices whose series share no frame of reference, and parallel ones, have no line.

    Parameters
    ----------
    panes : list of Pane
        The panes.
    crosshair : callable
        Returns the lines of a crosshair on a pane; none to have scout lines there.
    """

    def __init__(self, panes: list[Pane], crosshair: Callable[[Pane], tuple[Line, ...]]) -> None:
        self.has_scouts = True
        self.is_paused = False
        self.mark: NDArray[np.float64] | None = None
        """The place in the patient that is marked; LPS, mm."""
        self.marked: Pane | None = None
        """The pane in which it was chosen: others show it if they share its frame of reference."""
        self._panes = panes
        self._crosshair = crosshair
        self._subscriptions = [
            watch(pane.viewer, self.draw, _CHANGES, before_paint=True) for pane in panes
        ]

    def release(self) -> None:
        """Take the lines off all canvases."""
        for subscription in self._subscriptions:
            subscription.release()
        for pane in self._panes:
            pane.lines.draw(())

    def draw(self) -> None:
        """Draw the lines for the slices as they are now."""
        if self.is_paused:
            for pane in self._panes:
                pane.lines.draw(())
            return
        planes = {pane: plane_on(pane.viewer, pane.layer) for pane in self._panes}
        for pane in self._panes:
            lines = self._crosshair(pane)
            if not lines and self.has_scouts:
                lines = self._scouts(pane, planes)
            pane.lines.draw(lines + self._mark_on(pane, planes[pane]))

    def _scouts(self, pane: Pane, planes: dict[Pane, CanvasPlane | None]) -> tuple[Line, ...]:
        plane = planes[pane]
        lines = []
        for other, cutting in planes.items():
            if other is pane or plane is None or cutting is None or not _share(pane, other):
                continue
            segment = plane.cut_by(cutting)
            if segment is not None:
                lines.append(Line(segment, other.color, is_dashed=True))
        return tuple(lines)

    def _mark_on(self, pane: Pane, plane: CanvasPlane | None) -> tuple[Line, ...]:
        """Return a cross at the marked place if the slice on a pane is the nearest to it."""
        stack = stack_of(pane.layer)
        if self.mark is None or self.marked is None or plane is None or stack is None:
            return ()
        if pane is not self.marked and not _share(pane, self.marked):
            return ()
        x, y, distance = plane.project(self.mark)
        left, top, right, bottom = plane.image
        across = slider_axis(pane.viewer)
        step = 0.0 if across is None else stack.geometry.spacing[across - pane.viewer.dims.ndim]
        if abs(distance) > step / 2 + 1e-3:
            return ()
        if not (left <= x <= right and top <= y <= bottom):
            return ()
        return cross(x, y, (_MARK, _MARK), (x - _ARM, y - _ARM, x + _ARM, y + _ARM))


def cross(
    x: float, y: float, colors: tuple[str, str], ends: tuple[float, float, float, float]
) -> tuple[Line, ...]:
    """Return the four arms of a cross, which is open in the middle.

    Parameters
    ----------
    x, y : float
        The middle; pixels of the canvas.
    colors : tuple of str
        Of the vertical and of the horizontal arms.
    ends : tuple of float
        Where they end: left, top, right, bottom.
    """
    left, top, right, bottom = ends
    vertical, horizontal = colors
    return (
        Line((x, top, x, y - _GAP), vertical),
        Line((x, y + _GAP, x, bottom), vertical),
        Line((left, y, x - _GAP, y), horizontal),
        Line((x + _GAP, y, right, y), horizontal),
    )


def _share(one: Pane, other: Pane) -> bool:
    """Return whether places in the patient are the same for the series of two panes."""
    mine, theirs = stack_of(one.layer), stack_of(other.layer)
    if mine is None or theirs is None:
        return False
    return mine is theirs or same_frame_of_reference(mine, theirs)
