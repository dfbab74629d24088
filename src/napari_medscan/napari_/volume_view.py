"""Views of a series in 3-D."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, fields
from typing import Any

import napari.viewer
import numpy as np
from napari.layers import Image, Layer
from napari.utils.camera_orientations import DepthAxisOrientation
from napari.utils.colormaps import Colormap

from napari_medscan.dicom.intensity.window import ascending, meaningful
from napari_medscan.napari_.canvas_fit import fit_to_canvas, is_fit
from napari_medscan.napari_.compat.viewer_model import camera_of
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.directions import screen_directions, world_directions
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.per_viewer import PerViewer
from napari_medscan.napari_.viewer_proxy import unwrapped

_SAMPLED = 32
"""Slices that tell the brightest voxels of a volume."""
_BRIGHTEST = 99.9
_BACK, _HEAD = (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """What makes a volume look as it does; the fields are attributes of napari's layer."""

    rendering: str
    contrast_limits: tuple[float, float]
    gamma: float
    iso_threshold: float
    attenuation: float
    colormap: Colormap

    @classmethod
    def of(cls, layer: Image) -> Look:
        """Return a layer's look."""
        low, high = layer.contrast_limits
        return cls(
            str(layer.rendering),
            (float(low), float(high)),
            layer.gamma,
            layer.iso_threshold,
            layer.attenuation,
            layer.colormap,
        )

    def give(self, layer: Image) -> None:
        """Give it to a layer."""
        for field in fields(self):
            setattr(layer, field.name, getattr(self, field.name))


@dataclass(frozen=True, slots=True)
class VolumePreset:
    """How a volume is drawn.

    Parameters
    ----------
    name : str
        What it shows.
    rendering : str
        napari's rendering mode.
    limits : tuple of float or None
        Contrast limits in HU; None takes the brightest voxels of the volume as white.
    iso_threshold : float or None
        HU of the surface.
    attenuation : float
        How soon what lies in front hides what lies behind.
    transfer : tuple of (float, tuple of float)
        Transfer function of the rendering "translucent": HU, from the lower to the upper contrast
        limit, and red, green, blue and opacity of a voxel. Empty leaves the layer's colormap.
    """

    name: str
    rendering: str
    limits: tuple[float, float] | None = None
    iso_threshold: float | None = None
    attenuation: float = 0.05
    transfer: tuple[tuple[float, tuple[float, float, float, float]], ...] = ()

    def look(self, before: Look, limits: tuple[float, float]) -> Look:
        """Return the look that this makes of another, with these contrast limits."""
        return Look(
            rendering=self.rendering,
            contrast_limits=limits,
            gamma=1.0,
            iso_threshold=before.iso_threshold
            if self.iso_threshold is None
            else self.iso_threshold,
            attenuation=self.attenuation,
            colormap=self._colormap() or before.colormap,
        )

    def _colormap(self) -> Colormap | None:
        if not self.transfer:
            return None
        places = np.array([place for place, _ in self.transfer])
        controls = (places - places[0]) / (places[-1] - places[0])
        return Colormap([color for _, color in self.transfer], name=self.name, controls=controls)


MIP = VolumePreset("MIP", "mip")
DEPTH_MIP = VolumePreset("Depth-shaded MIP", "attenuated_mip", attenuation=0.01)
_LUNG = (
    (-1000.0, (0.0, 0.0, 0.0, 0.0)),
    # Air around the patient is left out, and so is everything denser than lung.
    (-950.0, (0.2, 0.2, 0.3, 0.0)),
    (-900.0, (0.5, 0.7, 0.9, 0.02)),
    (-700.0, (0.7, 0.85, 1.0, 0.02)),
    (-550.0, (1.0, 1.0, 1.0, 0.006)),
    (-450.0, (1.0, 1.0, 1.0, 0.0)),
    (0.0, (1.0, 1.0, 1.0, 0.0)),
)
CT_PRESETS = (
    VolumePreset("Bone", "attenuated_mip", (150, 900), attenuation=0.02),
    VolumePreset("Angio", "attenuated_mip", (100, 700), attenuation=0.01),
    VolumePreset("Lung", "translucent", (-1000, 0), transfer=_LUNG),
    VolumePreset("Soft tissue", "iso", (-600, 200), iso_threshold=-150),
)
"""For stacks in Hounsfield units."""


def volume_presets(layer: Layer | None) -> tuple[VolumePreset, ...]:
    """Return the presets that make sense for a layer: those in HU for CT only.

    None for colors, and for what has one slice: a cine has time for its depth.
    """
    stack = stack_of(layer)
    if stack is None or stack.is_rgb or stack.array.places.shape[-1:] < (2,):
        return ()
    hounsfield = stack.modality == "CT" and stack.unit == "HU"
    return (*(CT_PRESETS if hounsfield else ()), MIP, DEPTH_MIP)


