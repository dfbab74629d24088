"""Commands in napari's menus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import napari.viewer

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.dicom_panel import PLUGIN
from napari_medscan.napari_.gui import person_acts
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.layers import image_layer
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.refusal import refusal
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_proxy import unwrapped


def open_folder(viewer: napari.viewer.Viewer) -> None:
    """Ask for a folder and open every DICOM series in it.

    napari's own "Open Folder" asks which reader to use, as its built-in one
    claims every folder; this goes straight to the plugin.
    """
    from napari_medscan.napari_.file_traces import ask_for_folder
    from napari_medscan.napari_.gui import main_window

    folder = ask_for_folder(main_window(), "Open DICOM folder")
    if folder is not None:
        open_paths(viewer, [folder])


def open_paths(
    viewer: napari.viewer.Viewer, paths: Sequence[Path], *, by_person: bool = True
) -> None:
    """Open files, folders and archives with this plugin; if there is nothing to open, show why.

    Several folders and archives are opened as one: their series are compared, and one of them is
    visible.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to open them.
    paths : sequence of Path
        Files, folders and archives.
    by_person : bool
        Whether a person chose them. A script gets every series.
    """
    from napari_medscan.dicom import MedscanError
    from napari_medscan.dicom.files.archives import is_named_like_archive
    from napari_medscan.dicom.headers.sniff import has_dicom

    dicom = [path for path in paths if has_dicom(path)]
    archives = [path for path in paths if path not in dicom and is_named_like_archive(path.name)]
    if archives or not dicom:
        tell(refusal(archives if dicom else paths))
    if not dicom:
        return
    whole = [path for path in dicom if path.is_dir() or is_named_like_archive(path.name)]
    together = len(dicom) > 1 and len(whole) == len(dicom)
    try:
        with person_acts(acts=by_person):
            viewer.open(list(map(str, dicom)), plugin=PLUGIN, stack=together)
    except MedscanError as reason:
        tell(str(reason))


def clear_disk_cache(_viewer: napari.viewer.Viewer | None = None) -> None:
    """Delete the index of opened folders and the decoded images on disk; show how much that was."""
    from napari_medscan.dicom.index.recall import forget

    tell(f"Disk cache cleared ({forget() / 1e6:.1f} MB).")


def unshear(viewer: napari.viewer.Viewer) -> None:
    """Add the selected tilted series once more, resampled to upright slices."""
    from napari_medscan.dicom import UnreadableError
    from napari_medscan.dicom.series.shear import unsheared

    viewer = unwrapped(viewer)
    layer = current_layer(viewer)
    stack = series_of(layer)
    if layer is None or stack is None:
        tell("Select a layer that MedScan opened.")
        return
    if not stack.geometry.tilt:
        tell("This series is not tilted. Its slices are already aligned.")
        return
    try:
        upright = image_layer(unsheared(stack))
    except UnreadableError as reason:
        tell(f"{str(reason).capitalize()}.")
        return
    upright.contrast_limits = layer.contrast_limits
    viewer.add_layer(upright)
    bring_into_view(viewer, upright)
    layer.visible = False
