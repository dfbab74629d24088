"""Segmentations as Labels layers: names, codes and colors of the segments, editable."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_medscan.dicom import Segmentation, SlideSegmentation, Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.objects.placement import Placement
from napari_medscan.dicom.objects.segments import Segment, color_of
from napari_medscan.frames import EditableArray, highest_of, reduced, shared_cache
from napari_medscan.napari_.layer_transform import LayerPlace, grid_place, layer_place
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.segment_features import segment_row
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object, tell_once
from napari_medscan.napari_.objects.slide_layers import show_tiles
from napari_medscan.napari_.progress import reading_progress

_OPACITY = 0.5
_FACTOR = 4
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
    names = _names(segmentation, len(sets))
    return [_layer(segmentation, placement, *each) for each in zip(sets, names, strict=True)]


def slide_segmentation_layers(segmentation: SlideSegmentation) -> list[Labels]:
    """Return the same of a segmentation of a slide: levels of a pyramid, which are not editable.

    Raises
    ------
    FrameError
        As `segmentation_layers`.
    UnreadableError
        If the file does not say where its tiles lie.
    OSError
        When the file cannot be read.
    """
    with reading_progress("Comparing segments", "tiles") as progress:
        sets = segmentation.label_sets(progress)
    layers = []
    geometry = segmentation.geometry
    unit = "mm" if geometry.is_calibrated else "pixel"
    empty = segmentation.empty_segments()
    for numbers, name in zip(sets, _names(segmentation, len(sets)), strict=True):
        levels = segmentation.pyramid(numbers)
        if len(levels) == 1:
            # napari takes one level for no pyramid, and lets people paint on it.
            small = reduced(levels[0], _FACTOR, max(levels[0].shape), shared_cache(), highest_of)
            levels = (levels[0], small)
        segments = [segment for segment in segmentation.segments if segment.number in numbers]
        layer = Labels(
            [level.display for level in levels],
            name=name,
            multiscale=True,
            scale=geometry.scale[1:],
            translate=geometry.translate[1:],
            units=(unit, unit),
            axis_labels=("y", "x"),
            features=segment_table(segments, empty),
            colormap=_colormap(segments, levels[0].dtype),
            opacity=_OPACITY,
            projection_mode="none",
        )
        show_tiles(layer, segmentation, levels)
        layers.append(layer)
    return layers


def _names(segmentation: Segmentation | SlideSegmentation, count: int) -> list[str]:
    name = defuse(segmentation.name)
    return [name] if count == 1 else [f"{name} ({number + 1})" for number in range(count)]


def _layer(
    segmentation: Segmentation, placement: Placement, numbers: Sequence[int], name: str
) -> Labels:
    labels = segmentation.labels(placement, numbers)
    labels.watch(tell_once(name))
    data = EditableArray(labels.display)
    segments = [segment for segment in segmentation.segments if segment.number in numbers]
    layer = Labels(
        data,
        name=name,
        **_place(placement),
        features=segment_table(segments, segmentation.empty_segments()),
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


def _place(placement: Placement) -> LayerPlace:
    """Return what places a layer of the shape of a placement."""
    if placement.stack is not None and len(placement.shape) > 3:
        return layer_place(placement.stack)
    return grid_place(placement.geometry)


def segment_table(
    segments: Sequence[Segment], empty: Collection[int]
) -> dict[str, list[int | str]]:
    """Return what the file says of segments, column by column, with background in the first row.

    napari shows the row of the label under the cursor in its status bar.

    Parameters
    ----------
    segments : sequence of Segment
        Those of a layer.
    empty : collection of int
        The numbers of segments without pixels.
    """
    rows: list[dict[str, int | str]] = [{"index": 0, "name": "background"}]
    for segment in segments:
        row = segment_row(segment)
        if segment.number in empty:
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
