"""Labels layers saved as DICOM segmentations: what their features say of each label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import napari
import numpy as np
from napari.layers import Labels, Layer

from napari_medscan.dicom import Segmentation
from napari_medscan.dicom.objects.segments import Code, Segment
from napari_medscan.export import ExportError, save_dicom_seg
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.export_run import run_with_progress
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.labels_grid import labels_on_series
from napari_medscan.napari_.objects.shown_object import object_of

_CODE: Final = re.compile(r"(?P<value>.+) \((?P<scheme>.+)\)")


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
        count = "1 segment has" if without == 1 else f"{without} segments have"
        tell(f"{count} no coded type and {'is' if without == 1 else 'are'} saved as tissue.")
    return [str(file) for file in done.files]


def _description(layer: Labels) -> str:
    shown = object_of(layer)
    source = None if shown is None else shown.source
    return (source.header.description if source is not None else "") or layer.name


def segments_of(layer: Labels) -> list[Segment]:
    """Return what the features of a layer say of its labels, by value; painted ones as well."""
    rows = _rows(layer)
    return [
        _segment(layer, value, rows.get(value, {})) for value in sorted({*rows, *painted(layer)})
    ]


def painted(layer: Labels) -> set[int]:
    """Return the labels that were drawn in memory; those that are only in a file are not sought."""
    data = layer.data
    if isinstance(data, EditableArray):
        slices: Any = (data[number] for number in data.edited_slices)
    elif isinstance(data, np.ndarray):
        slices = data.reshape(-1, *data.shape[-2:])
    else:
        return set()
    found = {int(value) for plane in slices if plane.any() for value in np.unique(plane)}
    return found - {0}


def _rows(layer: Labels) -> dict[int, Mapping[str, Any]]:
    """Return the rows of the features by label: as napari, without "index" by their order."""
    rows = layer.features.to_dict("records")
    numbered = ((int(row.get("index", number)), row) for number, row in enumerate(rows))
    return {value: row for value, row in numbered if value > 0}


def _segment(layer: Labels, value: int, row: Mapping[str, Any]) -> Segment:
    # napari does not annotate it.
    color = layer.get_color(value)  # type: ignore[no-untyped-call]
    red, green, blue = (1.0, 1.0, 1.0) if color is None else map(float, color[:3])
    return Segment(
        value,
        label=_text(row, "name"),
        category=_code(row, "category"),
        type=_code(row, "type"),
        algorithm=_text(row, "algorithm").upper(),
        algorithm_name=_text(row, "algorithm_name"),
        tracking_id=_text(row, "tracking_id"),
        tracking_uid=_text(row, "tracking_uid"),
        color=(red, green, blue),
        has_own_color=True,
    )


def _code(row: Mapping[str, Any], name: str) -> Code:
    """Return a code, as `segment_table` writes it: the meaning, and "value (scheme)"."""
    match = _CODE.fullmatch(_text(row, f"{name}_code"))
    return Code(match["value"], match["scheme"], _text(row, name)) if match else Code()


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name, "")
    return found if isinstance(found, str) else ""
