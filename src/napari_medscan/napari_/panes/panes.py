"""Several canvases in one napari window, in an arrangement that can be chosen."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import napari.viewer
from napari.layers import Image
from napari.qt import QtViewer
from psygnal import Signal

from napari_medscan.dicom.headers.sniff import has_dicom
from napari_medscan.napari_.active_viewer import activate
from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.menu import open_paths
from napari_medscan.napari_.panes.arrangement import (
    ARRANGEMENTS,
    COLORS,
    SINGLE,
    THREE_PLANES,
    columns_of,
    count_of_sides,
)
from napari_medscan.napari_.panes.canvas_lines import Line
from napari_medscan.napari_.panes.dropped_files import open_for_pane
from napari_medscan.napari_.panes.job_queue import JobQueue
from napari_medscan.napari_.panes.maximized_pane import MaximizedPane
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.pane_grid import CloseWatch, PaneGrid, home_of
from napari_medscan.napari_.panes.pane_pool import PanePool
from napari_medscan.napari_.panes.reference_lines import ReferenceLines
from napari_medscan.napari_.panes.series_panes import SeriesPanes
from napari_medscan.napari_.panes.three_planes import ThreePlanes
from napari_medscan.napari_.qt_canvas import canvas_of


class Panes:
    """The main canvas of a viewer and the panes beside it.

    Panes are built one by one in the event loop: `is_ready` tells, and `ready` is emitted, when
    an arrangement is complete. They are kept for the next arrangement.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        A viewer with a window.

    Raises
    ------
    RuntimeError
        If the viewer has no window.
    """

    arrangement_changed = Signal(str)
    """Another arrangement was chosen."""
    options_changed = Signal()
    """Links, crosshair or scout lines were switched on or off."""
    focus_changed = Signal(object)
    """Another pane is focused: the viewer, or the model, that tools act on."""
    maximized_changed = Signal(bool)
    """A pane fills the window, or no longer does."""
    closed = Signal()
    """The window or the panes were closed; there are new ones for the viewer after that."""
    ready = Signal()
    """All panes of the arrangement are there."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        canvas, _ = home_of(viewer)
        self._viewer = viewer
        # Only made when there is something to arrange.
        self._grid: PaneGrid | None = None
        self._closing = CloseWatch(canvas, guarded(self._on_window_closed))
        self._main = self._follow_pane(Pane(viewer, canvas, COLORS[0]))
        self._pool = PanePool(viewer)
        self._arrangement = SINGLE
        self._mode: SeriesPanes | ThreePlanes | None = None
        self._lines: ReferenceLines | None = None
        self._maximized: MaximizedPane | None = None
        self._focused: Pane = self._main
        self._link, self._crosshair, self._scout_lines = True, True, True
        self._was_ready = True
        self._fits_main = False
        self._is_closed = False
        self._jobs = JobQueue(self._announce)

    @property
    def arrangement(self) -> str:
        """Name of the arrangement, one of `ARRANGEMENTS`."""
        return self._arrangement

    @arrangement.setter
    def arrangement(self, name: str) -> None:
        if name not in ARRANGEMENTS:
            raise ValueError(f"no such arrangement; choose one of {', '.join(ARRANGEMENTS)}")
        if name == self._arrangement:
            return
        self.restore()
        self._leave()
        # After three planes, as it was before them.
        self._fits_main = is_fit(self._viewer)
        self._arrangement = name
        self._was_ready = False
        if self._focused not in self.panes:
            self._focus(self._main)
        if name == SINGLE:
            self._show_main_alone()
            self._main.leave()
            self._jobs.later(self._fit_main)
        else:
            self._jobs.later(self._build)
        self.arrangement_changed.emit(name)

    @property
    def is_ready(self) -> bool:
        """Whether all panes of the arrangement are there."""
        if self._arrangement == SINGLE:
            return True
        return self._mode is not None and self._mode.is_ready and self._jobs.is_empty

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The panes of the arrangement, the main canvas first."""
        return (self._main, *self._sides)

    @property
    def _sides(self) -> list[SidePane]:
        """The panes beside the main canvas in this arrangement."""
        return self._pool.first(count_of_sides(self._arrangement))

    @property
    def focused(self) -> Pane:
        """The pane that was clicked or focused last."""
        return self._focused

    def show(self, pane: Pane, layer: Image) -> None:
        """Show the series of a layer of the main viewer in a pane beside it.

        Raises
        ------
        ValueError
            If the arrangement shows planes, or the pane or the layer is none of the viewer's.
        """
        mode = self._mode
        if not isinstance(mode, SeriesPanes) or pane not in self.panes:
            raise ValueError("no pane for another series in this arrangement")
        if not isinstance(pane, SidePane) or layer not in self._viewer.layers:
            raise ValueError("the series must be a layer of the viewer, and the pane not the first")
        mode.show(pane, layer)

    @property
    def link(self) -> bool:
        """Whether panes scroll together where their series share a frame of reference."""
        return self._link

    @link.setter
    def link(self, on: bool) -> None:
        self._link = on
        if isinstance(self._mode, SeriesPanes):
            self._mode.link.enabled = on
            self._mode.link.link_by_position()
            self._mode.note()
        self.options_changed.emit()

    @property
    def has_series_panes(self) -> bool:
        """Whether the arrangement shows several series, which can be linked."""
        return self._arrangement not in (SINGLE, THREE_PLANES)

    @property
    def is_linked_by_hand(self) -> bool:
        """Whether panes scroll together at the offset that they had when they were linked."""
        return isinstance(self._mode, SeriesPanes) and self._mode.link.is_by_hand

    def link_by_hand(self) -> None:
        """Have panes scroll together at their present offset, whatever their series are."""
        self.link = True
        if isinstance(self._mode, SeriesPanes):
            self._mode.link.link_by_hand()
        self.options_changed.emit()

    @property
    def crosshair(self) -> bool:
        """Whether three planes have a crosshair."""
        return self._crosshair

    @crosshair.setter
    def crosshair(self, on: bool) -> None:
        self._crosshair = on
        self._apply_lines()
        self.options_changed.emit()

    @property
    def scout_lines(self) -> bool:
        """Whether a pane shows where the slices of the others cut its own."""
        return self._scout_lines

    @scout_lines.setter
    def scout_lines(self, on: bool) -> None:
        self._scout_lines = on
        self._apply_lines()
        self.options_changed.emit()

    @property
    def maximized(self) -> Pane | None:
        """The pane that fills the window, if any."""
        return None if self._maximized is None else self._maximized.pane

    def maximize(self, pane: Pane) -> None:
        """Show what a pane shows in all of the window, on the main canvas."""
        if self._mode is None or pane not in self.panes:
            return
        self.restore()
        self._pause(paused=True)
        self._show_main_alone()
        self._maximized = MaximizedPane(
            self._viewer, pane, keeps_plane=isinstance(self._mode, ThreePlanes)
        )
        self._focus(self._main)
        self.maximized_changed.emit(True)

    def restore(self) -> None:
        """Show all panes again; slice, zoom and window of the maximized one are kept."""
        maximized, self._maximized = self._maximized, None
        if maximized is None:
            return
        maximized.restore()
        self._show_sides()
        self._pause(paused=False)
        if isinstance(self._mode, ThreePlanes):
            self._mode.follow(maximized.pane)
        self._focus(maximized.pane)
        self.maximized_changed.emit(False)

    def close(self) -> None:
        """Go back to a single canvas and let go of the window."""
        if self._is_closed:
            return
        self.arrangement = SINGLE
        self._release()
        grid, self._grid = self._grid, None
        if grid is not None:
            grid.release()

    def _build(self) -> None:
        """Build one pane, or place them all when they are there."""
        if len(self._pool) < count_of_sides(self._arrangement):
            pane = self._pool.add()
            self._follow_pane(pane).listen()
            pane.canvas.on_drop = guarded(partial(self._on_drop, pane))
            self._pool.bind(pane)
            self._jobs.later(self._build)
            return
        self._show_sides()
        self._main.listen()
        self._jobs.later(self._start)

    def _start(self) -> None:
        """Show in the panes what the arrangement is for."""
        sides = self._sides
        if self._arrangement == THREE_PLANES:
            self._mode = ThreePlanes(
                self._main, sides, self._closing, self._jobs.later, guarded(self._on_stopped)
            )
        else:
            self._mode = SeriesPanes(self._main, sides, self._jobs.later)
            self._mode.link.enabled = self._link
        self._lines = ReferenceLines([self._main, *sides], self._crosshair_on)
        self._apply_lines()

    def _leave(self) -> None:
        """Empty the panes."""
        self._jobs.clear()
        lines, self._lines = self._lines, None
        mode, self._mode = self._mode, None
        for part in (lines, mode):
            if part is not None:
                part.release()
        for pane in self._pool:
            if pane.sources:
                pane.lines.draw(())
                self._jobs.later(pane.clear)

    def _show_sides(self) -> None:
        if self._grid is None:
            self._grid = PaneGrid(*home_of(self._viewer), COLORS[0])
            self._main.header = self._grid.main.header
        self._grid.arrange(*columns_of(self._arrangement, [pane.frame for pane in self._pool]))

    def _show_main_alone(self) -> None:
        if self._grid is not None:
            self._grid.show_main_alone()

    def _release(self) -> None:
        self._jobs.release()
        self._jobs.deleteLater()
        self._closing.release()
        self._closing.deleteLater()
        self._is_closed = True
        self._pool.release()
        self._main.release()
        self._main.deleteLater()
        self._focus(self._main)
        self.closed.emit()

    def _announce(self) -> None:
        """Tell once that the arrangement is complete."""
        if self.is_ready and not self._was_ready:
            self._was_ready = True
            self._fit_main()
            self.ready.emit()

    def _fit_main(self) -> None:
        """Fit the main canvas, which has another size now, unless the user had moved the camera."""
        if self._fits_main and self._main.layer is not None:
            fit_to_canvas(self._viewer, self._main.layer)

    def _follow_pane(self, pane: Pane) -> Pane:
        pane.on_focused = guarded(partial(self._focus, pane))
        pane.on_double_click = guarded(partial(self._on_double_click, pane))
        pane.on_pointed = guarded(partial(self._on_pointed, pane))
        return pane

    def _focus(self, pane: Pane) -> None:
        if pane is self._focused:
            return
        self._focused = pane
        for side in self._pool:
            side.frame.show_focus(focused=side is pane)
        activate(self._viewer, pane.viewer)
        self.focus_changed.emit(pane.viewer)

    def _on_double_click(self, pane: Pane) -> None:
        # Not within the event of a canvas that is about to be hidden.
        change = self.restore if self.maximized is not None else partial(self.maximize, pane)
        self._jobs.later(change)

    def _on_pointed(self, pane: Pane, world: tuple[float, ...]) -> None:
        if self._mode is None:
            return
        place = self._mode.go_to(pane, world)
        if self._lines is not None:
            if place is not None:
                self._lines.mark, self._lines.marked = place, pane
            self._lines.draw()

    def _on_drop(self, pane: SidePane, paths: list[Path], event: Any) -> None:  # noqa: ANN401
        canvas = canvas_of(self._viewer)
        if not any(has_dicom(path) for path in paths):
            if isinstance(canvas, QtViewer):
                canvas.dropEvent(event)
        elif isinstance(self._mode, SeriesPanes):
            layer = open_for_pane(self._viewer, pane, paths)
            if layer is not None:
                self._mode.show(pane, layer)
        else:
            open_paths(self._viewer, paths)

    def _crosshair_on(self, pane: Pane) -> tuple[Line, ...]:
        return () if self._mode is None else self._mode.crosshair(pane)

    def _apply_lines(self) -> None:
        if isinstance(self._mode, ThreePlanes):
            self._mode.has_crosshair = self._crosshair
        if self._lines is not None:
            self._lines.has_scouts = self._scout_lines
            self._lines.draw()

    def _pause(self, *, paused: bool) -> None:
        """Let the panes be while one of them is shown on the main canvas."""
        if isinstance(self._mode, ThreePlanes):
            self._mode.is_paused = paused
        elif self._mode is not None:
            self._mode.is_paused = paused
            self._mode.link.enabled = self._link and not paused
            self._mode.note()
        if self._lines is not None:
            self._lines.is_paused = paused
            self._lines.draw()

    def _on_stopped(self) -> None:
        self.arrangement = SINGLE

    def _on_window_closed(self) -> None:
        """Let go of everything; the main canvas is not moved any more, it is about to go."""
        if not self._is_closed:
            self._grid = None
            self._leave()
            self._release()
