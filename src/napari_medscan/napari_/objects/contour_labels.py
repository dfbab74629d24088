"""From contours to labels: the voxels within the regions of the selected layers."""

from __future__ import annotations

from collections.abc import Sequence

import napari.viewer
import numpy as np
from napari.layers import Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_medscan.dicom import MedscanError, StructureSet
from napari_medscan.dicom.objects.structures import Roi
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.region_outlines import outlines_of
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object, shown_objects
from napari_medscan.napari_.viewer_proxy import unwrapped

_OPACITY = 0.5


def contours_to_labels(viewer: napari.viewer.Viewer) -> None:
    """Add a Labels layer for each selected region; inner contours are holes.

    Of outlines in one layer these are the regions that are switched on.
    """
    viewer = unwrapped(viewer)
    selected = [each for each in shown_objects(viewer) if each[0] in viewer.layers.selection]
    regions = [(what, roi) for layer, what in selected for roi in _regions_of(layer, what)]
    if not regions:
        tell("Select the contours of an RT Structure Set first.")
        return
    layers = [layer for what, roi in regions if (layer := labels_of(what, roi)) is not None]
    if not layers:
        tell("These contours lie on no series that is open.")
    for layer in layers:
        viewer.add_layer(layer)


def labels_of(shown: ShownObject, roi: Roi) -> Layer | None:
    """Return a Labels layer of the voxels within a region, None if it lies on no series."""
    source, stack = shown.source, shown.stack
    if stack is None or not isinstance(source, StructureSet):
        return None
    try:
        drawn = source.draw([stack])
    except (MedscanError, OSError):
        tell(f"{source.name} cannot be read. Is its disc or folder still there?")
        return None
    array = source.labels(drawn, roi.number)
    data = EditableArray(array.display)
    layer = Labels(
        data,
        name=f"{roi.name} (labels)",
        scale=drawn.geometry.scale,
        translate=drawn.geometry.translate,
        units=("mm", "mm", "mm"),
        axis_labels=("z", "y", "x"),
        features={"index": [0, 1], "name": ["background", roi.name]},
        colormap=DirectLabelColormap(
            color_dict={None: np.ones(4), 0: np.zeros(4), 1: np.array((*roi.color, 1.0))}
        ),
        opacity=_OPACITY,
        projection_mode="none",
        multiscale=False,
    )
    note_object(layer, ShownObject(source, stack, shown.orientation, layer.data, array))
    return layer


def _regions_of(layer: Layer, shown: ShownObject) -> Sequence[Roi]:
    outlines = outlines_of(layer)
    if outlines is not None:
        return outlines.rois
    if not isinstance(shown.source, StructureSet):
        return ()
    return [roi for roi in shown.source.rois if roi.number == shown.part]
