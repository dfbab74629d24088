"""Commands that arrange the canvases of a window, and link them.

Each is a plain function of the viewer, and is listed in the manifest under its own name.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.series_command import canvas_command

if TYPE_CHECKING:
    from napari_medscan.napari_.panes import Panes


@canvas_command
def arrange_single(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show one canvas."""
    _arrange(viewer, "Single")


@canvas_command
def arrange_side_by_side(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show two series side by side."""
    _arrange(viewer, "Side by side")


@canvas_command
def arrange_two_by_two(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show up to four series."""
    _arrange(viewer, "2 × 2")


@canvas_command
def arrange_three_planes(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show the current series in three planes."""
    _arrange(viewer, "Three planes")


@canvas_command
def link_panes(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Scroll series side by side to the same position in the patient."""
    panes = _side_by_side(viewer)
    if panes is not None:
        panes.link = True


@canvas_command
def link_panes_by_hand(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Scroll series side by side from the slices in view, whatever their frames of reference."""
    panes = _side_by_side(viewer)
    if panes is not None:
        panes.link_by_hand()


@canvas_command
def unlink_panes(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Scroll each of the series side by side on its own."""
    panes = _side_by_side(viewer)
    if panes is not None:
        panes.link = False


@canvas_command
def toggle_crosshair(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show or hide the crosshair of three planes."""
    panes = _panes(viewer)
    if panes is not None:
        panes.crosshair = not panes.crosshair


@canvas_command
def toggle_scout_lines(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show or hide where the slices of the other canvases cut each canvas."""
    panes = _panes(viewer)
    if panes is not None:
        panes.scout_lines = not panes.scout_lines


def _panes(viewer: napari.viewer.Viewer) -> Panes | None:
    """Return the panes of a viewer; without a window, say that one is needed."""
    # Panes need Qt, and the manifest is read without it.
    module = importlib.import_module("napari_medscan.napari_.panes")
    try:
        panes: Panes = module.panes_of(viewer)
    except RuntimeError:
        tell("Arrangements need a napari window.")
        return None
    return panes


def _side_by_side(viewer: napari.viewer.Viewer) -> Panes | None:
    """Return panes that show several series; if they do not, say what is needed."""
    panes = _panes(viewer)
    if panes is not None and not panes.has_series_panes:
        tell("Show series side by side first.")
        return None
    return panes


def _arrange(viewer: napari.viewer.Viewer, arrangement: str) -> None:
    panes = _panes(viewer)
    if panes is not None:
        panes.arrangement = arrangement
