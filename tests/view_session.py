"""One napari window with the panel, driven as a user drives it, for tests of what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_medscan.dicom import LoadReport, Stack, load
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.slider_index import slice_in_view

from .corpus.oracle import case_names, case_path
from .napari_window import fresh_application
from .view_check import faults_of_view, related, settle

NO_CORPUS = "NOT TESTED: there is no corpus of real DICOM (set MEDSCAN_CORPUS to where it is)"
READER, PANEL_OPEN, SHOW_ONLY = "reader", "panel's Open", "Show only"
WAYS = READER, PANEL_OPEN, SHOW_ONLY

_LARGEST_IN_3D = 2_000_000
"""Voxels that a software renderer draws at once."""


@dataclass(frozen=True)
class Turn:
    """What a user may have done to the view before the next series is opened."""

    name: str
    order: tuple[int, int, int] = (0, 1, 2)
    orientation: tuple[str, str] = ("down", "right")
    zoom: float = 1.0
    ndisplay: int = 2


TURNS = (
    Turn("in another plane", order=(1, 0, 2)),
    Turn("in the third plane", order=(2, 0, 1)),
    Turn("with rows for columns", order=(0, 2, 1)),
    Turn("mirrored", orientation=("down", "left")),
    Turn("upside down", orientation=("up", "right")),
    Turn("in another plane, mirrored", order=(1, 0, 2), orientation=("up", "left")),
    Turn("zoomed at its first slice", zoom=4.0),
    Turn("in 3-D", ndisplay=3),
)


@dataclass(frozen=True)
class Pair:
    """Two cases of the corpus, and what happens between opening the one and the other."""

    first: str
    second: str
    turn: Turn
    way: str
    removed: bool
    choice: int
    """Which of the second case's series is opened from the panel."""

    def __str__(self) -> str:
        after = "removed" if self.removed else self.turn.name
        return f"{self.first} {after}, then {self.second} by {self.way}"


class Session:
    """A viewer's window with the panel in it.

    Attributes
    ----------
    viewer : napari.Viewer
        Its window is on screen.
    dialogs : list of str
        Titles of the dialogs that waited for an answer, and were canceled.
    """

    def __init__(self) -> None:
        import napari

        self.viewer = napari.Viewer(show=True)
        self.viewer.window._qt_window.resize(1000, 700)
        _, self.panel = self.viewer.window.add_plugin_dock_widget("napari-medscan", PANEL)
        self.dialogs: list[str] = []
        settle()

    def close(self) -> None:
        """Close the window and forget what was opened in it."""
        self.start()
        self.viewer.close()
        settle()

    def start(self) -> None:
        """Remove every layer, and let the view be as in a new window."""
        from napari_medscan.napari_.session import record

        self.viewer.layers.clear()
        record.forget(record.stacks)
        self.viewer.dims.ndisplay = 2
        self.viewer.dims.order = tuple(range(self.viewer.dims.ndim))
        self.viewer.scene.camera.orientation2d = ("down", "right")
        self.viewer.reset_view()
        self.dialogs.clear()
        settle(20)

    def open(self, path: Path) -> list[Stack]:
        """Open a path by the plugin's reader; return its series."""
        layers = self.viewer.open(str(path), plugin="napari-medscan")
        settle()
        return [stack for layer in layers if (stack := stack_of(layer)) is not None]

    def drop_on_panel(self, path: Path) -> None:
        """Drop a file or folder on the panel."""
        from napari_medscan.napari_.menu import open_paths

        open_paths(self.viewer, [path])
        settle(400)

    def list_series(self, report: LoadReport) -> None:
        """Let the panel list series of which none is open."""
        from napari_medscan.napari_.session import record

        record.add(report)

    def open_from_panel(self, stack: Stack) -> None:
        """Select a series in the panel's list and click Open."""
        self._click(stack, "open_button")

    def show_only(self, stack: Stack) -> None:
        """Select a series in the panel's list and click Show only."""
        self._click(stack, "show_only_button")

    def _click(self, stack: Stack, button: str) -> None:
        settle()
        self.panel.series.select(stack)
        next(b for b in self.panel.series if b.name == button).native.click()
        settle()

    def turn(self, turn: Turn) -> None:
        """Arrange the view of the active layer in another way."""
        viewer, layer = self.viewer, self.viewer.layers.selection.active
        lead = viewer.dims.ndim - 3
        if turn.ndisplay == 2 or (layer is not None and layer.data.size < _LARGEST_IN_3D):
            viewer.dims.ndisplay = turn.ndisplay
        viewer.dims.order = (*range(lead), *(lead + axis for axis in turn.order))
        viewer.scene.camera.orientation2d = turn.orientation
        if turn.zoom != 1:
            viewer.dims.set_current_step(lead, 0)
            viewer.scene.camera.zoom *= turn.zoom
        settle()

    def faults_of_opening(self, opened: Sequence[Stack], *, anywhere: bool = False) -> list[str]:
        """Return what is wrong if one of these series should be what the user sees.

        Parameters
        ----------
        opened
            The series.
        anywhere
            Whether the slider may stand at another slice than a middle one, as it may after
            another series of the same frame of reference.
        """
        dialogs = [f"a dialog: {title}" for title in self.dialogs]
        if not opened:
            return [*dialogs, "no series was opened"]
        active = stack_of(self.viewer.layers.selection.active)
        expected = active if active in opened else opened[0]
        layer = self.viewer.layers.selection.active
        number = slice_in_view(self.viewer, layer) if anywhere and active is expected else None
        return [*dialogs, *faults_of_view(self.viewer, expected, number)]

    def faults_of_pair(self, pair: Pair) -> list[str]:
        """Open one case, arrange the view, open the other; return what is wrong then."""
        self.start()
        report = corpus().reports[pair.second]
        if pair.way != READER:
            self.list_series(report)
        self.open(case_path(pair.first))
        self.turn(pair.turn)
        if pair.removed:
            self.viewer.layers.clear()
            settle()
        if pair.way == READER:
            return self.faults_of_opening(self.open(case_path(pair.second)))
        chosen = report.stacks[pair.choice % len(report.stacks)]
        if pair.way == SHOW_ONLY:
            self.show_only(chosen)
        else:
            self.open_from_panel(chosen)
        return self.faults_of_opening([chosen])


