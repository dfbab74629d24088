"""Playing frames or slices at the rate of the file."""

from __future__ import annotations

import time
from collections.abc import Callable

import napari.viewer
from qtpy.QtCore import Qt, QTimer

from napari_medscan.dicom import Stack
from napari_medscan.napari_.current_layer import current_layer
from napari_medscan.napari_.layer_identity import stack_of

DEFAULT_RATE = 15.0
"""Frames a second where the file does not say."""

MAX_RATE = 120.0


def cine_rate(stack: Stack) -> float:
    """Return frames a second: Frame Time, Recommended Display Frame Rate or Cine Rate, or 15.

    PS3.3 C.7.6.5. They are about frames in time; slices are scrolled at the default.
    """
    duration = stack.header.frame_duration
    if not duration or (stack.axes[0] != "t" and stack.header.frames_are_slices):
        return DEFAULT_RATE
    return min(max(1000 / duration, 0.1), MAX_RATE)


def cine_axis(viewer: napari.viewer.Viewer) -> int | None:
    """Return the axis to play: time, else the one that the view cuts across, else None."""
    layer = current_layer(viewer)
    stack = None if layer is None else stack_of(layer)
    if layer is None or stack is None:
        return None
    dims = viewer.dims
    before = dims.ndim - layer.ndim
    axes = [before] if stack.axes[0] == "t" else []
    axes += [axis for axis in reversed(dims.not_displayed) if axis >= before]
    return next((a for a in axes if a in dims.not_displayed and dims.nsteps[a] > 1), None)


class Cine:
    """Moves one slider at a steady rate, in a loop.

    Steps that come too late are left out, so that a heart beats at its own pace on a slow
    computer too.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose slider.
    on_stop : callable
        Called when it stops by itself: the slider is gone or is now an axis of the view.
    """

    def __init__(self, viewer: napari.viewer.Viewer, on_stop: Callable[[], object]) -> None:
        self._viewer = viewer
        self._on_stop = on_stop
        self._axis = 0
        self._rate = DEFAULT_RATE
        self._started = 0.0
        self._done = 0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def is_playing(self) -> bool:
        """Whether it runs."""
        return bool(self._timer.isActive())

    def play(self, rate: float) -> bool:
        """Start, or go on at another rate; return whether there is anything to play.

        Parameters
        ----------
        rate : float
            Frames a second.
        """
        axis = cine_axis(self._viewer)
        if axis is None:
            return False
        self._axis, self._rate = axis, rate
        self._started, self._done = time.monotonic(), 0
        # Asked four times a frame, so that none is shown later than that.
        self._timer.start(max(1, round(250 / rate)))
        return True

    def stop(self) -> None:
        """Stand still."""
        self._timer.stop()

    def _tick(self) -> None:
        dims = self._viewer.dims
        if self._axis not in dims.not_displayed or dims.nsteps[self._axis] < 2:
            self.stop()
            self._on_stop()
            return
        due = int((time.monotonic() - self._started) * self._rate)
        steps, self._done = due - self._done, due
        if steps:
            here = dims.current_step[self._axis]
            dims.set_current_step(self._axis, (here + steps) % dims.nsteps[self._axis])
