"""What starting napari and using the reader for the first time import of ours."""

from __future__ import annotations

import importlib
import statistics
import sys
import time

from measure import NO_INDEX, Bench, Table, Topic, milliseconds, once


def started() -> dict[str, float]:
    """Start napari's viewer and its plugins; count our modules that came with it."""
    import napari
    import npe2

    npe2.PluginManager.instance().discover()
    napari.Viewer(show=False).close()
    return {"modules": sum(map(_is_ours, sys.modules))}


def used(folder: str) -> dict[str, list[str]]:
    """Read a folder as napari does; return our modules that this imports, first to last."""
    from napari_medscan.reader import get_reader

    read = get_reader(folder)
    if read is None:
        raise RuntimeError("the reader refuses its own study")
    read(folder)
    return {"modules": [name for name in sys.modules if _is_ours(name)]}


def first_use(modules: list[str]) -> dict[str, float]:
    """Import modules, napari being there."""
    started()
    began = time.perf_counter()
    for name in modules:
        importlib.import_module(name)
    return {"seconds": time.perf_counter() - began}


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "napari_medscan"


def measure(bench: Bench) -> Topic:
    """Measure in new processes."""
    modules = once("startup:started")["modules"]
    names = once("startup:used", bench.studies.series(5), env=NO_INDEX)["modules"]
    times = [once("startup:first_use", names)["seconds"] for _ in range(bench.rounds)]
    taken = statistics.median(times)
    rows = [
        ["our modules that napari has imported when its window is open", f"{modules:.0f}"],
        ["imports on the first use of the reader", f"{milliseconds(taken)} ms"],
    ]
    table = Table("Start-up", ["what", "measured"], rows, "Each in a new process.")
    return Topic([table], {"modules at start": modules, "first imports": taken})
