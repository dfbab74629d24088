"""Writing a set of files completely or not at all, and never over another file."""

from __future__ import annotations

import contextlib
import gzip
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from isal import igzip

from napari_medscan.export.errors import ExportError


class NewFiles:
    """A context in which files are written under temporary names.

    Leaving it without an error renames them, the last opened first: when the main file, which is
    opened first, has its name, so have the others. Leaving it with an error deletes them.

    Parameters
    ----------
    overwrite : bool
        Replace files that exist. Otherwise `open` and the end of the context raise.

    Examples
    --------
    >>> with NewFiles() as files:
    ...     files.open(folder / "scan.json").write(b"{}")  # doctest: +SKIP
    """

    def __init__(self, *, overwrite: bool = False) -> None:
        self._overwrite = overwrite
        self._files: list[tuple[BinaryIO, Path, Path]] = []

    def open(self, path: Path) -> BinaryIO:
        """Return a new file for writing, which becomes `path` at the end of the context.

        Raises
        ------
        ExportError
            If `path` exists and must not be replaced.
        OSError
            If the folder cannot be written to.
        """
        if not self._overwrite and os.path.lexists(path):
            raise ExportError("The file exists already")
        temporary = path.with_name(f".medscan-{secrets.token_hex(8)}.part")
        file = temporary.open("xb")
        self._files.append((file, temporary, path))
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for file, _, _ in self._files:
                file.close()
            if kind is None:
                for _, temporary, path in reversed(self._files):
                    self._publish(temporary, path)
        finally:
            for _, temporary, _ in self._files:
                with contextlib.suppress(OSError):
                    temporary.unlink()

    def _publish(self, temporary: Path, path: Path) -> None:
        if self._overwrite:
            temporary.replace(path)
            return
        try:
            # A link fails if another process has made the file meanwhile; renaming does not.
            os.link(temporary, path)
        except FileExistsError:
            raise ExportError("The file exists already") from None
        except OSError:
            # File systems of memory sticks have no links.
            if os.path.lexists(path):
                raise ExportError("The file exists already") from None
            temporary.replace(path)


def compressed(file: BinaryIO) -> gzip.GzipFile:
    """Return a file that compresses what is written to it, by gzip without its name and time."""
    return igzip.GzipFile("", "wb", fileobj=file, mtime=0)  # type: ignore[no-untyped-call]


def prepare_folder(out: Path, sources: Iterable[Path], *, may_hold_files: bool = True) -> None:
    """Make the folder of an export, if there is none.

    Parameters
    ----------
    out : Path
        The folder.
    sources : iterable of Path
        What is exported.
    may_hold_files : bool
        Whether it may contain files already, such as those of an earlier run.

    Raises
    ------
    ExportError
        If it lies within what is exported, is a file, or contains files that it may not.
    OSError
        If it cannot be made.
    """
    place = out.resolve()
    if any(source.resolve() in (place, *place.parents) for source in sources):
        raise ExportError("The new folder lies within the one that is exported")
    if out.exists() and not out.is_dir():
        raise ExportError("The new folder is a file")
    if not may_hold_files and out.is_dir() and any(out.iterdir()):
        raise ExportError("The folder is not empty")
    out.mkdir(parents=True, exist_ok=True)


@contextmanager
def new_folder(folder: Path, *, replaces: str = "") -> Iterator[Path]:
    """Give a new folder under a temporary name, which becomes `folder` unless there is an error.

    Parameters
    ----------
    folder : Path
        The folder that it is in exists.
    replaces : str
        Replace a folder that has a file of this name; none by default.

    Raises
    ------
    ExportError
        If `folder` exists and is not to be replaced.
    OSError
        If it cannot be made.
    """
    exists = os.path.lexists(folder)
    if exists and not (replaces and (folder / replaces).is_file()):
        raise ExportError("The folder exists already")
    stem = f".medscan-{secrets.token_hex(8)}"
    temporary, old = (folder.with_name(stem + end) for end in (".part", ".old.part"))
    temporary.mkdir()
    try:
        yield temporary
        if exists:
            folder.rename(old)
        temporary.rename(folder)
    finally:
        for each in (temporary, old):
            shutil.rmtree(each, ignore_errors=True)
