"""Several canvases in one napari window: series side by side, or three planes of one."""

from napari_medscan.napari_.active_viewer import active_viewer
from napari_medscan.napari_.panes.arrangement import ARRANGEMENTS
from napari_medscan.napari_.panes.pane import Pane, SidePane
from napari_medscan.napari_.panes.pane_pool import on_pane_created
from napari_medscan.napari_.panes.panes import Panes
from napari_medscan.napari_.panes.registry import known_panes, panes_of

__all__ = [
    "ARRANGEMENTS",
    "Pane",
    "Panes",
    "SidePane",
    "active_viewer",
    "known_panes",
    "on_pane_created",
    "panes_of",
]
