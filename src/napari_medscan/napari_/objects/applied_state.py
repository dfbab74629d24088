"""Presentation states on the canvas: window, rotation and area of the series, and back again."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.colormaps import Colormap

from napari_medscan.dicom import MedscanError, PresentationState
from napari_medscan.dicom.intensity.palette import Palette
from napari_medscan.dicom.intensity.window import Voi
from napari_medscan.dicom.objects.presentation_state import StateOnSeries
from napari_medscan.dicom.series.relations import are_overlayable
from napari_medscan.napari_ import session, windowing
from napari_medscan.napari_.canvas_fit import fit_part, fit_to_canvas
from napari_medscan.napari_.current_layer import set_visible
from napari_medscan.napari_.layer_identity import layer_of, stack_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.go_to_image import go_to_slice
from napari_medscan.napari_.objects.object_layers import object_layers
from napari_medscan.napari_.objects.object_view import hide_object, show_object
from napari_medscan.napari_.objects.shown_object import layers_of
from napari_medscan.napari_.planes import show_acquired_plane, show_turned
from napari_medscan.napari_.slider_index import slice_in_view
from napari_medscan.napari_.view import bring_into_view
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.napari_.viewer_watch import watch


@dataclass(frozen=True, slots=True)
class _Look:
    """How a layer was drawn before a state was applied to it."""

    voi: Voi | None
    limits: tuple[float, float]
    base: Colormap
    opacity: float
    blending: str
    visible: bool


@dataclass(slots=True)
class _Applied:
    """A state that is switched on for a series, and the slice whose window it is drawn by."""

    state: PresentationState
    found: StateOnSeries
    look: _Look | None
    drawn: Voi | None
    number: int
    is_turned: bool


class StateView:
    """Draws each slice by the window that the state of its series has for it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer itself, not a proxy of it.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = weakref.ref(viewer)
        self._subscription = watch(viewer, self.follow, before_paint=True)

    def release(self) -> None:
        """Leave the viewer alone."""
        self._subscription.release()

    def follow(self) -> None:
        """Draw the slices in view by their own windows, unless somebody has chosen another."""
        viewer = self._viewer()
        if viewer is None:
            return
        for layer, applied in _states_of(viewer).items():
            if not isinstance(layer, Image) or not layer.visible or layer not in viewer.layers:
                continue
            number = slice_in_view(viewer, layer)
            if number is None or number == applied.number:
                continue
            applied.number = number
            voi = applied.found.voi(number) if number in applied.found.windows else None
            if voi is None or voi == applied.drawn or applied.drawn is None:
                continue
            if windowing.is_shown(layer, applied.drawn):
                windowing.show(layer, voi)
                applied.drawn = voi


_OfLayers = weakref.WeakKeyDictionary[Layer, _Applied]
_applied: weakref.WeakKeyDictionary[napari.viewer.Viewer, _OfLayers] = weakref.WeakKeyDictionary()


def applied_states(viewer: napari.viewer.Viewer) -> frozenset[PresentationState]:
    """Return the states that are switched on, at most one for each series that is open."""
    viewer = unwrapped(viewer)
    of = _states_of(viewer)
    return frozenset(applied.state for layer, applied in of.items() if layer in viewer.layers)


def apply_state(viewer: napari.viewer.Viewer, state: PresentationState) -> bool:
    """Show the images of a presentation state as it says, from the first of them on.

    Another state of the same series is withdrawn: each says all of how its images look.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show them; the series is opened if it was not.
    state : PresentationState
        What to apply.

    Returns
    -------
    bool
        False, with a message, if none of its images is known or it cannot be read.
    """
    viewer = unwrapped(viewer)
    try:
        found = state.draw(session.record.catalogue.stacks)
    except MedscanError as error:
        tell(f"{state.name} cannot be shown: {error}.")
        return False
    except OSError:
        tell(f"{state.name} cannot be read. Is its disc or folder still there?")
        return False
    if not found:
        tell(f"{state.name}: open its images first. They are in no series that was found.")
        return False
    _withdraw_from(viewer, found)
    lead = _lead(viewer, found)
    laid_over = [each for each in found if each.opacity is not None and each is not lead]
    for each in laid_over:
        _lay_over(viewer, state, each, lead)
    layer = _brought_into_view(viewer, lead)
    if layer is None:
        return False
    if not layers_of(viewer, state):
        for new in object_layers([state], session.record.catalogue.stacks):
            new.visible = False
            viewer.add_layer(new)
    show_object(viewer, state)
    for each in found:
        other = layer_of(viewer, each.stack)
        if other is None:
            continue
        if not any(each is over for over in laid_over):
            applied = _apply_to(viewer, other, state, each, is_lead=each is lead)
            _states_of(viewer)[other] = applied
        elif other in _states_of(viewer):
            # The series below may have hidden it when it was brought into view.
            set_visible(other, visible=True)
    viewer.layers.selection.active = layer
    return True


def withdraw_state(viewer: napari.viewer.Viewer, state: PresentationState) -> None:
    """Hide a state's annotations, and show its images as before it was applied.

    What somebody has changed since then, the window for instance, stays.
    """
    viewer = unwrapped(viewer)
    hide_object(viewer, state)
    of = _states_of(viewer)
    for layer, applied in list(of.items()):
        if applied.state is not state:
            continue
        del of[layer]
        if not isinstance(layer, Image) or layer not in viewer.layers:
            continue
        _restore(layer, applied)
        if applied.is_turned and layer.visible:
            show_acquired_plane(viewer, layer)
            fit_to_canvas(viewer, layer)


