"""The label of the fourth axis beside its slider: "Echo time 4.2 ms"."""

from __future__ import annotations

import napari.viewer
from napari.qt import QtViewer
from qtpy.QtWidgets import QWidget

from napari_medscan.dicom import Stack
from napari_medscan.napari_.compat.viewer_model import canvas_size
from napari_medscan.napari_.corner_lines import volume_text
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.scroll_axis import place_on_axis, time_axis
from napari_medscan.napari_.viewer_watch import Change, watch

_LAYERS_OWN = "t"
"""The label that napari takes from our layers."""
_CHANGES = Change.SERIES | Change.VIEW | Change.CANVAS
_NARROW = 500
"""Pixels of a canvas below which only the value is written: napari gives a label a fifth of it."""
_FIGURE_SPACE = "\N{FIGURE SPACE}"


class SliderLabel:
    """Labels the slider of a series' fourth axis with its name and value.

    A label that the user has written stays.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Any viewer, or the model of a pane.
    canvas : QWidget or None
        The canvas that draws it, with its sliders; None for a viewer without a window.
    """

    def __init__(self, viewer: napari.viewer.Viewer, canvas: QWidget | None) -> None:
        self._viewer = viewer
        self._sliders = canvas.dims if isinstance(canvas, QtViewer) else None
        self._text = ""
        self._stack: Stack | None = None
        self._width = 0
        self._subscription = watch(viewer, self._update, _CHANGES)
        self._update()

    def release(self) -> None:
        """Put the label of the layers back."""
        self._subscription.release()
        self._relabel(None, "")

    def _update(self) -> None:
        layer = current_layer(self._viewer)
        stack = stack_of(layer)
        axis = None if layer is None else time_axis(self._viewer, layer)
        if layer is None or stack is None or axis is None:
            self._relabel(None, "")
            return
        number = place_on_axis(self._viewer, layer, axis)
        if stack is not self._stack:
            self._stack = stack
            volumes = range(stack.array.shape[0])
            self._width = max(len(volume_text(stack, volume)[1]) for volume in volumes)
        name, value = volume_text(stack, number)
        # As wide for each value, or napari would move the slider at each step.
        value = value.rjust(self._width, _FIGURE_SPACE)
        if not value:
            self._relabel(axis, name)
        elif canvas_size(self._viewer)[1] < _NARROW:
            self._relabel(axis, value)
        else:
            self._relabel(axis, f"{name.removesuffix(' point')} {value}")

    def _relabel(self, axis: int | None, text: str) -> None:
        """Write a text at an axis; wherever else the one before stands, that of the layers."""
        before, self._text = self._text, text
        for number, label in enumerate(self._viewer.dims.axis_labels):
            if number == axis and label in (before, _LAYERS_OWN) and label != text:
                self._write(number, text)
            elif number != axis and before and label == before:
                self._write(number, _LAYERS_OWN)

    def _write(self, axis: int, text: str) -> None:
        self._viewer.dims.set_axis_label(axis, text)
        if self._sliders is not None and axis < len(self._sliders.slider_widgets):
            # napari takes the width of what was written before.
            self._sliders.slider_widgets[axis].size_changed.emit()
