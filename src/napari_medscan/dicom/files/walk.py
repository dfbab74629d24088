"""From dropped paths to the regular files inside them.

Nothing is opened here. FIFOs, sockets and devices would block or never end;
links could lead out of what was dropped: they are listed, not followed.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.member import LINK, SPECIAL

_DIGITS = re.compile(r"(\d+)")
_ZERO = str.maketrans("123456789", "000000000")


class DroppedFile(NamedTuple):
    """One directory entry of a drop.

    Parameters
    ----------
    ref : FileRef
        Where it is.
    name : str
        Relative to what was dropped, with forward slashes.
    refusal : str
        Why it must not be opened; '' for a regular file.
    readable : bool
        False when the entry itself cannot be examined.
    status : os.stat_result or None
        Its size, its times and the like; None when it cannot be examined.
    """

    ref: FileRef
    name: str
    refusal: str = ""
    readable: bool = True
    status: os.stat_result | None = None


def walk(paths: Iterable[Path]) -> Iterator[DroppedFile]:
    """Yield every file of the dropped paths once, those of a folder by name.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders. A path that is itself a link is resolved: the user
        chose it. Of several, names are relative to the folder they share, so
        that no two files have the same name.

    Raises
    ------
    OSError
        When a dropped path does not exist.
    """
    roots = dict.fromkeys(map(resolved, paths))
    # What lies in another dropped folder comes with it.
    roots = dict.fromkeys(root for root in roots if not any(p in roots for p in root.parents))
    shared = _shared_folder(list(roots))
    for root in roots:
        if root.is_dir():
            name = _relative(root, shared)
            yield from _folder(root, f"{name}/" if name else "")
        else:
            yield _entry(str(root), _relative(root, shared), root.stat())


def resolved(path: Path) -> Path:
    """Return where a dropped path leads to; raise OSError when that does not exist."""
    try:
        return path.resolve(strict=True)
    except RuntimeError:
        # A link that leads to itself, before Python 3.13.
        raise OSError(errno.ELOOP, "circular symbolic link") from None


def _shared_folder(roots: Sequence[Path]) -> Path | None:
    """Return the folder that names are relative to, None when there is none."""
    if len(roots) == 1 and roots[0].is_dir():
        return roots[0]
    try:
        return Path(os.path.commonpath([root.parent for root in roots]))
    except ValueError:
        # Nothing was dropped, or from several drives.
        return None


def _relative(path: Path, folder: Path | None) -> str:
    name = (path.relative_to(folder) if folder else path).as_posix()
    return "" if name == "." else name


def _folder(root: Path, prefix: str) -> Iterator[DroppedFile]:
    """Walk a folder without recursion: nesting may be deeper than Python's stack."""
    pending = [(str(root), prefix)]
    while pending:
        folder, prefix = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=attrgetter("name"))
        except OSError as error:
            yield DroppedFile(FileRef(folder), prefix or ".", reason_of(error), readable=False)
            continue
        below = []
        for entry in entries:
            name = prefix + entry.name
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield DroppedFile(FileRef(entry.path), name, reason_of(error), readable=False)
                continue
            if stat.S_ISDIR(found.st_mode):
                below.append((entry.path, name + "/"))
            else:
                yield _entry(entry.path, name, found)
        pending.extend(reversed(below))


def by_number(files: Sequence[DroppedFile]) -> Sequence[DroppedFile]:
    """Return files in the order of their names, "IM10" after "IM9"."""
    if _have_digits_alike([file.name for file in files]):
        return sorted(files, key=attrgetter("name"))
    return sorted(files, key=lambda file: natural_key(file.name))


def _have_digits_alike(names: Sequence[str]) -> bool:
    """Whether names differ in digits only: then their numbers follow each other as texts do."""
    return len({name.translate(_ZERO) for name in names}) < 2


def natural_key(name: str) -> list[str | int]:
    """Sort key by which "IM10" follows "IM9"."""
    parts: list[str | int] = list(_DIGITS.split(name))
    parts[1::2] = map(int, parts[1::2])
    return parts


def shown_name(name: str) -> str:
    """Return a file name that can be printed: bytes that are no text escaped."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _entry(path: str, name: str, found: os.stat_result) -> DroppedFile:
    mode = found.st_mode
    if stat.S_ISREG(mode):
        return DroppedFile(FileRef(path), name, "", True, found)
    kind = LINK if stat.S_ISLNK(mode) else SPECIAL
    return DroppedFile(FileRef(path), name, kind, True, found)


def reason_of(error: Exception) -> str:
    """Return why a file cannot be read, as a phrase."""
    return "permission denied" if isinstance(error, PermissionError) else "cannot be read"
