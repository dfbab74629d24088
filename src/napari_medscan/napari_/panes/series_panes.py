"""Several series side by side, each with its own slider, window, letters and text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from napari.layers import Image

from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.napari_ import session
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.compat.viewer_model import camera_of, canvas_size
from napari_medscan.napari_.current_layer import visible_stacks
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import layer_of, series_of, stack_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.linking import go_to_place
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.panes.camera_link import CameraLink
from napari_medscan.napari_.panes.canvas_lines import Line
from napari_medscan.napari_.panes.canvas_plane import Vector, place_of, plane_on
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.pane_header import Title
from napari_medscan.napari_.panes.position_link import PositionLink
from napari_medscan.napari_.panes.series_choice import next_series, offered_series
from napari_medscan.napari_.view import add_hidden
from napari_medscan.napari_.viewer_watch import Change, watch


class SeriesPanes:
    """Shows a series of the main viewer in each pane; the main canvas keeps its own.

    Parameters
    ----------
    main : Pane
        The main canvas.
    sides : list of SidePane
        The others.
    later : callable
        Runs a call in a later turn of the event loop, after those before.
    """

    def __init__(
        self,
        main: Pane,
        sides: list[SidePane],
        later: Callable[[Callable[[], object]], object],
    ) -> None:
        self.is_paused = False
        self._main = main
        self._sides = sides
        self._later = later
        self._record = session.record
        self._titles: dict[Stack, Title] = {}
        self._offered: list[Stack] = []
        self._known: set[tuple[Stack, bool]] = set()
        self._opening: dict[SidePane, Stack] = {}
        self._readers = {pane: Latest(pane) for pane in sides}
        self.link = PositionLink([main, *sides])
        self._cameras = CameraLink([main, *sides], self.link.are_linked)
        self._subscription = watch(
            main.viewer, self._follow_layers, Change.SERIES, before_paint=True
        )
        self._record_changed = guarded(self._on_record)
        self._record.changed.connect(self._record_changed)
        for pane in sides:
            pane.frame.header.on_chosen = guarded(partial(self._choose, pane))
            later(partial(self._fill, pane))
        self._has_more()
        self._show_choices()

    @property
    def is_ready(self) -> bool:
        """Whether no series is being read for a pane."""
        return not self._opening

    def release(self) -> None:
        """Leave the panes alone."""
        self._subscription.release()
        self.link.release()
        self._cameras.release()
        self._record.changed.disconnect(self._record_changed, missing_ok=True)
        self._opening.clear()
        for reader in self._readers.values():
            reader.release()
            reader.deleteLater()
        for pane in self._sides:
            pane.frame.header.on_chosen = None

    def note(self) -> None:
        """Take sliders and cameras as they are: what was done to them moves no other pane."""
        self.link.note()
        self._cameras.note()

    def show(self, pane: SidePane, layer: Image) -> None:
        """Show the series of a layer of the main viewer in a pane."""
        self._opening.pop(pane, None)
        self._readers[pane].cancel()
        pane.show([layer], layer)
        self.note()
        self._follow_layers()

    def go_to(self, pane: Pane, world: tuple[float, ...]) -> Vector | None:
        """Show a place of one pane in all others; return where in the patient it lies.

        Panes whose series have another frame of reference, or do not reach the place, stay.
        """
        layer = pane.layer
        place = None if layer is None else place_of(pane.viewer, layer, np.array(world))
        stack = stack_of(layer)
        if place is None or stack is None or self.is_paused:
            return None
        for other in (self._main, *self._sides):
            theirs = stack_of(other.layer)
            if other is pane or other.layer is None or theirs is None:
                continue
            if theirs is stack or same_frame_of_reference(stack, theirs):
                _show_place(other, other.layer, place)
        self.note()
        return place

    def crosshair(self, _pane: Pane) -> tuple[Line, ...]:
        """Return no line: series have scout lines."""
        return ()

    def _fill(self, pane: SidePane, *, is_drop: bool = False) -> None:
        """Show the next series that is in no pane yet."""
        if pane.sources or pane in self._opening:
            return
        viewer = self._main.viewer
        elsewhere = {*map(stack_of, (side.source for side in self._sides)), *self._opening.values()}
        opened = [stack for x in viewer.layers if (stack := series_of(x)) is not None]
        free = [stack for stack in self._offered if stack not in elsewhere]
        if is_drop:
            # napari adds the layers of a drop one by one, and lets others act between.
            free = [x for x in free if x in opened or not self._record.was_opened(x)]
        displayed = visible_stacks(viewer)
        stack = next_series(free, stack_of(self._main.layer), displayed, opened)
        if stack is not None:
            self._show_stack(pane, stack)

    def _choose(self, pane: SidePane, number: int) -> None:
        if 0 <= number < len(self._offered):
            self._show_stack(pane, self._offered[number])

    def _show_stack(self, pane: SidePane, stack: Stack) -> None:
        """Show a series; one that is not open is read in a thread first."""
        self._opening.pop(pane, None)
        self._readers[pane].cancel()
        layer = layer_of(self._main.viewer, stack)
        if layer is not None:
            self.show(pane, layer)
            return
        if stack.is_compressed:
            workers.warm_up()
        self._opening[pane] = stack
        self._readers[pane].start(
            # What a layer is made of: the cache holds it then.
            lambda _: stack.array.frame(stack.typical),
            lambda _: self._later(partial(self._open, pane, stack)),
            lambda _: self._later(partial(self._fail, pane, stack)),
        )
        self._show_choices()

    def _open(self, pane: SidePane, stack: Stack) -> None:
        """Open a series as a hidden layer of the main viewer, and show it in a pane."""
        if self._opening.get(pane) is not stack:
            return
        del self._opening[pane]
        viewer = self._main.viewer
        layer = layer_of(viewer, stack)
        if layer is None:
            self._record.watch(stack)
            layer = image_layer(stack, visible=False)
            add_hidden(viewer, layer)
        self.show(pane, layer)

    def _fail(self, pane: SidePane, stack: Stack) -> None:
        if self._opening.get(pane) is stack:
            del self._opening[pane]
            tell("This series cannot be read. Is its disc or folder still there?")
            self._show_choices()

    def _on_record(self) -> None:
        # The record changes while a drop is being read, before there is any layer.
        self._later(self._follow_layers)

    def _follow_layers(self) -> None:
        """Empty panes whose series was removed, fill empty ones when there are more series."""
        viewer = self._main.viewer
        has_more = self._has_more()
        for pane in self._sides:
            if any(source not in viewer.layers for source, _ in pane.sources):
                pane.clear()
            elif has_more and not pane.sources:
                self._later(partial(self._fill, pane, is_drop=True))
        self._show_choices()

    def _has_more(self) -> bool:
        """See which series can be chosen; return whether one was found or opened since."""
        viewer = self._main.viewer
        self._titles = offered_series(viewer, self._record.stacks)
        self._offered = list(self._titles)
        before = self._known
        self._known = {(x, layer_of(viewer, x) is not None) for x in self._offered}
        # Closed ones are no reason: their panes are meant to be empty.
        return any(x not in before and (x[1] or (x[0], True) not in before) for x in self._known)

    def _show_choices(self) -> None:
        current = self._main.layer
        stack = stack_of(current)
        name = "" if current is None else current.name
        self._main.show_title(name if stack is None else self._titles.get(stack, name))
        for pane in self._sides:
            stack = self._opening.get(pane) or stack_of(pane.source)
            number = self._offered.index(stack) if stack in self._offered else None
            pane.frame.header.show_choice(list(self._titles.values()), number)


def _show_place(pane: Pane, layer: Image, place: Vector) -> None:
    """Show the slice through a place; the camera stays as long as the place is on the canvas."""
    camera = camera_of(pane.viewer)
    center = camera.center
    if not go_to_place(pane.viewer, layer, place):
        return
    moved = camera.center
    camera.center = center
    plane = plane_on(pane.viewer, layer)
    height, width = canvas_size(pane.viewer)
    x, y, _ = (-1.0, -1.0, 0.0) if plane is None else plane.project(place)
    if not (0 <= x <= width and 0 <= y <= height):
        camera.center = moved
