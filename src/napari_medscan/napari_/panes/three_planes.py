"""Axial, coronal and sagittal plane of the current series, with one crosshair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import napari.viewer
import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject

from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.frames.cache import shared_cache
from napari_medscan.napari_.canvas_fit import fit_zoom
from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size
from napari_medscan.napari_.current_layer import current_layer, is_visible_series
from napari_medscan.napari_.directions import world_directions
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.panes.canvas_lines import Line
from napari_medscan.napari_.panes.canvas_plane import Vector, image_on, to_canvas
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.position_link import slider_axis
from napari_medscan.napari_.panes.reference_lines import cross
from napari_medscan.napari_.panes.twin_layer import copy_look
from napari_medscan.napari_.panes.view_state import ViewState
from napari_medscan.napari_.planes import (
    PLANES,
    Plane,
    plane_in_view,
    reserve_plane,
    reserved_plane,
    show_plane,
)
from napari_medscan.napari_.viewer_watch import Change, watch
from napari_medscan.napari_.volume_loader import WholeVolume

_READING = "Reading all slices…"
_NO_SERIES = "Open a series to see its planes."
_NO_PLANES = "This series has no planes: its orientation is unknown, or it has one slice."
_TOO_LARGE = "This series is too large for the frame cache. Set more memory in Preferences."


class ThreePlanes:
    """Shows the current series in three panes, which move, zoom and are windowed together.

    No two panes show the same plane: a pane that is turned changes planes with the other one. The
    slab of the main canvas is that of all.

    All of its slices are read first, in the background: the other planes cut across them. Each
    slider is that of the pane that shows its axis as a slider; sliders that several panes have,
    such as time, move together.

    Parameters
    ----------
    main : Pane
        The main canvas: it becomes axial, and afterwards shows the plane that it showed before.
    sides : list of SidePane
        Two more, for coronal and sagittal.
    parent : QObject
        Lives in the GUI thread.
    later : callable
        Runs a call in a later turn of the event loop, after those before.
    on_stopped : callable
        Called when the user has cancelled the reading, or it has failed.
    """

    def __init__(
        self,
        main: Pane,
        sides: list[SidePane],
        parent: QObject,
        later: Callable[[Callable[[], object]], object],
        on_stopped: Callable[[], object],
    ) -> None:
        self.is_paused = False
        self.has_crosshair = True
        self._main = main
        self._sides = sides
        self._panes: list[Pane] = [main, *sides]
        self._later = later
        self._loader = WholeVolume(main.viewer, parent)
        self._on_stopped = on_stopped
        self._loader.stopped.connect(self._stop)
        self._known: list[Image] | None = None
        self._shown: list[Image] = []
        self._current: Image | None = None
        self._before: ViewState | None = None
        self._points: dict[Pane, tuple[float, ...]] = {}
        self._subscriptions = [watch(main.viewer, self._follow_series, before_paint=True)]
        for pane in self._panes:
            self._subscriptions += [
                watch(pane.viewer, partial(self.follow_slider, pane), before_paint=True),
                watch(pane.viewer, partial(self._zoom, pane), Change.CANVAS, before_paint=True),
                watch(pane.viewer, partial(self._window, pane), Change.LOOK, before_paint=True),
            ]
        self._follow_series()

    @property
    def is_ready(self) -> bool:
        """Whether the planes are on the canvases, or there are none."""
        return self.is_shown or not self._shown

    @property
    def is_shown(self) -> bool:
        """Whether the planes are on the canvases."""
        return bool(self._shown) and all(pane.sources for pane in self._sides)

    def release(self) -> None:
        """Show the plane that the main canvas showed before, at the present place."""
        for subscription in self._subscriptions:
            subscription.release()
        self._loader.release()
        self._loader.deleteLater()
        self._free_planes()
        for pane in self._sides:
            pane.viewer.dims.margin_left = pane.viewer.dims.margin_right = (
                0.0,
            ) * pane.viewer.dims.ndim
        place = tuple(float(x) for x in self.place())
        viewer, before = self._main.viewer, self._before
        if before is not None and current_layer(viewer) in self._shown:
            replace(before, visible=(), active=None).restore(viewer, place)

    def place(self) -> Vector:
        """Return the place of the crosshair in napari's world: each pane's slider gives one."""
        ndim = self._main.viewer.dims.ndim
        place = np.array(self._main.viewer.dims.point, dtype=np.float64)
        for pane in reversed(self._panes):
            dims = pane.viewer.dims
            if pane.layer is not None:
                for axis in dims.not_displayed:
                    place[axis + ndim - dims.ndim] = dims.point[axis]
        return place

    def go_to(self, pane: Pane, world: tuple[float, ...]) -> None:
        """Show the slices through a place in all panes."""
        if not self.is_shown or self.is_paused:
            return
        target = self.place()
        dims = pane.viewer.dims
        for axis in dims.displayed:
            target[axis - dims.ndim] = world[axis]
        for other in self._panes:
            self._show_place(other, target)
            self._keep_in_sight(other, target)

    def follow(self, pane: Pane) -> None:
        """Have all panes follow the sliders and the zoom of one."""
        self.follow_slider(pane)
        self._zoom(pane)

    def follow_slider(self, moved: Pane) -> None:
        """Move the sliders that a pane shares with others after they were moved."""
        if self.is_paused or not self.is_shown:
            return
        self._exchange_planes(moved)
        for side in self._sides if moved is self._main else ():
            self._follow_slab(side)
        point = tuple(moved.viewer.dims.point)
        if point == self._points.get(moved):
            return
        self._points[moved] = point
        target = self.place()
        dims = moved.viewer.dims
        for axis in dims.not_displayed:
            target[axis - dims.ndim] = point[axis]
        for pane in self._panes:
            if pane is not moved:
                self._show_place(pane, target)

    def _exchange_planes(self, turned: Pane) -> None:
        """Give the plane that a pane had to the pane whose plane it was turned to."""
        layer, before = turned.layer, reserved_plane(turned.viewer)
        plane = None if layer is None else plane_in_view(turned.viewer, layer)
        if plane in (None, before) or before is None:
            return
        other = next(pane for pane in self._panes if reserved_plane(pane.viewer) == plane)
        # The sliders of the turned pane are old but for the one that it had before.
        place = self._place_but_of(turned)
        if other.layer is None:
            return
        show_plane(other.viewer, other.layer, before)
        for pane, its in ((turned, plane), (other, before)):
            reserve_plane(pane.viewer, its)
            if isinstance(pane, SidePane):
                pane.frame.show_title(its.capitalize())
        for pane in self._panes:
            self._show_place(pane, place)

    def _place_but_of(self, turned: Pane) -> Vector:
        """Return the place that the sliders of all other panes give; the rest by its own."""
        ndim = self._main.viewer.dims.ndim
        place = self.place()
        own = np.array(turned.viewer.dims.point)
        place[ndim - len(own) :] = own
        for pane in self._panes:
            dims = pane.viewer.dims
            for axis in () if pane is turned else dims.not_displayed:
                place[axis + ndim - dims.ndim] = dims.point[axis]
        return place

    def _follow_slab(self, pane: SidePane) -> None:
        """Give a pane the slab of the main canvas."""
        dims, main = pane.viewer.dims, self._main.viewer.dims
        if not pane.sources or main.ndim < dims.ndim:
            return
        for name in ("margin_left", "margin_right"):
            margin = getattr(main, name)[-dims.ndim :]
            if getattr(dims, name) != margin:
                setattr(dims, name, margin)
        for layer, twin in pane.sources:
            if twin.projection_mode != layer.projection_mode:
                twin.projection_mode = layer.projection_mode

    def crosshair(self, pane: Pane) -> tuple[Line, ...]:
        """Return the lines of the crosshair on a pane."""
        layer = pane.layer
        if not (self.has_crosshair and self.is_shown) or layer is None or self.is_paused:
            return ()
        dims = pane.viewer.dims
        # The main canvas is emptied before the others are.
        if dims.ndisplay == 3 or self._main.viewer.dims.ndim < dims.ndim:
            return ()
        x, y = to_canvas(pane.viewer, self.place()[-dims.ndim :])
        vertical, horizontal = dims.displayed
        colors = self._color_of(horizontal - dims.ndim), self._color_of(vertical - dims.ndim)
        return cross(x, y, colors, image_on(pane.viewer, layer))

    def _color_of(self, axis: int) -> str:
        """Return the color of the pane whose slices follow each other along an axis."""
        for pane in self._panes:
            across = slider_axis(pane.viewer)
            if across is not None and across - pane.viewer.dims.ndim == axis:
                return pane.color
        return self._main.color

    def _stop(self) -> None:
        self._on_stopped()

    def _follow_series(self) -> None:
        """Show the planes of another series when the main canvas does."""
        viewer = self._main.viewer
        if self.is_paused:
            return
        layers, current = _fused(viewer), current_layer(viewer)
        if layers == self._known:
            self._follow_current(current)
            return
        self._known, self._shown, self._before = layers, [], None
        self._free_planes()
        for pane in self._sides:
            pane.clear()
        why_not = _why_not(viewer, layers, current)
        for pane in self._sides:
            pane.frame.show_title(why_not or _READING)
        if not why_not:
            self._shown, self._current = layers, current
            self._load(list(layers))

    def _follow_current(self, current: Image | None) -> None:
        """Make the same one of several fused series current in all panes."""
        if current is self._current or current not in self._shown:
            return
        self._current = current
        for pane in self._sides:
            if pane.sources:
                _, twin = pane.sources[self._shown.index(current)]
                pane.viewer.layers.selection.active = twin

    def _load(self, missing: list[Image]) -> None:
        """Read the volumes of some layers one after the other, then show the planes."""
        if missing:
            self._loader.before(partial(self._load, missing[1:]), missing[0])
            return
        viewer, current = self._main.viewer, self._current
        if current not in viewer.layers or current is None:
            return
        self._before = ViewState.of(viewer)
        place = tuple(viewer.dims.point)
        show_plane(viewer, current, PLANES[0])
        reserve_plane(viewer, PLANES[0])
        viewer.dims.point = place
        for pane, plane in zip(self._sides, PLANES[1:], strict=True):
            self._later(partial(self._fill, pane, plane, list(self._shown)))

    def _fill(self, pane: SidePane, plane: Plane, layers: list[Image]) -> None:
        viewer, current = self._main.viewer, self._current
        if layers != self._shown or any(layer not in viewer.layers for layer in layers):
            return
        if current is None:
            return
        pane.frame.show_title(plane.capitalize())
        pane.show(layers, current, plane)
        reserve_plane(pane.viewer, plane)
        self._follow_slab(pane)
        self._show_place(pane, np.array(viewer.dims.point))
        self._points = {each: tuple(each.viewer.dims.point) for each in self._panes}
        # One may have been turned while the last was not there yet.
        for each in self._panes if self.is_shown else ():
            self._exchange_planes(each)

    def _free_planes(self) -> None:
        """Let every canvas show any plane again."""
        for pane in self._panes:
            reserve_plane(pane.viewer, None)

    def _show_place(self, pane: Pane, place: Vector) -> None:
        """Move the sliders of a pane, of those axes that it does not display."""
        dims = pane.viewer.dims
        point = np.array(dims.point)
        for axis in dims.not_displayed:
            point[axis] = place[axis - dims.ndim]
        if tuple(point) != tuple(dims.point):
            dims.point = tuple(float(x) for x in point)
        self._points[pane] = tuple(dims.point)

    def _keep_in_sight(self, pane: Pane, place: Vector) -> None:
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

    def _zoom(self, zoomed: Pane) -> None:
        """Zoom the other panes as far beyond their fit as one was."""
        base = fit_zoom(zoomed.viewer)
        if self.is_paused or not self.is_shown or not base:
            return
        ratio = camera_of(zoomed.viewer).zoom / base
        for pane in self._panes:
            theirs = fit_zoom(pane.viewer)
            camera = camera_of(pane.viewer)
            if pane is not zoomed and theirs and not np.isclose(camera.zoom, ratio * theirs):
                camera.zoom = ratio * theirs

    def _window(self, changed: Pane) -> None:
        """Draw the layers of all panes as one was changed to be drawn.

        A volume has a window of its own, which would hide what its slices show.
        """
        if self.is_paused or not self.is_shown or changed.viewer.dims.ndisplay == 3:
            return
        for number, layer in enumerate(self._shown):
            copies = [layer, *(pane.sources[number][1] for pane in self._sides)]
            source = copies[self._panes.index(changed)]
            for copy in copies:
                if copy is not source:
                    copy_look(source, copy)


def _fused(viewer: napari.viewer.Viewer) -> list[Image]:
    """Return the current series and those drawn over and under it, from the bottom to the top."""
    stack = stack_of(current_layer(viewer))
    layers = []
    for layer in viewer.layers:
        theirs = stack_of(layer)
        if stack is None or theirs is None or not is_visible_series(layer):
            continue
        if are_overlayable(stack, theirs):
            layers.append(layer)
    return layers


def _why_not(viewer: napari.viewer.Viewer, layers: list[Image], current: Image | None) -> str:
    """Return why there are no three planes, '' if there are."""
    if current is None:
        return _NO_SERIES
    if current.ndim < 3 or current.data.shape[current.ndim - 3] < 2:
        return _NO_PLANES
    if world_directions(viewer, current) is None:
        return _NO_PLANES
    for layer in layers:
        stack = stack_of(layer)
        if stack is not None:
            times = int(np.prod(stack.array.places.shape[:-1], dtype=np.int64))
            if stack.array.nbytes // times > shared_cache().max_bytes:
                return _TOO_LARGE
    return ""
