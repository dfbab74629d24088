"""Several series side by side, each with its own slider, window, letters and text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import napari.viewer
import numpy as np
from napari.layers import Image

from napari_medscan.dicom.relations import same_frame_of_reference, same_patient
from napari_medscan.dicom.studies import studies_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import go_to_place
from napari_medscan.napari_.panes.canvas_lines import Line
from napari_medscan.napari_.panes.canvas_plane import Vector, place_of, plane_on
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.position_link import PositionLink
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
        self.is_ready = True
        self._main = main
        self._sides = sides
        self._later = later
        self._known = _series(main.viewer)
        self.link = PositionLink([main, *sides])
        self._subscription = watch(
            main.viewer, self._follow_layers, Change.SERIES, before_paint=True
        )
        for pane in sides:
            pane.frame.on_chosen = guarded(partial(self._choose, pane))
            pane.frame.show_choice([], None)
            later(partial(self._fill, pane))

    def release(self) -> None:
        """Leave the panes alone."""
        self._subscription.release()
        self.link.release()
        for pane in self._sides:
            pane.frame.on_chosen = None

    def show(self, pane: SidePane, layer: Image) -> None:
        """Show the series of a layer of the main viewer in a pane."""
        pane.show([layer], layer)
        self.link.note()
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
        self.link.note()
        return place

    def crosshair(self, _pane: Pane) -> tuple[Line, ...]:
        """Return no line: series have scout lines."""
        return ()

    def _fill(self, pane: SidePane) -> None:
        """Show the next series that is in no pane yet."""
        viewer = self._main.viewer
        shown = [current_layer(viewer), *(side.source for side in self._sides)]
        layer = next_series(viewer, [layer for layer in shown if layer is not None])
        if layer is not None and not pane.sources:
            self.show(pane, layer)

    def _choose(self, pane: SidePane, number: int) -> None:
        layers = _series(self._main.viewer)
        if 0 <= number < len(layers):
            self.show(pane, layers[number])

    def _follow_layers(self) -> None:
        """Empty panes whose series was removed, fill empty ones when more series are open."""
        layers = _series(self._main.viewer)
        names = _names(layers)
        has_more = any(layer not in self._known for layer in layers)
        self._known = layers
        for pane in self._sides:
            if any(source not in layers for source, _ in pane.sources):
                pane.clear()
            elif has_more and not pane.sources:
                self._later(partial(self._fill, pane))
            source = pane.source
            pane.frame.show_choice(names, None if source is None else layers.index(source))


def next_series(viewer: napari.viewer.Viewer, shown: list[Image]) -> Image | None:
    """Return the series that a pane shows next.

    The next one of the same patient, else of any. Series that the main canvas shows together with
    the current one, such as the CT below its PET, come last.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers.
    shown : list of Image
        The layers that panes show already, the current one first.

    Returns
    -------
    Image or None
        None if all are shown.
    """
    layers = _series(viewer)
    first = shown[0] if shown else None
    start = layers.index(first) + 1 if first in layers else 0
    rest = [layer for layer in layers[start:] + layers[:start] if layer not in shown]
    current = stack_of(first)

    def rank(layer: Image) -> tuple[bool, bool]:
        stack = stack_of(layer)
        is_of_another = current is None or stack is None or not same_patient(current, stack)
        return is_of_another, layer.visible

    return next(iter(sorted(rest, key=rank)), None)


def _series(viewer: napari.viewer.Viewer) -> list[Image]:
    """Return the layers of the main viewer that show a series, hidden ones too."""
    return [x for x in viewer.layers if isinstance(x, Image) and stack_of(x) is not None]


def _names(layers: Iterable[Image]) -> list[str]:
    """Return the names of layers, with the study where there are several."""
    pairs = [(layer, stack_of(layer)) for layer in layers]
    studies = studies_of(stack for _, stack in pairs if stack is not None)
    titles = {stack: study.title() for study in studies for stack in study.stacks}
    return [
        f"{titles[stack]} · {layer.name}" if len(studies) > 1 and stack in titles else layer.name
        for layer, stack in pairs
    ]


def _show_place(pane: Pane, layer: Image, place: Vector) -> None:
    """Show the slice through a place; the camera stays as long as the place is on the canvas."""
    camera = pane.viewer.scene.camera
    center = camera.center
    if not go_to_place(pane.viewer, layer, place):
        return
    moved = camera.center
    camera.center = center
    plane = plane_on(pane.viewer, layer)
    height, width = pane.viewer.canvas.size
    x, y, _ = (-1.0, -1.0, 0.0) if plane is None else plane.project(place)
    if not (0 <= x <= width and 0 <= y <= height):
        camera.center = moved
