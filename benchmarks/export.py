"""Series as files of other programs, one and an archive of many: time and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import NO_INDEX, Bench, Contestant, FailedError, Table, Topic, megabytes, once
from measure import shortened as short

_SERIES, _SLICES = 200, 20


def nifti(folder: str) -> None:
    """Open a series and write it as NIfTI; the file goes away."""
    _saved(folder, "out.nii")


def nifti_gz(folder: str) -> None:
    """Open a series and write it as compressed NIfTI."""
    _saved(folder, "out.nii.gz")


def _saved(folder: str, name: str) -> None:
    from napari_medscan.export import save_nifti
    from ours import opened

    with tempfile.TemporaryDirectory() as out:
        save_nifti(opened(folder), Path(out) / name)


def archive(folder: str, to: str, jobs: str) -> dict[str, float]:
    """Run the command line on many series, with its start."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "napari_medscan.cli", "export", folder, f"{out}/new"]
        options = ["--to", to, "--jobs", jobs, "--pixels-checked"]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    # Of the largest of its processes.
    return {"peak": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}


def measure(bench: Bench) -> Topic:
    """Compare with dcm2niix, and measure an archive."""
    topic = Topic()
    slices = bench.count(500)
    study = bench.studies.series(slices)
    for title, ours, theirs in (
        ("uncompressed NIfTI", "nifti", "dcm2niix"),
        ("compressed NIfTI", "nifti_gz", "dcm2niix_gz"),
    ):
        topic.compare(
            f"{slices} slices as {title}",
            [
                Contestant("napari-medscan", f"export:{ours}", env=NO_INDEX),
                bench.peer("dcm2niix", theirs),
            ],
            study,
            min(bench.rounds, 3),
            note="From the folder to the file: ours by ISA-L, 4 % larger than by zlib at level 4; "
            "dcm2niix by zlib at its default of 6." if "gz" in ours else "",
        )  # fmt: skip
    topic.tables.append(_archive(bench))
    return topic


def _archive(bench: Bench) -> Table:
    """Return what it takes to export many series."""
    series = bench.count(_SERIES)
    table = Table(
        f"An archive of {series} series of {_SLICES} slices",
        ["what", "s", "memory of the largest process, MB"],
        note="Each is one command with its start. Pixels are zeros, which compress quickly: this "
        "measures files and slices, not compression.",
    )
    folder = bench.studies.sparse(series, _SLICES)
    ours, peers = "export:archive", "peers:dcm2niix_archive"
    for what, task, arguments, python in (
        ("nifti, --jobs 1", ours, ("nifti", "1"), sys.executable),
        ("nifti, --jobs 2", ours, ("nifti", "2"), sys.executable),
        ("dcm2niix", peers, (), bench.peers),
        ("dicom-deid, --jobs 1", ours, ("dicom-deid", "1"), sys.executable),
        ("dicom-deid, --jobs 2", ours, ("dicom-deid", "2"), sys.executable),
    ):
        try:
            got = once(task, folder, *arguments, python=python, env=NO_INDEX)
        except FailedError as error:
            table.rows.append([what, short(str(error)), ""])
            continue
        table.rows.append([what, f"{got['seconds']:.1f}", megabytes(got["peak"])])
    return table
