"""Let the sliders reach from end to end of what is visible, and not of hidden series, too."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import napari.viewer
from napari.components.dims import RangeTuple
from superqt.utils import signals_blocked

from napari_medscan.napari_.qt_canvas import canvas_of
from napari_medscan.napari_.viewer_watch import Change, watch


class SliderRange:
    """Ends the sliders where the visible layers end.

    napari counts all layers: "652 | 656" for the second of two slices beside a hidden volume.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, which holds layers that its canvas does not show.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._subscription = watch(viewer, self._update, Change.SERIES)

    def release(self) -> None:
        """Let the sliders reach all layers again; may be called again."""
        self._subscription.release()
        reach_hidden(self._viewer)

    def _update(self) -> None:
        visible = [layer for layer in self._viewer.layers if layer.visible]
        if visible:
            _reach(self._viewer, self._viewer.layers.get_extent(visible))


def reach_hidden(viewer: napari.viewer.Viewer) -> None:
    """Let the sliders reach hidden layers, too, one of which is about to be shown."""
    if viewer.layers:
        _reach(viewer, viewer.layers.extent)


def _reach(viewer: napari.viewer.Viewer, extent: Any) -> None:  # noqa: ANN401 - private in napari
    found = [RangeTuple(*each) for each in zip(*extent.world, extent.step, strict=True)]
    # Axes that only hidden layers have need no slider.
    ranges = (*[RangeTuple(0, 0, 1)] * (viewer.dims.ndim - len(found)), *found)
    if viewer.dims.range == ranges:
        return
    canvas = canvas_of(viewer)
    with ExitStack() as blocked:
        # A slider whose end moves would drag the view to the slice that has its old number.
        for each in [] if canvas is None else canvas.dims.slider_widgets:
            blocked.enter_context(signals_blocked(each.slider))
        viewer.dims.range = ranges
