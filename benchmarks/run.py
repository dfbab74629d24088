"""Measure everything, in one run, and write docs/performance.md.

``make bench`` does it all. Data and peers are kept in build/bench for the next run.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import export
import heartbeat
import memory
import objects
import opening
import profiles
import report
import scale
import slider
import slow
import startup
import volume
from goals import goal_table
from measure import Bench, FailedError, Table, Topic, shortened
from peer_venv import peers_python
from studies import Studies

ROOT = Path(__file__).parent.parent
TOPICS = {
    "opening": opening,
    "slider": slider,
    "volume": volume,
    "heartbeat": heartbeat,
    "memory": memory,
    "objects": objects,
    "export": export,
    "slow": slow,
    "scale": scale,
    "startup": startup,
    "profiles": profiles,
}


def main() -> int:
    """Measure, print, and write the page when everything was measured in full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything; no page")
    parser.add_argument("--only", nargs="+", choices=TOPICS, help="some topics; no page")
    parser.add_argument("--page", action="store_true", help="write the last run's page again")
    options = parser.parse_args()
    scratch = ROOT / "build" / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / ".gitignore").write_text("*\n")
    results, document = scratch / "results.json", ROOT / "docs" / "performance.md"
    if not options.page:
        machine, tables, found = _measured(
            scratch, options.only or list(TOPICS), quick=options.quick
        )
        if options.quick or options.only:
            print(report.markdown(goal_table(found)))
            return 0
        report.save(results, machine, tables, found)
    machine, tables, found = report.restored(results)
    print(report.markdown(goal_table(found)))
    document.write_text(report.page(machine, tables, found), encoding="utf-8")
    return 0


def _measured(
    scratch: Path, topics: list[str], *, quick: bool
) -> tuple[str, list[Table], dict[str, float]]:
    """Measure topics, printing each table as it comes."""
    python = peers_python(scratch / "peers")
    bench = Bench(Studies(scratch / "data"), python, scratch, quick)
    machine = report.machine(python)
    print(machine, flush=True)
    tables: list[Table] = []
    found: dict[str, float] = {}
    for name in topics:
        began = time.monotonic()
        try:
            topic = TOPICS[name].measure(bench)
        except FailedError as error:
            topic = Topic([Table(f"Not measured: {name}", ["why"], [[shortened(str(error))]])])
        tables += topic.tables
        found |= topic.found
        for table in topic.tables:
            print(report.markdown(table), flush=True)
        print(f"({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
    return machine, tables, found


if __name__ == "__main__":
    sys.exit(main())
