"""Measurements as the rows of a table, and as CSV, from which they can be drawn again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.measure.quantity import MeasureError, Quantity
from napari_medscan.measure.statistics import Statistics

HEADINGS: Final = (
    "Name",
    "Value",
    "Unit",
    "Mean",
    "SD (population)",
    "Min",
    "Max",
    "Median",
    "Pixels",
    "Unit of values",
    "Slice",
    "Series",
    "Note",
    "Shape",
    "Tool",
    "Points",
)
"""The last three are for drawing it again; points are indices (t,) slice, row, column from 0."""
_POINT_AXES: Final = (3, 4)
_MOST_POINTS: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What it takes to draw a shape again.

    Parameters
    ----------
    kind, tool : str
        As in `shapes.Shape`.
    points : ndarray
        Shape (n, 3) or (n, 4): (t,) slice, row and column on its series.
    name, series : str
        Of the shape and of the series.
    """

    kind: str
    tool: str
    points: NDArray[np.float64]
    name: str = ""
    series: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement on one series.

    Parameters
    ----------
    name, series : str
        Of the measurement and of the series.
    place : str
        Which slice or plane.
    quantity : Quantity or None
        Length, angle or area; None if it could not be measured.
    statistics : Statistics or None
        Of the values inside a region.
    note : str
        What limits it, or why it could not be measured.
    outline : Outline or None
        What was drawn, with the first row of a shape.
    """

    name: str
    series: str
    place: str
    quantity: Quantity | None = None
    statistics: Statistics | None = None
    note: str = ""
    outline: Outline | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the row, in the order of `HEADINGS`."""
        quantity, found = self.quantity, self.statistics
        value = ("", "") if quantity is None else (f"{quantity.value:.6g}", quantity.unit)
        values: tuple[str, ...] = ("",) * 7
        if found is not None:
            numbers = (found.mean, found.sd, found.minimum, found.maximum, found.median)
            texts = (f"{number:.6g}" if number == number else "" for number in numbers)  # noqa: PLR0124
            values = (*texts, str(found.count), found.unit)
        note = self.note or ("" if quantity is None else quantity.note)
        drawn = ("", "", "")
        if self.outline is not None:
            points = (" ".join(f"{at:.6g}" for at in point) for point in self.outline.points)
            drawn = (self.outline.kind, self.outline.tool, "; ".join(points))
        return (self.name, *value, *values, self.place, self.series, note, *drawn)


def to_csv(rows: Iterable[Row], separator: str = ",") -> str:
    """Return rows as CSV with headings; with a tab as the separator for the clipboard."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(HEADINGS)
    # A spreadsheet takes a text that begins like this for a formula.
    writer.writerows([_plain(cell) for cell in row.cells()] for row in rows)
    return out.getvalue()


def from_csv(text: str) -> list[Outline]:
    """Return what was drawn according to CSV that `to_csv` made.

    Raises
    ------
    MeasureError
        If it is not such a table, or a line of it was damaged.
    """
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if not set(HEADINGS) <= set(table.fieldnames or ()):
        raise MeasureError("This is not a table of measurements")
    return [_outline(line) for line in table if line["Points"]]


def _outline(line: dict[str, str]) -> Outline:
    try:
        points = [[float(at) for at in point.split()] for point in line["Points"].split(";")]
        found = np.array(points, dtype=np.float64)
    except ValueError:
        found = np.empty(0)
    is_whole = found.ndim == 2 and found.shape[1] in _POINT_AXES and np.isfinite(found).all()
    if not is_whole or len(found) > _MOST_POINTS:
        raise MeasureError("A line of the table is damaged")
    name, series = (line[key].removeprefix("'") for key in ("Name", "Series"))
    return Outline(line["Shape"], line["Tool"], found, name, series)


def _plain(cell: str) -> str:
    is_formula = cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and not _is_number(cell))
    return f"'{cell}" if is_formula else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
