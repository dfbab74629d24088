"""What was loaded as a table in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_medscan.cli.description import describe_pixels
from napari_medscan.counted import agreeing, counted

if TYPE_CHECKING:
    from rich.table import Table

    from napari_medscan.dicom import LoadReport, Stack


def print_table(report: LoadReport, *, pixels: bool) -> None:
    """Print series, objects and what was wrong with files.

    Parameters
    ----------
    report : LoadReport
        What was loaded.
    pixels : bool
        Also read all pixels, for their extremes.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    if report.stacks:
        console.print(_table(report.stacks, pixels=pixels))
        for stack in report.stacks:
            if stack.suv is not None:
                console.print(f"{escape(stack.name)}: SUVbw = {stack.suv.bw:.4g} × value")
            for warning in (*stack.warnings, *_blank_slices(stack)):
                console.print(f"{escape(stack.name)}: {escape(warning)}.", style="yellow")
    for each in report.objects:
        console.print(f"{escape(each.name)}: {each.kind_name}, {escape(each.summary)}")
        for note in (*each.warnings, *each.notes_on(report.stacks)):
            console.print(f"{escape(each.name)}: {escape(note)}.", style="yellow")
    summary = report.summary()
    if summary:
        console.print(escape(summary))
    reasons: dict[str, int] = {}
    for why in (*report.unreadable.values(), *report.skipped.values()):
        reasons[why] = reasons.get(why, 0) + 1
    for why, count in reasons.items():
        console.print(f"  {count} × {escape(why)}", style="dim")


def _blank_slices(stack: Stack) -> list[str]:
    """Return how many slices could not be decoded, one sentence per reason."""
    counts = Counter(stack.problems.values())
    return [
        f"{counted(count, 'slice')} could not be decoded and {agreeing(count, 'is')} blank ({why})"
        for why, count in sorted(counts.items())
    ]


def _table(stacks: Sequence[Stack], *, pixels: bool) -> Table:
    """Return one row per series; only the names wrap in a narrow terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Series", overflow="fold")
    table.add_column("Axes", no_wrap=True)
    for heading in ("Size", "mm", "Unit", "Files", *(["Values"] if pixels else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for stack in stacks:
        spacing = stack.voxel_size
        row = [
            escape(stack.name),
            stack.axes,
            "×".join(str(extent) for extent in stack.array.shape),
            "×".join(f"{value:.3g}" for value in spacing) if spacing else "unknown",
            stack.unit or "",
            str(len(stack.files)),
        ]
        if pixels:
            values = describe_pixels(stack)
            # The reason stands below the table.
            none = values.get("min") is None
            row.append("unreadable" if none else f"{values['min']:g} … {values['max']:g}")
        table.add_row(*row)
    return table
