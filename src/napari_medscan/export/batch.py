"""Exporting everything in a folder, one function call a series, so that it can be distributed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from napari_medscan.dicom.errors import MedscanError
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import shown_name
from napari_medscan.dicom.headers.instance import Instance
from napari_medscan.dicom.loading import load
from napari_medscan.dicom.objects.segmentation import Segmentation
from napari_medscan.dicom.series.report import LoadReport
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.export.engines import Ray, run_here, run_in_processes
from napari_medscan.export.images import save_png
from napari_medscan.export.movie import save_movie
from napari_medscan.export.nifti import save_nifti
from napari_medscan.export.nrrd import save_nrrd
from napari_medscan.export.ome_zarr import save_ome_zarr
from napari_medscan.export.segmentations import save_segmentation
from napari_medscan.export.tiff import save_tiff
from napari_medscan.export.volume import Exported
from napari_medscan.frames import FrameCache

Format = Literal["nifti", "nrrd", "tiff", "ome-zarr", "png", "gif", "mp4"]
SUFFIXES: Final[dict[Format, str]] = {
    "nifti": ".nii.gz",
    "nrrd": ".nrrd",
    "tiff": ".tif",
    "ome-zarr": ".ome.zarr",
    "png": "",
    "gif": ".gif",
    "mp4": ".mp4",
}
_SAVERS: Final[dict[Format, Callable[..., Exported]]] = {
    "nifti": save_nifti,
    "nrrd": save_nrrd,
    "tiff": save_tiff,
    "ome-zarr": save_ome_zarr,
}
"""What writes values, of series and of labels."""
_IMAGES: Final[dict[Format, Callable[..., Exported]]] = {
    "png": save_png,
    "gif": save_movie,
    "mp4": save_movie,
}
"""What writes images that the gate lets out."""
_CACHE: Final = 8 << 20
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
    to : {"nifti", "nrrd", "tiff", "ome-zarr", "png", "gif", "mp4"}
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
        report = _loaded(self.paths)
        items = exportable(report, self.to)
        if number >= len(items) or fingerprint_of(items[number], self) != fingerprint:
            reason = "The folder has changed meanwhile"
            return {"series": fingerprint, "status": "failed", "reason": reason}
        item = items[number]
        line = {"series": fingerprint, **_facts(item)}
        name = _name(item.header, fingerprint)
        target = Path(self.out) / (name + SUFFIXES[self.to])
        if target.exists():
            return {**line, "status": "exists", "file": target.name}
        try:
            if isinstance(item, Segmentation):
                done = self._save_segmentation(item, report.stacks, name)
            else:
                done = self._save(item, target)
        except (MedscanError, OSError, MemoryError) as error:
            return {**line, "status": "failed", "reason": _reason(error)}
        warnings = [*item.warnings, *done.warnings]
        found = {"status": "written", "file": target.name, "warnings": warnings}
        more = [file.name for file in done.files[1:] if file.suffix != ".json"]
        return {**line, **found, "more_files": more, "blank_slices": list(done.blank)}

    def _save(self, stack: Stack, target: Path) -> Exported:
        if self.to in _IMAGES:
            checked = self.pixels_checked
            return _IMAGES[self.to](stack, target, pixels_checked=checked, blanks=self.blanks)
        # A run that was killed may have left the JSON file alone.
        return self._saver(
            stack,
            target,
            unshear=self.unshear,
            uneven=self.uneven,
            blanks=self.blanks,
            overwrite=True,
        )

    def _save_segmentation(
        self, segmentation: Segmentation, stacks: Sequence[Stack], name: str
    ) -> Exported:
        def path(number: int) -> Path:
            suffix = f"-{number + 1}" if number else ""
            return Path(self.out) / f"{name}{suffix}{SUFFIXES[self.to]}"

        # What an earlier run left of several files is written again.
        done = save_segmentation(
            segmentation, stacks, self._saver, path, uneven=self.uneven, overwrite=True
        )
        return Exported(tuple(file for each in done for file in each.files))

    @property
    def _saver(self) -> Callable[..., Exported]:
        return _SAVERS[self.to]


def exportable(report: LoadReport, to: Format) -> list[Stack | Segmentation]:
    """Return what of a drop is exported: all series, and segmentations as labels."""
    found: list[Stack | Segmentation] = [*report.stacks]
    if to in _SAVERS:
        found += [each for each in report.objects if isinstance(each, Segmentation)]
    return found


def _facts(item: Stack | Segmentation) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "modality": item.header.modality,
        "series_number": item.header.series_number,
        "sources": [shown_name(name) for name in item.files],
    }
    if isinstance(item, Segmentation):
        meanings = {str(each.number): each.type.meaning for each in item.segments}
        return {**facts, "segments": meanings}
    return {**facts, "axes": item.axes, "shape": list(item.array.shape)}


def series_lines(
    job: SeriesJob, jobs: int = 1, engine: Ray | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what became of every series, as it is done, and of every file that is no series.

    Parameters
    ----------
    job : SeriesJob
        What is done with each.
    jobs : int
        How many processes do it; 1 for this one alone.
    engine : Ray, optional
        A cluster that does it instead.

    Raises
    ------
    ExportError
        If the cluster cannot be used.
    OSError
        If a path does not exist.
    """
    _loaded.cache_clear()
    report = _loaded(job.paths)
    for name, reason in report.unreadable.items():
        yield {"status": "failed", "sources": [shown_name(name)], "reason": reason}
    items = exportable(report, job.to)
    for each in report.objects:
        if each in items or not each.files:
            continue
        names = [shown_name(name) for name in each.files]
        yield {"status": "failed", "sources": names, "reason": f"Not an image: {each.kind_name}"}
    tasks = [(i, fingerprint_of(item, job)) for i, item in enumerate(items)]
    if engine is not None:
        done = engine(job, tasks)
    elif jobs < 2 or len(tasks) < 2:
        done = run_here(job, tasks)
    else:
        done = run_in_processes(job, tasks, jobs)
    for (number, fingerprint), line, error in done:
        if error is None:
            yield line
            continue
        names = [shown_name(name) for name in items[number].files]
        reason = f"The process ended ({type(error).__name__})"
        yield {"series": fingerprint, "sources": names, "status": "failed", "reason": reason}


