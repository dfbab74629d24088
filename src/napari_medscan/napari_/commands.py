"""Commands that act on the current series and its view.

Each is a plain function of the viewer and is listed in the manifest under its own name: napari's
command palette, its menus, scripts, keys and buttons call the same functions. Without a series
that it needs, a command says so in a sentence. Those of the window are in `window_commands`.

Of several panes, they act on the one that is active. Arrangement, links, cine and which series the
main canvas shows belong to the window.
"""

from __future__ import annotations

import importlib

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.active_viewer import active_viewer, main_viewer
from napari_medscan.napari_.canvas_fit import fit_to_canvas, show_actual_size
from napari_medscan.napari_.cine import cine_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.dicom_panel import open_panel
from napari_medscan.napari_.layer_identity import layer_of, stack_of
from napari_medscan.napari_.linking import slice_link_of
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.orientation import flip_view, rotate_view
from napari_medscan.napari_.planes import Plane, show_acquired, show_plane
from napari_medscan.napari_.scroll_axis import go_to, length, slice_axis, step, time_axis
from napari_medscan.napari_.view import show_anew
from napari_medscan.napari_.view import show_only as show_only_layers
from napari_medscan.napari_.viewer_watch import unwrapped

NO_SERIES = "Select a DICOM layer first."
_LEAP = 10
"""Slices that Page Up and Page Down pass."""


def show_panel(viewer: napari.viewer.Viewer) -> None:
    """Open the DICOM panel, which lists the series, or bring it to the front."""
    viewer = unwrapped(viewer)
    if getattr(viewer, "window", None) is None:
        tell("The panel needs a napari window.")
    else:
        open_panel(viewer)


def show_only(viewer: napari.viewer.Viewer) -> None:
    """Hide all series but the current one."""
    viewer = unwrapped(viewer)
    layer = _current(viewer)
    if layer is not None:
        show_only_layers(viewer, [layer])


def close_series(viewer: napari.viewer.Viewer) -> None:
    """Remove the layer of the current series; the pane that shows it becomes empty."""
    main = main_viewer(viewer)
    layer = _current(active_viewer(viewer))
    if layer is not None and layer not in main.layers:
        # A pane draws the array by a layer of its own.
        layer = layer_of(main, stack_of(layer))
    if layer is not None:
        main.layers.remove(layer)


def next_slice(viewer: napari.viewer.Viewer) -> None:
    """Show the next slice of the current series, or the next frame of a clip."""
    _step(viewer, 1)


def previous_slice(viewer: napari.viewer.Viewer) -> None:
    """Show the previous slice of the current series, or the previous frame of a clip."""
    _step(viewer, -1)


def next_ten_slices(viewer: napari.viewer.Viewer) -> None:
    """Go on by ten slices or frames of the current series."""
    _step(viewer, _LEAP)


def previous_ten_slices(viewer: napari.viewer.Viewer) -> None:
    """Go back by ten slices or frames of the current series."""
    _step(viewer, -_LEAP)


def first_slice(viewer: napari.viewer.Viewer) -> None:
    """Show the first slice or frame of the current series."""
    _go_to_end(viewer, last=False)


def last_slice(viewer: napari.viewer.Viewer) -> None:
    """Show the last slice or frame of the current series."""
    _go_to_end(viewer, last=True)


def next_time_point(viewer: napari.viewer.Viewer) -> None:
    """Show the next time point of the current series."""
    _step_time(viewer, 1)


def previous_time_point(viewer: napari.viewer.Viewer) -> None:
    """Show the previous time point of the current series."""
    _step_time(viewer, -1)


def plane_axial(viewer: napari.viewer.Viewer) -> None:
    """Show the current series in the axial plane."""
    _show_plane(viewer, "axial")


def plane_coronal(viewer: napari.viewer.Viewer) -> None:
    """Show the current series in the coronal plane."""
    _show_plane(viewer, "coronal")


def plane_sagittal(viewer: napari.viewer.Viewer) -> None:
    """Show the current series in the sagittal plane."""
    _show_plane(viewer, "sagittal")


def plane_acquired(viewer: napari.viewer.Viewer) -> None:
    """Show the slices of the current series as they are stored."""
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None:
        show_acquired(viewer, layer)


def rotate_right(viewer: napari.viewer.Viewer) -> None:
    """Rotate the view by 90 degrees clockwise."""
    viewer = active_viewer(viewer)
    layer = _current_in_2d(viewer)
    if layer is not None:
        rotate_view(viewer, layer)


def rotate_left(viewer: napari.viewer.Viewer) -> None:
    """Rotate the view by 90 degrees counterclockwise."""
    viewer = active_viewer(viewer)
    layer = _current_in_2d(viewer)
    if layer is not None:
        rotate_view(viewer, layer, clockwise=False)


