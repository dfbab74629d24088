"""A scripted session during which the window's thread never works for long on our account."""

from __future__ import annotations

import gc
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDialog, QTreeWidget

from napari_medscan.dicom.series.slice_source import SliceSource
from napari_medscan.napari_.menu import open_paths
from napari_medscan.phantoms import write_ct_chest

from ...messy_disc import IMAGE_SERIES

LONGEST = 0.1
"""Seconds beyond what napari takes for the same in the same run."""
SLICES, SIZE = 60, 256
NAPARI_RESTS = 60
"""Milliseconds after which napari alone has nothing left to do; with less it would look quicker."""


class Heart:
    """Beats in the event loop; tells how long the window's thread worked between two beats.

    It counts the thread's own time on a processor: a computer that has other things to do as well
    makes it no longer. What the thread waits for is not in it; the tests look at that apart.
    """

    def __init__(self, qtbot):
        self.longest = {}
        self._qtbot = qtbot
        self._step = ""
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def stop(self):
        self._timer.stop()

    @contextmanager
    def watch(self, step, rest=250):
        """Measure a step, and what is put off until some milliseconds after it."""
        self._qtbot.wait(20)
        self._step, self._last = step, time.thread_time()
        yield
        self._qtbot.wait(rest)
        self._beat()
        self._step = ""

    def _beat(self):
        now = time.thread_time()
        if self._step:
            self.longest[self._step] = max(self.longest.get(self._step, 0.0), now - self._last)
        self._last = now


@pytest.fixture
def heart(qtbot):
    heart = Heart(qtbot)
    # Collecting napari's garbage takes as long as a step, at any of them.
    gc.collect()
    gc.disable()
    yield heart
    gc.enable()
    heart.stop()


@pytest.fixture
def readers(monkeypatch):
    """Return the threads that read slices, with how many at a time."""
    found = []
    for name in ("read", "read_together"):
        read = getattr(SliceSource, name)

        def noted(self, which, out, read=read):
            found.append((threading.current_thread(), np.size(which)))
            return read(self, which, out)

        monkeypatch.setattr(SliceSource, name, noted)
    return found


@pytest.fixture
def _no_dialog(monkeypatch):
    """Cancel each dialog, and fail if there was one."""
    titles = []

    def cancel(dialog):
        titles.append(dialog.windowTitle())
        return int(QDialog.DialogCode.Rejected)

    monkeypatch.setattr(QDialog, "exec", cancel)
    yield
    assert titles == []


def scroll(viewer, qtbot, axis):
    for number in range(10, 20):
        viewer.dims.set_current_step(axis, number)
        qtbot.wait(20)


def click(tree, text):
    (item, *_) = tree.findItems(text, Qt.MatchFlag.MatchStartsWith | Qt.MatchFlag.MatchRecursive)
    tree.scrollToItem(item)
    place = tree.visualItemRect(item).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def napari_alone(viewer, file, heart, qtbot):
    """Do with a plain array what napari can do with one."""
    with heart.watch("open", NAPARI_RESTS):
        viewer.open(str(file), plugin="napari")
    with heart.watch("scroll", NAPARI_RESTS):
        scroll(viewer, qtbot, 0)
    with heart.watch("preset", NAPARI_RESTS):
        viewer.layers[0].contrast_limits = (-900, 150)
    with heart.watch("coronal", NAPARI_RESTS):
        viewer.dims.order = (1, 0, 2)
    with heart.watch("scroll coronal", NAPARI_RESTS):
        scroll(viewer, qtbot, 1)
    return taken(viewer, heart)


