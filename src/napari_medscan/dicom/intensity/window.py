"""Windows: which values of an image are drawn from black to white.

PS3.3 section C.11.2 (VOI LUT module).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.elements.text import clean, decode
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.intensity.voi_lut import (
    WANTED_VOI_LUT,
    Curve,
    VoiLut,
    read_voi_luts,
    sigmoid,
)

WANTED_WINDOW = want(
    Tag.WindowCenter,
    Tag.WindowWidth,
    Tag.WindowCenterWidthExplanation,
    Tag.VOILUTFunction,
    WANTED_VOI_LUT,
)
Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
_FUNCTIONS: dict[str, Function] = {
    "LINEAR": "LINEAR",
    "LINEAR_EXACT": "LINEAR_EXACT",
    "SIGMOID": "SIGMOID",
}


@dataclass(frozen=True, slots=True)
class Window:
    """A window of the file (PS3.3 C.11.2.1.2).

    Parameters
    ----------
    name : str
        Its explanation (0028,1055), or "Window 1", "Window 2" …
    center, width : float
        In the units of the modality transform's output.
    function : {"LINEAR", "LINEAR_EXACT", "SIGMOID"}
        VOI LUT Function (0028,1056).
    """

    name: str
    center: float
    width: float
    function: Function = "LINEAR"

    @property
    def limits(self) -> tuple[float, float]:
        """Values drawn black and white, as the standard's formulas place them.

        LINEAR spans c - 0.5 - (w - 1)/2 to c - 0.5 + (w - 1)/2; LINEAR_EXACT
        c - w/2 to c + w/2. SIGMOID has no ends: the span of its tangent at
        the center is given.
        """
        if self.function == "LINEAR":
            half = (self.width - 1) / 2
            return self.center - 0.5 - half, self.center - 0.5 + half
        return self.center - self.width / 2, self.center + self.width / 2

    @property
    def curve(self) -> Curve | None:
        """How to draw it when it is no straight line between its limits."""
        return sigmoid(self.center, self.width) if self.function == "SIGMOID" else None

    def rescaled(self, slope: float, intercept: float = 0.0) -> Window:
        """Return the window that draws values alike after another rescale of them."""
        window = self
        if self.function == "LINEAR":
            # Its width counts whole values, and there are none of them any more.
            low, high = self.limits
            window = Window(self.name, (low + high) / 2, high - low, "LINEAR_EXACT")
        center = window.center * slope + intercept
        return replace(window, center=center, width=window.width * abs(slope))


Voi = Window | VoiLut
"""What chooses the values of interest: both have a name, limits and a curve."""


def read_windows(
    data_set: DataSet,
    identifiers: tuple[str, ...] = (),
    *,
    signed: bool = False,
    floating: bool = False,
) -> tuple[Voi, ...]:
    """Return the windows, then the VOI LUTs, of a data set or of its Frame VOI LUT item.

    Windows that cannot be read, or whose width is below what their function allows, are left out
    (PS3.3 C.11.2.1.2.1: LINEAR needs 1 or more, the others more than 0).

    Parameters
    ----------
    data_set : DataSet
        Where they stand.
    identifiers : tuple of str
        What names the patient, to be kept out of names.
    signed : bool
        Whether the values that a VOI LUT looks up may be negative.
    floating : bool
        Whether the pixels are floating-point numbers. LINEAR counts whole values, and is
        LINEAR_EXACT of them: maps of 0 to 1 come with a width of 1, which would be a threshold.
    """
    centers = data_set.each_number(Tag.WindowCenter)
    widths = data_set.each_number(Tag.WindowWidth)
    function = _FUNCTIONS.get(data_set.text(Tag.VOILUTFunction), "LINEAR")
    if floating and function == "LINEAR":
        function = "LINEAR_EXACT"
    explanation = data_set.data(Tag.WindowCenterWidthExplanation)
    names = []
    if explanation:
        names = decode(explanation, data_set.texts(Tag.SpecificCharacterSet)).split("\\")
    windows: list[Voi] = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if center is None or width is None or width <= 0 or (function == "LINEAR" and width < 1):
            continue
        name = clean(names[index], identifiers) if index < len(names) else ""
        windows.append(Window(name or f"Window {index + 1}", center, width, function))
    if Tag.VOILUTSequence in data_set:
        windows.extend(read_voi_luts(data_set, identifiers, signed=signed))
    return tuple(windows)


def has_unreadable_window(data_set: DataSet, windows: Sequence[Voi]) -> bool:
    """Whether `read_windows` left one out because its center or width is unreadable."""
    count = sum(isinstance(window, Window) for window in windows)
    if count > data_set.data(Tag.WindowCenter).count(b"\\"):
        return False  # One for each value.
    return None in (
        *data_set.each_number(Tag.WindowCenter),
        *data_set.each_number(Tag.WindowWidth),
    )


def meaningful(pixels: NDArray[Any], padding: tuple[float, float] | None) -> NDArray[Any]:
    """Return the pixels that are numbers and no padding, in one row."""
    keep = np.isfinite(pixels)
    if padding is not None:
        keep &= (pixels < padding[0]) | (pixels > padding[1])
    # Most images have neither, and picking takes longer than looking.
    return pixels.ravel() if keep.all() else pixels[keep]


def percentile_limits(
    pixels: NDArray[np.generic], padding: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Return the 1st and 99th percentile of an image without its padding.

    Parameters
    ----------
    pixels : ndarray
        One frame, after the modality transform.
    padding : tuple of float or None
        Lowest and highest value that mean "no data" (PS3.3 C.7.5.1.1.2).

    Returns
    -------
    tuple of float
        Ascending and never equal.
    """
    values = meaningful(pixels, padding)
    if not values.size:
        return 0.0, 1.0
    # As `np.percentile`, which takes five times as long and as much memory: the GUI thread waits.
    ranks = [(values.size - 1) * part for part in (0.01, 0.99)]
    ordered = np.partition(values, [end(rank) for rank in ranks for end in (math.floor, math.ceil)])
    low, high = (_between(ordered, rank) for rank in ranks)
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return ascending(low, high)


def _between(ordered: NDArray[np.generic], rank: float) -> float:
    """Return the value at a rank, linear between two values."""
    below, above = float(ordered[math.floor(rank)]), float(ordered[math.ceil(rank)])
    return below + (above - below) * (rank - math.floor(rank))


def full_range(
    pixels: NDArray[Any], padding: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Return least and greatest value of pixels without their padding."""
    values = meaningful(pixels, padding)
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def ascending(low: float, high: float) -> tuple[float, float]:
    """Return limits that differ, as napari asks: an image may be of one value."""
    # Beyond 2^53 a step of 1 is lost in rounding.
    return (low, high) if high > low else (low, low + max(1.0, abs(low) * 1e-6))
