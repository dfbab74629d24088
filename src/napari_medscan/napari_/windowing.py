"""From windows to what a layer draws: contrast limits and colormap, and back.

A window is drawn by napari's contrast limits. One that is no straight line, a SIGMOID or a VOI
LUT, is drawn by a colormap besides, which bends the layer's own.

Notes
-----
vispy draws any colormap from 1,024 colors, the first of which stands at 0 and the last at 1023.5
of 1024: a straight ramp is off by an eighth of one gray of 256 at its ends. A table of up to
`dicom.voi_lut.STEPS` entries is exact; a longer one, and the sigmoid, is off by that eighth times
its steepness against a ramp, which is within one gray of 256 up to eight times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap
from numpy.typing import NDArray

from napari_medscan.dicom import Stack
from napari_medscan.dicom.intensity.voi_lut import Curve, VoiLut, sigmoid_window
from napari_medscan.dicom.intensity.window import (
    Function,
    Voi,
    Window,
    ascending,
    percentile_limits,
)
from napari_medscan.dicom.series.presets import as_drawn, display_scale, group_of, modality_presets
from napari_medscan.frames.cache import shared_cache
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.settings import AUTO, OWN, current
from napari_medscan.napari_.slider_index import index_in_view, slice_in_view
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.render.snapshot import is_inside

WINDOW_KEY = "medscan_window"
"""Key in a layer's metadata of the window that it was drawn by last."""


@dataclass(frozen=True, slots=True)
class DrawnWindow:
    """The window that a layer was drawn by last.

    Parameters
    ----------
    voi : Window or VoiLut
        The window; the layer's contrast limits may have been changed since.
    base : Colormap
        The layer's own colormap, which the curve of the window was bent into.
    colormap : str
        Name that napari gave to the bent colormap; that of `base` if the window is a line.
    """

    voi: Voi
    base: Colormap
    colormap: str


def is_windowed(layer: Layer | None) -> TypeGuard[Image]:
    """Whether a layer is an image of ours in gray values, which a window makes sense for."""
    stack = stack_of(layer)
    return isinstance(layer, Image) and stack is not None and not stack.is_rgb


def current_windowed(viewer: napari.viewer.Viewer) -> Image | None:
    """Return the current layer if it has a window, else None."""
    layer = current_layer(viewer)
    return layer if is_windowed(layer) else None


def drawn_window(layer: Image) -> DrawnWindow | None:
    """Return the window that a layer was drawn by last; None once another colormap was chosen."""
    drawn = layer.metadata.get(WINDOW_KEY)
    if not isinstance(drawn, DrawnWindow):
        return None
    is_bent = drawn.colormap != drawn.base.name
    return None if is_bent and layer.colormap.name != drawn.colormap else drawn


def show(layer: Image, voi: Voi) -> None:
    """Draw a window or VOI LUT as the standard says (PS3.3 C.11.2.1).

    The layer keeps its own colormap, inverted for MONOCHROME1, hot for PET on CT: it is what
    the curve of the window is bent into.
    """
    layer.gamma = 1
    _draw(layer, voi, base_colormap(layer))
    set_limits(layer, *limits_of(voi))


def show_first(layer: Image, stack: Stack) -> None:
    """Draw a layer that opens: as the user prefers for its modality, else as its file says.

    One that has neither keeps its limits.
    """
    chosen = current().window_of(stack.modality)
    if chosen == AUTO:
        frame = stack.array.frame(stack.typical)
        set_limits(layer, *percentile_limits(frame, stack.padding))
        return
    if chosen == OWN:
        own = UserPresets(presets_file()).of(group_of(stack))[:1]
        wanted = [as_drawn(window, stack) for window in own]
    else:
        wanted = [window for window in modality_presets(stack) if window.name == chosen]
    first = next(iter((*wanted, *stack.windows)), None)
    if first is not None:
        show(layer, first)


def limits_of(voi: Voi) -> tuple[float, float]:
    """Return the contrast limits by which a window is drawn.

    LINEAR of width 1 is a threshold: its limits are as close as napari and the graphics card's
    single precision can tell apart.
    """
    low, high = voi.limits if voi.curve is None else voi.curve.limits
    return (low, high) if high > low else (low, low + max(2.0**-12, abs(low) * 2.0**-22))


def set_limits(layer: Image, low: float, high: float) -> None:
    """Set contrast limits, of whatever order and distance."""
    layer.contrast_limits = ascending(min(low, high), max(low, high))


def function_of(layer: Image) -> Function | None:
    """Return the function by which a layer's limits are center and width; None for a VOI LUT.

    That of the window shown last. Before any was chosen, the file's own; else LINEAR where values
    are whole numbers or Hounsfield units, as its width counts values.
    """
    drawn = drawn_window(layer)
    if drawn is not None and (isinstance(drawn.voi, Window) or drawn.voi.curve is not None):
        return drawn.voi.function if isinstance(drawn.voi, Window) else None
    stack = stack_of(layer)
    first = stack.windows[0] if stack is not None and stack.windows else None
    if isinstance(first, Window) and first.function != "SIGMOID":
        return first.function
    whole = layer.dtype.kind in "iu" or (stack is not None and stack.unit == "HU")
    return "LINEAR" if whole else "LINEAR_EXACT"


