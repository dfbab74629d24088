"""From dropped paths to a LoadReport: the whole way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from napari_medscan.counted import agreeing
from napari_medscan.dicom.elements.collection import without_collection
from napari_medscan.dicom.elements.file_meta import looks_like_dicom
from napari_medscan.dicom.errors import UnreadableError
from napari_medscan.dicom.files.archives import is_named_like_archive, open_archives
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import DroppedFile, by_number, resolved, walk
from napari_medscan.dicom.headers.dicomdir import is_dicomdir, missing_references
from napari_medscan.dicom.headers.read_many import Progress, read_headers
from napari_medscan.dicom.index.recall import recall, remember
from napari_medscan.dicom.objects.registry import objects_of, parts_of
from napari_medscan.dicom.series.duplicates import drop_duplicates
from napari_medscan.dicom.series.image_copies import CopyDecoder
from napari_medscan.dicom.series.report import LoadReport
from napari_medscan.dicom.series.stacking import build_stacks
from napari_medscan.frames import FrameCache, shared_cache

_SERIES_WITHIN = 65536
"""The series UID stands within so many bytes, private elements included."""


def load(
    paths: Path | str | Iterable[Path | str],
    *,
    cache: FrameCache | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Find every image series in files and folders, reading headers only.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, folders, archives, a DICOMDIR (which stands for its folder).
    cache : FrameCache, optional
        Keeps decoded frames; the one of this process when not given.
    progress : callable, optional
        Told how far the reading of headers is.

    Returns
    -------
    LoadReport
        Stacks, and what became of every file.

    Raises
    ------
    OSError
        When a path does not exist.
    CancelledError
        When `progress` raises it.
    """
    given = [Path(paths)] if isinstance(paths, Path | str) else [Path(path) for path in paths]
    roots = [path.parent if is_dicomdir(path.name) and path.is_file() else path for path in given]
    cache = shared_cache() if cache is None else cache
    roots = [resolved(root) for root in roots]
    files = _opened(list(walk(roots)), progress)
    known = recall(roots, files, cache)
    if known is not None:
        return known
    with without_collection():
        report = _report(files, cache, progress)
    remember(roots, files, report)
    return report


def _opened(files: Sequence[DroppedFile], progress: Progress | None) -> list[DroppedFile]:
    """Replace archives by the files within them; unpacking may take a while."""
    if not any(map(is_named_like_archive, [file.name for file in files])):
        return list(files)
    found = []
    for file in open_archives(files, looks_like_dicom):
        found.append(file)
        if progress is not None:
            progress(0, len(files))
    return found


def _report(
    files: Sequence[DroppedFile],
    cache: FrameCache,
    progress: Progress | None,
    series: set[str] | None = None,
) -> LoadReport:
    """Build the report of some files, of certain series only if those are given."""
    # As people number them: what nothing else orders is in the order of the names.
    files = by_number(files)
    with CopyDecoder() as decoder:
        found = read_headers(files, progress, decoder.note)
        images, instances = found.images, found.objects
        if series is not None:
            images = [header for header in images if header.series in series]
            instances = [each for each in instances if each.series in series]
        kept, duplicates = drop_duplicates(images, decoder)
    objects, images = objects_of(kept, instances)
    shown = {name for each in objects for name in each.files}
    skipped = {each.name: each.kind.name for each in instances if each.name not in shown}

    def tick() -> None:
        if progress is not None:
            progress(len(files), len(files))

    stacks = tuple(build_stacks(images, cache, tick))
    return LoadReport(
        stacks=stacks,
        skipped=found.skipped | skipped,
        duplicates=duplicates,
        unreadable=found.unreadable,
        warnings=tuple(_directory_warnings(files)),
        objects=(*objects, *parts_of(stacks)),
    )


def load_series_of(file: Path, *, progress: Progress | None = None) -> LoadReport:
    """Load the whole series that one file belongs to, from its folder.

    A file that was made from images, such as a segmentation, comes with the series it refers to.

    Parameters
    ----------
    file : Path
        One file of the series.
    progress
        As in `load`.

    Returns
    -------
    LoadReport
        Accounts for the files of that series.
    """
    if is_dicomdir(file.name):
        return load(file, progress=progress)
    alone = load(file, progress=progress if is_named_like_archive(file.name) else None)
    series = {stack.header.series for stack in alone.stacks} - {""}
    series |= {each.header.series for each in alone.objects} - {""}
    series |= {uid for each in alone.objects for uid in each.referenced_series}
    if not series or any("/" in name for stack in alone.stacks for name in stack.files):
        # An archive is opened as a whole.
        return alone
    folder = (f for f in walk([file.resolve().parent]) if "/" not in f.name and not f.refusal)
    # Compressed files beside it may belong to it; archives do not.
    files = open_archives(folder, looks_like_dicom, peek=True)
    files = (f for f in files if "/" not in f.name and not f.refusal)
    same = [f for f in files if f.name == file.name or _mentions(f.ref, series)]
    return _report(same, shared_cache(), progress, series)


def _mentions(file: FileRef, uids: set[str]) -> bool:
    """Whether a UID stands in the first bytes of a file: quicker than parsing it."""
    try:
        head = file.prefix(_SERIES_WITHIN)
    except (OSError, UnreadableError):
        return False
    return any(uid.encode("latin-1") in head for uid in uids)


def _directory_warnings(files: Sequence[DroppedFile]) -> list[str]:
    warnings = []
    for directory in files:
        if directory.refusal or not is_dicomdir(directory.name):
            continue
        prefix = directory.name.rpartition("/")[0]
        prefix = f"{prefix}/" if prefix else ""
        below = [f.name.removeprefix(prefix) for f in files if f.name.startswith(prefix)]
        missing, named = missing_references(directory.ref, below)
        if missing:
            verb = agreeing(missing, "is")
            warnings.append(f"The DICOMDIR lists {named} files; {missing} {verb} missing")
    return warnings
