"""The arrangement of canvases, and what links them."""

from __future__ import annotations

import napari.viewer
from magicgui.widgets import CheckBox, Container, Widget

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.panes import (
    ARRANGEMENTS,
    Panes,
    SidePane,
    known_panes,
    on_pane_created,
    panes_of,
)
from napari_medscan.napari_.viewer_proxy import unwrapped
from napari_medscan.widgets.panel.form import check, choice, put, row, toggle

_SINGLE = ARRANGEMENTS[0]
_SWITCHES = (
    (
        "link",
        "Link",
        "Canvases scroll, zoom and pan together where series share a frame of reference.",
    ),
    ("crosshair", "Crosshair", "Shift + click shows the same place in all three planes."),
    ("scout_lines", "Scout lines", "Where the slices of the other canvases cut this one"),
)
"""Each is a property of `Panes`."""


class PaneControls(Container[Widget]):
    """Switches ``link``, ``link_by_hand``, ``crosshair``, ``scout_lines``; box of arrangements.

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
        self._switches = {
            name: check(name, text, tooltip, self._on_switch, value=True)
            for name, text, tooltip in _SWITCHES
        }
        self._by_hand = toggle(
            "link_by_hand",
            "Link at this offset",
            "Scroll, zoom and pan all together from what is in view, whatever the series are",
            self._on_by_hand,
        )
        self._by_hand.enabled = False
        self.append(row(*self._switches.values()))
        self.append(self._by_hand)
        self._show = guarded(self._on_changed)
        # The very object that is appended is what is removed.
        self._bind = self._on_pane_created
        on_pane_created.append(self._bind)
        panes = known_panes(self._viewer)
        if panes is not None:
            self._follow(panes)

    def follow_overlays(self, letters: CheckBox, corner_text: CheckBox) -> None:
        """Write over the panes what two switches say, at once when they are changed."""
        self._overlays = letters, corner_text
        for box in self._overlays:
            box.changed.connect(guarded(self._show_overlays))

    def release(self) -> None:
        """Let go of the panes, which stay as they are arranged."""
        if self._bind in on_pane_created:
            on_pane_created.remove(self._bind)
        if self._panes is not None:
            self._panes.arrangement_changed.disconnect(self._show)
            self._panes.options_changed.disconnect(self._show)
            self._panes = None

    def _followed(self) -> Panes:
        """Return the panes, which are made when they are first needed: they move the canvas."""
        if self._panes is not None:
            return self._panes
        panes = panes_of(self._viewer)
        self._set_options(panes)
        return self._follow(panes)

    def _follow(self, panes: Panes) -> Panes:
        self._panes = panes
        panes.arrangement_changed.connect(self._show)
        panes.options_changed.connect(self._show)
        self._on_changed()
        return panes

    def _on_arrangement(self, name: str) -> None:
        if self._panes is not None or name != _SINGLE:
            self._followed().arrangement = name

    def _on_switch(self, _on: object = None) -> None:
        if self._panes is not None:
            self._set_options(self._panes)

    def _set_options(self, panes: Panes) -> None:
        """Give panes what the switches say; what is as it was stays, such as a link by hand."""
        for name, box in self._switches.items():
            if getattr(panes, name) is not box.value:
                setattr(panes, name, box.value)

    def _on_by_hand(self, on: bool) -> None:  # noqa: FBT001 - a signal's value
        panes = self._followed()
        if on is panes.is_linked_by_hand:
            return
        if on:
            panes.link_by_hand()
        else:
            panes.link = True
        self._on_changed()

    def _show_overlays(self, _on: object = None) -> None:
        if self._panes is None or self._overlays is None:
            return
        letters, corner_text = (box.value for box in self._overlays)
        for pane in self._panes.panes:
            if isinstance(pane, SidePane):
                pane.show_overlays(letters=letters, corner_text=corner_text)

    def _on_changed(self, _name: object = None) -> None:
        """Show how canvases are arranged and linked: commands change it, too."""
        if self._panes is None:
            return
        put(self.arrangement_box, self._panes.arrangement)
        for name, box in self._switches.items():
            put(box, getattr(self._panes, name))
        put(self._by_hand, self._panes.is_linked_by_hand)
        self._by_hand.enabled = self._panes.has_series_panes
        self._show_overlays()

    def _on_pane_created(self, viewer: napari.viewer.Viewer, _model: napari.viewer.Viewer) -> None:
        """Follow the panes of this viewer, which a command may have made."""
        if viewer is self._viewer:
            self._followed()
            self._show_overlays()
