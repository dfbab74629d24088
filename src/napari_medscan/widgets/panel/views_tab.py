"""The Views tab: planes, slabs, 3-D, cine, arrangements, links and overlays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import napari.viewer
from magicgui.widgets import Widget
from napari.layers import Image

from napari_medscan.dicom import Stack
from napari_medscan.napari_ import commands
from napari_medscan.napari_.active_viewer import active_viewer, viewer_with, watch_active
from napari_medscan.napari_.cine import DEFAULT_RATE, MAX_RATE, cine_axis, cine_of, cine_rate
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.directions import world_directions
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.linking import Alignment
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.planes import Plane, cuts_slices, plane_in_view, show_plane
from napari_medscan.napari_.releasable import Releasable
from napari_medscan.napari_.slab import (
    DEFAULT_THICKNESS,
    MAX_THICKNESS,
    MIN_THICKNESS,
    Projection,
    slab_of,
)
from napari_medscan.napari_.viewer_tools import tools_of
from napari_medscan.napari_.viewer_watch import watch
from napari_medscan.napari_.volume_loader import WholeVolume
from napari_medscan.napari_.volume_view import volume_presets, volumes_of
from napari_medscan.widgets.panel.form import (
    Page,
    button,
    choice,
    column,
    form,
    heading,
    number,
    offer,
    put,
    row,
    stretch,
    toggle,
)
from napari_medscan.widgets.panel.link_controls import LinkControls
from napari_medscan.widgets.panel.overlay_switches import OverlaySwitches
from napari_medscan.widgets.panel.pane_controls import PaneControls
from napari_medscan.widgets.panel.switch import Switch

PLANES: dict[str, Plane] = {"Axial": "axial", "Coronal": "coronal", "Sagittal": "sagittal"}
NO_SLAB = "Off"
PROJECTIONS: dict[str, Projection] = {
    NO_SLAB: "none",
    "MIP": "max",
    "MinIP": "min",
    "Average": "mean",
}
NO_PLANE = ""
"""Value of the box of planes in 3-D, and where the orientation is unknown."""
IN_2D = ""
"""Value of the box of renderings while slices are shown."""


class ViewsTab(Page):
    """Planes, slabs, 3-D, cine, arrangements, links and overlays of the current series.

    Plane, rotation and zoom are those of the active pane, all else is of the main canvas. Three
    planes have one slab, and a plane that is chosen for one pane changes places with its own.

    Scripts set what people set: ``plane``, ``slab`` and ``slab_thickness``, ``rendering``,
    ``cine`` and ``frame_rate``, ``arrangement``, ``link``, ``crosshair``, ``scout_lines``,
    ``sync_position``, ``align_in_3d``, ``letters``, ``corner_text``,
    ``patient_name``, ``scale_bar``, ``cursor_values``.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose view to change.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._stack: Stack | None = None
        self._cine = cine_of(viewer)
        self._volumes = volumes_of(viewer)
        self._slab = slab_of(viewer)
        self.whole = WholeVolume(viewer, self.native)
        self.whole.stopped.connect(guarded(self.follow_viewer))
        follow_openings(viewer)
        self._overlay_switches = OverlaySwitches(tools_of(viewer, stays=False))
        self._panes = PaneControls(viewer)
        self._links = LinkControls(viewer, self.follow_viewer)
        self._switches: list[Switch] = []
        self._build()
        self._show_playing = guarded(self._on_playing)
        self._cine.changed.connect(self._show_playing)
        self._show_slab = guarded(self._update_slab)
        self._slab.changed.connect(self._show_slab)
        self._subscriptions: list[Releasable] = [
            watch(viewer, self.follow_viewer),
            watch_active(viewer, self._update_active),
        ]
        self.follow_viewer()

    def release(self) -> None:
        """Let go of the viewer, which shows what it shows; only cine stops."""
        for subscription in self._subscriptions:
            subscription.release()
        self._cine.changed.disconnect(self._show_playing)
        self._cine.stop()
        self._slab.changed.disconnect(self._show_slab, missing_ok=True)
        parts: list[Releasable] = [
            self._panes,
            self._links,
            *self._switches,
            self.whole,
            self._overlay_switches,
        ]
        for part in parts:
            part.release()

    # --- widgets

    def _build(self) -> None:
        self.extend(
            [
                form(
                    ("Plane", self._planes()),
                    ("Slab", self._slabs()),
                    ("3-D", self._renderings()),
                    ("Cine", self._cine_controls()),
                    ("Layout", self._panes.arrangement_box),
                ),
                self._panes,
                self._turns(),
                self._sizes(),
                heading("Compare / Link series"),
                self._links.rows,
                heading("Overlays"),
                self._overlays(),
            ]
        )
        self.native.layout().addStretch()

    def _planes(self) -> Widget:
        tip = (
            "Axial: viewed from the feet, anterior at top. Coronal: viewed from the front, head at "
            "top. Sagittal: viewed from the patient's left, head at top."
        )
        self._plane = choice(
            "plane", tip, self._offered_planes, self._on_plane, refresh=self.follow_viewer
        )
        self._acquired = self._command(
            "as_acquired", "As acquired", "Original acquisition plane", commands.plane_acquired
        )
        return row(self._plane, self._acquired)

    def _slabs(self) -> Widget:
        tip = "How the slices of a slab are combined"
        self._projection = choice("slab", tip, tuple(PROJECTIONS), self._on_projection)
        self._thickness = number(
            "slab_thickness",
            "Thickness of the slab",
            lambda thickness: self._slab.show(thickness=thickness),
            limits=(MIN_THICKNESS, MAX_THICKNESS),
            value=DEFAULT_THICKNESS,
            unit=" mm",
        )
        return row(self._projection, stretch(self._thickness, 2))

    def _renderings(self) -> Widget:
        self._rendering = choice(
            "rendering",
            "How the volume is drawn",
            self._offered_renderings,
            self._on_rendering,
            refresh=self.follow_viewer,
        )
        tip = "Align other series to this one in 3-D"
        self._switches.append(Switch("align_in_3d", "Align", tip, partial(Alignment, self._viewer)))
        return row(self._rendering, self._switches[-1].box)

    def _cine_controls(self) -> Widget:
        tip = "Play the frames, or the slices, in a loop"
        self._play = toggle("cine", "Play", tip, self._on_play)
        self._rate = number(
            "frame_rate",
            "Frames per second (from the file if given, otherwise 15)",
            self._on_rate,
            limits=(0.1, MAX_RATE),
            value=DEFAULT_RATE,
            unit=" fps",
        )
        return row(self._play, self._rate)

    def _turns(self) -> Widget:
        make = self._command
        self._turning = [
            make("rotate_left", "↺ 90°", "Rotate left", commands.rotate_left),
            make("rotate_right", "↻ 90°", "Rotate right", commands.rotate_right),
            make("flip_horizontally", "Flip ↔", "Flip left-right", commands.flip_horizontally),
            make("flip_vertically", "Flip ↕", "Flip top-bottom", commands.flip_vertically),
        ]
        return row(*self._turning)

    def _sizes(self) -> Widget:
        make = self._command
        one = "One image pixel is one screen pixel."
        reset = "Plane, orientation and zoom as when the series was opened. Key R"
        self._sizing = [
            make("reset_view", "Reset", reset, commands.reset_view),
            make("fit", "Fit", "Fit the series to the canvas.", commands.fit_view),
            make("actual_size", "Actual size", one, commands.actual_size),
        ]
        return row(*self._sizing)

    def _overlays(self) -> Widget:
        boxes = self._overlay_switches.boxes
        self._panes.follow_overlays(boxes["letters"], boxes["corner_text"])
        return column(*boxes.values())

    def _command(
        self, name: str, text: str, tip: str, command: Callable[[napari.viewer.Viewer], None]
    ) -> Widget:
        return button(name, text, tip, lambda: command(self._viewer))

    # --- following the viewer

    def _offered_planes(self, _box: Widget) -> list[tuple[str, str]]:
        viewer = active_viewer(self._viewer)
        layer = current_layer(viewer)
        known = layer is not None and world_directions(viewer, layer) is not None
        names = PLANES if known and layer is not None and layer.ndim > 2 else ()
        return [("—", NO_PLANE), *((name, name) for name in names)]

    def _offered_renderings(self, _box: Widget) -> list[tuple[str, str]]:
        offered = volume_presets(current_layer(self._viewer))
        return [("Off", IN_2D), *((preset.name, preset.name) for preset in offered)]

    def follow_viewer(self) -> None:
        """Offer what the current series can do, and show how it is seen."""
        layer = current_layer(self._viewer)
        stack = stack_of(layer)
        is_flat = self._viewer.dims.ndisplay == 2
        self._update_active()
        self._update_slab()
        preset = self._volumes.preset
        offer(self._rendering, IN_2D if preset is None else preset.name)
        self._rendering.enabled = len(self._rendering.choices) > 1
        self._play.enabled = self._cine.is_playing or cine_axis(self._viewer) is not None
        if stack is not self._stack:
            self._stack = stack
            if stack is not None:
                put(self._rate, cine_rate(stack))
        self._links.update(in_2d=layer is not None and layer.ndim > 2 and is_flat)

    def _update_active(self) -> None:
        """Show how the series of the active pane is seen."""
        viewer = active_viewer(self._viewer)
        layer = current_layer(viewer)
        plane = None if layer is None else plane_in_view(viewer, layer)
        offer(self._plane, NO_PLANE if plane is None else plane.capitalize())
        self._plane.enabled = len(self._plane.choices) > 1
        for part in (self._acquired, *self._sizing):
            part.enabled = layer is not None
        for part in self._turning:
            part.enabled = layer is not None and viewer.dims.ndisplay == 2

    def _update_slab(self) -> None:
        names = {projection: name for name, projection in PROJECTIONS.items()}
        put(self._projection, names[self._slab.projection])
        put(self._thickness, self._slab.thickness)
        self._thickness.enabled = self._slab.projection != "none"

    def _on_playing(self) -> None:
        playing = self._cine.is_playing
        put(self._play, playing)
        self._play.text = "Stop" if playing else "Play"

    # --- changing the view

    def _on_plane(self, name: str) -> None:
        viewer = active_viewer(self._viewer)
        layer = current_layer(viewer)
        plane = PLANES.get(name)
        if layer is None or plane is None:
            self.follow_viewer()
            return
        show = partial(self._show_plane, layer, plane)
        if cuts_slices(viewer, layer, plane):
            self.whole.before(show, layer)
        else:
            show()

    def _show_plane(self, layer: Image, plane: Plane) -> None:
        show_plane(viewer_with(self._viewer, layer), layer, plane)
        self.follow_viewer()

    def _on_projection(self, name: str) -> None:
        self._slab.show(PROJECTIONS[name])

    def _on_rendering(self, name: str) -> None:
        layer = current_layer(self._viewer)
        preset = next((p for p in volume_presets(layer) if p.name == name), None)
        if layer is not None and preset is not None:
            show = partial(self._volumes.show, layer, preset)
            self.whole.before(show, layer)
        else:
            self._volumes.show_slices()
        self.follow_viewer()

    def _on_play(self, wanted: bool) -> None:  # noqa: FBT001 - a signal's value
        if not wanted:
            self._cine.stop()
        elif not self._cine.is_playing:
            self._cine.play(self._rate.value)
        self._on_playing()

    def _on_rate(self, rate: float) -> None:
        if self._cine.is_playing:
            self._cine.play(rate)
