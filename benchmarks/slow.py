"""A slow disk: whether waiting for it is hidden by asking for several files at a time."""

from __future__ import annotations

from measure import NO_INDEX, Bench, Contestant, Topic

_NOTE = "Every file operation takes 5 ms more (slow_disk.py)."


def measure(bench: Bench) -> Topic:
    """Measure opening and loading against one file after another."""
    topic = Topic()
    files = bench.count(500)
    study = bench.studies.series(files)
    ours = Contestant("napari-medscan", "slow_disk:open_first", env=NO_INDEX)
    sequential = Contestant("open + read 8 KB of each in turn", "slow_disk:read_8_kb")
    pydicom = Contestant("pydicom", "slow_disk:open_pydicom")
    title = f"First open of {files} files from a slow disk"
    taken = topic.compare(title, [ours, sequential, pydicom], study, 3, _NOTE)
    topic.found["slow disk"] = taken[sequential.name].median / taken[ours.name].median
    ours = Contestant("napari-medscan", "slow_disk:volume", env=NO_INDEX)
    sequential = Contestant("open + read the pixels of each in turn", "slow_disk:pixel_bytes_1")
    index = {"MEDSCAN_CACHE_DIR": str(bench.scratch / "index")}
    again = Contestant("napari-medscan, opened before", "slow_disk:volume", env=index)
    title = f"Whole volume of {files} files from a slow disk"
    topic.compare(title, [ours, again, sequential], study, 3, _NOTE + " Opening included.")
    return topic
