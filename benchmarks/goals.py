"""What was aimed at, and why it is missed where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from measure import Table
from studies import SYNTAXES

_INTERPRETED = (
    "more than a third of the time is the system's (profile above); the rest is Python, which "
    "compares each header with that of the file before and takes from it what is its own"
)
_MIXED = (
    "a third of these files are like none before and are read element by element, and they make "
    "more than 200 series"
)
_SMALL_FRAMES = (
    "two messages and two wake-ups a frame, 0.3 to 0.6 ms, weigh as much as a quick decoder; "
    "it is the price of a process that may crash"
)
_TWO_CORES = (
    "the host reads files and copies frames on the same two cores that decode (about 0.4 ms a "
    "frame), and both decoders share the memory's bandwidth"
)
EXPLANATIONS: dict[str, str] = {
    "first open of 500 files": _INTERPRETED,
    "the same, of open + read 8 KB": _INTERPRETED,
    "faster than pydicom": "pydicom is quicker here than where the goal was set; " + _INTERPRETED,
    "faster than SimpleITK": _INTERPRETED,
    "real files of all kinds, faster than pydicom's headers": _MIXED,
    "the same, first in a process": _MIXED,
    "the same, of scandir + stat": (
        "besides scandir and stat: a path and a key for each file, the index itself, the full "
        "header and pixels of the slice that is shown (profile above)"
    ),
    "scrolling, of in-memory (worst syntax)": (
        "a decoder that takes as long as napari's drawing competes with it for two cores"
    ),
    "uncompressed volume, of the preadv limit's speed": (
        "after the read each frame is masked to Bits Stored and rescaled, two passes that the "
        "limit leaves out (profile above)"
    ),
    "longest block of the window": (
        "the table above says which step it is; napari draws on the same thread"
    ),
    "50,000 files of 5,000 series in one drop": (
        "each of 5,000 series has a first file that is like none before, and is put together by "
        "itself; and the speed of shared computers differs from run to run"
    ),
    "memory of scrolling, of budget + one frame": (
        "the cache keeps to its budget; the rest is the stack's headers and the frame that is "
        "read ahead"
    ),
    **{
        f"uncached frame, of its decoder: {name}": _SMALL_FRAMES
        for name in SYNTAXES
        if name not in ("uncompressed", "deflated")
    },
    **{
        f"volume, faster than one thread: {name}": _TWO_CORES
        for name in SYNTAXES
        if name not in ("uncompressed", "deflated")
    },
}
"""Why a goal is missed, in a line, by the name of the goal; from profiles."""


@dataclass(frozen=True)
class Goal:
    """One goal.

    Parameters
    ----------
    name : str
        As the table calls it.
    found : str
        Key of what was measured.
    limit : float
        What it should be at most, or at least.
    form : str
        How numbers are written.
    least : bool
        Whether more is better.
    factor : float
        From what was measured to the unit of `limit`.
    """

    name: str
    found: str
    limit: float
    form: str
    least: bool = False
    factor: float = 1

    def row(self, measured: float) -> list[str]:
        """Return the cells of the table: goal, limit, measured, verdict."""
        value = measured * self.factor
        met = value >= self.limit if self.least else value <= self.limit
        verdict = (
            "met" if met else " – ".join(filter(None, ("missed", EXPLANATIONS.get(self.name))))
        )
        sign = "≥" if self.least else "≤"
        cells = (self.name, f"{sign} {self.form.format(self.limit)}", self.form.format(value))
        return [*cells, verdict]


_COMPRESSED = [name for name in SYNTAXES if name not in ("uncompressed", "deflated")]

GOALS = (
    Goal("first open of 500 files", "first open", 33, "{:,.1f} ms", factor=1000),
    Goal("the same, of open + read 8 KB", "first open / read 8 KB", 4, "{:.2f} ×"),
    Goal("faster than pydicom", "pydicom / first open", 25, "{:.1f} ×", least=True),
    Goal("faster than SimpleITK", "SimpleITK / first open", 15, "{:.1f} ×", least=True),
    Goal("reopen of 500 files", "reopen 500", 10, "{:.1f} ms", factor=1000),
    Goal("the same, of scandir + stat", "reopen / scandir + stat", 3, "{:.2f} ×"),
    Goal("reopen of 2,000 files", "reopen 2000", 33, "{:.1f} ms", factor=1000),
    Goal(
        "real files of all kinds, faster than pydicom's headers",
        "pydicom / corpus",
        2.5,
        "{:.2f} ×",
        least=True,
    ),
    Goal("the same, first in a process", "pydicom / corpus, first", 2.5, "{:.2f} ×", least=True),
    Goal("a segmentation of 59 segments opens", "segmentation", 300, "{:,.0f} ms", factor=1000),
    Goal("3,000 contours are drawn", "contours", 4, "{:.1f} s"),
    Goal("a step with 30 regions, beyond that without", "contours step", 20, "{:.0f} ms"),
    Goal("a slide of 20,480 x 20,480 opens", "slide, full", 300, "{:,.0f} ms", factor=1000),
    Goal("the same, sparse tiling", "slide, sparse", 300, "{:,.0f} ms", factor=1000),
    Goal("a slide of 5 GB opens", "slide, 5 GB", 1000, "{:,.0f} ms", factor=1000),
    Goal("slow disk, faster than in turn", "slow disk", 8, "{:.1f} ×", least=True),
    Goal("slider step, cached, of in-memory (worst syntax)", "cached / memory", 1.1, "{:.2f} ×"),
    Goal(
        "slider step, uncached, uncompressed, over in-memory",
        "uncached over memory",
        2,
        "{:.1f} ms",
        factor=1000,
    ),
    *(
        Goal(f"uncached frame, of its decoder: {name}", f"array / decoder, {name}", 1.1, "{:.2f} ×")
        for name in _COMPRESSED
    ),
    Goal("scrolling, of in-memory (worst syntax)", "scroll / memory", 1.1, "{:.2f} ×"),
    Goal(
        "uncompressed volume, of the preadv limit's speed",
        "volume limit / ours",
        0.8,
        "{:.2f} ×",
        least=True,
    ),
    *(
        Goal(
            f"volume, faster than one thread: {name}",
            f"one thread / ours, {name}",
            1.7,
            "{:.2f} ×",
            least=True,
        )
        for name in _COMPRESSED
    ),
    Goal("longest block of the window", "longest block", 100, "{:.0f} ms", factor=1000),
    Goal("memory of scrolling, of budget + one frame", "memory, scroll", 1, "{:.2f} ×"),
    Goal("memory of a volume, of budget + one frame", "memory, volume", 1, "{:.2f} ×"),
    Goal("a 20 GB study opens in", "huge opened", 200, "{:.0f} MB", factor=1e-6),
    Goal("our modules imported when napari has started", "modules at start", 0, "{:.0f}"),
    Goal("our imports on first use", "first imports", 150, "{:.0f} ms", factor=1000),
    Goal("50,000 files of 5,000 series in one drop", "50,000 files", 10, "{:.1f} s"),
    Goal("time of each file or frame, against a tenth as many", "growth", 1.5, "{:.2f} ×"),
)


def goal_table(found: Mapping[str, float]) -> Table:
    """Return the goals that were measured, with what came out."""
    rows = [goal.row(found[goal.found]) for goal in GOALS if goal.found in found]
    return Table("Goals", ["goal", "aimed at", "measured", ""], rows)
