"""Layers of segmentations and structures, and a segmentation that is saved: time and memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from napari.layers import Layer

from child import forget_peak, memory
from measure import NO_INDEX, Bench, Table, Topic, megabytes, once
from viewer_steps import Window

SEGMENTS, FRAMES, SIZE = 59, 1488, 256
REGIONS, CONTOURS, POINTS = 30, 3000, 100
_STEPS = 40


def segments(folder: str) -> dict[str, float]:
    """Make the layers of a segmentation, and read the labels of each slice once."""
    from napari_medscan.dicom import load
    from napari_medscan.napari_.objects.segmentation_layers import segmentation_layers

    def work() -> None:
        report = load(folder)
        (layer, *_) = segmentation_layers(report.objects[0], report.stacks)
        for number in range(len(layer.data)):
            np.asarray(layer.data[number])

    return _measured(work)


def contours(folder: str) -> dict[str, float]:
    """Open a structure set beside its series in a window, and go through the slices.

    The seconds are those until the contours are drawn; a step is compared with one while they are
    hidden, by turns.
    """
    import napari
    from qtpy.QtWidgets import QApplication

    from napari_medscan.napari_.menu import open_paths
    from napari_medscan.napari_.objects.region_outlines import outlines_of

    viewer = napari.Viewer()
    window = Window(viewer)
    window.settle()

    def outlines() -> list[Layer]:
        return [layer for layer in viewer.layers if outlines_of(layer) is not None]

    structures = Path(folder) / "rs.dcm"
    open_paths(viewer, [path for path in Path(folder).iterdir() if path != structures])
    while not viewer.layers:
        QApplication.processEvents()
    window.settle()

    def work() -> None:
        open_paths(viewer, [structures])
        while not outlines():
            QApplication.processEvents()
        window.drawn_once()

    found = _measured(work)
    (layer,) = outlines()
    window.settle()
    steps: dict[bool, list[float]] = {True: [], False: []}
    for visible in (True, False, True, False):
        layer.visible = visible
        window.step(0)
        window.settle()
        steps[visible] += [window.step(number) for number in range(1, _STEPS)]
    viewer.close()
    return found | {"step": statistics.median(steps[True]) - statistics.median(steps[False])}


def histograms(folder: str) -> dict[str, float]:
    """Sample the regions of a structure set, as for dose-volume histograms."""
    from napari_medscan.dicom import load
    from napari_medscan.measure import dose_volume

    def work() -> None:
        (structures,) = load(folder).objects
        for same in structures.read_contours().values():
            closed = dose_volume.closed_contours(same)
            for points, _ in dose_volume.samples(closed, 1.0):
                points.sum()

    return _measured(work)


def saved(folder: str) -> dict[str, float]:
    """Save labels of as many segments as a segmentation has on a series; the file goes away."""
    import highdicom  # noqa: F401 - what importing takes is not measured

    from napari_medscan.dicom import load
    from napari_medscan.export import save_dicom_seg

    (stack,) = load(folder).stacks
    labels = np.zeros(stack.array.shape, np.uint8)
    rows, deep = labels.shape[1] // SEGMENTS, max(1, FRAMES // SEGMENTS)
    for number in range(SEGMENTS):
        first = number * (len(labels) - deep) // SEGMENTS
        labels[first : first + deep, number * rows : (number + 1) * rows, 40:-40] = number + 1

    def work() -> None:
        with tempfile.TemporaryDirectory() as out:
            save_dicom_seg(stack, Path(out) / "seg.dcm", labels)

    return _measured(work)


def measure(bench: Bench) -> Topic:
    """Measure each in a new process."""
    made = bench.studies
    structures = made.structures(REGIONS, bench.count(CONTOURS), POINTS)
    frames, slices = bench.count(FRAMES), bench.count(200)
    table = Table(
        "Segmentations and structures",
        ["what", "seconds", "of processor time", "memory, MB"],
        note="Memory is the peak beyond that of the process with napari imported.",
    )
    topic = Topic([table])
    drawn = f"{bench.count(CONTOURS):,} contours of {POINTS} points"
    for key, what, task, study in (
        ("", f"{SEGMENTS} segments in {frames:,} frames: layers, and all slices", "segments",
         made.segmentation(SEGMENTS, frames, SIZE)),
        ("contours", f"{drawn} in {REGIONS} regions: opened beside images", "contours", structures),
        ("", f"{drawn}: sampled for histograms", "histograms", structures),
        ("", f"{SEGMENTS} segments on {slices} slices of 512 x 512: saved as DICOM", "saved",
         made.series(slices)),
    ):  # fmt: skip
        got = once(f"objects:{task}", study, env=NO_INDEX)
        if key:
            topic.found[key] = got["seconds"]
        times = [f"{got[name]:.2f}" for name in ("seconds", "processor")]
        table.rows.append([what, *times, megabytes(got["over"])])
        if "step" in got:
            topic.found["contours step"] = 1000 * got["step"]
            table.rows.append(
                ["the same: one step of the slider more", f"{got['step']:.3f}", "", ""]
            )
    return topic


def _measured(work: Callable[[], None]) -> dict[str, float]:
    """Do something, and return its seconds and the peak of memory beyond what there was."""
    import napari.layers  # noqa: F401 - as above

    forget_peak()
    host, began, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    work()
    seconds, processor = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "processor": processor, "over": memory() - host}
