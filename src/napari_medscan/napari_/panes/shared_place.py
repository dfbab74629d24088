"""The place in the world that the sliders of several panes give together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size
from napari_medscan.napari_.panes.canvas_plane import Vector, to_canvas
from napari_medscan.napari_.panes.pane import Pane


class SharedPlace:
    """One place for panes that show different planes: each slider is that of one axis.

    Parameters
    ----------
    panes : sequence of Pane
        The main canvas first: where several panes have a slider, its slider counts.
    """

    def __init__(self, panes: Sequence[Pane]) -> None:
        self._panes = panes
        self._points: dict[Pane, tuple[float, ...]] = {}

    def now(self) -> Vector:
        """Return the place in napari's world: each pane's slider gives one coordinate."""
        main = self._panes[0].viewer.dims
        place = np.array(main.point, dtype=np.float64)
        for pane in reversed(self._panes):
            if pane.layer is not None:
                _take_sliders(pane, place)
        return place

    def without(self, turned: Pane) -> Vector:
        """Return the place that the sliders of all panes but one give; the rest by its own."""
        place = self.now()
        own = np.array(turned.viewer.dims.point)
        place[len(place) - len(own) :] = own
        for pane in self._panes:
            if pane is not turned:
                _take_sliders(pane, place)
        return place

    def note(self) -> None:
        """Take the sliders of all panes for known."""
        self._points = {pane: tuple(pane.viewer.dims.point) for pane in self._panes}

    def has_moved(self, pane: Pane) -> bool:
        """Return whether the sliders of a pane were moved, and take them for known."""
        before, self._points[pane] = self._points.get(pane), tuple(pane.viewer.dims.point)
        return before != self._points[pane]

    def show(self, pane: Pane, place: Vector) -> None:
        """Move the sliders of a pane, of those axes that it does not display."""
        dims = pane.viewer.dims
        point = np.array(dims.point)
        for axis in dims.not_displayed:
            point[axis] = place[axis - dims.ndim]
        if tuple(point) != tuple(dims.point):
            dims.point = tuple(float(x) for x in point)
        self._points[pane] = tuple(dims.point)


def keep_in_sight(pane: Pane, place: Vector) -> None:
    """Center a pane on a place that its canvas does not show."""
    viewer = pane.viewer
    if viewer.dims.ndisplay == 3:
        return
    height, width = canvas_size(viewer)
    world = place[-viewer.dims.ndim :]
    x, y = to_canvas(viewer, world)
    if not (0 <= x <= width and 0 <= y <= height):
        vertical, horizontal = viewer.dims.displayed
        camera_of(viewer).center = (0.0, float(world[vertical]), float(world[horizontal]))


def _take_sliders(pane: Pane, place: Vector) -> None:
    dims = pane.viewer.dims
    for axis in dims.not_displayed:
        place[axis - dims.ndim] = dims.point[axis]
