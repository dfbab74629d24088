"""Zoom and pan of several panes together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from napari_medscan.napari_.canvas_fit import is_fit
from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size
from napari_medscan.napari_.directions import screen_signs, world_directions
from napari_medscan.napari_.panes.pane import Pane
from napari_medscan.napari_.viewer_watch import Change, Subscription, watch

_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS


@dataclass(frozen=True, slots=True)
class _View:
    """What a camera looks at: two are of one setting if only zoom and center differ."""

    layer: int
    size: tuple[int, int]
    axes: tuple[int, ...]
    orientation: tuple[object, ...]
    is_fit: bool
    zoom: float
    center: tuple[float, float]

    @classmethod
    def of(cls, pane: Pane) -> _View:
        viewer = pane.viewer
        camera = camera_of(viewer)
        vertical, horizontal = camera.center[-2:]
        return cls(
            id(pane.layer),
            canvas_size(viewer),
            tuple(viewer.dims.displayed),
            tuple(camera.orientation2d),
            is_fit(viewer),
            float(camera.zoom),
            (float(vertical), float(horizontal)),
        )

    def was_moved_from(self, before: _View) -> bool:
        """Return whether the user zoomed or panned, as against another series, plane or size."""
        if self.is_fit and before.is_fit:
            return False
        still = replace(self, is_fit=before.is_fit, zoom=before.zoom, center=before.center)
        return still == before and self != before


class CameraLink:
    """Zooms and pans other panes as one is zoomed and panned.

    Each pane keeps the difference that it had: it is zoomed by the same factor, and its center
    moves by as many millimeters to the same side of the patient, or by as many pixels of the screen
    if that is not known of both.

    Parameters
    ----------
    panes : list of Pane
        The panes.
    are_linked : callable
        Returns whether two panes move together now.
    """

    def __init__(self, panes: list[Pane], are_linked: Callable[[Pane, Pane], bool]) -> None:
        self._panes = panes
        self._are_linked = are_linked
        self._views: dict[Pane, _View] = {}
        self.note()
        self._subscriptions: list[Subscription] = [
            watch(pane.viewer, partial(self.follow, pane), _CHANGES, before_paint=True)
            for pane in panes
        ]

    def note(self) -> None:
        """Take the cameras as they are: what was done to them is neither zoom nor pan."""
        self._views = {pane: _View.of(pane) for pane in self._panes}

    def release(self) -> None:
        """Leave the cameras alone."""
        for subscription in self._subscriptions:
            subscription.release()

    def follow(self, moved: Pane) -> None:
        """Move the other cameras if that of one pane has moved."""
        before, now = self._views[moved], _View.of(moved)
        self._views[moved] = now
        if moved.layer is None or not now.was_moved_from(before):
            return
        for pane in self._panes:
            if pane is not moved and pane.layer is not None and self._are_linked(moved, pane):
                self._move(pane, moved, before, now)
                self._views[pane] = _View.of(pane)

    def _move(self, pane: Pane, moved: Pane, before: _View, now: _View) -> None:
        camera = camera_of(pane.viewer)
        axes, shift = _axes_of(moved), np.subtract(now.center, before.center)
        theirs = _axes_of(pane)
        if axes is None or theirs is None or _unit(moved) != _unit(pane):
            # As far on the screen.
            axes, theirs = _screen_axes(moved), _screen_axes(pane)
            shift *= before.zoom / camera.zoom
        vertical, horizontal = np.array(camera.center[-2:]) + theirs @ (shift @ axes)
        camera.center = (0.0, float(vertical), float(horizontal))
        camera.zoom *= now.zoom / before.zoom


def _axes_of(pane: Pane) -> NDArray[np.float64] | None:
    """Return where in the patient the displayed axes of a pane lead, shape (2, 3)."""
    ways = None if pane.layer is None else world_directions(pane.viewer, pane.layer)
    return None if ways is None else ways[list(pane.viewer.dims.displayed)]


def _screen_axes(pane: Pane) -> NDArray[np.float64]:
    """Return where on the screen the displayed axes of a pane lead: down and right, (2, 2)."""
    return np.diag(np.array(screen_signs(pane.viewer), np.float64))


def _unit(pane: Pane) -> str:
    return "" if pane.layer is None else str(pane.layer.units[-1])
