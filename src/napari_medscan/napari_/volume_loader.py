"""Reading a volume in the background before it is shown from another side."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import napari.viewer
import numpy as np
from napari.layers import Layer
from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QProgressDialog

from napari_medscan.frames import LazyStack
from napari_medscan.napari_.active_viewer import viewer_with
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.progress import READING_VOLUME, progress_dialog, show_progress
from napari_medscan.napari_.slider_index import index_in_view


class WholeVolume(QObject):
    """Has all slices read, and only then the viewer turned, so that the window answers meanwhile.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the window: layers are there, or in a pane beside its canvas.
    parent : QObject
        Lives in the GUI thread.
    """

    stopped = Signal()
    """The user has canceled the reading, or it has failed."""

    def __init__(self, viewer: napari.viewer.Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._latest = Latest(self)
        self._reading: tuple[LazyStack, tuple[int, ...]] | None = None
        self._layer: Layer | None = None
        self._then: Callable[[], object] = lambda: None
        self._dialog: QProgressDialog | None = None
        self._latest.progressed.connect(self._show_progress)

    @property
    def is_reading(self) -> bool:
        """Whether slices are being read."""
        return self._reading is not None

    def release(self) -> None:
        """Stop for good."""
        self._stop()
        self._latest.release()

    def before(self, then: Callable[[], object], layer: Layer) -> None:
        """Call `then` when all slices of a layer are there, at once if they are.

        It is not called after Cancel, when the layer is removed or when something else is asked
        for before.
        """
        stack = stack_of(layer)
        array = None if stack is None else stack.array
        if array is None or isinstance(layer.data, np.ndarray):
            then()
            return
        where = _time_in_view(viewer_with(self._viewer, layer), layer, array)
        self._layer, self._then = layer, then
        reading = self._reading
        if reading is not None and reading[0] is array and reading[1] == where:
            return
        self._stop()
        if array.is_at_hand(where):
            then()
            return
        self._reading = array, where
        self._dialog = progress_dialog(READING_VOLUME)
        self._dialog.canceled.connect(self._cancel)
        self._latest.start(
            lambda stale: array.load(where, self._reporter(stale)),
            self._done,
            lambda _error: self._cancel(),
        )

    def _reporter(self, stale: Callable[[], bool]) -> Callable[[int, int], bool]:
        def report(done: int, total: int) -> bool:
            # The window may be gone by now.
            with contextlib.suppress(RuntimeError):
                self._latest.progressed.emit(done, total)
            return not stale()

        return report

    def _show_progress(self, done: int, total: int) -> None:
        if self._dialog is not None and done < total:
            show_progress(self._dialog, READING_VOLUME, done, total, "slices")

    def _done(self, loaded: bool) -> None:  # noqa: FBT001 - what the task returned
        layer = self._layer
        self._stop()
        if not loaded or layer is None:
            self.stopped.emit()
        elif layer in viewer_with(self._viewer, layer).layers:
            self._then()

    def _cancel(self) -> None:
        self._stop()
        self.stopped.emit()

    def _stop(self) -> None:
        self._latest.cancel()
        self._reading = None
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.canceled.disconnect(self._cancel)
            dialog.close()
            dialog.deleteLater()


def _time_in_view(viewer: napari.viewer.Viewer, layer: Layer, array: LazyStack) -> tuple[int, ...]:
    """Return where the sliders stand along time; () when it has none, or no slider."""
    times = array.places.shape[:-1]
    index = index_in_view(viewer, layer)[: len(times)]
    return tuple(
        min(max(place, 0), extent - 1)
        for place, extent in zip(index, times, strict=True)
        if isinstance(place, int)
    )
