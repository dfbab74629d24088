"""What opening, scrolling and loading take at their peak."""

from __future__ import annotations

from pathlib import Path

import psutil

from child import forget_peak, memory
from measure import NO_INDEX, Bench, FailedError, Table, Topic, megabytes, once, shortened
from studies import SIZE

_BUDGET = 64 << 20
_FRAME = SIZE * SIZE * 2


def scrolled(folder: str, warm: str) -> dict[str, float]:
    """Open what is in a folder and look at the slices of its first stack, then at the others."""
    from napari_medscan.dicom import load
    from napari_medscan.frames import FrameCache

    cache = FrameCache(_BUDGET)
    for stack in load(warm, cache=cache).stacks:
        stack.array[0].sum()
        stack.array.close()
    forget_peak()
    host = memory("VmRSS")
    stacks = load(folder, cache=cache).stacks
    opened = memory() - host
    for stack in stacks[:1]:
        for number in range(len(stack.array)):
            stack.array[number].sum()
    for stack in stacks[1:]:
        stack.array[0].sum()
    return {"host": host, "opened": opened, "over": memory() - host, "workers": _workers()}


def loaded(folder: str, warm: str) -> dict[str, float]:
    """Load a volume beside a small cache; what the volume itself takes does not count."""
    import numpy as np

    import ours

    np.asarray(ours.opened(warm).array)
    forget_peak()
    host = memory("VmRSS")
    whole = np.asarray(ours.opened(folder, _BUDGET).array)
    return {"host": host, "over": memory() - host - whole.nbytes, "workers": _workers()}


def _workers() -> int:
    """Return the peaks of all worker processes, added up."""
    children = psutil.Process().children(recursive=True)
    return sum(memory(status=Path(f"/proc/{child.pid}/status")) for child in children)


def measure(bench: Bench) -> Topic:
    """Measure new processes: ours against the budget, then whole processes of all."""
    if not memory():
        return Topic([Table("Memory", ["not measured: this system does not tell"])])
    topic = Topic()
    _ours(bench, topic)
    _whole(bench, topic)
    return topic


def _ours(bench: Bench, topic: Topic) -> None:
    make, count = bench.studies, bench.count(500)
    plain, rle = make.series(count), make.series(bench.count(100), "RLE")
    series = 2 if bench.quick else 40
    huge = make.sparse(series, 1000)
    size = series * 1000 * _FRAME / 1e9
    columns = ["what", "opened, MB", "peak, MB", "of budget + one frame", "workers' peaks, MB"]
    table = Table(
        "Memory over the process before it opened anything",
        columns,
        note=f"A cache of {megabytes(_BUDGET)} MB. A whole volume counts apart from the array that "
        "it is read into. The process itself takes about 60 MB with Python and numpy; workers "
        "share libraries with it.",
    )
    topic.tables.append(table)
    for key, what, task, study in (
        ("memory, scroll", f"open and scroll {count} files", "scrolled", plain),
        ("memory, volume", f"whole volume of {count} files", "loaded", plain),
        ("memory, RLE", f"open and scroll {bench.count(100)} RLE files", "scrolled", rle),
        (
            "memory, huge",
            f"open and scroll {series * 1000:,} files: {size:.0f} GB",
            "scrolled",
            huge,
        ),
    ):
        warm = make.series(5, "RLE" if study == rle else "uncompressed")
        got = once(f"memory:{task}", study, warm, env=NO_INDEX)
        topic.found[key] = got["over"] / (_BUDGET + _FRAME)
        opened = megabytes(got["opened"]) if "opened" in got else ""
        row = [what, opened, megabytes(got["over"]), f"{topic.found[key]:.2f}"]
        table.rows.append([*row, megabytes(got["workers"]) if got["workers"] else "none"])
        if key == "memory, huge":
            topic.found["huge opened"] = got["opened"]


def _whole(bench: Bench, topic: Topic) -> None:
    count = bench.count(500)
    study = bench.studies.series(count)
    title = f"Peak memory of a whole process that loads a volume of {count} files"
    table = Table(title, ["who", "MB"], note=f"The array alone is {megabytes(count * _FRAME)} MB.")
    topic.tables.append(table)
    ours = once("ours:volume", study, env=NO_INDEX)
    table.rows.append(["napari-medscan (without napari)", megabytes(ours["peak"])])
    for name, task in (
        ("pydicom", "volume_pydicom"),
        ("SimpleITK", "volume_simpleitk"),
        ("highdicom", "volume_highdicom"),
        ("napari-itk-io", "napari_itk_io"),
        ("napari-medical-image-formats", "napari_medical_image_formats"),
    ):
        try:
            peak = megabytes(once(f"peers:{task}", study, python=bench.peers)["peak"])
        except FailedError as error:
            peak = f"failed: {shortened(str(error))}"
        table.rows.append([name, peak])
