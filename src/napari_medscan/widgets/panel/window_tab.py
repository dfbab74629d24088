"""The Window tab: presets, width and level, and histogram of the current series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import napari.viewer
from magicgui.widgets import Widget
from napari.layers import Image
from superqt import QElidingLabel

from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.intensity.window import Voi, Window, full_range
from napari_medscan.dicom.series.presets import (
    DisplayScale,
    OfferedPresets,
    as_kept,
    display_scale,
    group_of,
    offered_presets,
    suv_lacks,
)
from napari_medscan.napari_ import settings
from napari_medscan.napari_.active_viewer import active_viewer, viewer_with, watch_active
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.user_presets import UserPresets, presets_file
from napari_medscan.napari_.viewer_watch import Change
from napari_medscan.napari_.window_commands import auto_limits, values_in_view
from napari_medscan.napari_.window_scope import (
    inversion,
    set_inverted,
    set_window_scope,
    show_window,
    window_scope,
    window_targets,
)
from napari_medscan.napari_.windowing import (
    center_width,
    current_windowed,
    curve_of,
    display_factor,
    drawn_window,
    function_of,
    is_shown,
    set_center_width,
    set_limits,
)
from napari_medscan.widgets.panel.form import (
    Page,
    button,
    check,
    choice,
    column,
    form,
    holder,
    note,
    offer,
    put,
    row,
    toggle,
)
from napari_medscan.widgets.panel.histogram_box import HistogramBox
from napari_medscan.widgets.panel.number_text import rounded, short
from napari_medscan.widgets.panel.own_presets import OwnPresets
from napari_medscan.widgets.panel.preset_list import FROM_FILE, PresetList
from napari_medscan.widgets.panel.state_presets import StatePresets
from napari_medscan.widgets.panel.window_fields import WindowFields
from napari_medscan.widgets.theme import follow_theme

NO_PRESET = ""
"""Value of the box of presets while the window is none of them."""
SELECTED = "Selected series"
_NOTHING = "Select a grayscale DICOM series."


class WindowTab(Page):
    """Presets, width and level, and histogram of the current series of the active pane.

    Scripts set what people set: ``level``, ``window_width``, ``preset`` (a name, "" while the
    window is none of those offered), ``inverted``, ``applies_to``, ``right_drag``,
    ``wheel_scrolls``, ``histogram_of``; the buttons are ``auto`` and ``full_range``.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers to window.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._presets = UserPresets(presets_file())
        self._layer: Image | None = None
        self._span: tuple[float, ...] | None = None
        self._offered = OfferedPresets()
        self._limiting = Latest(self.native)
        self._states = StatePresets(self.native, guarded(self._sync))
        self._build()
        self._subscriptions = [
            watch_active(viewer, self._on_viewer),
            watch_active(viewer, self._on_look, Change.LOOK, before_paint=True),
        ]
        self._stop_settings = settings.on_change(guarded(self._on_settings))
        self._on_settings()
        self._leave_theme = follow_theme(viewer, self._histogram.graph.set_theme)
        self._on_viewer()

    def release(self) -> None:
        """Let go of the viewer and its right button; stop all work."""
        self._leave_theme()
        self._stop_settings()
        for subscription in self._subscriptions:
            subscription.release()
        for part in (self._histogram, self._limiting, self._states):
            part.release()

    # --- widgets

    def _build(self) -> None:
        self._title = QElidingLabel()
        self._warning = note("warning")
        self._warning.native.hide()
        self._histogram = HistogramBox(self._viewer)
        self._histogram.graph.limits_changed.connect(guarded(self._on_limits))
        self._table = PresetList()
        self._table.chosen.connect(guarded(self._choose))
        tip = "The window that is on; all presets are listed below."
        self._preset = choice(
            "preset", tip, self._names, self._on_preset, refresh=self.follow_viewer
        )
        own = OwnPresets(self._presets, self._table, self._current)
        own.presets_changed.connect(self._on_own)
        self._fields = WindowFields(self._on_width, self._on_level)
        self._body = column(
            self._histogram,
            self._fields.row,
            self._buttons(),
            form(("Preset", self._preset), ("Apply to", self._scope())),
            holder(self._table),
            own,
            self._switches(),
        )
        self.extend([holder(self._title), self._warning, self._body])

    def _buttons(self) -> Widget:
        auto = "Auto window from the displayed slice (1st–99th percentile). Key 0"
        full = "Minimum to maximum of the displayed slice."
        self._inverted = toggle("inverted", "Invert", "Invert grayscale", self._on_inverted)
        return row(
            button("auto", "Auto (0)", auto, lambda: self._limit(auto_limits)),
            button("full_range", "Full range", full, lambda: self._limit(full_range)),
            self._inverted,
        )

    def _scope(self) -> Widget:
        tip = "Which series a window change applies to."
        self._applies_to = choice(
            "applies_to", tip, self._scopes, self._on_scope, refresh=self.follow_viewer
        )
        return self._applies_to

    def _switches(self) -> Widget:
        return column(
            check(
                "right_drag",
                "Right-drag adjusts window",
                "Left-right: width, up-down: level. Off: right-drag zooms.",
                lambda on: settings.change(right_drag=on),
            ),
            check(
                "wheel_scrolls",
                "Mouse wheel scrolls through slices",
                "Ctrl + wheel: zoom. Off: the wheel zooms.",
                lambda on: settings.change(wheel_scrolls=on),
            ),
        )

    def _names(self, _box: Widget) -> list[tuple[str, str]]:
        """Return what the box of presets offers; of two with one name, the user's own is meant."""
        return [("—", NO_PRESET), *((name, name) for name in self._by_name())]

    def _by_name(self) -> dict[str, Voi]:
        offered = self._offered
        named: dict[str, Voi] = {voi.name: voi for voi in (*offered.usual, *offered.own)}
        return {voi.name: voi for voi in (*self._states.vois, *offered.file)} | named

    def _scopes(self, _box: Widget) -> list[str]:
        return [SELECTED, self._all()]

    def _all(self) -> str:
        stack = stack_of(self._layer)
        return f"All {stack.modality if stack else ''}".strip()

    # --- following the viewer

    def _on_viewer(self) -> None:
        self.follow_viewer()
        self._histogram.refresh()

    def follow_viewer(self) -> None:
        """Turn to the current series if it is another one.

        Scripts need no event loop: whatever changes the window does this first.
        """
        layer = current_windowed(active_viewer(self._viewer))
        if layer != self._layer:
            self._layer = layer
            self._histogram.follow(layer)
            # Not at every step of the slider: they are read from a file.
            self._read_presets()
            self._sync()

    def _on_look(self) -> None:
        """Show a window that was changed elsewhere, before the canvas is painted."""
        self._sync()
        span = None if self._layer is None else tuple(self._layer.contrast_limits_range)
        if span != self._span:
            self._span = span
            self._histogram.refresh()

    def _sync(self) -> None:
        """Show the state of the layer; nothing here changes it."""
        layer, stack = self._layer, stack_of(self._layer)
        self._body.enabled = layer is not None
        name = _NOTHING if layer is None else defuse(layer.name)
        self._title.setText(name)
        self._title.setToolTip(name)
        lack = "" if stack is None else suv_lacks(stack)
        self._warning.value = lack
        self._warning.native.setVisible(bool(lack))
        scope = self._all() if window_scope(self._viewer) == "all" else SELECTED
        offer(self._applies_to, scope)
        if layer is None or stack is None:
            self._table.fill([], (), (), DisplayScale(1, ""))
            offer(self._preset, NO_PRESET)
            return
        self._show_numbers(layer, stack)
        inverted = inversion(active_viewer(self._viewer), layer)
        self._inverted.enabled = inverted is not None
        put(self._inverted, bool(inverted))
        self._show_presets(layer, stack)

    def _show_numbers(self, layer: Image, stack: Stack) -> None:
        self._fields.show(layer, stack)
        factor, _ = display_scale(stack)
        low, high = layer.contrast_limits
        span = (high - low) * factor
        self._histogram.graph.show_window(
            (low, high),
            tuple(layer.contrast_limits_range),
            (rounded(low * factor, span), rounded(high * factor, span)),
            curve_of(layer),
        )

    def _show_presets(self, layer: Image, stack: Stack) -> None:
        presets = self._offered
        groups = [
            (FROM_FILE, presets.file),
            ("From presentation states", self._states.vois),
            ("My presets", presets.own),
            (f"{stack.modality} presets", presets.usual),
        ]
        self._table.fill(groups, presets.own, presets.keys, display_scale(stack))
        on = [voi for voi in self._table.vois() if is_shown(layer, voi)]
        # Several can draw the same: the one that was chosen is meant.
        drawn = drawn_window(layer)
        chosen = [voi for voi in on if drawn is not None and voi.name == drawn.voi.name]
        self._table.mark(chosen or on)
        names = [name for name, voi in self._by_name().items() if voi in (chosen or on)]
        offer(self._preset, next(iter(names), NO_PRESET))

    def _read_presets(self) -> None:
        stack, self._offered = stack_of(self._layer), OfferedPresets()
        if stack is not None:
            self._offered = offered_presets(stack, self._presets.of(group_of(stack)))
        self._states.follow(stack)

    # --- changing the window

    def _targets(self, layer: Image) -> list[Image]:
        return window_targets(active_viewer(self._viewer), layer)

    def _each(self, change: Callable[[Image, float], object]) -> None:
        """Change the layer and its targets; `change` gets what makes values mean the same there."""
        self.follow_viewer()
        if self._layer is not None:
            for layer in self._targets(self._layer):
                change(layer, display_factor(self._layer) / display_factor(layer))
            self._sync()

    def _choose(self, voi: Voi) -> None:
        if self._layer is not None:
            show_window(active_viewer(self._viewer), self._layer, voi)
            self._sync()

    def _on_preset(self, name: str) -> None:
        voi = self._by_name().get(name)
        if voi is not None:
            self._choose(voi)
        elif self._layer is not None:
            # No window of its own: the box shows again which one is on.
            self._sync()

    def _on_scope(self, scope: str) -> None:
        set_window_scope(self._viewer, "selected" if scope == SELECTED else "all")

    def _limit(self, limits_of: Callable[..., tuple[float, float]]) -> None:
        """Set limits by what the canvas shows, which is read in a thread."""
        self.follow_viewer()
        work = []
        for layer in [] if self._layer is None else self._targets(self._layer):
            stack, read = stack_of(layer), values_in_view(viewer_with(self._viewer, layer), layer)
            if stack is not None and read is not None:
                work.append((layer, read, stack.padding))
        self._limiting.start(
            lambda _: [(layer, limits_of(read(), padding)) for layer, read, padding in work],
            _apply_limits,
        )

    def _on_inverted(self, wanted: bool) -> None:  # noqa: FBT001 - a signal's value
        self.follow_viewer()
        if self._layer is not None:
            set_inverted(active_viewer(self._viewer), self._layer, inverted=wanted)
            self._sync()

    def _on_limits(self, low: float, high: float) -> None:
        self._each(lambda layer, ratio: set_limits(layer, low * ratio, high * ratio))

    def _on_level(self, level: float) -> None:
        self.follow_viewer()
        if self._layer is not None:
            width = center_width(self._layer)[1]
            level /= display_factor(self._layer)
            self._each(lambda layer, x: set_center_width(layer, level * x, width * x))

    def _on_width(self, width: float) -> None:
        self.follow_viewer()
        if self._layer is not None:
            center = center_width(self._layer)[0]
            width /= display_factor(self._layer)
            # The least width that is possible takes the place of one that is not.
            self._each(lambda layer, x: set_center_width(layer, center * x, width * x))

    def _on_settings(self) -> None:
        chosen = settings.current()
        put(self.right_drag, chosen.right_drag)
        put(self.wheel_scrolls, chosen.wheel_scrolls)

    # --- the user's own presets

    def _current(self) -> tuple[str, Window]:
        """Return the group of the layer and its window, as a preset is stored."""
        layer, stack = self._layer, stack_of(self._layer)
        if layer is None or stack is None:
            return "", Window("", 0, 1)
        window = Window("", *center_width(layer), function_of(layer) or "LINEAR_EXACT")
        stored = as_kept(window, stack)
        name = f"{short(stored.width)} / {short(stored.center)}"
        return group_of(stack), replace(stored, name=name)

    def _on_own(self) -> None:
        self._read_presets()
        self._sync()


def _apply_limits(limits: Any) -> None:  # noqa: ANN401 - what the task returned
    for layer, (low, high) in limits:
        set_limits(layer, low, high)
