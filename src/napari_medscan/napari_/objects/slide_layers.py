"""Slides as multiscale layers: one of a slide, or one of each optical path."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from itertools import cycle

import numpy as np
from napari.layers import Image, Labels

from napari_medscan.counted import counted
from napari_medscan.dicom import Slide, SlideSegmentation, UnreadableError
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.intensity.window import ascending, percentile_limits
from napari_medscan.frames import TiledArray
from napari_medscan.napari_ import settings
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.gui import has_gui
from napari_medscan.napari_.notify import tell
from napari_medscan.napari_.objects.shown_object import ShownObject, note_object, tell_once

_COLORS = ("green", "magenta", "cyan", "yellow", "red", "blue")
"""Of the optical paths of a slide without colors of its own."""
_REDRAW_MILLISECONDS = 60


def slide_layers(slide: Slide) -> list[Image]:
    """Return the layers of a slide: levels of a pyramid, of which napari reads what is in view.

    Overviews and fractional segmentations are hidden at first, as they lie on the slide.

    Raises
    ------
    UnreadableError
        If the file does not say where its tiles lie.
    OSError
        When the file cannot be read.
    """
    paths = slide.paths
    several = len(paths) > 1
    colors = cycle(_COLORS)
    layers = []
    for number, path in enumerate(paths):
        name = slide.name
        if several:
            name = f"{name} · {path.name or f'optical path {number + 1}'}"
        color = next(colors) if several and not slide.is_rgb else ""
        layers.append(_layer(slide, _pyramid(slide, number), defuse(name), color))
    if missing := slide.missing_tiles():
        tell(f"{slide.name}: {counted(missing, 'tile', 'is')} missing and blank.")
    return layers


def _pyramid(slide: Slide, path: int) -> tuple[TiledArray, ...]:
    """Return the levels of an optical path, in sRGB unless the user wants stored colors."""
    if not slide.has_color_profile or not settings.current().slide_srgb:
        return slide.pyramid(path)
    try:
        return slide.pyramid(path, to_srgb=True)
    except UnreadableError as error:
        levels = slide.pyramid(path)
        tell(f"{slide.name}: colors are not converted to sRGB: {error}.")
        return levels


def _layer(slide: Slide, levels: Sequence[TiledArray], name: str, color: str) -> Image:
    axes = levels[0].ndim - slide.is_rgb
    geometry = slide.geometry
    unit = "mm" if geometry.is_calibrated else "pixel"
    inverted = slide.header.is_inverted
    layer = Image(
        [level.display for level in levels],
        name=name,
        rgb=slide.is_rgb,
        multiscale=True,
        scale=geometry.scale[-axes:],
        translate=geometry.translate[-axes:],
        units=(unit,) * axes,
        axis_labels=("z", "y", "x")[-axes:],
        contrast_limits=None if slide.is_rgb else _limits(slide, levels[-1]),
        colormap=color or ("gray_r" if inverted else "gray"),
        blending="additive" if color else "translucent_no_depth",
        interpolation2d="linear",
        projection_mode="none",
        visible=slide.role == "slide" and not slide.is_fractional,
    )
    show_tiles(layer, slide, levels)
    return layer


def show_tiles(
    layer: Image | Labels, source: Slide | SlideSegmentation, levels: Sequence[TiledArray]
) -> None:
    """Note what a layer of tiles shows; draw late tiles again, and tell of one that is bad."""
    note_object(layer, ShownObject(source, None, None, layer.data))
    _Redraw(layer, levels)
    on_problem = tell_once(source.name, "a tile")
    for level in levels:
        level.watch(on_problem)


def _limits(slide: Slide, smallest: TiledArray) -> tuple[float, float]:
    """Return contrast limits: the file's first window, else percentiles of the smallest level."""
    windows = slide.header.frames[0].windows
    if slide.is_fractional:
        return 0.0, 1.0
    if windows:
        return ascending(*windows[0].limits)
    values = smallest.look((slice(None),) * smallest.ndim)
    return percentile_limits(np.asarray(values), None)


class _Redraw:
    """Draws a layer again when tiles are there that were not read in time.

    Parameters
    ----------
    layer : Image or Labels
        The layer.
    levels : sequence of TiledArray
        Its levels. Without a window nothing is drawn again, and drawing waits for all tiles.
    """

    def __init__(self, layer: Image | Labels, levels: Sequence[TiledArray]) -> None:
        self._layer = weakref.ref(layer)
        self._is_due = False
        if has_gui():
            for level in levels:
                level.watch_arrival(self._arrive)

    def _arrive(self) -> None:
        from superqt.utils import ensure_main_thread

        if not self._is_due:
            self._is_due = True
            ensure_main_thread(guarded(self._schedule))()

    def _schedule(self) -> None:
        from qtpy.QtCore import QTimer

        # Others may arrive meanwhile.
        QTimer.singleShot(_REDRAW_MILLISECONDS, guarded(self._draw))

    def _draw(self) -> None:
        self._is_due = False
        layer = self._layer()
        if layer is not None and layer.visible:
            layer.refresh()
