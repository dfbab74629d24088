"""Commands that show the current series as a slab or in 3-D.

Each is a plain function of the viewer, and is listed in the manifest under its own name. The
panel's boxes follow.
"""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
from napari.layers import Image

from napari_medscan.napari_.gui import main_window
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.series_command import Command, canvas_command, named
from napari_medscan.napari_.slab import MAX_THICKNESS, MIN_THICKNESS, Projection, slab_of
from napari_medscan.napari_.volume_view import volume_presets, volumes_of

_THICKNESSES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100)
"""Of slabs that are made thicker or thinner, in mm."""


def _slab_command(projection: Projection, name: str, summary: str) -> Command:
    """Return the command that shows a slab of this projection."""

    def action(viewer: napari.viewer.Viewer, _layer: Image) -> None:
        slab_of(viewer).show(projection)

    return canvas_command(named(action, name, summary))


slab_off = _slab_command("none", "slab_off", "Show single slices.")
slab_mip = _slab_command("max", "slab_mip", "Show the maximum of a slab.")
slab_minip = _slab_command("min", "slab_minip", "Show the minimum of a slab.")
slab_average = _slab_command("mean", "slab_average", "Show the average of a slab.")


@canvas_command
def slab_thicker(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show a thicker slab."""
    _change_thickness(viewer, lambda now: next((x for x in _THICKNESSES if x > now), now))


@canvas_command
def slab_thinner(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show a thinner slab."""
    _change_thickness(viewer, lambda now: next((x for x in _THICKNESSES[::-1] if x < now), now))


@canvas_command
def slab_thickness(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Ask for the thickness of the slab."""
    _change_thickness(viewer, _ask_thickness)


def _ask_thickness(now: float) -> float:
    from qtpy.QtWidgets import QInputDialog

    title, text = "Slab thickness", "Thickness in mm:"
    limits = MIN_THICKNESS, MAX_THICKNESS
    thickness, is_chosen = QInputDialog.getDouble(main_window(), title, text, now, *limits, 1)
    return thickness if is_chosen else now


def _change_thickness(viewer: napari.viewer.Viewer, change: Callable[[float], float]) -> None:
    slab = slab_of(viewer)
    if slab.projection == "none":
        tell("Choose MIP, MinIP or average for the slab first.")
    else:
        slab.show(thickness=change(slab.thickness))


def _volume_command(preset_name: str) -> Command:
    """Return the command that shows the series in 3-D by a preset."""

    def action(viewer: napari.viewer.Viewer, layer: Image) -> None:
        offered = volume_presets(layer)
        preset = next((preset for preset in offered if preset.name == preset_name), None)
        if preset is not None:
            volumes_of(viewer).show(layer, preset)
        elif offered:
            tell(f"{preset_name} in 3-D needs a CT series in Hounsfield units.")
        else:
            tell("3-D needs a grayscale series with more than one slice.")

    short_name = preset_name.lower().replace(" ", "_").replace("-", "_")
    return canvas_command(
        named(action, f"volume_{short_name}", f"Show the current series in 3-D: {preset_name}.")
    )


volume_bone = _volume_command("Bone")
volume_angio = _volume_command("Angio")
volume_lung = _volume_command("Lung")
volume_soft_tissue = _volume_command("Soft tissue")
volume_mip = _volume_command("MIP")
volume_depth_shaded_mip = _volume_command("Depth-shaded MIP")


@canvas_command
def volume_off(viewer: napari.viewer.Viewer, _layer: Image) -> None:
    """Show slices instead of a volume."""
    volumes_of(viewer).show_slices()
