"""A pane that fills the window: the main canvas shows what it shows."""

from __future__ import annotations

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.twin_layer import copy_look, twin_of
from napari_medscan.napari_.panes.view_state import ViewState, copy_view
from napari_medscan.napari_.planes import Plane, reserve_plane, reserved_plane
from napari_medscan.napari_.view import bring_into_view


class MaximizedPane:
    """Hands series, plane, slice, zoom and window of a pane to the main canvas, and back.

    The main canvas itself cannot be hidden, so a pane is never enlarged in its own place.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the main canvas.
    pane : Pane
        The pane; nothing is handed over if it is the main canvas.
    keeps_plane : bool
        Whether the pane has one plane for good, whatever the main canvas is turned to meanwhile.
    """

    def __init__(self, viewer: napari.viewer.Viewer, pane: Pane, *, keeps_plane: bool) -> None:
        self._keeps_plane = keeps_plane
        self.pane = pane
        self._viewer = viewer
        self._before: ViewState | None = None
        self._layer: Image | None = None
        self._look: Image | None = None
        self._plane: Plane | None = None
        layer, twin = (pane.source, pane.layer) if isinstance(pane, SidePane) else (None, None)
        if layer is None or twin is None or layer not in viewer.layers:
            return
        self._before = ViewState.of(viewer)
        self._plane = reserved_plane(viewer)
        reserve_plane(viewer, reserved_plane(pane.viewer))
        self._layer, self._look = layer, twin_of(layer)
        copy_look(twin, layer)
        if layer is not current_layer(viewer):
            bring_into_view(viewer, layer)
        copy_view(pane.viewer, viewer, layer)

    def restore(self) -> None:
        """Show again what the main canvas showed before, unless it shows another series now."""
        layer, look, twin = self._layer, self._look, self.pane.layer
        if self._before is None or layer is None or look is None or twin is None:
            return
        viewer = self._viewer
        reserve_plane(viewer, self._plane)
        if layer not in viewer.layers or current_layer(viewer) is not layer:
            return
        mine, theirs = self.pane.viewer.dims.order, viewer.dims.order
        more = len(theirs) - len(mine)
        if not self._keeps_plane or tuple(axis + more for axis in mine) == tuple(theirs[more:]):
            copy_view(viewer, self.pane.viewer, twin)
        copy_look(layer, twin)
        if not self._is_same_series():
            copy_look(look, layer)
        self._before.restore(viewer)

    def _is_same_series(self) -> bool:
        """Return whether the main canvas showed the series before: its window is that of both."""
        return self._before is not None and self._before.active is self._layer