def _states_of(viewer: napari.viewer.Viewer) -> _OfLayers:
    return _applied.setdefault(viewer, weakref.WeakKeyDictionary())


def _withdraw_from(viewer: napari.viewer.Viewer, found: list[StateOnSeries]) -> None:
    """Withdraw the states that are switched on for some series."""
    for each in found:
        layer = layer_of(viewer, each.stack)
        before = None if layer is None else _states_of(viewer).get(layer)
        if before is not None:
            withdraw_state(viewer, before.state)


def _lead(viewer: napari.viewer.Viewer, found: list[StateOnSeries]) -> StateOnSeries:
    """Return the series to look at: one below others, the current one if possible, the largest."""
    current = stack_of(viewer.layers.selection.active)
    return max(
        found,
        key=lambda each: (each.opacity is None, each.stack is current, len(each.slices)),
    )


def _lay_over(
    viewer: napari.viewer.Viewer,
    state: PresentationState,
    upper: StateOnSeries,
    lead: StateOnSeries,
) -> None:
    """Draw a series that a state blends over another one; say so if they lie in other places."""
    if not are_overlayable(upper.stack, lead.stack):
        tell(f"{state.name}: {upper.stack.name} does not lie in the place of {lead.stack.name}.")
        return
    was_open = layer_of(viewer, upper.stack) is not None
    for each in (lead, upper):
        # Opened first, what is below lies below, wherever it is seen then.
        if layer_of(viewer, each.stack) is None:
            go_to_slice(viewer, each.stack, each.slices[0])
    layer, below = layer_of(viewer, upper.stack), layer_of(viewer, lead.stack)
    if layer is None or below is None or not windowing.is_windowed(layer):
        return
    before = _look_of(layer)
    if not was_open:
        before = replace(before, visible=False)
    places = viewer.layers.index(layer), viewer.layers.index(below)
    if places[0] < places[1]:
        viewer.layers.move(places[0], places[1] + 1)
    applied = _apply_to(viewer, layer, state, upper, is_lead=False)
    if upper.opacity is not None:
        layer.opacity, layer.blending = upper.opacity, "translucent"
    applied.look = before
    _states_of(viewer)[layer] = applied


def _brought_into_view(viewer: napari.viewer.Viewer, found: StateOnSeries) -> Image | None:
    layer = layer_of(viewer, found.stack)
    if layer is not None:
        if not layer.visible:
            bring_into_view(viewer, layer)
        if slice_in_view(viewer, layer) in found.slices:
            viewer.layers.selection.active = layer
            return layer
    return go_to_slice(viewer, found.stack, found.slices[0])


def _apply_to(
    viewer: napari.viewer.Viewer,
    layer: Image,
    state: PresentationState,
    found: StateOnSeries,
    *,
    is_lead: bool,
) -> _Applied:
    seen = slice_in_view(viewer, layer)
    number = seen if seen is not None and seen in found.slices else found.slices[0]
    look = drawn = None
    if windowing.is_windowed(layer):
        look = _look_of(layer)
        drawn = found.voi(number)
        _draw(layer, found, drawn)
    turn, area = found.content.turn, found.areas.get(number)
    is_whole = area is None or area == found.whole
    is_turned = is_lead and (turn.rotation != 0 or turn.flip or not is_whole)
    if is_turned:
        show_turned(viewer, rotation=turn.rotation, flip=turn.flip)
        if area is None or is_whole:
            fit_to_canvas(viewer, layer)
        else:
            # Corners of pixels; their centers are whole numbers.
            first, last = (area.top - 1.5, area.left - 1.5), (area.bottom - 0.5, area.right - 0.5)
            fit_part(viewer, layer, first, last)
    return _Applied(state, found, look, drawn, number, is_turned)


def _look_of(layer: Image) -> _Look:
    before = windowing.drawn_window(layer)
    low, high = map(float, layer.contrast_limits)
    return _Look(
        None if before is None else before.voi,
        (low, high),
        windowing.base_colormap(layer),
        layer.opacity,
        layer.blending,
        layer.visible,
    )


def _draw(layer: Image, found: StateOnSeries, voi: Voi | None) -> None:
    if found.content.palette is not None:
        windowing.recolor_with(layer, _colormap(found.content.palette))
    elif windowing.base_colormap(layer).name in ("gray", "gray_r"):
        windowing.recolor(layer, "gray_r" if found.content.is_inverse else "gray")
    if voi is not None:
        windowing.show(layer, voi)


def _restore(layer: Image, applied: _Applied) -> None:
    look = applied.look
    opacity = applied.found.opacity
    if look is not None and opacity is not None and np.isclose(layer.opacity, opacity):
        layer.opacity, layer.blending = look.opacity, look.blending
        set_visible(layer, visible=look.visible)
    if look is None or (applied.drawn is not None and not windowing.is_shown(layer, applied.drawn)):
        return
    windowing.recolor_with(layer, look.base)
    if look.voi is not None:
        windowing.show(layer, look.voi)
    windowing.set_limits(layer, *look.limits)


def _colormap(palette: Palette) -> Colormap:
    colors = np.frombuffer(palette.colors, np.uint8).reshape(-1, 3) / 255
    return Colormap(colors, name="presentation state")
