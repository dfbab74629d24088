"""Commands that save the current series, and open files of other programs on it."""

from __future__ import annotations

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_ import export_layers
from napari_medscan.napari_.series_command import canvas_command


@canvas_command
def save_nifti(_viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Save the current series as NIfTI, with its exact position."""
    export_layers.save_series(layer, ".nii.gz")


@canvas_command
def save_nrrd(_viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Save the current series as NRRD, with its exact position."""
    export_layers.save_series(layer, ".nrrd")


@canvas_command
def open_on_series(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Open a NIfTI or NRRD file on the grid of the current series."""
    export_layers.open_on_series(viewer, layer)
