"""Steps of the slider in a real napari window, until the new slice is drawn."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

import napari
import numpy as np
from napari.layers import Image
from qtpy.QtWidgets import QApplication

from napari_medscan.napari_.layers import image_layer
from ours import decoded, opened

_BUDGET = 1 << 30


class Window:
    """A napari window, which says when it has been drawn.

    Parameters
    ----------
    viewer : napari.Viewer
        Its viewer.
    left : int
        Where it stands on the screen: no window may cover another.
    """

    def __init__(self, viewer: napari.Viewer, left: int = 0) -> None:
        self.viewer = viewer
        self.viewer.window.set_geometry(left, 0, 800, 900)
        self._drawn = 0
        canvas = self.viewer.window._qt_viewer.canvas._scene_canvas  # noqa: SLF001 - no public way
        canvas.events.draw.connect(self._count, position="last")

    def _count(self, _event: object) -> None:
        self._drawn += 1

    def step(self, number: int) -> float:
        """Go to a slice; return the seconds until it is drawn."""
        began = time.perf_counter()
        drawn = self._drawn
        self.viewer.dims.set_current_step(0, number)
        self._until_after(drawn)
        return time.perf_counter() - began

    def drawn_once(self) -> None:
        """Wait until it is drawn once more."""
        self._until_after(self._drawn)

    def _until_after(self, drawn: int) -> None:
        while self._drawn == drawn:
            QApplication.processEvents()

    def settle(self) -> None:
        """Let everything that is still to be done be done."""
        for _ in range(20):
            QApplication.processEvents()
            time.sleep(0.005)

    def close(self) -> None:
        """Close the window."""
        self.viewer.close()

    def scroll(self, slices: int) -> float:
        """Return the seconds that scrolling from the first slice takes."""
        self.step(len(self.viewer.layers[0].data) - 1)
        self.settle()
        return sum(self.step(number) for number in range(slices))


def steps(folder: str, jumps: int, scroll: int, rounds: int) -> dict[str, float]:
    """Measure the steps of a stack against those of the same values in memory, by turns.

    Parameters
    ----------
    folder : str
        One series.
    jumps : int
        Steps of each kind: too wide to be foreseen.
    scroll : int
        Slices that are scrolled through, one after another.
    rounds : int
        Turns.
    """
    stack = opened(folder, _BUDGET)
    in_memory = image_layer(stack)
    in_memory.data = np.asarray(stack.array)
    memory, lazy = _window_of(in_memory, 0), _window_of(image_layer(stack), 800)
    places = [(7 + 37 * i) % len(in_memory.data) for i in range(jumps)]
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        stack.array.close()
        for kind in ("uncached", "cached"):
            for place in places:
                at_once, taken = memory.step(place), lazy.step(place)
                times["memory"].append(at_once)
                times[kind].append(taken)
                times[f"{kind} over memory"].append(taken - at_once)
        times["scroll in memory"].append(memory.scroll(scroll))
        stack.array.close()
        times["scroll"].append(lazy.scroll(scroll))
    memory.close()
    lazy.close()
    found = {name: statistics.median(taken) for name, taken in times.items()}
    stack.array.close()
    found["array"] = _each(stack.array.__getitem__, places)
    if stack.is_compressed:
        found["decoder"] = _each(lambda number: decoded(stack, number), places)
    return found


def _window_of(layer: Image, left: int) -> Window:
    """Return a window with one layer."""
    viewer = napari.Viewer()
    window = Window(viewer, left)
    viewer.add_layer(layer)
    window.settle()
    return window


def _each(read: Callable[[int], object], places: Iterable[int]) -> float:
    taken = []
    for place in places:
        began = time.perf_counter()
        read(place)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
