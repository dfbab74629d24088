"""Commands in napari's menus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.layers import image_layer, stack_of
from napari_medscan.napari_.notify import tell

if TYPE_CHECKING:
    from napari.layers import Layer

PLUGIN = "napari-medscan"


def open_folder(viewer: napari.viewer.Viewer) -> None:
    """Ask for a folder and open every DICOM series in it.

    napari's own "Open Folder" asks which reader to use, as its built-in one
    claims every folder; this goes straight to the plugin.
    """
    from qtpy.QtWidgets import QFileDialog

    from napari_medscan.napari_.gui import main_window

    folder = QFileDialog.getExistingDirectory(main_window(), "Open DICOM folder")
    if folder:
        open_path(viewer, Path(folder))


def open_path(viewer: napari.viewer.Viewer, path: Path) -> list[Layer]:
    """Open a file or folder with this plugin, telling what went wrong in words."""
    from napari_medscan.dicom import MedscanError
    from napari_medscan.dicom.sniff import has_dicom

    if not has_dicom(path):
        tell("No DICOM image found there.")
        return []
    try:
        layers: list[Layer] = viewer.open(str(path), plugin=PLUGIN)
    except MedscanError as reason:
        tell(str(reason))
        return []
    return layers


def unshear(viewer: napari.viewer.Viewer) -> None:
    """Add the selected tilted stack once more, resampled to upright slices."""
    from napari_medscan.dicom import UnreadableError
    from napari_medscan.dicom.shear import unsheared

    layer = viewer.layers.selection.active
    stack = stack_of(layer)
    if stack is None or not isinstance(layer, Image):
        tell("Select a layer that MedScan opened.")
        return
    if not stack.geometry.tilt:
        tell("This stack is not tilted: its slices stand upright on each other already.")
        return
    try:
        upright = image_layer(unsheared(stack))
    except UnreadableError as reason:
        tell(f"{str(reason).capitalize()}.")
        return
    upright.contrast_limits = layer.contrast_limits
    layer.visible = False
    viewer.add_layer(upright)
