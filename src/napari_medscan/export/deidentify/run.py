"""De-identifying everything in a folder: each file, with its outcome."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from napari_medscan.dicom.elements.file_meta import looks_like_dicom
from napari_medscan.dicom.errors import MedscanError, NotDicomError
from napari_medscan.dicom.files.archives import open_archives
from napari_medscan.dicom.files.walk import DroppedFile, natural_key, shown_name, walk
from napari_medscan.export.deidentify.dicomdir import DICOMDIR, write_dicomdir
from napari_medscan.export.deidentify.file import Deidentified, deidentified
from napari_medscan.export.deidentify.options import Profile
from napari_medscan.export.deidentify.outcome import Outcome, Status
from napari_medscan.export.deidentify.pseudonyms import Pseudonyms, new_key
from napari_medscan.export.deidentify.report import rectangles, write_report
from napari_medscan.export.engines import fresh_processes
from napari_medscan.export.errors import ExportError
from napari_medscan.export.new_files import NewFiles, prepare_folder
from napari_medscan.storage import replacing

_CHUNK: Final = 16
"""Files that a process is given at a time."""
_OTHER: Final = (
    "a copy exists that was made of another file, with other options or by another version: use a "
    "new folder"
)


def deidentify(
    paths: Path | str | Sequence[Path | str],
    out: Path | str,
    profile: Profile | None = None,
    *,
    key: bytes | None = None,
    dicomdir: bool | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> list[Outcome]:
    """Write a copy of every DICOM file without identity into a new folder.

    The originals stay as they are. UIDs, the patients' names and the shift of their dates are the
    same in all files that are written with one key. A report of what was done, without values, is
    written beside the copies.

    Parameters
    ----------
    paths : path or sequence of paths
        Files, folders and archives.
    out : path
        A folder that does not exist or is empty; with a `key`, also one of an earlier run.
    profile : Profile, optional
        What is retained beyond the Basic Profile.
    key : bytes, optional
        At least 16 random bytes. Whoever has it can tell whether a pseudonym belongs to a patient
        they know: keep it as safe as the originals, or leave it out, and nobody ever can.
    dicomdir : bool, optional
        Write a DICOMDIR of the copies, into an empty folder. By default, if there is one among the
        files and no `key`.
    progress : callable, optional
        Called with (files done, files in all). What it raises stops the run.

    Returns
    -------
    list of Outcome
        One for each file, in their order.

    Raises
    ------
    ExportError
        If the folder cannot be used.
    OSError
        If a path does not exist, or the folder cannot be written to.
    """
    given = [paths] if isinstance(paths, Path | str) else paths
    out = Path(out)
    files, job = _planned(list(map(Path, given)), out, profile or Profile(), key, dicomdir=dicomdir)
    return deidentify_files(files, job, progress)


def _planned(
    paths: Sequence[Path],
    out: Path,
    profile: Profile,
    key: bytes | None,
    *,
    dicomdir: bool | None,
) -> tuple[list[DroppedFile], Job]:
    """Return the files of some paths and what is done with each; the folder exists then."""
    files = list_files(paths)
    if dicomdir is None:
        names = (file.name.rpartition("/")[2] for file in files)
        dicomdir = key is None and any(name.upper() == DICOMDIR for name in names)
    prepare_folder(out, paths, may_hold_files=key is not None and not dicomdir)
    return files, Job(out, profile, new_key() if key is None else key, has_dicomdir=dicomdir)


def deidentify_files(
    files: Sequence[DroppedFile], job: Job, progress: Callable[[int, int], object] | None = None
) -> list[Outcome]:
    """De-identify files one after the other, and write the report.

    Parameters
    ----------
    files : sequence of DroppedFile
        The originals.
    job : Job
        What is done with each; its folder exists.
    progress : callable, optional
        As in `deidentify`.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    outcomes = []
    for number, file in enumerate(files, start=1):
        outcomes.append(job(number, file))
        if progress is not None:
            progress(number, len(files))
    _finish(job, files, outcomes)
    return outcomes


def _finish(job: Job, files: Sequence[DroppedFile], outcomes: Sequence[Outcome]) -> None:
    """Write what belongs to all files: the report, and a DICOMDIR if it is wanted."""
    write_report(job.out, zip(map(job.digest_of, files), outcomes, strict=True), job.profile)
    targets = [outcome.target for outcome in outcomes if outcome.target is not None]
    if job.has_dicomdir and targets:
        write_dicomdir(job.out, targets, Pseudonyms(job.key, "").uid("DICOMDIR"))


def list_files(paths: Iterable[Path]) -> list[DroppedFile]:
    """Return all files of some paths, those in archives too, in the order of their names."""
    files = open_archives(walk(paths), looks_like_dicom)
    return sorted(files, key=lambda file: natural_key(file.name))


