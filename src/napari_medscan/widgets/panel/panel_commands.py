"""Commands that press a button of the DICOM panel, which is opened and brought to the front.

Each is a plain function of the viewer, and is listed in the manifest under its own name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import napari.viewer

from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.dicom_panel import NEEDS_WINDOW, open_panel
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.series_command import NO_SERIES, NO_WINDOW, Command
from napari_medscan.napari_.viewer_proxy import unwrapped

_Press = Callable[[Any], object]
"""Does something with a page or a widget of it; False if nothing could be done."""


def _command(page: str, name: str, summary: str, press: _Press, lack: str) -> Command:
    """Return a command that acts on a page of the panel.

    Parameters
    ----------
    page : str
        Name of the page.
    name, summary : str
        Of the command.
    press : callable
        What it does.
    lack : str
        What is said if nothing could be done.
    """

    def command(viewer: napari.viewer.Viewer) -> None:
        viewer = unwrapped(viewer)
        if page != "series" and current_layer(viewer) is None:
            tell(NO_SERIES)
            return
        panel = open_panel(viewer)
        if panel is None:
            tell(NEEDS_WINDOW)
            return
        panel.show_page(page)
        part = getattr(panel, page)
        part.follow_viewer()
        if press(part) is False:
            tell(lack)

    command.__name__ = command.__qualname__ = name
    command.__doc__ = summary
    return command


def _on_widget(
    act: _Press, page: str, widget: str, name: str, summary: str, lack: str = NO_SERIES
) -> Command:
    """Return a command that acts on a widget of a page; `lack` is said while it is off."""

    def press(part: Any) -> bool:  # noqa: ANN401 - a page, which has its widgets as attributes
        found = getattr(part, widget)
        if found.enabled:
            act(found)
        return bool(found.enabled)

    return _command(page, name, summary, press, lack)


_button = partial(_on_widget, lambda button: button.changed.emit(True))
_toggle = partial(_on_widget, lambda switch: setattr(switch, "value", not switch.value))


def _copy(action: str, name: str, summary: str) -> Command:
    """Return a command that copies something of the selected row of tags."""

    def press(part: Any) -> bool:  # noqa: ANN401
        getattr(part.row_actions, action)()
        return bool(part.view.row >= 0)

    return _command("tags", name, summary, press, "Select a tag first.")


def _save_preset(part: Any) -> bool:  # noqa: ANN401
    return bool(part.my_presets.enabled) and part.my_presets.add() is None


open_series = _button(
    "series",
    "open_button",
    "open_series",
    "Open the series that are selected in the panel, or go to them.",
    "Select a series in the DICOM panel first.",
)
toggle_always_open = _toggle(
    "series",
    "always_open",
    "toggle_always_open",
    "Open DICOM with MedScan without asking which reader to use, or ask again.",
)
toggle_right_drag = _toggle(
    "window", "right_drag", "toggle_right_drag", "Let a right-drag adjust the window, or zoom."
)
toggle_wheel_scrolls = _toggle(
    "window", "wheel_scrolls", "toggle_wheel_scrolls", "Let the wheel scroll, or zoom."
)
toggle_align_in_3d = _toggle(
    "views", "align_in_3d", "toggle_align_in_3d", "Align other series to this one in 3-D, or not."
)
toggle_sync_position = _toggle(
    "views",
    "sync_position",
    "toggle_sync_position",
    "Go to the same position when another series becomes current, or not.",
)
save_preset = _command(
    "window", "save_preset", "Save the current window as a preset.", _save_preset, NO_WINDOW
)
delete_preset = _command(
    "window",
    "delete_preset",
    "Delete the preset that is selected in the panel.",
    lambda part: part.my_presets.delete(),
    "Select one of your own presets first.",
)
export_tags = _button("tags", "export", "export_tags", "Export the listed tags as CSV or JSON.")
toggle_identifiers = _toggle(
    "tags", "show_identifiers", "toggle_identifiers", "Show or mask identifying values of tags."
)
toggle_differences = _toggle(
    "tags", "only_differences", "toggle_differences", "List only tags that differ, or all."
)
copy_tag_value = _copy("copy_value", "copy_tag_value", "Copy the value of the selected tag.")
copy_tag_row = _copy("copy_row", "copy_tag_row", "Copy tag, name and value of the selected tag.")
copy_tag_expression = _copy(
    "copy_path", "copy_tag_expression", "Copy the pydicom expression of the selected tag."
)


def _measure(shape: str, summary: str) -> Command:
    return _button("measure", shape, f"measure_{shape}", summary)


measure_length = _measure("length", "Draw a length.")
measure_angle = _measure("angle", "Draw an angle.")
measure_cobb_angle = _measure("cobb_angle", "Draw a Cobb angle.")
measure_diameters = _measure("diameters", "Draw the longest diameter and the one across.")
measure_ellipse = _measure("ellipse", "Draw an ellipse and measure in it.")
measure_rectangle = _measure("rectangle", "Draw a rectangle and measure in it.")
measure_polygon = _measure("polygon", "Draw a polygon and measure in it.")
measure_freehand = _measure("freehand", "Draw an outline and measure in it.")
measure_point = _measure("point", "Mark a point and list its value.")
measure_arrow = _measure("arrow", "Draw an arrow.")
mark_key_image = _button("measure", "key_image", "mark_key_image", "Mark the slice in view.")
delete_measurement = _button(
    "measure", "delete", "delete_measurement", "Delete the selected measurement, or the last one."
)
calibrate = _button(
    "measure", "calibrate", "calibrate", "Calibrate the image by the true length of a line."
)
copy_measurements = _button(
    "measure", "copy_table", "copy_measurements", "Copy the table of measurements."
)
save_measurements = _button(
    "measure", "save_table", "save_measurements", "Save the measurements as CSV."
)
open_measurements = _button(
    "measure", "open_table", "open_measurements", "Draw saved measurements again."
)
