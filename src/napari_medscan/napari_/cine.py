"""Playing frames or slices at the rate of the file."""

from __future__ import annotations

import time
import weakref

import napari.viewer
from napari.layers import Image
from qtpy.QtCore import QObject, Qt, QTimer, Signal  # type: ignore[attr-defined]

from napari_medscan.dicom import Stack
from napari_medscan.napari_ import settings
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.failure_log import log_failure
from napari_medscan.napari_.gui import has_gui
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.per_viewer import PerViewer
from napari_medscan.napari_.scroll_axis import go_to, length, place_on_axis, slice_axis, time_axis
from napari_medscan.napari_.viewer_proxy import unwrapped

DEFAULT_RATE = 15.0
"""Frames a second where the file does not say."""

MAX_RATE = 120.0


def cine_rate(stack: Stack) -> float:
    """Return frames a second, 15 where the file does not say; slices are scrolled at that, too."""
    return min(max(stack.frame_rate or DEFAULT_RATE, 0.1), MAX_RATE)


def cine_axis(viewer: napari.viewer.Viewer) -> int | None:
    """Return the axis to play: time, else the one that the view cuts across, else None."""
    layer = current_layer(viewer)
    if layer is None:
        return None
    time_points = time_axis(viewer, layer)
    return slice_axis(viewer, layer) if time_points is None else time_points


class Cine(QObject):
    """Moves one slider of the current series at a steady rate, in a loop.

    Steps that come too late are left out, so that a heart beats at its own pace on a slow
    computer too. It stops by itself when another series becomes current, or the slider is gone
    or becomes an axis of the view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose slider.
    """

    changed = Signal()
    """It has started or stopped."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        # Weak: the viewer would never go, since `PerViewer` holds this for as long as it lives.
        self._viewer = weakref.ref(unwrapped(viewer))
        self._layer: weakref.ref[Image] | None = None
        self._axis = 0
        self._rate = DEFAULT_RATE
        self._started = 0.0
        self._done = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer)

    @property
    def is_playing(self) -> bool:
        """Whether it runs."""
        return bool(self._timer.isActive())

    def play(self, rate: float | None = None) -> bool:
        """Start, or go on at another rate; return whether there is anything to play.

        Parameters
        ----------
        rate : float, optional
            Frames a second; that of the file if it is left out.
        """
        viewer = self._viewer()
        layer = None if viewer is None else current_layer(viewer)
        stack = stack_of(layer)
        axis = None if viewer is None else cine_axis(viewer)
        if layer is None or stack is None or axis is None:
            return False
        self._layer, self._axis = weakref.ref(layer), axis
        self._rate = cine_rate(stack) if rate is None else rate
        self._started, self._done = time.monotonic(), 0
        # Asked four times a frame, so that none is shown later than that.
        self._timer.start(max(1, round(250 / self._rate)))
        self.changed.emit()
        return True

    def stop(self) -> None:
        """Stand still."""
        if self.is_playing:
            self._timer.stop()
            self.changed.emit()

    def _on_timer(self) -> None:
        try:
            self._advance()
        except Exception as error:  # noqa: BLE001 - napari's window may be gone, and Qt aborts
            self._timer.stop()
            log_failure(error)

    def _advance(self) -> None:
        viewer = self._viewer()
        layer = None if self._layer is None else self._layer()
        if viewer is None or layer is None or current_layer(viewer) is not layer:
            self.stop()
            return
        if self._axis not in (time_axis(viewer, layer), slice_axis(viewer, layer)):
            self.stop()
            return
        due = int((time.monotonic() - self._started) * self._rate)
        steps, self._done = due - self._done, due
        if steps:
            count = length(viewer, layer, self._axis)
            place = place_on_axis(viewer, layer, self._axis) + steps
            go_to(viewer, layer, self._axis, place % count)


cine_of = PerViewer(Cine)
"""The one cine of a viewer, which buttons and commands start and stop."""


def autoplay(viewer: napari.viewer.Viewer, layer: Image) -> None:
    """Play a clip that was opened, if the user's settings say so: one slice, several frames."""
    stack = stack_of(layer)
    if stack is None or not has_gui() or not settings.current().cine_autoplay:
        return
    times, slices = stack.array.places.shape[0], stack.array.places.shape[-1]
    if stack.axes.startswith("t") and times > 1 and slices == 1:
        cine_of(viewer).play()
