"""From windows to what a layer draws: contrast limits and colormap, and back.

A window is drawn by napari's contrast limits. One that is no straight line, a SIGMOID or a VOI
LUT, is drawn by a colormap besides, which bends the layer's own.

Notes
-----
vispy draws any colormap from 1,024 colours, the first of which stands at 0 and the last at 1023.5
of 1024: a straight ramp is off by an eighth of one grey of 256 at its ends. A table of up to
`dicom.voi_lut.STEPS` entries is exact; a longer one, and the sigmoid, is off by that eighth times
its steepness against a ramp, which is within one grey of 256 up to eight times.
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
from napari_medscan.dicom.presets import as_drawn, display_scale, group_of, modality_presets
from napari_medscan.dicom.voi_lut import Curve, sigmoid_window
from napari_medscan.dicom.window import Function, Voi, Window, ascending, percentile_limits
from napari_medscan.frames.cache import shared_cache
from napari_medscan.napari_.layers import stack_of
from napari_medscan.napari_.settings import AUTO, OWN, current
from napari_medscan.napari_.slider_index import index_in_view, is_inside, shown_slice
from napari_medscan.napari_.user_presets import UserPresets, presets_file

FUNCTION_KEY = "medscan_voi_function"
"""Key in a layer's metadata under which the function of its last window stands."""


@dataclass(frozen=True, slots=True)
class _Bent:
    """What a colormap of ours bends, and how."""

    base: Colormap
    curve: Curve
    function: Function | None


_bent: dict[str, _Bent] = {}
"""Our colormaps by the names that napari gave them, which last as long as napari does."""


def is_windowed(layer: Layer | None) -> TypeGuard[Image]:
    """Whether a layer is an image of ours in grey values, which a window makes sense for."""
    stack = stack_of(layer)
    return stack is not None and not stack.is_rgb


def subject(viewer: napari.viewer.Viewer) -> Image | None:
    """Return the layer whose window is meant: the active one, else the topmost visible."""
    active = viewer.layers.selection.active
    if is_windowed(active):
        return active
    return next((la for la in reversed(viewer.layers) if la.visible and is_windowed(la)), None)


def show(layer: Image, voi: Voi) -> None:
    """Draw a window or VOI LUT as the standard says (PS3.3 C.11.2.1).

    The layer keeps its own colormap, inverted for MONOCHROME1, hot for PET on CT: it is what
    the curve of the window is bent into.
    """
    layer.metadata[FUNCTION_KEY] = voi.function if isinstance(voi, Window) else None
    layer.gamma = 1
    _set_colormap(layer, base_colormap(layer), voi)
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
    """Return the function by which a layer's limits are centre and width; None for a VOI LUT.

    That of the window shown last. Before any was chosen, the file's own; else LINEAR where values
    are whole numbers or Hounsfield units, as its width counts values.
    """
    bent = _bent.get(layer.colormap.name)
    if bent is not None:
        return bent.function
    chosen: Function | None = layer.metadata.get(FUNCTION_KEY)
    if chosen in ("LINEAR", "LINEAR_EXACT"):
        return chosen
    stack = stack_of(layer)
    first = stack.windows[0] if stack is not None and stack.windows else None
    if isinstance(first, Window) and first.function != "SIGMOID":
        return first.function
    whole = layer.dtype.kind in "iu" or (stack is not None and stack.unit == "HU")
    return "LINEAR" if whole else "LINEAR_EXACT"


def center_width(layer: Image) -> tuple[float, float]:
    """Return window centre and width of a layer's contrast limits (PS3.3 C.11.2.1.2)."""
    low, high = (float(limit) for limit in layer.contrast_limits)
    function = function_of(layer)
    if function == "SIGMOID":
        return sigmoid_window(low, high)
    if function == "LINEAR":
        return (low + high) / 2 + 0.5, high - low + 1
    return (low + high) / 2, high - low


def set_center_width(layer: Image, center: float, width: float) -> None:
    """Set contrast limits by window centre and width; those of `center_width` change nothing.

    A width below what the function allows is taken as the least (PS3.3 C.11.2.1.2.1).
    """
    function = function_of(layer) or "LINEAR_EXACT"
    width = max(width, 1 if function == "LINEAR" else 0)
    set_limits(layer, *limits_of(Window("", center, width, function)))


def is_shown(layer: Image, voi: Voi) -> bool:
    """Whether a layer is drawn by this very window."""
    limits = limits_of(voi)
    span = limits[1] - limits[0]
    if not np.allclose(layer.contrast_limits, limits, rtol=0, atol=span * 1e-6):
        return False
    bent = _bent.get(layer.colormap.name)
    if voi.curve is None or bent is None:
        return voi.curve is None and bent is None
    same = layer.colormap.same_colors(_bend(bent.base, voi.curve))
    return same and (bent.function == "SIGMOID") == isinstance(voi, Window)


def curve_of(layer: Image) -> Curve | None:
    """Return the curve that a layer is drawn by; its limits are those it had when it was chosen."""
    bent = _bent.get(layer.colormap.name)
    return None if bent is None else bent.curve


def base_colormap(layer: Image) -> Colormap:
    """Return a layer's colormap before the curve of a window bent it."""
    name = layer.colormap.name
    # napari knows every colormap that a layer has; the layer may be a proxy that hides some of it.
    return _bent[name].base if name in _bent else AVAILABLE_COLORMAPS[name]


def is_inverted(layer: Image) -> bool:
    """Whether black and white are the other way round than the file means them."""
    stack = stack_of(layer)
    meant = stack is not None and stack.is_inverted
    return base_colormap(layer).name.endswith("_r") != meant


def invert(layer: Image) -> None:
    """Turn the colormap round; the window stays, as the inversion comes after it."""
    base = _reversed(base_colormap(layer))
    bent = _bent.get(layer.colormap.name)
    if bent is None:
        layer.colormap = base
    else:
        _set_bent(layer, _Bent(base, bent.curve, bent.function))


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
    number = shown_slice(viewer, layer)
    if number is not None:
        return lambda: stack.array.frame(number)
    cut = index_in_view(viewer, layer)
    across = slice(None) in cut[: stack.array.places.ndim]
    if not across or not is_inside(cut, stack.array.shape):
        return None
    if stack.array.nbytes > shared_cache().max_bytes:
        return None
    return lambda: stack.array[cut]


def _set_colormap(layer: Image, base: Colormap, voi: Voi) -> None:
    curve = voi.curve
    if curve is not None:
        function = voi.function if isinstance(voi, Window) else None
        _set_bent(layer, _Bent(base, curve, function))
    elif layer.colormap.name != base.name:
        layer.colormap = base


def _set_bent(layer: Image, bent: _Bent) -> None:
    layer.colormap = _bend(bent.base, bent.curve, bent.function or "VOI LUT")
    # napari has numbered the name if another table bears it.
    _bent[layer.colormap.name] = bent


def _bend(base: Colormap, curve: Curve, kind: str = "") -> Colormap:
    """Return a colormap that gives to each value the colour that `base` has for its grey."""
    return Colormap(
        base.map(curve.greys),  # type: ignore[no-untyped-call]
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
