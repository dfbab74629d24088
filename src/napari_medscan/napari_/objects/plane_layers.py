"""Overlay planes and shutters as Labels layers on the images of their series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.headers.graphic_planes import GROUPS
from napari_medscan.dicom.objects.overlay import Overlay
from napari_medscan.dicom.objects.segments import color_of
from napari_medscan.dicom.objects.shutter import Shutter
from napari_medscan.frames import EditableArray
from napari_medscan.napari_.layer_transform import layer_place
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object, tell_once

_SEE_THROUGH = 0.5


def plane_layer(source: Overlay | Shutter) -> Labels:
    """Return the Labels layer of an overlay or a shutter: 1 where it is set.

    Graphics and shutters hide what lies below, as they do on a workstation; one sees through a
    region of interest.
    """
    stack = source.stack
    for note in source.notes_on([stack]):
        tell(f"{source.name}: {note}.")
    labels = source.labels()
    name = defuse(f"{source.name} ({stack.name})")
    labels.watch(tell_once(name))
    is_flat = labels.ndim == 3
    layer = Labels(
        EditableArray(labels.display),
        name=name,
        **layer_place(stack),
        features={"index": [0, 1], "name": ["background", source.kind_name]},
        colormap=mask_colors((*_color(source), 1.0)),
        opacity=_SEE_THROUGH if isinstance(source, Overlay) and source.data.is_region else 1.0,
        projection_mode="none",
        multiscale=False,
    )
    # Of several time points, each is read whole when it is painted on.
    layer.editable = is_flat and isinstance(source, Overlay)
    orientation = stack.geometry.orientation
    note_object(
        layer,
        ShownObject(source, stack, orientation, layer.data, labels, is_for_series_alone=True),
    )
    return layer


def mask_colors(color: Sequence[float] | NDArray[np.floating]) -> DirectLabelColormap:
    """Return the colors of a layer whose label 1 is a mask: RGBA there, and none elsewhere."""
    return DirectLabelColormap(color_dict={None: np.ones(4), 0: np.zeros(4), 1: np.array(color)})


def _color(source: Overlay | Shutter) -> tuple[float, float, float]:
    if isinstance(source, Shutter):
        return source.shapes.color
    return color_of(GROUPS.index(source.group) + 1)
