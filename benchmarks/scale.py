"""Very many files, series and frames: no step may grow faster than they do."""

from __future__ import annotations

from pathlib import Path

from measure import NO_INDEX, Bench, Contestant, Table, Topic, compare

_OURS = Contestant("ours", "ours:open_first", env=NO_INDEX)
_READ = Contestant("read", "limits:read_8_kb")


def measure(bench: Bench) -> Topic:
    """Measure each kind at a tenth and in full."""
    topic = Topic()
    columns = ["what", "s", "µs each", "of open + read 8 KB", "each, against a tenth as many"]
    note = "First opens. The last column is 1.00 when time grows as the number does."
    table = Table("Scale", columns, note=note)
    topic.tables.append(table)
    series, files, frames = bench.count(5000), bench.count(10_000), bench.count(10_000)
    make = bench.studies
    growths = (
        _grown(
            bench,
            table,
            ("files in one drop, of {} series", series * 10, series),
            (make.small(series // 10, 10), make.small(series, 10)),
        ),
        _grown(
            bench,
            table,
            ("files of one series", files, 1),
            (make.small(1, files // 10), make.small(1, files)),
        ),
        _grown(
            bench,
            table,
            ("frames in one file", frames, 1),
            (make.multiframe(frames // 10, 64), make.multiframe(frames, 64)),
        ),
    )
    topic.found["50,000 files"] = growths[0][0]
    topic.found["growth"] = max(growth for _, growth in growths)
    return topic


def _grown(
    bench: Bench, table: Table, what: tuple[str, int, int], folders: tuple[Path, Path]
) -> tuple[float, float]:
    """Add a row; return seconds in full and how much longer each takes than in a tenth."""
    text, count, groups = what
    rounds = 2 if bench.quick else 3
    tenth = compare([_OURS], [folders[0]], rounds)[_OURS.name].median
    taken = compare([_OURS, _READ], [folders[1]], rounds, budget=30)
    full, read = taken[_OURS.name].median, taken[_READ.name].median
    growth = full / count / (tenth / (count / 10))
    row = [f"{count:,} {text.format(f'{groups:,}')}", f"{full:.2f}", f"{full / count * 1e6:,.0f}"]
    of_reading = f"{full / read:.1f}" if "files" in text else ""
    table.rows.append([*row, of_reading, f"{growth:.2f}"])
    return full, growth
