"""The histogram of the displayed slice or of the whole series."""

from __future__ import annotations

from collections.abc import Callable

import napari.viewer
import numpy as np
from magicgui.widgets import Container, Label, Widget
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from superqt import QElidingLabel
from superqt.utils import qdebounced

from napari_medscan.dicom import Stack, UnreadableFramesError
from napari_medscan.napari_.active_viewer import viewer_with
from napari_medscan.napari_.background_task import Latest
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.windowing import on_screen
from napari_medscan.widgets.panel.form import choice, holder, row
from napari_medscan.widgets.panel.histogram import MOST, Counts, WindowHistogram, count

SLICE, VOLUME = "Slice", "Volume"
SLICES = 32
"""Most slices that stand for a volume."""
MOST_BYTES = 64 << 20
"""What they may take in memory, but for the first few of very large ones."""
FEWEST = 4
_AT_ONCE = 4
_SETTLED_MS = 60
"""While scrolling, the histogram waits until the slider has stood for so long."""


class HistogramBox(Container[Widget]):
    """A histogram of one layer, and the choice of what is counted.

    Counting and the reading that it takes are done in a thread.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer of the window; sliders of the layer's canvas decide which slice is counted.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self._viewer = viewer
        self._layer: Image | None = None
        self._volume: tuple[Stack, float, float] | None = None
        self._counting = Latest(self.native)
        self._count_soon = qdebounced(guarded(self._count), timeout=_SETTLED_MS, parent=self.native)
        self.graph = WindowHistogram()
        self.graph.setToolTip("Drag an edge to resize the window, the middle to move it.")
        # What nobody could see until now was not counted.
        self.graph.appeared.connect(guarded(self._count_soon))
        tip = f"Displayed slice or whole series (sampled from up to {SLICES} slices)."
        self._scope = choice("histogram_of", tip, [SLICE, VOLUME], self._on_scope)
        # Elided: otherwise a long series would make the whole panel wider.
        self._counted = QElidingLabel()
        self._counted.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(Label(value="Histogram"), self._scope)
        line.native.layout().addWidget(self._counted, 1)
        self.extend([line, holder(self.graph)])

    def release(self) -> None:
        """Stop all work."""
        self._count_soon.cancel()
        self._counting.release()

    def follow(self, layer: Image | None) -> None:
        """Show another layer, None for none."""
        self._layer = layer
        stack = stack_of(layer)
        self._scope.enabled = stack is not None and len(stack.slices) > 1
        self._clear()

    def refresh(self) -> None:
        """Count again, as soon as the slider stands still."""
        self._count_soon()

    def _clear(self) -> None:
        self._counting.cancel()
        self._volume = None
        self._show(None, "")

    def _on_scope(self, _scope: str) -> None:
        self._clear()
        self._count()

    def _count(self) -> None:
        if not self.native.isVisibleTo(self.native.window()):
            # Behind another tab. Counting would cost the slider time.
            return
        layer, stack = self._layer, stack_of(self._layer)
        if layer is None or stack is None or not layer.visible:
            self._clear()
            return
        low, high = layer.contrast_limits_range
        if self._scope.value == VOLUME and len(stack.slices) > 1:
            # The sliders change nothing of it.
            if self._volume != (stack, low, high):
                self._volume = stack, low, high
                self._count_volume(stack, low, high)
            return
        read = on_screen(viewer_with(self._viewer, layer), layer)
        if read is None:
            self._clear()
            return
        self._counting.start(
            lambda _: count(read(), stack.padding, low, high),
            lambda counts: self._show(counts, ""),
            self._on_failed,
        )

    def _count_volume(self, stack: Stack, low: float, high: float) -> None:
        places = spread(stack)
        text = f"{len(places)} of {len(stack.slices)} slices"
        self._counting.start(
            lambda stale: count_slices(stack, places, low, high, stale),
            lambda counts: self._show(counts, text),
            self._on_failed,
        )

    def _on_failed(self, _error: Exception) -> None:
        # The canvas says why the slice cannot be read.
        self._show(None, "")

    def _show(self, counts: Counts | None, text: str) -> None:
        self.graph.show_counts(counts)
        self._counted.setText(text)
        self._counted.setToolTip(text)


def spread(stack: Stack) -> NDArray[np.intp]:
    """Return the places, in one dimension, of slices that stand for a stack: evenly spread ones."""
    there = np.flatnonzero(stack.array.places >= 0)
    one = max(1, stack.array.nbytes // stack.array.places.size)
    most = min(len(there), max(FEWEST, min(SLICES, MOST_BYTES // one)))
    return there[np.linspace(0, len(there) - 1, most).round().astype(np.intp)]


def _readable(stack: Stack, places: NDArray[np.intp]) -> NDArray[np.generic]:
    """Return those of some slices that can be read."""
    shape = stack.array.places.shape
    try:
        return np.asarray(stack.array[np.unravel_index(places, shape)])
    except UnreadableFramesError:
        places = places[stack.valid.ravel()[places]]
        return np.asarray(stack.array[np.unravel_index(places, shape)])


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
        pixels = _readable(stack, some)
        if not pixels.size:
            continue
        thinned = pixels.reshape(-1)[:: max(1, pixels.size // len(pixels) * len(places) // MOST)]
        counts = count(thinned, stack.padding, low, high)
        found = counts if found is None else found.plus(counts)
    return found
