"""Measurements and radiation dose of a report as tables: one row for each group or irradiation.

Measurement groups of TID 1500, irradiation events and accumulated doses of TID 10001 and 10011, and
radiopharmaceuticals of TID 10021 (PS3.16) are rows. Numbers elsewhere are rows of the section that
holds them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from napari_medscan.dicom.objects.report_content import ContentItem, ReportContent

_ROWS: Final = frozenset(
    f"{code} (DCM)"
    for code in (
        "125007",  # Measurement Group
        "113819",  # CT Acquisition
        "113811",  # CT Accumulated Dose Data
        "113706",  # Irradiation Event X-Ray Data
        "113702",  # Accumulated X-Ray Dose Data
        "113502",  # Radiopharmaceutical Administration
    )
)
_CELLS: Final = ("NUM", "CODE", "TEXT", "DATE", "TIME", "DATETIME")
_MODIFIER: Final = "HAS CONCEPT MOD"
_TRACKING_UID: Final = "112040 (DCM)"


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table.

    Parameters
    ----------
    title : str
        What its rows are: "Measurement Group", "CT Acquisition".
    headings : tuple of str
        Names of the columns, with the unit of numbers.
    rows : tuple of tuple of str
        In the order of the report; '' where a row has no value.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class _Growing:
    headings: dict[str, None] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)


def report_tables(content: ReportContent) -> tuple[ReportTable, ...]:
    """Return the tables of a report, without values that say who somebody is."""
    tables: dict[str, _Growing] = {}
    for container in _row_containers(content.root):
        row: dict[str, str] = {}
        for name, value in _cells(container, deep=container.code in _ROWS):
            _put(row, name, value)
        table = tables.setdefault(container.name or "Measurements", _Growing())
        table.headings |= dict.fromkeys(row)
        table.rows.append(row)
    return tuple(
        ReportTable(
            title,
            tuple(table.headings),
            tuple(tuple(row.get(name, "") for name in table.headings) for row in table.rows),
        )
        for title, table in tables.items()
    )


def tables_csv(tables: Sequence[ReportTable]) -> str:
    """Return tables as CSV: each with a line of its title before and an empty one after it."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, table in enumerate(tables):
        if number:
            writer.writerow(())
        if len(tables) > 1:
            writer.writerow((table.title,))
        writer.writerow(table.headings)
        writer.writerows(table.rows)
    return text.getvalue()


def _row_containers(item: ContentItem) -> Iterator[ContentItem]:
    """Yield the containers that are rows, from the top to the bottom of the report."""
    if item.code in _ROWS:
        if any(below.value_type == "NUM" and below.value for _, below in item.walk()):
            yield item
        return
    if any(child.value_type == "NUM" and child.value for child in item.children):
        yield item
    for child in item.children:
        yield from _row_containers(child)


def _cells(item: ContentItem, *, deep: bool) -> Iterator[tuple[str, str]]:
    """Yield name and value of what stands in a container, of containers in it if `deep`."""
    for child in item.children:
        is_cell = child.value_type in _CELLS or child.code == _TRACKING_UID
        if is_cell and child.name and child.value and not child.is_identifying:
            modifiers = [
                each.value
                for each in child.children
                if each.relationship == _MODIFIER and each.value_type == "CODE" and each.value
            ]
            name = ", ".join((child.name, *modifiers))
            yield f"{name} ({child.unit})" if child.unit else name, child.value
        if deep and child.value_type == "CONTAINER":
            yield from _cells(child, deep=True)


def _put(row: dict[str, str], name: str, value: str) -> None:
    """Put a value into a row; another one of the same name gets a column of its own."""
    number, column = 1, name
    while column in row:
        number += 1
        column = f"{name} · {number}"
    row[column] = value
