"""The page: the machine, the tables, the goals."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from goals import goal_table
from measure import Table
from peer_venv import versions

_INTRODUCTION = """\
# Performance

Written by `make bench`; do not edit. All numbers are from one run. Each contestant runs in its own
process and times itself, without imports. Contestants take turns; the first turn is discarded, and
the median of the others is reported. Compare within a table only: machines and their load differ
more than readers. The page cache is warm, because every file was read before.
"""


def machine(peers: Path) -> str:
    """Return what it is measured with."""
    theirs = versions(peers)
    ours = ("napari", "numpy", "imagecodecs")
    names = (
        "pydicom",
        "simpleitk",
        "highdicom",
        "dcm2niix",
        "napari-itk-io",
        "napari-medical-image-formats",
    )
    packages = [f"{name} {version(name)}" for name in ours]
    packages += [f"{name} {theirs.get(name, 'not installed')}" for name in names]
    load = f" · load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d} · {_processor()} · {os.cpu_count()} cores{load} · "
        f"{platform.system()} {platform.machine()} · Python {platform.python_version()} · "
        f"{', '.join(packages)}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    lines = (line.partition(":") for line in info.read_text().splitlines())
    return next((v.strip() for k, _, v in lines if k.strip() == "model name"), "processor unknown")


def page(machine: str, tables: Sequence[Table], found: Mapping[str, float]) -> str:
    """Return the whole page."""
    parts = [_INTRODUCTION, machine + "\n", *map(markdown, (*tables, goal_table(found)))]
    return "\n".join(parts)


def markdown(table: Table) -> str:
    """Return a table with its title."""
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note.strip(), ""]
    lines.append(_row(table.columns))
    lines.append(_row(["---", *["---:"] * (len(table.columns) - 1)]))
    lines += map(_row, table.rows)
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def save(path: Path, machine: str, tables: Sequence[Table], found: Mapping[str, float]) -> None:
    """Keep what was measured, so that the page can be written again."""
    content = {"machine": machine, "tables": [asdict(t) for t in tables], "found": dict(found)}
    path.write_text(json.dumps(content, indent=1), "utf-8")


def restored(path: Path) -> tuple[str, list[Table], dict[str, float]]:
    """Return what `save` kept."""
    content = json.loads(path.read_text("utf-8"))
    return content["machine"], [Table(**t) for t in content["tables"]], content["found"]
