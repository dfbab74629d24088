"""Where the time goes, for the goals that are missed: profiles, by module."""

from __future__ import annotations

import cProfile
import os
import pstats
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from measure import NO_INDEX, Bench, FailedError, Table, Topic, once, shortened

_PACKAGE = "napari_medscan"
_SYSTEM = "the system (open, read, stat)"
_REST = "Python's own"
_SHOWN = 7


def first_open(folder: str) -> dict[str, float]:
    """Profile a first open."""
    import ours

    for _ in range(3):
        ours.open_first(folder)
    return _profiled(lambda: ours.open_first(folder))


def reopen(folder: str) -> dict[str, float]:
    """Profile an open of what the index knows."""
    import ours

    return _profiled(lambda: ours.open_first(folder))


def volume(folder: str) -> dict[str, float]:
    """Profile the reading of an open series in one thread."""
    import ours

    stack = ours.opened(folder, 1)
    ours.read_here(stack)
    return _profiled(lambda: ours.read_here(stack))


def frames(folder: str) -> dict[str, float]:
    """Profile uncached frames, which workers decode."""
    import ours

    stack = ours.opened(folder, 1)
    stack.array[0]
    return _profiled(lambda: [stack.array[number] for number in range(1, len(stack.array), 7)])


def _profiled(act: Callable[[], object]) -> dict[str, float]:
    """Return the share of each module; a function of Python's own counts for who calls it."""
    profile = cProfile.Profile()
    profile.enable()
    act()
    profile.disable()
    taken: Counter[str] = Counter()
    for (file, _, name), (*_, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file != "~":
            taken[_place(file)] += own
            continue
        system = "posix" in name or "_io." in name
        for caller, times in callers.items():
            taken[_SYSTEM if system else _place(caller[0])] += times[2]
    total = sum(taken.values())
    return {place: seconds / total for place, seconds in taken.items()}


def _place(file: str) -> str:
    parts = Path(file).with_suffix("").parts
    if _PACKAGE not in parts:
        return _REST
    inside = parts[len(parts) - parts[::-1].index(_PACKAGE) :]
    return "/".join(inside)


def measure(bench: Bench) -> Topic:
    """Profile each in a new process."""
    plain, rle = bench.studies.series(bench.count(500)), bench.studies.series(100, "RLE")
    index = {"MEDSCAN_CACHE_DIR": str(bench.scratch / "index")}
    once("ours:open_first", plain, env=index)
    table = Table(
        "Where the time goes",
        ["what", "share of the time by module"],
        note="By cProfile, which makes small functions look larger than they are.",
    )
    for what, task, study, env in (
        ("first open", "first_open", plain, NO_INDEX),
        ("reopen", "reopen", plain, index),
        ("uncompressed volume, one thread", "volume", plain, NO_INDEX),
        ("uncached RLE frames", "frames", rle, NO_INDEX),
    ):
        try:
            shares = once(f"profiles:{task}", study, env={**os.environ, **env})
        except FailedError as error:
            table.rows.append([what, f"failed: {shortened(str(error))}"])
            continue
        places = Counter({k: v for k, v in shares.items() if k not in ("seconds", "peak")})
        cell = ", ".join(f"{place} {share:.0%}" for place, share in places.most_common(_SHOWN))
        table.rows.append([what, cell])
    return Topic([table])
