"""The panes beside a main canvas, which are made when they are first needed and then kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import napari.viewer

from napari_medscan.napari_.failure_log import log_failure
from napari_medscan.napari_.panes.arrangement import COLORS
from napari_medscan.napari_.panes.pane import SidePane

PaneCallback = Callable[[napari.viewer.Viewer, napari.viewer.Viewer], Any]

on_pane_created: list[PaneCallback] = []
"""Called as ``callback(viewer, model)`` for every pane that is made beside a main canvas.

Keys, wheel and gestures of the main viewer are bound to the pane's model here. What a callback
returns is released with the pane if it has a method ``release``.
"""


class PanePool:
    """The panes of one viewer, in the order in which they were made.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the main canvas.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._panes: list[SidePane] = []
        self._bound: list[Any] = []

    def __len__(self) -> int:
        """Return how many panes were made."""
        return len(self._panes)

    def __iter__(self) -> Iterator[SidePane]:
        """Yield every pane, in use or not."""
        return iter(self._panes)

    def first(self, count: int) -> list[SidePane]:
        """Return as many panes as an arrangement needs, as far as they are there."""
        return self._panes[:count]

    def add(self) -> SidePane:
        """Make one more pane, which takes as long as twenty slices."""
        pane = SidePane(self._viewer, COLORS[1 + len(self)])
        self._panes.append(pane)
        return pane

    def bind(self, pane: SidePane) -> None:
        """Bind to a pane what the main canvas has; a callback that fails stops no other."""
        for callback in on_pane_created:
            try:
                self._bound.append(callback(self._viewer, pane.viewer))
            except Exception as error:  # noqa: BLE001 - the pane is there all the same
                log_failure(error)

    def release(self) -> None:
        """Close all panes for good."""
        for bound in self._bound:
            if hasattr(bound, "release"):
                bound.release()
        for pane in self._panes:
            pane.release()
            pane.deleteLater()
        self._bound.clear()
        self._panes.clear()