PANEL = "DICOM panel"
"""The panel's name among napari's dock widgets."""


@contextmanager
def session() -> Iterator[Session]:
    """Yield a session in which every dialog is canceled at once, and noted."""
    from qtpy.QtWidgets import QDialog

    with fresh_application(), pytest.MonkeyPatch.context() as patch:
        running = Session()
        dialogs = running.dialogs

        def cancel(dialog: Any) -> int:
            dialogs.append(dialog.windowTitle())
            return int(QDialog.DialogCode.Rejected)

        patch.setattr(QDialog, "exec", cancel)
        yield running
        running.close()
        del running


class Corpus:
    """The cases of the corpus that show an image."""

    @cached_property
    def reports(self) -> dict[str, LoadReport]:
        """What each of them holds; not those of slides, which are no series."""
        found = {case: load([case_path(case)]) for case in case_names()}
        return {
            case: report
            for case, report in found.items()
            if report.stacks and not any(each.header.kind.is_slide for each in report.objects)
        }

    def pairs(self, seed: int, most_series: int = 1000) -> Iterator[Pair]:
        """Yield ordered pairs of cases that no series of which may lie on one of the other.

        Parameters
        ----------
        seed
            Decides their order, and what is done between opening the one and the other.
        most_series
            Cases of more series are left out, as they take longer.
        """
        cases = [name for name, report in self.reports.items() if len(report.stacks) <= most_series]
        every = [pair for pair in product(cases, cases) if pair[0] != pair[1]]
        for number in np.random.default_rng(seed).permutation(len(every)):
            first, second = every[number]
            random = np.random.default_rng([seed, int(number)])
            theirs = product(self.reports[first].stacks, self.reports[second].stacks)
            if not any(related(one, other) for one, other in theirs):
                yield Pair(
                    first,
                    second,
                    TURNS[random.integers(len(TURNS))],
                    WAYS[random.integers(len(WAYS))],
                    bool(random.random() < 0.3),
                    int(random.integers(100)),
                )


@cache
def corpus() -> Corpus:
    """Return the corpus, read once a process."""
    return Corpus()
