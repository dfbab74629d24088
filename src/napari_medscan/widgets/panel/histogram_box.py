"""The histogram of the slice on screen or of the whole volume."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_medscan.dicom import Stack
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.windowing import on_screen
from napari_medscan.widgets.panel.histogram import MOST, Counts, WindowHistogram, count

SLICES = 32
"""Most slices that stand for a volume."""
MOST_BYTES = 64 << 20
"""What they may take in memory, but for the first few of very large ones."""
FEWEST = 4
_AT_ONCE = 4
_SETTLED_MS = 60
"""While scrolling, the histogram waits until the slider has stood for so long."""


class HistogramBox(QWidget):
    """A histogram of one layer, and the choice of what is counted.

    Counting and the reading that it takes are done in a thread.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Says which slice is on screen.
    parent : QWidget, optional
        Where it lies.
    """

    def __init__(self, viewer: napari.viewer.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layer: Image | None = None
        self._volume: tuple[Stack, float, float] | None = None
        self._counting = Latest(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._count)
        self.histogram = WindowHistogram()
        self.histogram.setToolTip("Drag an edge of the window, or the window as a whole.")
        self._scope = QComboBox()
        self._scope.addItems(["Slice", "Volume"])
        self._scope.setToolTip(
            "The picture on screen, or the whole series, of which up to "
            f"{SLICES} evenly spread slices are read."
        )
        self._scope.currentIndexChanged.connect(self._on_scope)
        # Elided, or a long series would make the whole panel wider.
        self._counted = QElidingLabel()
        self._counted.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label = QLabel("Histogram")
        label.setBuddy(self._scope)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self._scope)
        row.addWidget(self._counted, stretch=1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addWidget(self.histogram)

    def release(self) -> None:
        """Stop all work."""
        self._settled.stop()
        self._counting.release()

    def follow(self, layer: Image | None) -> None:
        """Show another layer, None for none."""
        self._layer = layer
        stack = stack_of(layer)
        self._scope.setEnabled(stack is not None and len(stack.slices) > 1)
        self._clear()

    def refresh(self) -> None:
        """Count anew, as soon as the slider stands still."""
        self._settled.start()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Count what nobody could see until now."""
        super().showEvent(event)
        self.refresh()

    def _clear(self) -> None:
        self._counting.cancel()
        self._volume = None
        self._show(None, "")

    def _on_scope(self, _index: int) -> None:
        self._clear()
        self._count()

    def _count(self) -> None:
        if not self.isVisibleTo(self.window()):
            # Behind another tab. Counting would cost the slider time.
            return
        layer, stack = self._layer, stack_of(self._layer)
        if layer is None or stack is None or not layer.visible:
            self._clear()
            return
        low, high = layer.contrast_limits_range
        if self._scope.currentIndex() == 1 and len(stack.slices) > 1:
            # The sliders change nothing of it.
            if self._volume != (stack, low, high):
                self._volume = stack, low, high
                self._count_volume(stack, low, high)
            return
        read = on_screen(self._viewer, layer)
        if read is None:
            self._clear()
            return
        self._counting.start(
            lambda _: count(read(), stack.padding, low, high),
            lambda counts: self._show(counts, ""),
        )

    def _count_volume(self, stack: Stack, low: float, high: float) -> None:
        places = spread(stack)
        told = f"{len(places)} of {len(stack.slices)} slices"
        self._counting.start(
            lambda stale: count_slices(stack, places, low, high, stale),
            lambda counts: self._show(counts, told),
        )

    def _show(self, result: object, told: str) -> None:
        # Nothing where it could not be counted: the picture itself says why.
        counts = result if isinstance(result, Counts) else None
        self.histogram.show_counts(counts)
        self._counted.setText(told)
        self._counted.setToolTip(told)


def spread(stack: Stack) -> NDArray[np.intp]:
    """Return the places, in one dimension, of slices that stand for a stack: evenly spread ones."""
    there = np.flatnonzero(stack.array.places >= 0)
    one = max(1, stack.array.nbytes // stack.array.places.size)
    most = min(len(there), max(FEWEST, min(SLICES, MOST_BYTES // one)))
    return there[np.linspace(0, len(there) - 1, most).round().astype(np.intp)]


def count_slices(
    stack: Stack, places: NDArray[np.intp], low: float, high: float, stale: Callable[[], bool]
) -> Counts | None:
    """Count the values of some slices.

    Parameters
    ----------
    stack : Stack
        Whose slices; those that are in memory are taken from there, others are not kept.
    places : ndarray of int
        Which of them, as `spread` gives them.
    low, high : float
        Ends of the range.
    stale : callable
        Whether nobody wants to know any more.

    Returns
    -------
    Counts or None
        None when it became stale.
    """
    found: Counts | None = None
    for start in range(0, len(places), _AT_ONCE):
        if stale():
            return None
        some = places[start : start + _AT_ONCE]
        pixels = stack.array[np.unravel_index(some, stack.array.places.shape)]
        thinned = pixels.reshape(-1)[:: max(1, pixels.size // len(some) * len(places) // MOST)]
        counts = count(thinned, stack.padding, low, high)
        found = counts if found is None else found.plus(counts)
    return found
