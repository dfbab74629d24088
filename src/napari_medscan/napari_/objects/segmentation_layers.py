"""Segmentations as Labels layers: names, codes and colors of the segments, editable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_medscan.dicom import Segmentation, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.placement import Placement
from napari_medscan.dicom.objects.segments import Segment, color_of
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.segment_features import segment_row
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object, tell_once
from napari_medscan.napari_.progress import reading_progress

_OPACITY = 0.5
_HAND_DRAWN = 32
"""Labels beyond the file's that get a color of their own when they are painted."""


def segmentation_layers(segmentation: Segmentation, stacks: Sequence[Stack]) -> list[Labels]:
    """Return the Labels layers of a segmentation, one for each set of disjoint segments.

    Parameters
    ----------
    segmentation : Segmentation
        What to show.
    stacks : sequence of Stack
        Series that are known: the segmentation lies on the grid of the one that it fits.

    Raises
    ------
    FrameError
        If the file does not say whether segments overlap and cannot be read.
    """
    placement = segmentation.place(stacks)
    with reading_progress("Comparing segments", "planes") as progress:
        sets = segmentation.label_sets(placement, progress)
    for note in placement.notes:
        tell(f"{segmentation.name}: {note}.")
    layers = []
    for index, numbers in enumerate(sets):
        name = defuse(segmentation.name)
        if len(sets) > 1:
            name = f"{name} ({index + 1})"
        layers.append(_layer(segmentation, placement, numbers, name))
    return layers


def _layer(
    segmentation: Segmentation, placement: Placement, numbers: Sequence[int], name: str
) -> Labels:
    labels = segmentation.labels(placement, numbers)
    labels.watch(tell_once(name))
    data = EditableArray(labels.display)
    segments = [segment for segment in segmentation.segments if segment.number in numbers]
    unit = "mm" if placement.geometry.calibrated else "pixel"
    layer = Labels(
        data,
        name=name,
        scale=placement.geometry.scale,
        translate=placement.geometry.translate,
        units=(unit, unit, unit),
        axis_labels=("z", "y", "x"),
        features=segment_table(segmentation, segments),
        colormap=_colormap(segments, data.dtype),
        opacity=_OPACITY,
        projection_mode="none",
        multiscale=False,
    )
    if segments:
        layer.selected_label = segments[0].value
    orientation = placement.geometry.orientation
    shown = ShownObject(segmentation, placement.stack, orientation, layer.data, labels)
    note_object(layer, shown)
    return layer


def segment_table(
    segmentation: Segmentation, segments: Sequence[Segment]
) -> dict[str, list[int | str]]:
    """Return what the file says of segments, column by column, with background in the first row.

    napari shows the row of the label under the cursor in its status bar.
    """
    planes = segmentation.planes_of()
    rows: list[dict[str, int | str]] = [{"index": 0, "name": "background"}]
    for segment in segments:
        row = segment_row(segment)
        if not segmentation.is_label_map and not planes.get(segment.number):
            row["note"] = "empty"
        rows.append(row)
    used = dict.fromkeys(key for row in rows for key, value in row.items() if value != "")
    return {key: [row.get(key, "") for row in rows] for key in used}


def _colormap(
    segments: Sequence[Segment], dtype: np.dtype[np.uint8 | np.uint16]
) -> DirectLabelColormap:
    """Return the colors of the segments; the next numbers get some, for labels drawn by hand."""
    colors = {0: (0.0, 0.0, 0.0, 0.0)}
    highest = max((segment.value for segment in segments), default=0)
    most = min(highest + _HAND_DRAWN, np.iinfo(dtype).max)
    colors |= {number: (*color_of(number), 1.0) for number in range(1, most + 1)}
    colors |= {segment.value: (*segment.color, 1.0) for segment in segments}
    return DirectLabelColormap(color_dict={None: (1.0, 1.0, 1.0, 1.0), **colors})
