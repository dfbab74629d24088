"""From dropped paths to a LoadReport: the whole way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from napari_medscan.dicom.dicomdir import is_dicomdir, missing_references
from napari_medscan.dicom.errors import NoImageError, NotDicomError, UnreadableError
from napari_medscan.dicom.files import DroppedFile, natural_key, walk
from napari_medscan.dicom.grouping import drop_duplicates
from napari_medscan.dicom.header import Header
from napari_medscan.dicom.report import LoadReport
from napari_medscan.dicom.stacking import build_stacks
from napari_medscan.dicom.templates import HeaderReader
from napari_medscan.frames import FrameCache, shared_cache

Progress = Callable[[int, int], None]
"""Called with (files done, files in all); may raise CancelledError."""


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
        Files, folders, a DICOMDIR (which stands for its folder).
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
    roots = [path.parent if is_dicomdir(path) and path.is_file() else path for path in given]
    return _report(list(walk(roots)), cache, progress)


def _report(
    files: Sequence[DroppedFile],
    cache: FrameCache | None,
    progress: Progress | None,
    series: set[str] | None = None,
) -> LoadReport:
    """Build the report of some files, of certain series only if those are given."""
    headers, skipped, unreadable = read_headers(files, progress)
    if series is not None:
        headers = [header for header in headers if header.series in series]
    headers.sort(key=lambda header: natural_key(header.name))
    kept, duplicates = drop_duplicates(headers)
    return LoadReport(
        stacks=tuple(build_stacks(kept, shared_cache() if cache is None else cache)),
        skipped=skipped,
        duplicates=duplicates,
        unreadable=unreadable,
        warnings=tuple(_directory_warnings(files)),
    )


def load_series_of(
    file: Path, *, cache: FrameCache | None = None, progress: Progress | None = None
) -> LoadReport:
    """Load the whole series that one file belongs to, from its folder.

    Parameters
    ----------
    file : Path
        One file of the series.
    cache, progress
        As in `load`.

    Returns
    -------
    LoadReport
        Accounts for the files of that series.
    """
    if is_dicomdir(file):
        return load(file, cache=cache, progress=progress)
    alone = load(file, cache=cache)
    series = {ref.header.series for stack in alone.stacks for ref in stack.slices} - {""}
    if not series:
        return alone
    folder = [f for f in walk([file.resolve().parent]) if "/" not in f.name and not f.refusal]
    same = [f for f in folder if f.path.name == file.name or _mentions(f.path, series)]
    return _report(same, cache, progress, series)


def _mentions(path: Path, uids: set[str]) -> bool:
    """Whether a UID stands in the first bytes of a file: quicker than parsing it."""
    try:
        with path.open("rb", buffering=0) as stream:
            head = stream.read(_SERIES_WITHIN)
    except OSError:
        return False
    return any(uid.encode("latin-1") in head for uid in uids)


def read_headers(
    files: Sequence[DroppedFile], progress: Progress | None = None
) -> tuple[list[Header], dict[str, str], dict[str, str]]:
    """Read the header of every file.

    Returns
    -------
    headers : list of Header
        Of the images.
    skipped, unreadable : dict of str to str
        Reasons for all other files, by name.
    """
    reader = HeaderReader()
    headers: list[Header] = []
    skipped: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for done, file in enumerate(files):
        if progress is not None:
            progress(done, len(files))
        if file.refusal:
            (skipped if file.readable else unreadable)[file.name] = file.refusal
            continue
        try:
            headers.append(reader.read(file.path, file.name))
        except (NotDicomError, NoImageError) as reason:
            skipped[file.name] = str(reason)
        except UnreadableError as reason:
            unreadable[file.name] = str(reason)
        except PermissionError:
            unreadable[file.name] = "permission denied"
        except OSError:
            unreadable[file.name] = "the file cannot be read"
    if progress is not None:
        progress(len(files), len(files))
    return headers, skipped, unreadable


def _directory_warnings(files: Sequence[DroppedFile]) -> list[str]:
    warnings = []
    for directory in files:
        if directory.refusal or not is_dicomdir(directory.path):
            continue
        prefix = directory.name.rpartition("/")[0]
        prefix = f"{prefix}/" if prefix else ""
        below = [f.name.removeprefix(prefix) for f in files if f.name.startswith(prefix)]
        missing, named = missing_references(directory.path, below)
        if missing:
            warnings.append(f"{missing} of {named} files that the DICOMDIR names are missing")
    return warnings
