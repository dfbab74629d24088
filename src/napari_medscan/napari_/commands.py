"""Commands that act on the current series and its view.

Each is a plain function of the viewer and is listed in the manifest under its own name: napari's
command palette, its menus, scripts, keys and buttons call the same functions. Without a series
that it needs, a command says so in a sentence. Those of the window are in `window_commands`, of
slabs and 3-D in `volume_commands`, of panes in `pane_commands`, of overlays in `overlay_commands`,
and those that press a button of the panel in `widgets/panel/panel_commands`.

Of several panes, they act on the one that is active. Links, cine and which series the main canvas
shows belong to the window.
"""

from __future__ import annotations

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.active_viewer import main_viewer
from napari_medscan.napari_.canvas_fit import fit_to_canvas, show_actual_size
from napari_medscan.napari_.cine import cine_of
from napari_medscan.napari_.dicom_panel import NEEDS_WINDOW, open_panel
from napari_medscan.napari_.file_manager import show_folder
from napari_medscan.napari_.layer_identity import layer_of, series_of, stack_of
from napari_medscan.napari_.linking import slice_link_of
from napari_medscan.napari_.listed_series import listed_stacks, open_stacks
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.orientation import flip_view, rotate_view
from napari_medscan.napari_.planes import Plane, show_acquired, show_plane
from napari_medscan.napari_.scroll_axis import go_to, length, slice_axis, step, time_axis
from napari_medscan.napari_.series_command import canvas_command, pane_command
from napari_medscan.napari_.view import show_anew
from napari_medscan.napari_.view import show_only as show_only_layers
from napari_medscan.napari_.viewer_proxy import unwrapped

_LEAP = 10
"""Slices that Page Up and Page Down pass."""


def show_panel(viewer: napari.viewer.Viewer) -> None:
    """Open the DICOM panel, which lists the series, or bring it to the front."""
    if open_panel(viewer) is None:
        tell(NEEDS_WINDOW)


@canvas_command
def show_only(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Hide all series but the current one."""
    show_only_layers(viewer, [layer])


@pane_command
def close_series(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Remove the layer of the current series; the pane that shows it becomes empty."""
    main = main_viewer(viewer)
    # A pane draws the array by a layer of its own.
    opened = layer if layer in main.layers else layer_of(main, stack_of(layer))
    if opened is not None:
        main.layers.remove(opened)


@pane_command
def show_in_file_manager(_viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the folder of the current series in the file manager."""
    stack = series_of(layer)
    if stack is None:
        tell("A copy of a series has no folder.")
    else:
        show_folder(stack)


@canvas_command
def open_next_series(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Open the series that the panel lists after the current one, or go to it."""
    _open_listed(viewer, layer, 1)


@canvas_command
def open_previous_series(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Open the series that the panel lists before the current one, or go to it."""
    _open_listed(viewer, layer, -1)


@pane_command
def next_slice(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the next slice of the current series, or the next frame of a clip."""
    _step(viewer, layer, 1)


@pane_command
def previous_slice(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the previous slice of the current series, or the previous frame of a clip."""
    _step(viewer, layer, -1)


@pane_command
def next_ten_slices(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Go on by ten slices or frames of the current series."""
    _step(viewer, layer, _LEAP)


@pane_command
def previous_ten_slices(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Go back by ten slices or frames of the current series."""
    _step(viewer, layer, -_LEAP)


@pane_command
def first_slice(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the first slice or frame of the current series."""
    _go_to_end(viewer, layer, last=False)


@pane_command
def last_slice(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the last slice or frame of the current series."""
    _go_to_end(viewer, layer, last=True)


@pane_command
def next_time_point(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the next time point of the current series."""
    step(viewer, layer, time_axis(viewer, layer), 1)


@pane_command
def previous_time_point(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the previous time point of the current series."""
    step(viewer, layer, time_axis(viewer, layer), -1)


@pane_command
def plane_axial(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the current series in the axial plane."""
    _show_plane(viewer, layer, "axial")


@pane_command
def plane_coronal(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the current series in the coronal plane."""
    _show_plane(viewer, layer, "coronal")


@pane_command
def plane_sagittal(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the current series in the sagittal plane."""
    _show_plane(viewer, layer, "sagittal")


@pane_command
def plane_acquired(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the slices of the current series as they are stored."""
    show_acquired(viewer, layer)


@pane_command
def rotate_right(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Rotate the view by 90 degrees clockwise."""
    if _is_flat(viewer):
        rotate_view(viewer, layer)


@pane_command
def rotate_left(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Rotate the view by 90 degrees counterclockwise."""
    if _is_flat(viewer):
        rotate_view(viewer, layer, clockwise=False)


@pane_command
def flip_horizontally(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Mirror the view: left and right change places."""
    if _is_flat(viewer):
        flip_view(viewer)


@pane_command
def flip_vertically(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Mirror the view: top and bottom change places."""
    if _is_flat(viewer):
        flip_view(viewer, vertically=True)


@pane_command
def reset_view(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Show the current series as it was opened: plane, orientation and zoom."""
    show_anew(viewer, layer)


@pane_command
def fit_view(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Fit the current series to the canvas."""
    fit_to_canvas(viewer, layer)


@pane_command
def actual_size(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Zoom so that one pixel of the image is one pixel of the screen."""
    show_actual_size(viewer, layer)


@canvas_command
def set_reference_slice(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Remember the slice in view, for `link_to_reference` to lay on that of another series."""
    why_not = slice_link_of(viewer).mark()
    tell(why_not or "Now select the other series, show the same level and link it.")


@canvas_command
def link_to_reference(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Scroll the current series with the reference slice's, which is laid on the slice in view."""
    tell(slice_link_of(viewer).link() or "Linked: one slider scrolls both.")


def unlink_series(viewer: napari.viewer.Viewer) -> None:
    """Put linked series back where they belong."""
    slice_link_of(unwrapped(viewer)).unlink()


@canvas_command
def cine_start(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Play the frames or slices of the current series in a loop."""
    if not cine_of(viewer).play():
        tell("There is nothing to play: this series has a single image in this view.")


def cine_stop(viewer: napari.viewer.Viewer) -> None:
    """Stop cine."""
    cine_of(viewer).stop()


def _is_flat(viewer: napari.viewer.Viewer) -> bool:
    """Return whether a canvas shows slices; if it does not, say what is needed."""
    if viewer.dims.ndisplay == 3:
        tell("Switch to the 2-D view to rotate or flip.")
    return viewer.dims.ndisplay == 2


def _open_listed(viewer: napari.viewer.Viewer, layer: Image, by: int) -> None:
    stacks, stack = listed_stacks(viewer), stack_of(layer)
    # The series of a copy may be closed and forgotten.
    place = stacks.index(stack.origin) + by if stack and stack.origin in stacks else -1
    if 0 <= place < len(stacks):
        open_stacks(viewer, [stacks[place]])
    else:
        tell("This is the last series." if by > 0 else "This is the first series.")


def _step(viewer: napari.viewer.Viewer, layer: Image, count: int) -> None:
    step(viewer, layer, slice_axis(viewer, layer), count)


def _go_to_end(viewer: napari.viewer.Viewer, layer: Image, *, last: bool) -> None:
    axis = slice_axis(viewer, layer)
    if axis is not None:
        go_to(viewer, layer, axis, length(viewer, layer, axis) - 1 if last else 0)


def _show_plane(viewer: napari.viewer.Viewer, layer: Image, plane: Plane) -> None:
    if not show_plane(viewer, layer, plane):
        tell("This series has no other plane: its orientation is unknown.")
