"""Series of several meanings x times x slices, as scanners and anonymizers leave them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from random import Random

from hypothesis import strategies as st

from ..building import AXIAL, OBLIQUE, SAGITTAL, along, files, make_frame

MEANINGS = {
    "ImageType": [("ORIGINAL", "PRIMARY", kind) for kind in ("M", "P", "R", "I")],
    "ComplexImageComponent": ["MAGNITUDE", "PHASE", "REAL", "IMAGINARY"],
    "KVP": [70.0, 80.0, 120.0, 140.0],
    "ConvolutionKernel": [("B10f",), ("B30f",), ("B60f",), ("B80f",)],
    "description": ["VMI 40 keV", "VMI 70 keV", "Iodine", "Water"],
}
"""Attributes that tell meanings apart, and descriptions of series that were put together."""

TIMES = (
    "TemporalPositionIdentifier",
    "EchoTime",
    "DiffusionBValue",
    "AcquisitionTime of volumes",
    "AcquisitionTime of slices",
    "ContentTime of slices",
    "TriggerTime by slice",
    "ImageIndex of slices",
)
"""Attributes that tell times apart, and how."""

NUMBERS = ("by time", "by slice", "restarting", "shuffled", "none")
"""How Instance Numbers may run."""


@dataclass(frozen=True)
class Phantom:
    """What a series is made of, and what is left of its attributes."""

    meanings: int
    times: int
    slices: int
    step: float
    told_by: frozenset[str]
    timed_by: frozenset[str]
    numbers: str
    jitter: float
    lost: int | None
    orientation: tuple[float, ...]
    seed: int

    def headers(self):
        """Files in the order of their shuffled names, and (meaning, time, slice) of each."""
        random = Random(self.seed)
        cells = list(product(range(self.meanings), range(self.times), range(self.slices)))
        shuffled = random.sample(range(1, len(cells) + 1), len(cells))
        frames = [
            self._frame(cell, number, random) for cell, number in zip(cells, shuffled, strict=True)
        ]
        order = random.sample(range(len(cells)), len(cells))
        if self.lost is not None:
            order.remove(self.lost % len(cells))
        made = files([frames[i] for i in order])
        # Without an Instance Number the header has None, and its frame 0.
        number = None if self.numbers == "none" else 0
        made = [
            replace(h, instance_number=number if number is None else h.frames[0].order[0])
            for h in made
        ]
        found = [cells[i] for i in order]
        if "description" in self.told_by:
            named = zip(made, found, strict=True)
            made = [replace(h, description=MEANINGS["description"][m]) for h, (m, *_) in named]
        return made, found

    def _frame(self, cell, shuffled, random):
        m, t, z = cell
        number = {
            "by time": (m * self.times + t) * self.slices + z + 1,
            "by slice": (z * self.times + t) * self.meanings + m + 1,
            "restarting": z + 1,
            "shuffled": shuffled,
            "none": 0,
        }[self.numbers]
        facts = {name: MEANINGS[name][m] for name in self.told_by - {"description"}}
        facts |= dict(self._time(name, t, z) for name in self.timed_by)
        place = self.step * z + random.uniform(-self.jitter, self.jitter)
        return make_frame(along(self.orientation, place), self.orientation, number, **facts)

    def _time(self, how, t, z):
        name = how.split(" ")[0]
        if name == "ImageIndex":
            return name, t * self.slices + z + 1
        if how == "AcquisitionTime of volumes":
            return name, f"1200{10 * t:02d}"
        if how.endswith("of slices"):
            return name, f"12{t:02d}{z:02d}.5"
        if how == "TriggerTime by slice":
            return name, 40.0 * t * (1 + z / 50)
        return name, float(10 * t + 5) if name != "TemporalPositionIdentifier" else t + 1


def phantoms():
    """Return what makes phantoms: two to four meanings, two to six times."""
    return st.builds(
        Phantom,
        meanings=st.integers(2, 4),
        times=st.integers(2, 6),
        slices=st.integers(2, 8),
        step=st.sampled_from([1.0, 2.5, 5.0]),
        told_by=st.frozensets(st.sampled_from(sorted(MEANINGS)), max_size=2),
        timed_by=st.frozensets(st.sampled_from(TIMES), max_size=3),
        numbers=st.sampled_from(NUMBERS),
        jitter=st.sampled_from([0.0, 0.01, 0.05]),
        lost=st.none() | st.integers(0, 191),
        orientation=st.sampled_from([AXIAL, SAGITTAL, OBLIQUE]),
        seed=st.integers(0, 2**32),
    )
