"""Measurements as the rows of a table, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from napari_medscan.measure.quantity import Quantity
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
)


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
    """

    name: str
    series: str
    place: str
    quantity: Quantity | None = None
    statistics: Statistics | None = None
    note: str = ""

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
        return (self.name, *value, *values, self.place, self.series, note)


def to_csv(rows: Iterable[Row], separator: str = ",") -> str:
    """Return rows as CSV with headings; with a tab as the separator for the clipboard."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(HEADINGS)
    # A spreadsheet takes a text that begins like this for a formula.
    writer.writerows([_plain(cell) for cell in row.cells()] for row in rows)
    return out.getvalue()


def _plain(cell: str) -> str:
    is_formula = cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and not _is_number(cell))
    return f"'{cell}" if is_formula else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