def with_the_panel(viewer, panel, folder, heart, qtbot, readers):
    """Do it with a study and the panel."""

    def section(title):
        titles = [panel.tabs.tabText(number) for number in range(panel.tabs.count())]
        panel.tabs.setCurrentIndex(titles.index(title))
        qtbot.wait(150)
        return getattr(panel, title.lower())

    with heart.watch("open"):
        (layer,) = viewer.open(str(folder), plugin="napari-medscan")
    with heart.watch("scroll"):
        scroll(viewer, qtbot, 0)
    viewer.layers.selection.active = layer
    presets = section("Window").native.findChild(QTreeWidget)
    with heart.watch("preset"):
        click(presets, "Lung")
    assert layer.contrast_limits == [-1350, 149]
    tags = section("Tags")
    with heart.watch("tag search"):
        for length in range(1, len("position") + 1):
            tags.search.value = "position"[:length]
            qtbot.wait(30)
    views = section("Views")
    readers.clear()
    with heart.watch("coronal"):
        views.plane.value = "Coronal"
        qtbot.waitUntil(lambda: viewer.dims.order[0] != 0)
    assert sum(count for _, count in readers) > SLICES // 2
    assert threading.main_thread() not in {thread for thread, _ in readers}
    readers.clear()
    with heart.watch("scroll coronal"):
        scroll(viewer, qtbot, 1)
    assert not readers
    layer.data.stack.close()
    return taken(viewer, heart)


def drop(viewer, disc, heart, qtbot):
    """Drop a disc on the panel, and wait until its thumbnails are there."""
    with heart.watch("open"):
        open_paths(viewer, [disc])
        qtbot.wait(1000)
    assert len(viewer.layers) == 1
    for layer in viewer.layers:
        layer.data.stack.close()
    return taken(viewer, heart)


def taken(viewer, heart):
    viewer.layers.clear()
    viewer.dims.order = (0, 1, 2)
    longest, heart.longest = heart.longest, {}
    return longest


def best(runs):
    """Return the quickest of each step but for the first run, which does what is done once."""
    return {step: min(run[step] for run in runs[1:]) for step in runs[0]}


def milliseconds(seconds):
    return f"{1000 * seconds:.0f} ms"


@pytest.fixture
def excess(record_property):
    """Return what tells how much longer than napari's own the longest step was, and reports it."""

    def of(ours, theirs):
        beyond = {step: seconds - theirs.get(step, 0.0) for step, seconds in ours.items()}
        step = max(beyond, key=beyond.__getitem__)
        record_property(
            "longest block of the GUI thread beyond napari's own",
            f"{milliseconds(beyond[step])} at {step!r} ({milliseconds(ours[step])}; napari with an "
            f"array {milliseconds(theirs.get(step, 0.0))})",
        )
        return beyond[step]

    return of


def test_no_step_of_a_session_holds_the_window(
    make_napari_viewer, qtbot, tmp_path, heart, readers, excess
):
    study, file = tmp_path / "study", tmp_path / "volume.npy"
    write_ct_chest(study, size=SIZE, slices=SLICES)
    np.save(file, np.random.default_rng(0).integers(0, 2000, (SLICES, SIZE, SIZE), np.int16))
    viewer = make_napari_viewer(show=True)
    theirs = best([napari_alone(viewer, file, heart, qtbot) for _ in range(3)])
    _, panel = viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")
    ours = best([with_the_panel(viewer, panel, study, heart, qtbot, readers) for _ in range(3)])
    assert set(ours) == {*theirs, "tag search"}
    assert excess(ours, theirs) < LONGEST, (ours, theirs)


@pytest.mark.usefixtures("_no_dialog")
def test_a_disc_of_26_series_does_not_hold_the_window(
    make_napari_viewer, qtbot, tmp_path, heart, messy_disc, record, excess
):
    file = tmp_path / "volume.npy"
    np.save(file, np.random.default_rng(0).integers(0, 2000, (24, 64, 64), np.int16))
    viewer = make_napari_viewer(show=True)

    def theirs():
        with heart.watch("open", NAPARI_RESTS):
            viewer.open(str(file), plugin="napari")
        return taken(viewer, heart)

    def ours():
        record.forget(record.stacks)
        return drop(viewer, messy_disc, heart, qtbot)

    alone = best([theirs() for _ in range(3)])
    viewer.window.add_plugin_dock_widget("napari-medscan", "DICOM panel")
    with_panel = best([ours() for _ in range(3)])
    assert len(record.stacks) == IMAGE_SERIES
    assert excess(with_panel, alone) < LONGEST, (with_panel, alone)
