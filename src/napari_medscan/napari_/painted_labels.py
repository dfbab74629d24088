"""Labels that napari makes of a series: they can be painted, and the series stays as it is.

napari's *Convert to Labels* hands the data of an image on to a Labels layer, which writes to it.
"""

from __future__ import annotations

import numpy as np
from napari.layers import Labels, Layer

from napari_medscan.frames import DisplayArray, EditableArray
from napari_medscan.napari_.layer_identity import forget_in_memory


def make_paintable(layer: Layer) -> None:
    """Give Labels that draw the array of a series one that keeps what is painted.

    Slices are copied when they are first written to. An array in memory is painted itself, and
    the series is no longer known by it.
    """
    if not isinstance(layer, Labels):
        return
    data = layer.data
    if isinstance(data, DisplayArray):
        layer.data = EditableArray(data)
    elif isinstance(data, np.ndarray):
        forget_in_memory(data)
