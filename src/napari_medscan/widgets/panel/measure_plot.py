"""Plots of a measurement: the profile along a line, and values of a region, or over time."""

from __future__ import annotations

from typing import Final

import napari.viewer
import numpy as np
from magicgui.widgets import Container, Widget
from numpy.typing import NDArray
from qtpy.QtWidgets import QWidget

from napari_medscan.dicom import MedscanError
from napari_medscan.dicom.series.presets import display_scale
from napari_medscan.measure import (
    MeasureError,
    profile,
    region_values,
    time_curve,
    transferred_point,
)
from napari_medscan.measure.ruler import length_unit
from napari_medscan.measure.shapes import REGIONS, Shape, Target, region_of
from napari_medscan.napari_.background_task import Latest
from napari_medscan.widgets.panel.form import choice, holder
from napari_medscan.widgets.plot import Line, Plot
from napari_medscan.widgets.theme import follow_theme

HISTOGRAM, OVER_TIME = "Histogram", "Over time"
_BINS: Final = 64
"""At most."""
Plotted = tuple[list[Line], str, str]
"""Lines, and what the axes mean."""


class MeasurePlot(Container[Widget]):
    """Plots one shape, read in the background.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose theme it has.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self._shape: Shape | None = None
        self._has_kinds = False
        tip = "Values inside the region, or their mean at every time point"
        self._kind = choice("plot_of", tip, [HISTOGRAM, OVER_TIME], self._replot)
        self.graph = Plot()
        self.extend([self._kind, holder(self.graph)])
        parent: QWidget = self.native
        self._work = Latest(parent)
        self._leave_theme = follow_theme(viewer, self.graph.set_theme)
        self.follow(None)

    def release(self) -> None:
        """Let go of the viewer and stop all work."""
        self._leave_theme()
        self._work.release()

    def follow(self, shape: Shape | None) -> None:
        """Plot another shape, None for none."""
        self._shape = shape
        self._work.cancel()
        self._has_kinds = shape is not None and shape.kind in REGIONS and _has_time(shape)
        self._kind.visible = self._has_kinds
        if shape is None or not _can_be_plotted(shape):
            self.graph.setVisible(False)
            return
        self._replot()

    def _replot(self, _kind: object = None) -> None:
        shape = self._shape
        if shape is None:
            return
        over_time = self._has_kinds and self._kind.value == OVER_TIME
        self._work.start(lambda _stale: plotted(shape, over_time=over_time), self._show, self._hide)

    def _show(self, found: Plotted) -> None:
        lines, x_label, y_label = found
        self.graph.setVisible(True)
        self.graph.show_lines(lines, x_label, y_label)

    def _hide(self, _error: Exception) -> None:
        self.graph.setVisible(False)


def plotted(shape: Shape, *, over_time: bool = False) -> Plotted:
    """Return what is plotted of a shape, without series that lie elsewhere or have another unit.

    Raises
    ------
    MeasureError
        If the first series cannot be measured there.
    """
    first = shape.targets[0]
    stack = first.stack
    if shape.kind in REGIONS and over_time:
        axis = stack.axis_values
        places, means = time_curve(stack, region_of(shape))
        factor, unit = display_scale(stack)
        name = "" if axis is None else f"{axis.name} ({axis.unit})".replace(" ()", "")
        return [Line(first.name, places, means * factor)], name, _mean(unit)
    if shape.kind in REGIONS:
        values = region_values(stack, region_of(shape), first.time)
        factor, unit = display_scale(stack)
        return [_histogram(first.name, values, factor)], unit or "Value", "Pixels"
    unit = display_scale(stack).unit
    lines = []
    for target in shape.targets:
        if display_scale(target.stack).unit != unit:
            continue
        try:
            lines.append(_profile(shape, target))
        except MedscanError:
            if target is first:
                raise
    return lines, f"Distance ({length_unit(stack)})", unit


def _profile(shape: Shape, target: Target) -> Line:
    stack = shape.targets[0].stack
    ends = [transferred_point(point, stack, target.stack) for point in shape.points]
    if len(ends) != 2:
        raise MeasureError("A profile needs a line of two points")
    distances, values = profile(target.stack, tuple(ends[0]), tuple(ends[1]), target.time)
    return Line(target.name, distances, values * display_scale(target.stack).factor)


def _histogram(name: str, values: NDArray[np.generic], factor: float) -> Line:
    if not values.size:
        raise MeasureError("No pixel is inside")
    low, high = float(values.min()), float(values.max())
    # Rice's rule; more bins than that make a comb.
    width = (high - low) / min(_BINS, int(np.ceil(2 * values.size ** (1 / 3))))
    if values.dtype.kind in "iu":
        # Bins of whole numbers hold the same number of values each.
        width, low = max(1.0, float(np.ceil(width))), low - 0.5
    width = width or 1.0
    edges = (low + width * np.arange(int((high - low) / width) + 2)).astype(np.float64)
    counts, _ = np.histogram(values, edges)
    return Line(name, edges * factor, np.append(counts, 0).astype(np.float64), steps=True)


def _mean(unit: str) -> str:
    return f"Mean ({unit})" if unit else "Mean"


def _has_time(shape: Shape) -> bool:
    return shape.targets[0].stack.axes.startswith("t")


def _can_be_plotted(shape: Shape) -> bool:
    is_line = shape.kind == "line" and not shape.tool
    return not shape.targets[0].stack.is_rgb and (shape.kind in REGIONS or is_line)