def center_width(layer: Image) -> tuple[float, float]:
    """Return window center and width of a layer's contrast limits (PS3.3 C.11.2.1.2)."""
    low, high = (float(limit) for limit in layer.contrast_limits)
    function = function_of(layer)
    if function == "SIGMOID":
        return sigmoid_window(low, high)
    if function == "LINEAR":
        return (low + high) / 2 + 0.5, high - low + 1
    return (low + high) / 2, high - low


def set_center_width(layer: Image, center: float, width: float) -> None:
    """Set contrast limits by window center and width; those of `center_width` change nothing.

    A width below what the function allows is taken as the least (PS3.3 C.11.2.1.2.1).
    """
    function = function_of(layer) or "LINEAR_EXACT"
    width = max(width, 1 if function == "LINEAR" else 0)
    set_limits(layer, *limits_of(Window("", center, width, function)))


def is_shown(layer: Image, voi: Voi) -> bool:
    """Return whether a layer is drawn by this very window."""
    low, high = limits_of(voi)
    if not np.allclose(layer.contrast_limits, (low, high), rtol=0, atol=(high - low) * 1e-6):
        return False
    drawn = drawn_window(layer)
    if drawn is None or drawn.voi.curve is None:
        return voi.curve is None
    # Sigmoids with the same limits are the same; lookup tables may differ.
    return drawn.voi == voi if isinstance(voi, VoiLut) else voi.function == "SIGMOID"


def curve_of(layer: Image) -> Curve | None:
    """Return the curve that a layer is drawn by; its limits are those it had when it was chosen."""
    drawn = drawn_window(layer)
    return None if drawn is None else drawn.voi.curve


def base_colormap(layer: Image) -> Colormap:
    """Return a layer's colormap before the curve of a window bent it."""
    drawn = drawn_window(layer)
    if drawn is not None and drawn.colormap == layer.colormap.name:
        return drawn.base
    # napari knows every colormap that a layer has; the layer may be a proxy that hides some of it.
    return AVAILABLE_COLORMAPS[layer.colormap.name]


def is_inverted(layer: Image) -> bool:
    """Whether black and white are the other way round than the file means them."""
    stack = stack_of(layer)
    meant = stack is not None and stack.is_inverted
    return base_colormap(layer).name.endswith("_r") != meant


def invert(layer: Image) -> None:
    """Turn the colormap round; the window stays, as the inversion comes after it."""
    recolor_with(layer, _reversed(base_colormap(layer)))


def recolor(layer: Image, colormap: str) -> None:
    """Draw a layer in a colormap of napari by its name; the window stays."""
    recolor_with(layer, AVAILABLE_COLORMAPS[colormap])


def recolor_with(layer: Image, colormap: Colormap) -> None:
    """Draw a layer in a colormap; the window stays."""
    drawn = drawn_window(layer)
    if drawn is None:
        layer.colormap = colormap
    else:
        _draw(layer, drawn.voi, colormap)


def display_factor(layer: Image) -> float:
    """Return what a layer's values are multiplied by to be shown: of PET, to SUV."""
    stack = stack_of(layer)
    return 1.0 if stack is None else display_scale(stack).factor


def on_screen(
    viewer: napari.viewer.Viewer, layer: Image
) -> Callable[[], NDArray[np.generic]] | None:
    """Return what reads the pixels that the viewer shows of a layer, which may take its time.

    One slice, which napari has just read; where the view cuts across slices or is 3-D, what it
    shows of the volume, which napari holds then. None when nothing of the layer is on screen, or
    the volume is too large to be held.
    """
    stack = stack_of(layer)
    if stack is None or not layer.visible:
        return None
    number = slice_in_view(viewer, layer)
    if number is not None:
        return lambda: stack.array.frame(number)
    cut = index_in_view(viewer, layer)
    across = slice(None) in cut[: stack.array.places.ndim]
    if not across or not is_inside(cut, stack.array.shape):
        return None
    if isinstance(layer.data, np.ndarray):
        pixels = layer.data[cut]
        return lambda: pixels
    if stack.array.nbytes > shared_cache().max_bytes:
        return None
    return lambda: stack.array.display[cut]


def _draw(layer: Image, voi: Voi, base: Colormap) -> None:
    """Give a layer a colormap, bent by the curve of a window if it has one, and store both."""
    curve = voi.curve
    if curve is None:
        if layer.colormap.name != base.name:
            layer.colormap = base
        name = base.name
    else:
        kind = voi.function if isinstance(voi, Window) else "VOI LUT"
        layer.colormap = _bend(base, curve, kind)
        # napari has numbered the name if another colormap has it.
        name = layer.colormap.name
    layer.metadata[WINDOW_KEY] = DrawnWindow(voi, base, name)


def _bend(base: Colormap, curve: Curve, kind: str) -> Colormap:
    """Return a colormap that gives to each value the color that `base` has for its gray."""
    return Colormap(
        base.map(curve.grays),  # type: ignore[no-untyped-call]
        controls=curve.places,
        interpolation="zero" if curve.steps else "linear",
        name=f"{base.name} ({kind})",
    )


def _reversed(base: Colormap) -> Colormap:
    """Return a colormap turned round, the one that napari has by that name if there is one."""
    name: str = base.name.removesuffix("_r") if base.name.endswith("_r") else f"{base.name}_r"
    if name in AVAILABLE_COLORMAPS:
        return AVAILABLE_COLORMAPS[name]
    return Colormap(
        base.colors[::-1],
        controls=1 - base.controls[::-1],
        interpolation=base.interpolation,
        name=name,
    )
