"""Files that are dropped on a pane."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.menu import open_paths
from napari_medscan.napari_.panes.pane import SidePane
from napari_medscan.napari_.panes.twin_layer import twin_of
from napari_medscan.napari_.view import add_hidden


def open_for_pane(
    viewer: napari.viewer.Viewer, pane: SidePane, paths: Sequence[Path]
) -> Image | None:
    """Open files for a pane; the main viewer lists their series, too, but keeps its own in view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the main canvas.
    pane : SidePane
        The pane; its model reads the files.
    paths : sequence of Path
        Files and folders.

    Returns
    -------
    Image or None
        The layer of the main viewer whose series the pane should show; None if nothing was opened.
    """
    before = set(pane.viewer.layers)
    open_paths(pane.viewer, paths)
    shown = current_layer(pane.viewer)
    wanted = None
    for layer in pane.viewer.layers:
        if layer in before or not isinstance(layer, Image) or stack_of(layer) is None:
            continue
        listed = twin_of(layer)
        add_hidden(viewer, listed)
        if layer is shown:
            wanted = listed
    return wanted
