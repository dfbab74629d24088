"""The arrangement of canvases, and what links them."""

from __future__ import annotations

import napari.viewer
from magicgui.widgets import CheckBox, Container, Widget

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.panes import ARRANGEMENTS, Panes, SidePane, on_pane_created, panes_of
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.widgets.panel.form import check, choice, put, row

_SINGLE = ARRANGEMENTS[0]


class PaneControls(Container[Widget]):
    """Switches named ``link``, ``crosshair`` and ``scout_lines``, and the box of arrangements.

    The box, ``arrangement``, belongs to the page, which puts it below its own boxes.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose canvases.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self._viewer = unwrapped(viewer)
        self._panes: Panes | None = None
        self._overlays: tuple[CheckBox, CheckBox] | None = None
        tip = "One canvas, several series, or three planes of one series"
        self.arrangement_box = choice("arrangement", tip, ARRANGEMENTS, self._on_arrangement)
        self._link = self._switch(
            "link",
            "Link",
            "Canvases scroll together where their series share a frame of reference.",
        )
        self._crosshair = self._switch(
            "crosshair", "Crosshair", "Shift + click shows the same place in all three planes."
        )
        self._scout_lines = self._switch(
            "scout_lines", "Scout lines", "Where the slices of the other canvases cut this one"
        )
        self.append(row(self._link, self._crosshair, self._scout_lines))
        self._show = guarded(self._on_changed)
        # The very object that is appended is what is removed.
        self._bind = self._on_pane_created
        on_pane_created.append(self._bind)

    def follow_overlays(self, letters: CheckBox, corner_text: CheckBox) -> None:
        """Write over the panes what two switches say, at once when they are changed."""
        self._overlays = letters, corner_text
        for box in self._overlays:
            box.changed.connect(guarded(self._on_switch))

    def release(self) -> None:
        """Let go of the panes, which stay as they are arranged."""
        if self._bind in on_pane_created:
            on_pane_created.remove(self._bind)
        if self._panes is not None:
            self._panes.arrangement_changed.disconnect(self._show)
            self._panes = None

    def _switch(self, name: str, text: str, tooltip: str) -> CheckBox:
        return check(name, text, tooltip, self._on_switch, value=True)

    def _followed(self) -> Panes:
        """Return the panes, which are made when they are first needed: they move the canvas."""
        if self._panes is None:
            self._panes = panes_of(self._viewer)
            self._panes.arrangement_changed.connect(self._show)
            self._on_switch()
            self._on_changed()
        return self._panes

    def _on_arrangement(self, name: str) -> None:
        if self._panes is not None or name != _SINGLE:
            self._followed().arrangement = name

    def _on_switch(self, _on: object = None) -> None:
        if self._panes is not None:
            self._panes.link = self._link.value
            self._panes.crosshair = self._crosshair.value
            self._panes.scout_lines = self._scout_lines.value
            self._show_overlays()

    def _show_overlays(self) -> None:
        if self._panes is None or self._overlays is None:
            return
        letters, corner_text = (box.value for box in self._overlays)
        for pane in self._panes.panes:
            if isinstance(pane, SidePane):
                pane.show_overlays(letters=letters, corner_text=corner_text)

    def _on_changed(self, _name: object = None) -> None:
        """Show how canvases are arranged: commands change it, too."""
        if self._panes is not None:
            put(self.arrangement_box, self._panes.arrangement)
            self._show_overlays()

    def _on_pane_created(self, viewer: napari.viewer.Viewer, _model: napari.viewer.Viewer) -> None:
        """Follow the panes of this viewer, which a command may have made."""
        if viewer is self._viewer:
            self._followed()
            self._show_overlays()
