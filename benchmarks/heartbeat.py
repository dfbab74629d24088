"""The longest time that the window does not answer, in a scripted session with the panel."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from measure import NO_INDEX, Bench, FailedError, Table, Topic, milliseconds, once, shortened

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QTreeWidget

_BEAT_MS = 1
_MANY = "500 series: one opened, all listed"
_SLICES = 40


class Heart:
    """Beats in the event loop; the longest time between two beats is the longest block."""

    def __init__(self) -> None:
        from qtpy.QtCore import QTimer

        self.longest: dict[str, float] = {}
        self._step = ""
        self._last = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._step:
            gap = now - self._last
            self.longest[self._step] = max(self.longest.get(self._step, 0.0), gap)
        self._last = now

    @contextmanager
    def watch(self, step: str) -> Iterator[None]:
        """Watch one step and what follows from it."""
        settle(0.3)
        self._step, self._last = step, time.perf_counter()
        yield
        settle(1.0)
        self._step = ""


def settle(seconds: float) -> None:
    """Let the event loop run."""
    from qtpy.QtTest import QTest

    QTest.qWait(round(seconds * 1000))


def ours(folder: str, many: str) -> dict[str, float]:
    """Work with a series of ours and the panel; tell the longest block of each step."""
    import napari
    from qtpy.QtWidgets import QTreeWidget

    plugin = "napari-medscan"
    viewer = napari.Viewer()
    _, panel = viewer.window.add_plugin_dock_widget(plugin, "DICOM panel")
    settle(1)
    # What napari does once, at its first image.
    viewer.open_sample(plugin, "ct_chest")
    settle(2)
    viewer.layers.clear()
    heart = Heart()
    titles = [panel.tabs.tabText(number) for number in range(panel.tabs.count())]

    def section(title: str) -> object:
        panel.tabs.setCurrentIndex(titles.index(title))
        return getattr(panel, title.lower())

    with heart.watch("open"):
        viewer.open(folder, plugin=plugin)
    _scroll(heart, viewer, "scroll", 0)
    viewer.layers.selection.active = viewer.layers[0]
    presets = section("Window").native.findChild(QTreeWidget)  # type: ignore[attr-defined]
    settle(0.5)
    with heart.watch("pick a preset"):
        _click(presets, "Lung")
    with heart.watch("tags"):
        tags = section("Tags")
    with heart.watch("search tags"):
        for length in range(1, len("position") + 1):
            tags.search.value = "position"[:length]  # type: ignore[attr-defined]
            settle(0.05)
    with heart.watch("coronal"):
        views = section("Views")
        settle(0.5)
        views.plane.value = "Coronal"  # type: ignore[attr-defined]
        while viewer.dims.order[0] == 0:
            settle(0.05)
    _scroll(heart, viewer, "scroll coronal", 1)
    section("Series")
    _open_many(heart, viewer, many)
    viewer.close()
    return heart.longest


def _click(tree: QTreeWidget, text: str) -> None:
    """Click a row of a list."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    (item, *_) = tree.findItems(text, Qt.MatchFlag.MatchStartsWith | Qt.MatchFlag.MatchRecursive)
    tree.scrollToItem(item)
    place = tree.visualItemRect(item).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def _open_many(heart: Heart, viewer: napari.Viewer, many: str) -> None:
    """Open a folder of many series as a person does: one is shown, the panel lists the others."""
    from napari_medscan.napari_.gui import person_acts

    with heart.watch(_MANY), person_acts():
        viewer.open(many, plugin="napari-medscan")
        settle(2)


def control(slices: int, size: int) -> dict[str, float]:
    """Do the same with a plain array, without the panel."""
    import napari
    import numpy as np

    viewer = napari.Viewer()
    volume = np.random.default_rng(0).integers(-1000, 1000, (slices, size, size)).astype(np.int16)
    viewer.add_image(volume[:9])
    settle(2)
    viewer.layers.clear()
    heart = Heart()
    with tempfile.TemporaryDirectory() as scratch:
        # Few slices: what napari does with a file, not how long it reads.
        few = Path(scratch) / "few.npy"
        np.save(few, volume[:9])
        with heart.watch("open"):
            viewer.open(str(few), plugin="napari")
        viewer.layers.clear()
        viewer.add_image(volume, contrast_limits=(-1000, 1000))
        _scroll(heart, viewer, "scroll", 0)
        with heart.watch("pick a preset"):
            viewer.layers[0].contrast_limits = (-900, 150)
        with heart.watch("coronal"):
            viewer.dims.order = (1, 0, 2)
        _scroll(heart, viewer, "scroll coronal", 1)
        with heart.watch(_MANY):
            viewer.open(str(few), plugin="napari")
            settle(2)
    viewer.close()
    return heart.longest


def _scroll(heart: Heart, viewer: napari.Viewer, step: str, axis: int) -> None:
    with heart.watch(step):
        for number in range(_SLICES):
            viewer.dims.set_current_step(axis, number)
            settle(0.02)


def measure(bench: Bench) -> Topic:
    """Measure a session of ours and one of napari's own."""
    slices = bench.count(500)
    table = Table(
        f"The longest block of the window, {slices} slices of 512 x 512",
        ["step", "ours, ms", "napari with an array, ms"],
        note=(
            "A timer of 1 ms in napari's event loop; the longest time between two of its ticks, "
            "while and after each step. Where napari can do the same with a plain array and no "
            "panel, that is the other column; where that is over 100 ms, the goal is about the "
            "difference. Software rendering draws on the same cores."
        ),
    )
    topic = Topic([table])
    try:
        many = bench.studies.small(bench.count(500), 10)
        mine = once("heartbeat:ours", bench.studies.series(slices), many, env=NO_INDEX)
        theirs = once("heartbeat:control", slices, 512)
    except FailedError as error:
        table.rows.append([f"failed: {shortened(str(error))}", "", ""])
        return topic
    for name in ("seconds", "peak"):
        del mine[name], theirs[name]
    for step, seconds in mine.items():
        other = milliseconds(theirs[step]) if step in theirs else ""
        table.rows.append([step, milliseconds(seconds), other])
    topic.found["longest block"] = max(
        seconds - theirs.get(step, 0.0) if theirs.get(step, 0.0) > 0.1 else seconds
        for step, seconds in mine.items()
    )
    return topic
