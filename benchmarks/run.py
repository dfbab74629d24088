"""Measure opening, looking and loading against other readers, in one run.

``make bench`` prints a table and writes docs/performance.md. Peers take turns
with us, several times over, and medians are compared: the ratio is what counts,
as machines and their other work differ.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pydicom

from napari_medscan.dicom import load
from napari_medscan.frames import FrameCache
from studies import SIZE, SYNTAXES, write_study

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
Task = Callable[[Path], object]


@dataclass(frozen=True)
class Row:
    """One measured line: what, by whom, seconds, and how it compares with ours."""

    what: str
    who: str
    seconds: float
    ratio: float


def median_times(tasks: dict[str, Task], folder: Path, rounds: int) -> dict[str, float]:
    """Return the median time of each task, all of them taking turns."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            started = time.perf_counter()
            task(folder)
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


def compared(what: str, tasks: dict[str, Task], folder: Path, rounds: int) -> list[Row]:
    """Return a row for each task; the first one is ours."""
    taken = median_times(tasks, folder, rounds)
    ours = next(iter(taken.values()))
    return [Row(what, who, seconds, seconds / ours) for who, seconds in taken.items()]


# --- opening: headers in order, geometry, the first slice


def open_medscan(folder: Path) -> object:
    (stack,) = load(folder, cache=FrameCache(1 << 28)).stacks
    return stack.array[0]


def open_pydicom(folder: Path) -> object:
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in folder.iterdir()]
    headers.sort(key=lambda header: float(header.ImagePositionPatient[2]))
    return pydicom.dcmread(folder / "IM00000").pixel_array


def open_simpleitk(folder: Path) -> object:
    import SimpleITK

    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    return SimpleITK.ReadImage(names[0])


def read_8_kb(folder: Path) -> object:
    for entry in os.scandir(folder):
        with open(entry.path, "rb", buffering=0) as stream:  # noqa: PTH123 - the bare minimum
            stream.read(8192)
    return None


# --- the whole volume as one array in Hounsfield units


def volume_medscan(folder: Path) -> object:
    (stack,) = load(folder, cache=FrameCache(1)).stacks
    return np.asarray(stack.array)


def volume_pydicom(folder: Path) -> object:
    files = [pydicom.dcmread(path) for path in folder.iterdir()]
    files.sort(key=lambda file: float(file.ImagePositionPatient[2]))
    return np.stack([f.pixel_array.astype(np.int16) + np.int16(f.RescaleIntercept) for f in files])


def volume_simpleitk(folder: Path) -> object:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return SimpleITK.GetArrayViewFromImage(reader.Execute())


def volume_bytes(folder: Path) -> object:
    """Read just the pixel bytes, which all end their files, into one array."""
    paths = sorted(folder.iterdir())
    out = np.empty((len(paths), SIZE, SIZE), np.int16)
    for path, frame in zip(paths, out, strict=True):
        with path.open("rb", buffering=0) as stream:
            stream.seek(-frame.nbytes, os.SEEK_END)
            stream.readinto(frame)
    return out


def has_simpleitk() -> bool:
    try:
        version("SimpleITK")
    except PackageNotFoundError:
        return False
    return True


def rows_of(folder: Path, slices: int, compressed: int, rounds: int) -> list[Row]:
    """Measure everything."""
    rows: list[Row] = []
    peers = has_simpleitk()
    plain = folder / "uncompressed"
    write_study(plain, "uncompressed", slices)
    opening: dict[str, Task] = {"napari-medscan": open_medscan, "open + read 8 KB": read_8_kb}
    opening["pydicom"] = open_pydicom
    volume: dict[str, Task] = {"napari-medscan": volume_medscan, "bytes only": volume_bytes}
    volume["pydicom"] = volume_pydicom
    if peers:
        opening["SimpleITK"], volume["SimpleITK"] = open_simpleitk, volume_simpleitk
    rows += compared(f"first open, {slices} files", opening, plain, rounds)
    rows += compared(f"whole volume, {slices} files", volume, plain, max(rounds // 2, 1))
    for syntax in SYNTAXES:
        if syntax == "uncompressed":
            continue
        study = folder / syntax
        write_study(study, syntax, compressed)
        several: dict[str, Task] = {"napari-medscan": volume_medscan}
        several["napari-medscan, one thread"] = volume_one_thread
        if syntax not in UNREAD_BY_PYDICOM:
            several["pydicom"] = volume_pydicom
        if peers:
            several["SimpleITK"] = volume_simpleitk
        rows += compared(f"volume, {compressed} files, {syntax}", several, study, rounds)
    return rows


UNREAD_BY_PYDICOM = frozenset(("JPEG lossless", "JPEG-LS"))
"""What pydicom decodes only with plugins that are GPL or unsafe."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Decode without any parallelism, in this process."""
    from napari_medscan.dicom import pixels
    from napari_medscan.dicom.codecs import decode
    from napari_medscan.frames import lazy

    decode_isolated, parallel_from = pixels.decode, lazy.PARALLEL_FROM
    pixels.decode, lazy.PARALLEL_FROM = decode, 1 << 30
    try:
        yield
    finally:
        pixels.decode, lazy.PARALLEL_FROM = decode_isolated, parallel_from


def volume_one_thread(folder: Path) -> object:
    with one_at_a_time():
        return volume_medscan(folder)


def document(rows: list[Row]) -> str:
    """Return the page: the machine, then the table."""
    packages = ["numpy", "pydicom", "imagecodecs", *(["SimpleITK"] if has_simpleitk() else [])]
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; do not edit. Medians of one run in which all took turns, page",
        "cache warm; a ratio is time over ours, so that larger is slower than napari-medscan.",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d} · {os.cpu_count()} cores · {platform.system()} "
        f"{platform.machine()} · Python {platform.python_version()} · "
        + ", ".join(f"{p} {version(p)}" for p in packages),
        "",
        "| what | who | ms | ratio |",
        "|---|---|---|---|",
        *(f"| {r.what} | {r.who} | {r.seconds * 1e3:,.1f} | {r.ratio:.2f} |" for r in rows),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=500)
    parser.add_argument("--compressed", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = rows_of(Path(scratch), options.slices, options.compressed, options.rounds)
    page = document(rows)
    print(page)
    DOCUMENT.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
