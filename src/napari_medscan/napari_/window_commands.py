"""Commands that change the window of the current series, in the active pane if there are several.

Each is a plain function of the viewer, and is listed in the manifest under its own name.
"""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_medscan.dicom.intensity.window import full_range, percentile_limits
from napari_medscan.dicom.series.presets import (
    CT,
    file_presets,
    group_of,
    modality_presets,
    offered_presets,
)
from napari_medscan.napari_.active_viewer import viewer_with
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.series_command import Command, named, window_command
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.napari_.view import fuse
from napari_medscan.napari_.window_scope import (
    inversion,
    is_additive,
    set_inverted,
    show_window,
    window_targets,
)
from napari_medscan.napari_.windowing import (
    base_colormap,
    is_shown,
    on_screen,
    recolor,
    set_limits,
)

_SAMPLES = 500_000
"""Most pixels of which percentiles are taken: sorting those of a mammogram takes a second."""


@window_command
def window_auto(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Set the window to the 1st to 99th percentile of what the canvas shows."""
    _limit(viewer, layer, auto_limits)


@window_command
def window_full_range(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Set the window to the least and greatest value of what the canvas shows."""
    _limit(viewer, layer, full_range)


@window_command
def window_from_file(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the window that the file asks for; if it is on already, the next one of the file."""
    stack = stack_of(layer)
    windows = [] if stack is None else file_presets(stack)
    if not windows:
        tell("This series has no window of its own.")
        return
    on = next((i for i, window in enumerate(windows) if is_shown(layer, window)), -1)
    show_window(viewer, layer, windows[(on + 1) % len(windows)])


@window_command
def window_invert(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Turn black into white and white into black; the window stays.

    For an additive overlay, the image below it is inverted.
    """
    inverted = inversion(viewer, layer)
    if inverted is None:
        tell("An overlay cannot be inverted. Show the series below it first.")
        return
    set_inverted(viewer, layer, inverted=not inverted)


@window_command
def window_inverted_gray(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show high values black on white, as PET is read, or in gray again; the window stays.

    An additive overlay then covers what lies below it, and is fused with it again afterwards.
    """
    name = "gray" if base_colormap(layer).name == "gray_r" else "gray_r"
    for target in window_targets(viewer, layer):
        recolor(target, name)
        if is_additive(target):
            # White added to an image leaves nothing of it to be seen.
            target.blending = "translucent_no_depth"
        elif name == "gray":
            fuse(viewer_with(viewer, target), target)


def _limit(
    viewer: napari.viewer.Viewer, layer: Image, limits_of: Callable[..., tuple[float, float]]
) -> None:
    for target in window_targets(viewer, layer):
        stack, read = stack_of(target), values_in_view(viewer_with(viewer, target), target)
        if stack is not None and read is not None:
            set_limits(target, *limits_of(read(), stack.padding))


def values_in_view(
    viewer: napari.viewer.Viewer, layer: Image
) -> Callable[[], NDArray[np.generic]] | None:
    """Return what reads the values by which a window is set; None if there are none.

    Those of the pixels that the canvas shows; in 3-D, of slices across the volume.
    """
    stack = stack_of(layer)
    if stack is None or viewer.dims.ndisplay != 3:
        return on_screen(viewer, layer)
    numbers = np.linspace(0, len(stack.slices) - 1, min(16, len(stack.slices))).astype(int)
    return lambda: np.stack([stack.array.frame(number) for number in numbers.tolist()])


def auto_limits(
    values: NDArray[np.generic], padding: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the 1st and 99th percentile of values, of evenly spread ones if they are many."""
    return percentile_limits(values.ravel()[:: max(1, values.size // _SAMPLES)], padding)


def _ct_command(name: str) -> Command:
    """Return the command that shows a preset of CT."""
    (window,) = (window for window in CT if window.name == name)

    def action(viewer: napari.viewer.Viewer, layer: Image) -> None:
        stack = stack_of(layer)
        if stack is None or window not in modality_presets(stack):
            tell("CT presets need a CT series in Hounsfield units.")
        else:
            show_window(viewer, layer, window)

    short_name = name.lower().replace(",", "").replace(" ", "_")
    return window_command(named(action, f"ct_{short_name}", f"Show CT in the window {name}."))


def _key_command(number: int) -> Command:
    """Return the command that shows the preset of a digit key."""

    def action(viewer: napari.viewer.Viewer, layer: Image) -> None:
        stack = stack_of(layer)
        own = UserPresets(presets_file())
        presets = () if stack is None else offered_presets(stack, own.of(group_of(stack))).keys
        if number > len(presets):
            is_ct = stack is not None and stack.kind.measures == "attenuation"
            why = " CT presets need values in HU." if is_ct and not presets else ""
            tell(f"This series has no preset {number}.{why}")
        else:
            show_window(viewer, layer, presets[number - 1])

    return window_command(
        named(action, f"window_preset_{number}", f"Show the preset of key {number}.")
    )


ct_soft_tissue = _ct_command("Soft tissue")
ct_lung = _ct_command("Lung")
ct_bone = _ct_command("Bone")
ct_brain = _ct_command("Brain")
ct_subdural = _ct_command("Subdural")
ct_stroke = _ct_command("Stroke")
ct_mediastinum = _ct_command("Mediastinum")
ct_liver = _ct_command("Liver")
ct_angio = _ct_command("Angio")
ct_temporal_bone = _ct_command("Temporal bone")
ct_abdomen = _ct_command("Abdomen")
ct_liver_contrast = _ct_command("Liver, contrast")
ct_spine = _ct_command("Spine")

window_preset_1 = _key_command(1)
window_preset_2 = _key_command(2)
window_preset_3 = _key_command(3)
window_preset_4 = _key_command(4)
window_preset_5 = _key_command(5)
window_preset_6 = _key_command(6)
window_preset_7 = _key_command(7)
window_preset_8 = _key_command(8)
window_preset_9 = _key_command(9)
