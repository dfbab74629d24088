"""Whether the DICOM panel is open, opening it, and offering it once to who works without it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import napari
import napari.viewer

from napari_medscan.napari_.gui import is_interactive
from napari_medscan.napari_.viewer_proxy import unwrapped

PLUGIN = "napari-medscan"
_COMMAND = "napari-medscan.panel"
NEEDS_WINDOW = "The panel needs a napari window."

_panels: weakref.WeakKeyDictionary[napari.viewer.Viewer, int] = weakref.WeakKeyDictionary()
"""How many panels each viewer has."""


def note_open(viewer: napari.viewer.Viewer) -> Callable[[], None]:
    """Note that a panel which lists the series is open; return what notes that it is closed."""
    _panels[viewer] = _panels.get(viewer, 0) + 1
    known = weakref.ref(viewer)

    def stop() -> None:
        viewer = known()
        if viewer is not None:
            _panels[viewer] -= 1

    return stop


def has_panel(viewer: napari.viewer.Viewer | None) -> bool:
    """Return whether a panel that lists the series is open in a viewer."""
    return viewer is not None and _panels.get(viewer, 0) > 0


def open_panel(viewer: napari.viewer.Viewer) -> Any:  # noqa: ANN401 - widgets/ is above this
    """Open the DICOM panel in napari's window, or bring it to the front, and return it.

    None is returned for a viewer without a window.
    """
    import npe2

    window = getattr(unwrapped(viewer), "window", None)
    if window is None:
        return None
    # By its command: what the menu calls it is up to the manifest.
    widgets = npe2.PluginManager.instance().get_manifest(PLUGIN).contributions.widgets or []
    title = next(widget.display_name for widget in widgets if widget.command == _COMMAND)
    dock, panel = window.add_plugin_dock_widget(PLUGIN, title)
    dock.show()
    dock.raise_()
    return panel


class PanelOffer:
    """Whether the panel should be pointed to: once in a session, while it is not open."""

    def __init__(self) -> None:
        self._made = False

    def take(self) -> napari.viewer.Viewer | None:
        """Return the viewer in which to offer the panel now; None if there is no need."""
        viewer = napari.current_viewer()
        if self._made or viewer is None or not is_interactive() or has_panel(viewer):
            return None
        self._made = True
        return viewer


offer = PanelOffer()
"""The one of this process."""
