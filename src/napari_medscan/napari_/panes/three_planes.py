"""Axial, coronal and sagittal plane of the current series, with one crosshair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject

from napari_medscan.napari_.canvas_fit import fit_zoom
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.panes.canvas_lines import Line
from napari_medscan.napari_.panes.canvas_plane import image_on, to_canvas
from napari_medscan.napari_.panes.fused_series import fused_layers, why_no_planes
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.position_link import slider_axis
from napari_medscan.napari_.panes.reference_lines import cross
from napari_medscan.napari_.panes.shared_place import SharedPlace, keep_in_sight
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
        Called when the user has canceled the reading, or it has failed.
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
        self._place = SharedPlace(self._panes)
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
        place = tuple(float(x) for x in self._place.now())
        viewer, before = self._main.viewer, self._before
        if before is not None and current_layer(viewer) in self._shown:
            replace(before, visible=(), active=None).restore(viewer, place)

    def go_to(self, pane: Pane, world: tuple[float, ...]) -> None:
        """Show the slices through a place in all panes."""
        if not self.is_shown or self.is_paused:
            return
        target = self._place.now()
        dims = pane.viewer.dims
        for axis in dims.displayed:
            target[axis - dims.ndim] = world[axis]
        for other in self._panes:
            self._place.show(other, target)
            keep_in_sight(other, target)

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
        if not self._place.has_moved(moved):
            return
        target = self._place.now()
        dims = moved.viewer.dims
        for axis in dims.not_displayed:
            target[axis - dims.ndim] = dims.point[axis]
        for pane in self._panes:
            if pane is not moved:
                self._place.show(pane, target)

    def _exchange_planes(self, turned: Pane) -> None:
        """Give the plane that a pane had to the pane whose plane it was turned to."""
        layer, before = turned.layer, reserved_plane(turned.viewer)
        plane = None if layer is None else plane_in_view(turned.viewer, layer)
        if plane in (None, before) or before is None:
            return
        other = next(pane for pane in self._panes if reserved_plane(pane.viewer) == plane)
        # The sliders of the turned pane are old but for the one that it had before.
        place = self._place.without(turned)
        if other.layer is None:
            return
        show_plane(other.viewer, other.layer, before)
        for pane, its in ((turned, plane), (other, before)):
            reserve_plane(pane.viewer, its)
            pane.show_title(its.capitalize())
        for pane in self._panes:
            self._place.show(pane, place)

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
        x, y = to_canvas(pane.viewer, self._place.now()[-dims.ndim :])
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
        layers, current = fused_layers(viewer), current_layer(viewer)
        if layers == self._known:
            self._follow_current(current)
            return
        self._known, self._shown, self._before = layers, [], None
        self._free_planes()
        for pane in self._sides:
            pane.clear()
        why_not = why_no_planes(viewer, layers, current)
        for pane in self._sides:
            pane.show_title(why_not or _READING)
        self._main.show_title("" if current is None else current.name)
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
        self._main.show_title(PLANES[0].capitalize())
        viewer.dims.point = place
        for pane, plane in zip(self._sides, PLANES[1:], strict=True):
            self._later(partial(self._fill, pane, plane, list(self._shown)))

    def _fill(self, pane: SidePane, plane: Plane, layers: list[Image]) -> None:
        viewer, current = self._main.viewer, self._current
        if layers != self._shown or any(layer not in viewer.layers for layer in layers):
            return
        if current is None:
            return
        pane.show_title(plane.capitalize())
        pane.show(layers, current, plane)
        reserve_plane(pane.viewer, plane)
        self._follow_slab(pane)
        self._place.show(pane, np.array(viewer.dims.point))
        self._place.note()
        # One may have been turned while the last was not there yet.
        for each in self._panes if self.is_shown else ():
            self._exchange_planes(each)

    def _free_planes(self) -> None:
        """Let every canvas show any plane again."""
        for pane in self._panes:
            reserve_plane(pane.viewer, None)

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