@dataclass(frozen=True, slots=True)
class Job:
    """De-identifies one file after the other; can be sent to other processes.

    Parameters
    ----------
    out : Path
        The folder of the copies.
    profile : Profile
        What is retained.
    key : bytes
        As in `deidentify`.
    is_examined : bool
        Whether the gate has let all images out, masked as the profile says.
    has_dicomdir : bool
        Give folders and files names that a DICOMDIR can have (PS3.10 8.2): all of one run.
    """

    out: Path
    profile: Profile
    key: bytes = field(repr=False)
    is_examined: bool = False
    has_dicomdir: bool = False

    def __post_init__(self) -> None:
        if len(self.key) < 16:
            raise ExportError("The key needs at least 16 bytes")

    def digest_of(self, file: DroppedFile) -> str:
        """Return what tells a file from others; nobody can tell without the key which it is."""
        status = file.status
        state = "" if status is None else f"{status.st_size} {status.st_mtime_ns}"
        return self._digest(f"{file.name}\0{state}")[:16]

    def __call__(self, number: int, file: DroppedFile) -> Outcome:
        """De-identify a file, number `number` of `list_files`, and return what became of it."""
        name = shown_name(file.name)
        if file.refusal:
            return Outcome(name, "skipped", file.refusal)
        try:
            copy = deidentified(file.ref, self.key, self.profile, is_examined=self.is_examined)
            folder, name_hash = self._place(copy, file.name)
            if self.has_dicomdir:
                folder = self.out.joinpath(*self._file_id(folder))
                target = folder / f"I{number:07d}"
            else:
                earlier = next(folder.glob(f"*-{name_hash}.dcm"), None)
                target = earlier or folder / f"{number:06d}-{name_hash}.dcm"
            status = self._write(copy, target)
        except NotDicomError as error:
            return Outcome(name, "skipped", str(error))
        except MedscanError as error:
            return Outcome(name, "refused", str(error))
        except Exception as error:  # noqa: BLE001 - one file must not end the run; text may name
            return Outcome(name, "refused", f"cannot be written ({type(error).__name__})")
        changes = dict(copy.changes)
        return Outcome(name, status, target=target, changes=changes, masked=copy.masked)

    @staticmethod
    def _write(copy: Deidentified, target: Path) -> Status:
        """Write a copy, unless the same one exists.

        Raises
        ------
        ExportError
            If another one exists.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            again = io.BytesIO()
            copy.write(again)
            if again.getbuffer() != target.read_bytes():
                raise ExportError(_OTHER)
            return "exists"
        with NewFiles() as files:
            copy.write(files.open(target))
        return "written"

    def _place(self, copy: Deidentified, name: str) -> tuple[Path, str]:
        """Return the folder of a copy and what tells it from all others, whatever headers say.

        Files of one folder stay together, apart from those of others.
        """
        study, series = (str(copy.data.get(f"{of}InstanceUID")) for of in ("Study", "Series"))
        origin = self._digest(name.rpartition("/")[0])[:6]
        folder = self.out / (copy.pseudonyms.name or "anon") / f"study-{self._digest(study)[:8]}"
        return folder / f"series-{self._digest(series)[:8]}-{origin}", self._digest(name)[:16]

    def _file_id(self, folder: Path) -> Iterator[str]:
        """Yield names of eight capitals and digits for a folder and those that it is in."""
        for letter, part in zip("PSE", folder.relative_to(self.out).parts, strict=True):
            yield letter + self._digest(part)[:7].upper()

    def _digest(self, name: str) -> str:
        text = name.encode("utf-8", "surrogateescape")
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()


def deidentified_lines(
    path: Path,
    out: Path,
    profile: Profile,
    key: bytes | None,
    jobs: int = 1,
    *,
    dicomdir: bool | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what became of each file as plain data, as it is done, and write the report.

    Parameters
    ----------
    path, out, profile, key, dicomdir
        As in `deidentify`.
    jobs : int
        How many processes do it; 1 for this one alone.

    Raises
    ------
    ExportError, OSError
        As `deidentify`.
    """
    files, job = _planned([path], out, profile, key, dicomdir=dicomdir)
    outcomes = []
    with ExitStack() as stack:
        if jobs < 2:
            results: Iterator[Outcome] = map(job, range(1, len(files) + 1), files)
        else:
            pool = stack.enter_context(fresh_processes(jobs))
            results = pool.map(job, range(1, len(files) + 1), files, chunksize=_CHUNK)
        for outcome in results:
            outcomes.append(outcome)
            line: dict[str, Any] = {"source": outcome.name, "status": outcome.status}
            if outcome.reason:
                line["reason"] = outcome.reason
            if outcome.target is not None:
                line["file"] = outcome.target.relative_to(out).as_posix()
            if outcome.masked:
                line["masked"] = rectangles(outcome.masked)
            yield line
    _finish(job, files, outcomes)


def read_key(path: Path) -> bytes:
    """Read the key of a run from a file, which is made, for its owner alone, if there is none.

    Raises
    ------
    ExportError
        If the file holds no key.
    OSError
        If it cannot be read or written.
    """
    if not path.exists():
        with replacing(path, durable=True) as file:
            file.write(new_key().hex().encode("ascii") + b"\n")
    try:
        return bytes.fromhex(path.read_text("ascii").strip())
    except (UnicodeDecodeError, ValueError):
        raise ExportError("The key file contains no key") from None
