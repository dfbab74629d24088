"""Scrolling of several panes together: at one place in the patient, or at an offset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import napari.viewer
import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.napari_.directions import world_directions
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import MOST_DEGREES, nearest_slice
from napari_medscan.napari_.panes.canvas_plane import CanvasPlane, plane_on
from napari_medscan.napari_.panes.pane import Pane
from napari_medscan.napari_.viewer_watch import Change, Subscription, watch


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """Where the slider of a pane stood when it was linked by hand."""

    layer: object
    axis: int
    position: float
    way: NDArray[np.float64] | None


class PositionLink:
    """Moves the sliders of other panes when that of one pane moves.

    Panes whose series share a frame of reference and whose planes are parallel, or nearly so, go
    to the same place in the patient. Panes that are linked by hand keep their offset, in the
    units of the slider; their frames of reference may differ, since it is the user who says that
    the slices belong together. A series that does not reach the place stays where it is.

    Parameters
    ----------
    panes : list of Pane
        The panes.
    """

    def __init__(self, panes: list[Pane]) -> None:
        self.enabled = True
        self._panes = panes
        self._starts: dict[Pane, _Start] = {}
        self._points = {pane: tuple(pane.viewer.dims.point) for pane in panes}
        self._subscriptions: list[Subscription] = [
            watch(pane.viewer, partial(self.follow, pane), Change.VIEW, before_paint=True)
            for pane in panes
        ]

    @property
    def is_by_hand(self) -> bool:
        """Whether panes keep the offset that they had when they were linked."""
        return bool(self._starts)

    def are_linked(self, one: Pane, other: Pane) -> bool:
        """Return whether two panes move together: by hand, or as parallel planes of one place."""
        if not self.enabled:
            return False
        if self._starts:
            known = [(pane, self._starts.get(pane)) for pane in (one, other)]
            return all(start is not None and _still_at(pane, start) for pane, start in known)
        return _parallel(one, other) is not None

    def link_by_hand(self) -> None:
        """Keep the present offset between all panes that show a series."""
        self._starts = {}
        for pane in self._panes:
            start = _start_of(pane)
            if start is not None:
                self._starts[pane] = start

    def link_by_position(self) -> None:
        """Forget the offsets."""
        self._starts = {}

    def note(self) -> None:
        """Take the sliders as they are: what was done to them is no scrolling."""
        self._points = {pane: tuple(pane.viewer.dims.point) for pane in self._panes}

    def release(self) -> None:
        """Leave the sliders alone."""
        for subscription in self._subscriptions:
            subscription.release()

    def follow(self, moved: Pane) -> None:
        """Move the other panes if the slider of one has moved."""
        point = tuple(moved.viewer.dims.point)
        if point == self._points.get(moved):
            return
        self._points[moved] = point
        if not self.enabled or moved.layer is None:
            return
        for pane in self._panes:
            if pane is not moved and pane.layer is not None:
                if self._starts:
                    self._keep_offset(moved, pane)
                else:
                    _go_along(moved, pane)
                self._points[pane] = tuple(pane.viewer.dims.point)

    def _keep_offset(self, moved: Pane, pane: Pane) -> None:
        mine, theirs = self._starts.get(moved), self._starts.get(pane)
        if mine is None or theirs is None:
            return
        # A plane or a series that was changed since has another offset.
        if not _still_at(moved, mine) or not _still_at(pane, theirs):
            return
        way = 1.0
        if mine.way is not None and theirs.way is not None and mine.way @ theirs.way < 0:
            way = -1.0
        distance = moved.viewer.dims.point[mine.axis] - mine.position
        _set_slider(pane, theirs.axis, theirs.position + way * distance)


def slider_axis(viewer: napari.viewer.Viewer) -> int | None:
    """Return the axis of space across the plane that a viewer shows; None without one."""
    if viewer.dims.ndisplay == 3 or viewer.dims.ndim < 3:
        return None
    axis = viewer.dims.order[-3]
    return axis if axis >= viewer.dims.ndim - 3 else None


def _start_of(pane: Pane) -> _Start | None:
    layer, axis = pane.layer, slider_axis(pane.viewer)
    if layer is None or axis is None:
        return None
    ways = world_directions(pane.viewer, layer)
    way = None if ways is None else ways[axis]
    return _Start(layer, axis, float(pane.viewer.dims.point[axis]), way)


def _still_at(pane: Pane, start: _Start) -> bool:
    return pane.layer is start.layer and slider_axis(pane.viewer) == start.axis


def _go_along(moved: Pane, pane: Pane) -> None:
    """Show the slice of a pane that is nearest to that of another, if they are parallel."""
    theirs, axis = stack_of(pane.layer), slider_axis(pane.viewer)
    planes = _parallel(moved, pane)
    if theirs is None or axis is None or pane.layer is None or planes is None:
        return
    plane, other = planes
    # From amid the slice that was scrolled along the normal of the other one.
    left, top, right, bottom = plane.image
    middle = plane.corner + plane.right * (left + right) / 2 + plane.down * (top + bottom) / 2
    if not theirs.geometry.measurable:
        _show_nearest(pane, theirs, middle)
        return
    ways = world_directions(pane.viewer, pane.layer)
    along = 0.0 if ways is None else float(ways[axis] @ other.normal)
    if along:
        # The slider of a tilted stack counts along the normal, too.
        _, _, distance = other.project(middle)
        _set_slider(pane, axis, _drawn_at(pane, axis) + distance * np.sign(along))


def _parallel(one: Pane, other: Pane) -> tuple[CanvasPlane, CanvasPlane] | None:
    """Return the planes of two panes if they are parallel planes of one frame of reference."""
    mine, theirs = stack_of(one.layer), stack_of(other.layer)
    if mine is None or theirs is None or one.layer is None or other.layer is None:
        return None
    planes = plane_on(one.viewer, one.layer), plane_on(other.viewer, other.layer)
    if planes[0] is None or planes[1] is None or not same_frame_of_reference(mine, theirs):
        return None
    cosine = abs(float(planes[0].normal @ planes[1].normal))
    return (planes[0], planes[1]) if cosine >= np.cos(np.radians(MOST_DEGREES)) else None


def _show_nearest(pane: Pane, stack: Stack, place: NDArray[np.float64]) -> None:
    """Show the slice nearest to a place, of slices that are unevenly spaced."""
    layer = pane.layer
    if layer is None or layer.ndim < 3:
        return
    index = np.array(layer.world_to_data(pane.viewer.dims.point), dtype=np.float64)
    index[-3] = nearest_slice(stack, place)
    # napari does not annotate it.
    world = layer.data_to_world(index)  # type: ignore[no-untyped-call]
    axis = pane.viewer.dims.ndim - 3
    _set_slider(pane, axis, float(world[-3]))


def _drawn_at(pane: Pane, axis: int) -> float:
    """Return where along an axis the slice that is drawn lies, which is not always the slider's."""
    layer = pane.layer
    if layer is None:
        return float(pane.viewer.dims.point[axis])
    index = np.array(layer.world_to_data(pane.viewer.dims.point), dtype=np.float64)
    number = axis - pane.viewer.dims.ndim
    index[number] = round(float(index[number]))
    # napari does not annotate it.
    return float(layer.data_to_world(index)[number])  # type: ignore[no-untyped-call]


def _set_slider(pane: Pane, axis: int, position: float) -> None:
    """Move a slider, unless the current series ends before: others may reach further."""
    dims, layer = pane.viewer.dims, pane.layer
    if layer is None:
        return
    low, high = (float(end) for end in layer.extent.world[:, axis - dims.ndim])
    half = abs(float(layer.scale[axis - dims.ndim])) / 2
    if low - half <= position <= high + half:
        position = min(max(position, low), high)
        if position != dims.point[axis]:
            dims.set_point(axis, position)
