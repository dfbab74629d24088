"""From stacks to napari layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from napari.layers import Image

from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.dicom.series.series_rank import displayed_pixels, rank_of
from napari_medscan.dicom.series.studies import first_to_show
from napari_medscan.napari_.frame_recovery import redraw_recovered
from napari_medscan.napari_.fusion import MAP_COLORS, draw_fused, is_fusion
from napari_medscan.napari_.layer_identity import METADATA_KEY, stack_of
from napari_medscan.napari_.layer_transform import layer_place
from napari_medscan.napari_.progress import volume_progress
from napari_medscan.napari_.windowing import show_first
from napari_medscan.napari_.world_units import note_new

_CT_RANGE = (-1024.0, 3071.0)
"""What 12 stored bits give with the usual intercept, in Hounsfield units."""


def image_layers(stacks: Sequence[Stack], *, after: Stack | None = None) -> list[Image]:
    """Return one layer for every stack, of which one is visible.

    Layers of different series hardly ever make sense on top of each other, so only the most
    useful series of the newest study is visible at first. PET on the CT of the same examination,
    dose and parametric maps on their images are drawn as fusions; maps, and doses if there are
    several, are not visible at first. Visible layers and what is drawn over them come last.

    Parameters
    ----------
    stacks : sequence of Stack
        What to show.
    after : Stack, optional
        The visible series of the same drop: nothing less useful is made visible after it.
    """
    if not stacks:
        return []
    lead = leading_series(stacks, after=after)
    anatomy = max(
        (stack for stack in stacks if stack.modality == "CT" and are_overlayable(stack, lead)),
        key=displayed_pixels,
        default=lead,
    )
    fused = [stack for stack in stacks if is_fusion(stack, anatomy)]
    doses = [stack for stack in fused if stack.kind.measures == "dose"]
    maps = [stack for stack in fused if stack.kind.measures == "parameters"]
    hidden = maps + (doses if len(doses) > 1 else [])
    layers = []
    for stack in sorted(stacks, key=lambda stack: (stack in fused, stack in doses, stack in maps)):
        is_visible = stack is anatomy or (stack in fused and stack not in hidden)
        layer = image_layer(stack, visible=is_visible)
        if stack in fused:
            draw_fused(layer)
        layers.append(layer)
    # napari activates the layer that is added last, and lists it on top. What is drawn over images
    # is above them, also while it is hidden.
    return sorted(layers, key=lambda layer: layer.visible or stack_of(layer) in fused)


def leading_series(stacks: Sequence[Stack], *, after: Stack | None = None) -> Stack:
    """Return the series to look at first; `after` unless one of `stacks` is of a better rank."""
    lead = first_to_show(stacks)
    return lead if after is None or rank_of(lead) < rank_of(after) else after


def image_layer(stack: Stack, *, visible: bool = True) -> Image:
    """Return the layer of one stack.

    Data stay in acquisition order; scale is (step, row spacing, column
    spacing) in mm and translate the position along the stack's own axes. No
    affine is given: napari does not draw oblique ones in 2-D. The true affine
    is that of ``layer.metadata["medscan"].geometry``.

    Parameters
    ----------
    stack : Stack
        What to show.
    visible : bool
        Whether the layer is shown at first.

    Notes
    -----
    Reads the middle slice, the one that napari shows first.
    """
    stack.array.reading = partial(volume_progress, stack.array)
    limits = (0.0, 255.0) if stack.is_rgb else stack.default_limits()
    layer = Image(
        stack.array.display,
        name=defuse(stack.name),
        metadata={METADATA_KEY: stack},
        rgb=stack.is_rgb,
        multiscale=False,
        **layer_place(stack),
        interpolation2d="nearest" if stack.modality == "SEG" else "linear",
        projection_mode="none",
        visible=visible,
        contrast_limits=limits,
        colormap=_colors_of(stack),
    )
    if not stack.is_rgb:
        layer.contrast_limits_range = _contrast_range(stack, *limits)
        show_first(layer, stack)
    note_new(layer)
    redraw_recovered(layer, stack)
    return layer


def _colors_of(stack: Stack) -> str:
    if stack.kind.measures == "parameters":
        return MAP_COLORS
    return "gray_r" if stack.is_inverted else "gray"


def _contrast_range(stack: Stack, low: float, high: float) -> tuple[float, float]:
    """Return the ends of the contrast slider: what the middle slice and windows span."""
    values = [low, high]
    for window in stack.windows:
        values.extend((window.curve or window).limits)
    if stack.unit == "HU":
        values.extend(_CT_RANGE)
    middle = np.asarray(stack.array.frame(stack.typical))
    finite = middle[np.isfinite(middle)] if middle.dtype.kind == "f" else middle
    if finite.size:
        values.extend((float(finite.min()), float(finite.max())))
    # Room on both sides: the ends of the slider are not the ends of the data.
    margin = (high - low) / 4
    return min(values) - margin, max(values) + margin
