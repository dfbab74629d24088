"""From contours to labels: the voxels within the regions of the selected layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import napari.viewer
import numpy as np
from napari.layers import Labels, Layer, Shapes

from napari_medscan.dicom import MedscanError, StructureSet
from napari_medscan.dicom.objects.structure_set import DrawnContour
from napari_medscan.dicom.objects.structures import Roi
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.layer_transform import grid_place
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.plane_layers import mask_colors
from napari_medscan.napari_.objects.region_outlines import outlines_of
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object, shown_objects
from napari_medscan.napari_.shape_outline import shape_outline
from napari_medscan.napari_.viewer_proxy import unwrapped

_OPACITY = 0.5


def contours_to_labels(viewer: napari.viewer.Viewer) -> None:
    """Add a Labels layer for each selected region; inner contours are holes.

    Of outlines in one layer these are the regions that are switched on. A layer of one region gives
    its own contours and color, which may have been edited.
    """
    viewer = unwrapped(viewer)
    selected = [each for each in shown_objects(viewer) if each[0] in viewer.layers.selection]
    regions = [(what, roi, layer) for layer, what in selected for roi in _regions_of(layer, what)]
    if not regions:
        tell("Select the contours of an RT Structure Set first.")
        return
    layers = [layer for each in regions if (layer := _labels_of(*each)) is not None]
    if not layers:
        tell("These contours lie on no series that is open.")
    for layer in layers:
        viewer.add_layer(layer)


def _labels_of(shown: ShownObject, roi: Roi, layer: Layer) -> Labels | None:
    """Return a Labels layer of the voxels within a region, None if it lies on no series."""
    source, stack = shown.source, shown.stack
    if stack is None or not isinstance(source, StructureSet):
        return None
    try:
        drawn = source.draw([stack])
    except (MedscanError, OSError):
        tell(f"{source.name} cannot be read. Is its disc or folder still there?")
        return None
    color = (*roi.color, 1.0)
    if isinstance(layer, Shapes):
        drawn = replace(drawn, contours={roi.number: _contours_of(layer)})
        color = layer.edge_color[0] if layer.nshapes else color
    array = source.labels(drawn, roi.number)
    data = EditableArray(array.display)
    labels = Labels(
        data,
        name=f"{roi.name} (labels)",
        **grid_place(drawn.geometry),
        features={"index": [0, 1], "name": ["background", roi.name]},
        colormap=mask_colors(color),
        opacity=_OPACITY,
        projection_mode="none",
        multiscale=False,
    )
    note_object(labels, ShownObject(source, stack, shown.orientation, labels.data, array))
    return labels


def _contours_of(layer: Shapes) -> list[DrawnContour]:
    """Return the contours that a layer of one region has now, each on the slice it lies on."""
    outlines = [shape_outline(*each) for each in zip(layer.shape_type, layer.data, strict=True)]
    return [
        DrawnContour(round(float(line[0, 0])), line[:, 1:], np.array_equal(line[0], line[-1]))
        for line in outlines
    ]


def _regions_of(layer: Layer, shown: ShownObject) -> Sequence[Roi]:
    outlines = outlines_of(layer)
    if outlines is not None:
        return outlines.rois
    if not isinstance(shown.source, StructureSet):
        return ()
    return [roi for roi in shown.source.rois if roi.number == shown.part]
