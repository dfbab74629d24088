"""What a viewer shows of labels as plain data, read when an image is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.privacy.painting import Painted
from napari_medscan.render.layer_view import LayerView


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelsView(LayerView):
    """What a viewer shows of labels.

    Parameters
    ----------
    colors : callable
        From labels of any shape to RGBA of 0 to 1.
    contour : int
        Pixels by which outlines are thick; 0 fills.
    """

    colors: Callable[[NDArray[Any]], NDArray[np.floating]]
    contour: int

    def read(self) -> Painted:
        """Read the labels, the way up that they stand on screen."""
        labels = self.as_displayed(np.asarray(self.data[self.index]))
        rgba = np.asarray(self.colors(labels), np.float64).reshape(*labels.shape, 4)
        if self.contour:
            rgba[_inside(labels, self.contour)] = 0
        values = np.rint(rgba * 255).clip(0, 255).astype(np.uint8)
        return Painted(
            values,
            self.spacing,
            self.origin,
            opacity=self.opacity,
            blending=self.blending,
            is_smooth=False,
        )


def _inside(labels: NDArray[Any], thickness: int) -> NDArray[np.bool_]:
    """Return which pixels have no other label within some pixels along rows and columns."""
    inside = np.ones(labels.shape, bool)
    for axis in (0, 1):
        for reach in range(1, thickness + 1):
            here = labels.take(range(reach, labels.shape[axis]), axis)
            alike = here == labels.take(range(labels.shape[axis] - reach), axis)
            ahead, behind = [slice(None)] * 2, [slice(None)] * 2
            ahead[axis], behind[axis] = slice(reach, None), slice(None, -reach)
            inside[tuple(ahead)] &= alike
            inside[tuple(behind)] &= alike
    return inside