@lru_cache(maxsize=1)
def _loaded(paths: tuple[str, ...]) -> LoadReport:
    """Load what is exported, once a process; the index makes it quick after the first."""
    return load(list(paths), cache=FrameCache(_CACHE))


def fingerprint_of(item: Stack | Segmentation, job: SeriesJob) -> str:
    """Return what tells a series and the way it is exported from all others.

    It changes when a file of the series is added, removed, renamed or changed.
    """
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((job.to, job.unshear, job.uneven, job.blanks)).encode())
    if isinstance(item, Segmentation):
        for header in item.headers:
            digest.update(_state(header.name, header.source.file))
        return digest.hexdigest()
    last = None
    for record in item.slices:
        if record.name != last:
            digest.update(_state(record.name, record.file))
        last = record.name
        digest.update(repr((record.index, record.tile, record.segment)).encode())
    affine = item.geometry.affine
    digest.update(repr((item.axes, item.array.shape)).encode())
    digest.update(b"" if affine is None else affine.tobytes())
    return digest.hexdigest()


def _state(name: str, file: FileRef) -> bytes:
    stat = os.stat(file.path_on_disk)  # noqa: PTH116 - once a file
    return repr((name, file.size, stat.st_mtime_ns)).encode("utf-8", "surrogateescape")


def _name(header: Instance, fingerprint: str) -> str:
    """Return the name of a new file: nothing that a person entered is in it."""
    modality = header.modality
    if not (modality.isalnum() and modality.isascii()):
        modality = "OT"
    number = header.series_number
    return f"{modality}-{0 if number is None else number:03d}-{fingerprint}"


def _reason(error: BaseException) -> str:
    if isinstance(error, MedscanError):
        return str(error)
    if isinstance(error, MemoryError):
        return "Not enough memory"
    why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "unknown"
    # The text of the error itself has a path in it.
    return f"The file cannot be written ({why})"
