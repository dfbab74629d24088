"""Commands that show or hide what is written over the images.

Each is a plain function of the viewer, and is listed in the manifest under its own name. The
panel's switches follow.
"""

from __future__ import annotations

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.series_command import Command, canvas_command, named
from napari_medscan.napari_.viewer_tools import tools_of


def _toggle(overlay: str, summary: str) -> Command:
    """Return the command that switches an overlay on or off."""

    def action(viewer: napari.viewer.Viewer, _layer: Image) -> None:
        tools = tools_of(viewer)
        tools.switch(overlay, on=not tools.is_on(overlay))

    return canvas_command(named(action, f"toggle_{overlay}", summary))


toggle_letters = _toggle("letters", "Show or hide the orientation letters.")
toggle_corner_text = _toggle("corner_text", "Show or hide series, slice, window and zoom.")
toggle_patient_name = _toggle("patient_name", "Show or hide name, ID and date of birth.")
toggle_scale_bar = _toggle("scale_bar", "Show or hide the scale bar.")
toggle_cursor_values = _toggle(
    "cursor_values", "Show or hide value and position in the status bar."
)