@dataclass(frozen=True, slots=True, eq=False)
class _Slice:
    """What was seen in 2-D before a volume was shown."""

    layer: weakref.ref[Image]
    point: tuple[float, ...]
    camera: tuple[tuple[float, float, float] | tuple[float, float], float] | None
    """Center and zoom; None where the series was fit to the canvas."""

    @classmethod
    def of(cls, viewer: napari.viewer.Viewer, layer: Image) -> _Slice:
        camera = camera_of(viewer)
        moved = None if is_fit(viewer, layer) else (camera.center, camera.zoom)
        return cls(weakref.ref(layer), tuple(viewer.dims.point), moved)

    def restore(self, viewer: napari.viewer.Viewer) -> None:
        """Show the slice again, at the present time point, unless another series is current."""
        layer, dims = self.layer(), viewer.dims
        if layer is None or current_layer(viewer) is not layer or len(self.point) != dims.ndim:
            return
        dims.point = (*dims.point[:-3], *self.point[-3:])
        fit_to_canvas(viewer, layer)
        if self.camera is not None:
            camera = camera_of(viewer)
            camera.center, camera.zoom = self.camera


class Volumes:
    """Shows stacks in 3-D, and gives slice, zoom and look back in 2-D.

    napari would show the slice at the center of the 3-D view, at the zoom of that.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where to show them.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        viewer = unwrapped(viewer)
        # Weak: the viewer would never go, since `PerViewer` holds this for as long as it lives.
        self._viewer = weakref.ref(viewer)
        self._looks: list[tuple[Image, Look]] = []
        self._slice: _Slice | None = None
        self._preset: VolumePreset | None = None
        viewer.dims.events.ndisplay.connect(self._on_ndisplay)

    @property
    def preset(self) -> VolumePreset | None:
        """How volumes are drawn; None in 2-D, and in 3-D without a preset."""
        return self._preset

    def show(self, layer: Image, preset: VolumePreset) -> None:
        """Show a stack from the front, head up, not mirrored; the whole of it is read.

        Parameters
        ----------
        layer : Image
            One that this plugin opened.
        preset : VolumePreset
            How to draw it.
        """
        viewer = self._viewer()
        if viewer is None:
            return
        before = [look for known, look in self._looks if known == layer]
        if not before:
            before = [Look.of(layer)]
            self._looks.append((layer, before[0]))
        limits = preset.limits or _projected_limits(layer, *before[0].contrast_limits)
        preset.look(before[0], limits).give(layer)
        self._preset = preset
        if viewer.dims.ndisplay == 3:
            return
        self._slice = _Slice.of(viewer, layer)
        viewer.dims.ndisplay = 3
        keep_unmirrored(viewer, layer)
        directions = world_directions(viewer, layer)
        if directions is not None:
            scene = directions[list(viewer.dims.displayed)]
            camera_of(viewer).set_view_direction(tuple(scene @ _BACK), tuple(scene @ _HEAD))
        fit_to_canvas(viewer, layer)

    def show_slices(self) -> None:
        """Show slices again."""
        viewer = self._viewer()
        if viewer is not None:
            viewer.dims.ndisplay = 2

    def _on_ndisplay(self, event: Any) -> None:  # noqa: ANN401 - napari's events are untyped
        if event.value == 2:
            self._preset = None
            for layer, look in self._looks:
                look.give(layer)
            self._looks.clear()
            viewer, before, self._slice = self._viewer(), self._slice, None
            if viewer is not None and before is not None:
                before.restore(viewer)


volumes_of = PerViewer(Volumes)
"""What shows the volumes of a viewer, for the panel and for commands."""


def _projected_limits(layer: Image, low: float, high: float) -> tuple[float, float]:
    """Return contrast limits for maxima along whole lines, which a window for slices saturates."""
    stack = stack_of(layer)
    if stack is None:
        return low, high
    lead = (0,) * (stack.array.places.ndim - 1)
    step = max(1, stack.array.places.shape[-1] // _SAMPLED)
    sample = stack.array.display[(*lead, slice(None, None, step))][:, ::4, ::4]
    values = meaningful(np.asarray(sample), stack.padding)
    brightest = float(np.percentile(values, _BRIGHTEST)) if values.size else high
    return ascending(low, max(brightest, high))


def keep_unmirrored(viewer: napari.viewer.Viewer, layer: Layer) -> None:
    """Let the camera's depth axis run so that the patient's left and right stay what they are.

    napari's depth axis runs toward the viewer by default, which mirrors a volume whose slices
    are stacked along the product of row and column direction, as DICOM's are.
    """
    directions = world_directions(viewer, layer)
    screen = screen_directions(viewer, layer)
    if directions is None or screen is None or viewer.dims.ndim < 3:
        return
    right, down = screen
    depth = directions[viewer.dims.order[-3]]
    # On a screen seen by someone right x down leads away from him, and so it does in a patient.
    away = depth @ np.cross(right, down) > 0
    way = DepthAxisOrientation.AWAY if away else DepthAxisOrientation.TOWARDS
    camera = camera_of(viewer)
    if camera.orientation[0] != way:
        camera.orientation = (way, *camera.orientation2d)
