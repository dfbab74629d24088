"""What starting napari and using the reader for the first time import of ours."""

from __future__ import annotations

import importlib
import sys
import time

from measure import Bench, Table, Topic, milliseconds, once

_FIRST_USE = (
    "napari_medscan.reader",
    "napari_medscan.dicom.sniff",
    "napari_medscan.dicom",
    "napari_medscan.dicom.isolation",
    "napari_medscan.dicom.load",
    "napari_medscan.napari_.layers",
    "napari_medscan.napari_.notify",
    "napari_medscan.napari_.progress",
)


def started() -> dict[str, float]:
    """Start napari's viewer and its plugins; count our modules that came with it."""
    import napari
    import npe2

    npe2.PluginManager.instance().discover()
    napari.Viewer(show=False).close()
    return {"modules": sum(name.partition(".")[0] == "napari_medscan" for name in sys.modules)}


def first_use() -> dict[str, float]:
    """Import what the reader imports when it is first used, napari being there."""
    started()
    began = time.perf_counter()
    for name in _FIRST_USE:
        importlib.import_module(name)
    return {"seconds": time.perf_counter() - began}


def measure(bench: Bench) -> Topic:
    """Measure in new processes."""
    modules = once("startup:started")["modules"]
    times = sorted(once("startup:first_use")["seconds"] for _ in range(bench.rounds))
    used = times[len(times) // 2]
    rows = [
        ["our modules that napari has imported when its window is open", f"{modules:.0f}"],
        ["imports on the first use of the reader", f"{milliseconds(used)} ms"],
    ]
    table = Table("Start-up", ["what", "measured"], rows, "Each in a new process.")
    return Topic([table], {"modules at start": modules, "first imports": used})
