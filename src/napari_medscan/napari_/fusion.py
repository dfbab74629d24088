"""Fusions: PET, dose and parametric maps drawn over the anatomy that lies in the same place."""

from __future__ import annotations

from typing import Final

import napari.viewer
import numpy as np
from napari.layers import Image
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap

from napari_medscan.dicom import Stack
from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.napari_.current_layer import visible_series
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.windowing import recolor

WASH_OPACITY: Final = 0.45
MAP_OPACITY: Final = 0.6
MAP_COLORS: Final = "viridis"
"""Of parametric maps: as light as their values are high, also for who sees no red or green."""
_CLEAR_BELOW = 0.05
"""Part of the highest dose below which a color wash is transparent: scatter is everywhere."""
_MOST_BYTES = 64 * 2**20
"""A larger dose grid is windowed by its middle slice alone."""


def is_fusion(stack: Stack, anatomy: Stack) -> bool:
    """Return whether a series is drawn over another one when both are visible.

    PET over CT, dose and parametric maps over any images, of one patient, frame of reference and
    orientation.
    """
    if stack is anatomy or not are_overlayable(stack, anatomy):
        return False
    if stack.kind.measures == "uptake":
        return anatomy.kind.measures == "attenuation"
    return stack.kind.measures in ("dose", "parameters") and not anatomy.kind.is_derived


def is_see_through(layer: Image) -> bool:
    """Return whether what lies below a layer is seen, too."""
    return layer.opacity < 1 or str(layer.blending) in ("additive", "minimum")


def seen_together(viewer: napari.viewer.Viewer, layer: Image) -> list[Image]:
    """Return the visible series that are seen below or above a series, from the top down."""
    order = list(viewer.layers)
    return [
        other
        for other in visible_series(viewer)
        if other is not layer and is_see_through(max(layer, other, key=order.index))
    ]


def draw_fused(layer: Image) -> None:
    """Draw a layer in hot colors that add to what lies below it; dose as a color wash.

    A wash runs from zero to the highest dose; below a twentieth of that it is transparent. A
    parametric map keeps its colors, and one sees through it.
    """
    stack = stack_of(layer)
    if stack is not None and stack.kind.measures == "parameters":
        layer.blending = "translucent"
        layer.opacity = MAP_OPACITY
        return
    if stack is None or stack.kind.measures != "dose":
        layer.blending = "additive"
        recolor(layer, "inferno")
        return
    layer.blending = "translucent"
    layer.opacity = WASH_OPACITY
    layer.colormap = color_wash()
    most = highest_dose(stack)
    if most > 0:
        layer.contrast_limits_range = (0.0, 1.25 * most)
        layer.contrast_limits = (0.0, most)


def color_wash() -> Colormap:
    """Return the colors of dose: transparent at zero, then from blue to red."""
    colors = np.array(AVAILABLE_COLORMAPS["turbo"].colors)
    clear = round(_CLEAR_BELOW * len(colors))
    colors[:clear, 3] = 0
    return Colormap(colors, name="dose wash")


def highest_dose(stack: Stack) -> float:
    """Return the highest value of a dose grid; of its middle slice if the grid is large."""
    whole = stack.array.nbytes <= _MOST_BYTES
    values = np.asarray(stack.array.display[:] if whole else stack.array.frame(stack.typical))
    return float(np.nanmax(values, initial=0.0))
