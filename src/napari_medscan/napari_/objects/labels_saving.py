"""Labels layers saved as DICOM segmentations: what their features say of each label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import napari
import napari.viewer
from napari.layers import Labels, Layer

from napari_medscan.counted import agreeing, counted
from napari_medscan.dicom import CancelledError, MedscanError, Segmentation
from napari_medscan.export import ExportError, save_dicom_seg
from napari_medscan.napari_.notify import tell, tell_error
from napari_medscan.napari_.objects.labels_grid import labels_on_series
from napari_medscan.napari_.objects.segment_features import segments_of
from napari_medscan.napari_.objects.shown_object import object_of
from napari_medscan.napari_.progress import run_with_progress
from napari_medscan.napari_.viewer_proxy import unwrapped


def save_labels_data(path: str, layer_data: Sequence[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Save the layers that napari hands to a writer; see `save_labels`."""
    viewer = napari.current_viewer()
    known = [] if viewer is None else [each for each in viewer.layers if isinstance(each, Labels)]
    layers = []
    for data, attributes, _ in layer_data:
        own = (layer for layer in known if layer.data is data)
        layer = next(own, None) or Layer.create(data, attributes, "labels")
        layers.append(cast("Labels", layer))
    return save_labels(layers, path)


def save_labels(layers: Sequence[Labels], path: Path | str, *, description: str = "") -> list[str]:
    """Save Labels layers of one series as one segmentation, and return the file.

    Parameters
    ----------
    layers : sequence of Labels
        Segments in different layers may overlap.
    path : path
        A file that exists is replaced.
    description : str
        Series Description; by default that of the segmentation, else the name of the first layer.

    Raises
    ------
    ExportError, MedscanError, OSError
        As `save_dicom_seg`; if the layers lie on no series, or on different ones.
    CancelledError
        After Cancel; no file is left.
    """
    placed = [labels_on_series(layer) for layer in layers]
    stack = placed[0].stack
    if any(each.stack is not stack for each in placed):
        raise ExportError("These labels lie on different series. Save them one by one")
    segments = [segments_of(layer) for layer in layers]
    sources = {shown.source for layer in layers if (shown := object_of(layer)) is not None}
    source = sources.pop() if len(sources) == 1 else None
    done = run_with_progress(
        lambda progress: save_dicom_seg(
            stack,
            path,
            [each.data for each in placed],
            segments,
            progress,
            description=description or _description(layers[0]),
            source=source if isinstance(source, Segmentation) else None,
            overwrite=True,
        ),
        "Saving segmentation…",
    )
    for warning in done.warnings:
        tell(f"{warning}.")
    without = sum(1 for same in segments for each in same if not each.type.value)
    if without:
        segments_have, are = counted(without, "segment", "has"), agreeing(without, "is")
        tell(f"{segments_have} no coded type and {are} saved as tissue.")
    return [str(file) for file in done.files]


def _description(layer: Labels) -> str:
    shown = object_of(layer)
    source = None if shown is None else shown.source
    return (source.header.description if source is not None else "") or layer.name


def save_segmentation(viewer: napari.viewer.Viewer) -> None:
    """Ask for a file and save the selected Labels layers as one DICOM segmentation."""
    viewer = unwrapped(viewer)
    selected = [each for each in viewer.layers if each in viewer.layers.selection]
    ask_and_save([each for each in selected if isinstance(each, Labels)])


def ask_and_save(layers: Sequence[Labels], description: str = "") -> bool:
    """Ask for a file and save Labels layers as one DICOM segmentation.

    Returns
    -------
    bool
        Whether there is a new file; otherwise a message says why, if the user did not cancel.
    """
    from napari_medscan.napari_.file_traces import ask_where_to_save
    from napari_medscan.napari_.gui import main_window

    if not layers:
        tell("Select a Labels layer that lies on a DICOM series.")
        return False
    title = "Save DICOM segmentation"
    path = ask_where_to_save(main_window(), title, "segmentation.dcm", "DICOM (*.dcm)")
    if path is None:
        return False
    try:
        save_labels(layers, path, description=description)
    except CancelledError:
        return False
    except (MedscanError, OSError) as error:
        tell_error(error, "The file cannot be written.")
        return False
    tell("Segmentation saved.")
    return True
