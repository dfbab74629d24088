"""Exporting everything in a folder, one function call a series, so that it can be distributed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.files.walk import shown_name
from napari_medscan.dicom.loading import load
from napari_medscan.dicom.series.report import LoadReport
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.errors import ExportError
from napari_medscan.export.images import save_png
from napari_medscan.export.nifti import save_nifti
from napari_medscan.export.nrrd import save_nrrd
from napari_medscan.export.volume import Exported
from napari_medscan.frames import FrameCache

Format = Literal["nifti", "nrrd", "png"]
SUFFIXES: Final[dict[Format, str]] = {"nifti": ".nii.gz", "nrrd": ".nrrd", "png": ""}
_CACHE: Final = 64 << 20
"""Bytes of decoded slices that a process keeps: a series is read once, in order."""


@dataclass(frozen=True, slots=True)
class SeriesJob:
    """Exports the series of a folder, each by its number; can be sent to other processes.

    Parameters
    ----------
    paths : tuple of str
        What is exported.
    out : str
        The folder of the new files; it exists.
    to : {"nifti", "nrrd", "png"}
        The format.
    unshear, uneven, blanks : bool
        As in `Options`.
    pixels_checked : bool
        As in `save_png`.
    """

    paths: tuple[str, ...]
    out: str
    to: Format
    unshear: bool = False
    uneven: bool = False
    blanks: bool = False
    pixels_checked: bool = False

    def __call__(self, number: int, fingerprint: str) -> dict[str, Any]:
        """Export a series, and return what became of it as plain data.

        ``status`` is "written", "exists" or "failed", with a ``reason``. Whatever goes wrong with
        one series is told like this, so that the others are exported.

        Parameters
        ----------
        number : int
            Which of the series that `load` finds.
        fingerprint : str
            From `fingerprint_of`, of whoever counted the series.
        """
        stacks = _loaded(self.paths).stacks
        if number >= len(stacks) or fingerprint_of(stacks[number], self) != fingerprint:
            reason = "The folder has changed meanwhile"
            return {"series": fingerprint, "status": "failed", "reason": reason}
        stack = stacks[number]
        line: dict[str, Any] = {
            "series": fingerprint,
            "modality": stack.modality,
            "series_number": stack.series_number,
            "axes": stack.axes,
            "shape": list(stack.array.shape),
            "sources": [shown_name(name) for name in stack.files],
        }
        target = Path(self.out) / (_name(stack, fingerprint) + SUFFIXES[self.to])
        if target.exists():
            return {**line, "status": "exists", "file": target.name}
        try:
            done = self._save(stack, target)
        except (MedscanError, OSError, MemoryError) as error:
            return {**line, "status": "failed", "reason": _reason(error)}
        warnings = [*stack.warnings, *done.warnings]
        found = {"status": "written", "file": target.name, "warnings": warnings}
        return {**line, **found, "blank_slices": list(done.blank)}

    def _save(self, stack: Stack, target: Path) -> Exported:
        if self.to == "png":
            checked = self.pixels_checked
            return save_png(stack, target, pixels_checked=checked, blanks=self.blanks)
        save = save_nifti if self.to == "nifti" else save_nrrd
        return save(stack, target, unshear=self.unshear, uneven=self.uneven, blanks=self.blanks)


def series_lines(job: SeriesJob, jobs: int = 1) -> Iterator[dict[str, Any]]:
    """Yield what became of every series, as it is done, and of every file that is no series.

    Parameters
    ----------
    job : SeriesJob
        What is done with each.
    jobs : int
        How many processes do it; 1 for this one alone.

    Raises
    ------
    OSError
        If a path does not exist.
    """
    _loaded.cache_clear()
    report = _loaded(job.paths)
    for name, reason in report.unreadable.items():
        yield {"status": "failed", "sources": [shown_name(name)], "reason": reason}
    for each in report.objects:
        names = [shown_name(name) for name in each.files]
        yield {"status": "failed", "sources": names, "reason": f"A {each.kind_name} is no image"}
    tasks = [(i, fingerprint_of(stack, job)) for i, stack in enumerate(report.stacks)]
    if jobs < 2 or len(tasks) < 2:
        for task in tasks:
            yield job(*task)
        return
    # Fresh processes: one that is forked shares locks and workers with its parent.
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn"))
    with stopped_at_once(pool):
        waiting = {pool.submit(job, *task): task for task in tasks}
        for done in as_completed(waiting):
            error = done.exception()
            if error is None:
                yield done.result()
                continue
            number, fingerprint = waiting[done]
            names = [shown_name(name) for name in report.stacks[number].files]
            reason = f"The process ended ({type(error).__name__})"
            line = {"series": fingerprint, "sources": names}
            yield {**line, "status": "failed", "reason": reason}


@contextmanager
def stopped_at_once(pool: ProcessPoolExecutor) -> Iterator[None]:
    """Begin nothing more when the caller stops; what runs ends by itself, its files complete."""
    try:
        yield
    finally:
        pool.shutdown(cancel_futures=True)


@lru_cache(maxsize=1)
def _loaded(paths: tuple[str, ...]) -> LoadReport:
    """Load what is exported, once a process; the index makes it quick after the first."""
    return load(list(paths), cache=FrameCache(_CACHE))


def prepare_out(paths: Sequence[Path], out: Path) -> None:
    """Make the folder of the new files.

    Raises
    ------
    ExportError
        If it lies within what is exported, or is a file.
    """
    place = out.resolve()
    for path in paths:
        if path.resolve() in (place, *place.parents):
            raise ExportError("The new folder lies within the one that is exported")
    if out.exists() and not out.is_dir():
        raise ExportError("The new folder is a file")
    out.mkdir(parents=True, exist_ok=True)


def fingerprint_of(stack: Stack, job: SeriesJob) -> str:
    """Return what tells a series and the way it is exported from all others.

    It changes when a file of the series is added, removed, renamed or changed.
    """
    digest = hashlib.blake2b(digest_size=8)
    last = None
    for record in stack.slices:
        if record.name != last:
            stat = os.stat(record.file.path_on_disk)  # noqa: PTH116 - once a file
            facts = repr((record.name, record.file.size, stat.st_mtime_ns))
            digest.update(facts.encode("utf-8", "surrogateescape"))
        last = record.name
        digest.update(repr((record.index, record.tile, record.segment)).encode())
    options = job.to, job.unshear, job.uneven, job.blanks
    affine = stack.geometry.affine
    place = b"" if affine is None else affine.tobytes()
    digest.update(repr((stack.axes, stack.array.shape, options)).encode() + place)
    return digest.hexdigest()


def _name(stack: Stack, fingerprint: str) -> str:
    """Return the name of a new file: nothing that a person entered is in it."""
    modality = stack.modality if stack.modality.isalnum() and stack.modality.isascii() else "OT"
    number = stack.series_number
    return f"{modality}-{0 if number is None else number:03d}-{fingerprint}"


def _reason(error: BaseException) -> str:
    if isinstance(error, MedscanError):
        return str(error)
    if isinstance(error, MemoryError):
        return "Not enough memory"
    why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "unknown"
    # The text of the error itself has a path in it.
    return f"The file cannot be written ({why})"