def flip_horizontally(viewer: napari.viewer.Viewer) -> None:
    """Mirror the view: left and right change places."""
    viewer = active_viewer(viewer)
    if _current_in_2d(viewer) is not None:
        flip_view(viewer)


def flip_vertically(viewer: napari.viewer.Viewer) -> None:
    """Mirror the view: top and bottom change places."""
    viewer = active_viewer(viewer)
    if _current_in_2d(viewer) is not None:
        flip_view(viewer, vertically=True)


def reset_view(viewer: napari.viewer.Viewer) -> None:
    """Show the current series as it was opened: plane, orientation and zoom."""
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None:
        show_anew(viewer, layer)


def fit_view(viewer: napari.viewer.Viewer) -> None:
    """Fit the current series to the canvas."""
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None:
        fit_to_canvas(viewer, layer)


def actual_size(viewer: napari.viewer.Viewer) -> None:
    """Zoom so that one pixel of the image is one pixel of the screen."""
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None:
        show_actual_size(viewer, layer)


def arrange_single(viewer: napari.viewer.Viewer) -> None:
    """Show one canvas."""
    _arrange(viewer, "Single")


def arrange_side_by_side(viewer: napari.viewer.Viewer) -> None:
    """Show two series side by side."""
    _arrange(viewer, "Side by side")


def arrange_two_by_two(viewer: napari.viewer.Viewer) -> None:
    """Show up to four series."""
    _arrange(viewer, "2 × 2")


def arrange_three_planes(viewer: napari.viewer.Viewer) -> None:
    """Show the current series in three planes."""
    _arrange(viewer, "Three planes")


def set_reference_slice(viewer: napari.viewer.Viewer) -> None:
    """Remember the slice in view, for `link_to_reference` to lay on that of another series."""
    viewer = unwrapped(viewer)
    layer = _current(viewer)
    if layer is not None:
        why_not = slice_link_of(viewer).mark()
        tell(why_not or "Now select the other series, show the same level and link it.")


def link_to_reference(viewer: napari.viewer.Viewer) -> None:
    """Scroll the current series with the reference slice's, which is laid on the slice in view."""
    viewer = unwrapped(viewer)
    if _current(viewer) is not None:
        tell(slice_link_of(viewer).link() or "Linked: one slider scrolls both.")


def unlink_series(viewer: napari.viewer.Viewer) -> None:
    """Put linked series back where they belong."""
    slice_link_of(unwrapped(viewer)).unlink()


def cine_start(viewer: napari.viewer.Viewer) -> None:
    """Play the frames or slices of the current series in a loop."""
    viewer = unwrapped(viewer)
    if _current(viewer) is not None and not cine_of(viewer).play():
        tell("There is nothing to play: this series has a single image in this view.")


def cine_stop(viewer: napari.viewer.Viewer) -> None:
    """Stop cine."""
    cine_of(viewer).stop()


def _current(viewer: napari.viewer.Viewer) -> Image | None:
    """Return the layer of the current series; if there is none, say what is needed."""
    layer = current_layer(viewer)
    if layer is None:
        tell(NO_SERIES)
    return layer


def _current_in_2d(viewer: napari.viewer.Viewer) -> Image | None:
    layer = _current(viewer)
    if layer is not None and viewer.dims.ndisplay == 3:
        tell("Switch to the 2-D view to rotate or flip.")
        return None
    return layer


def _step(viewer: napari.viewer.Viewer, count: int) -> None:
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None:
        step(viewer, layer, slice_axis(viewer, layer), count)


def _step_time(viewer: napari.viewer.Viewer, count: int) -> None:
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None:
        step(viewer, layer, time_axis(viewer, layer), count)


def _go_to_end(viewer: napari.viewer.Viewer, *, last: bool) -> None:
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    axis = None if layer is None else slice_axis(viewer, layer)
    if layer is not None and axis is not None:
        go_to(viewer, layer, axis, length(viewer, layer, axis) - 1 if last else 0)


def _show_plane(viewer: napari.viewer.Viewer, plane: Plane) -> None:
    viewer = active_viewer(viewer)
    layer = _current(viewer)
    if layer is not None and not show_plane(viewer, layer, plane):
        tell("This series has no other plane: its orientation is unknown.")


def _arrange(viewer: napari.viewer.Viewer, arrangement: str) -> None:
    viewer = unwrapped(viewer)
    if _current(viewer) is not None:
        module = importlib.import_module("napari_medscan.napari_.panes")
        try:
            panes = module.panes_of(viewer)
        except RuntimeError:
            tell("Arrangements need a napari window.")
            return
        panes.arrangement = arrangement
