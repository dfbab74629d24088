"""First open, reopen, multi-frame, 4-D, a segmentation, the corpus: headers, geometry, a slice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from measure import NO_INDEX, Bench, Contestant, Topic, once

OURS = Contestant("napari-medscan", "ours:open_first", env=NO_INDEX)
_SCAN = Contestant("limit: scandir + stat", "limits:scan_and_stat")
_READ = Contestant("limit: open + read 8 KB of each", "limits:read_8_kb")


def measure(bench: Bench) -> Topic:
    """Measure first opens with the index off, and reopens in new processes."""
    topic = Topic()
    for files in (500, 2000):
        _first(bench, topic, files)
    for files in (500, 2000):
        _again(bench, topic, files)
    frames = bench.count(1000)
    study = bench.studies.multiframe(frames, 256)
    pydicom = bench.peer("pydicom", "open_frames_pydicom")
    topic.compare(f"Open an enhanced CT of {frames:,} frames", [OURS, pydicom], study, bench.rounds)
    times = bench.count(100) // 5
    study = bench.studies.dynamic(times, 50)
    title = f"Open a 4-D series of {times} times and 50 slices"
    pydicom = bench.peer("pydicom", "open_pydicom")
    topic.compare(title, [OURS, _READ, pydicom], study, bench.rounds)
    _segmentation(bench, topic)
    _slides(bench, topic)
    corpus = _corpus()
    if corpus is not None:
        _mixed(bench, topic, corpus)
    return topic


def _first(bench: Bench, topic: Topic, files: int) -> None:
    contestants = [
        OURS,
        _READ,
        _SCAN,
        bench.peer("pydicom", "open_pydicom"),
        bench.peer("SimpleITK: names, geometry, a slice", "open_simpleitk"),
        bench.peer("napari-itk-io (whole volume)", "napari_itk_io"),
        bench.peer("napari-medical-image-formats (whole volume)", "napari_medical_image_formats"),
        bench.peer("dcm2niix (whole volume to a file)", "dcm2niix"),
    ]
    note = (
        "Stacks with geometry, and the first slice; our index is off. Who can only load "
        "everything before anything shows says so."
    )
    if files == 500:
        contestants.append(bench.peer("highdicom (whole volume)", "volume_highdicom"))
    else:
        note += " highdicom is left out: it took about a minute."
    count = bench.count(files)
    taken = topic.compare(
        f"First open of {count:,} files of 512 x 512, uncompressed",
        contestants,
        bench.studies.series(count),
        bench.rounds,
        note,
    )
    if files == 500:
        ours = taken[OURS.name].median
        topic.found["first open"] = ours
        topic.found["first open / read 8 KB"] = ours / taken[_READ.name].median
        topic.found["pydicom / first open"] = taken["pydicom"].median / ours
        simpleitk = taken["SimpleITK: names, geometry, a slice"].median
        topic.found["SimpleITK / first open"] = simpleitk / ours


def _segmentation(bench: Bench, topic: Topic) -> None:
    segments, frames = 59, bench.count(1488)
    index = bench.scratch / "index"
    shutil.rmtree(index, ignore_errors=True)
    study = bench.studies.segmentation(segments, frames, 256)
    env = {"MEDSCAN_CACHE_DIR": str(index)}
    task = "ours:open_segmentation"
    first = Contestant("napari-medscan", task, env=NO_INDEX, anew=True)
    again = Contestant("napari-medscan, opened before", task, env=env, anew=True)
    title = f"Open a segmentation of {segments} segments in {frames:,} frames"
    note = "Placed on its grid, with the labels of the first slice, each time in a new process."
    taken = topic.compare(title, [first, again], study, bench.rounds, note)
    topic.found["segmentation"] = max(timing.median for timing in taken.values())


def _slides(bench: Bench, topic: Topic) -> None:
    tenth = bench.count(10) < 10
    extent, huge = (5120, 12_800) if tenth else (20_480, 42_240)
    ours = Contestant("napari-medscan", "ours:open_slide", env=NO_INDEX)
    screen = Contestant("napari-medscan", "ours:slide_screen", env=NO_INDEX)
    note = "Levels as lazy arrays, with the place of each tile; no tile is read."
    for sparse in (False, True):
        study = bench.studies.slide(extent, sparse=sparse)
        tiling = "sparse" if sparse else "full"
        title = f"Open a slide of {extent:,} x {extent:,} pixels in JPEG tiles, {tiling} tiling"
        taken = topic.compare(title, [ours], study, bench.rounds, note)
        topic.found[f"slide, {tiling}"] = taken[ours.name].median
        title = f"1,024 x 1,024 pixels of it at a place not seen before, {tiling} tiling"
        topic.compare(title, [screen], study, bench.rounds)
    study = bench.studies.slide(huge, sparse=False, holes=True)
    size = 3 * huge**2 / 1e9
    title = f"Open a slide of {size:.1f} GB, {huge:,} x {huge:,} pixels"
    taken = topic.compare(title, [ours], study, bench.rounds, note)
    topic.found["slide, 5 GB"] = taken[ours.name].median


def _mixed(bench: Bench, topic: Topic, corpus: Path) -> None:
    files = sum(path.is_file() for path in corpus.rglob("*"))
    first = Contestant("napari-medscan, first in a process", OURS.task, env=NO_INDEX, anew=True)
    pydicom = bench.peer("pydicom, headers alone", "headers_pydicom")
    title = f"Open real files: the test corpus, {files:,} files of all kinds"
    taken = topic.compare(title, [OURS, first, pydicom], corpus, bench.rounds)
    theirs = taken[pydicom.name].median
    topic.found["pydicom / corpus"] = theirs / taken[OURS.name].median
    topic.found["pydicom / corpus, first"] = theirs / taken[first.name].median


def _again(bench: Bench, topic: Topic, files: int) -> None:
    count = bench.count(files)
    study = bench.studies.series(count)
    index = bench.scratch / "index"
    shutil.rmtree(index, ignore_errors=True)
    env = {"MEDSCAN_CACHE_DIR": str(index)}
    once("ours:open_first", study, env=env)
    ours = Contestant("napari-medscan", "ours:open_first", env=env, anew=True)
    scan = Contestant(_SCAN.name, _SCAN.task, anew=True)
    taken = topic.compare(
        f"Reopen {count:,} files in a new process",
        [ours, scan],
        study,
        2 * bench.rounds + 1,
        "Another process opened them before, so that the index on disk knows them. Time inside "
        "each new process, after its imports, to the first slice.",
    )
    topic.found[f"reopen {files}"] = taken[ours.name].median
    if files == 500:
        ratio = taken[ours.name].median / taken[scan.name].median
        topic.found["reopen / scandir + stat"] = ratio


def _corpus() -> Path | None:
    """Return the folder of real files that the tests use, if it is here."""
    named = os.environ.get("MEDSCAN_CORPUS")
    root = Path(named) if named else Path(__file__).parents[2] / "shared" / "corpus"
    cases = root / "cases"
    return cases if cases.is_dir() else None
