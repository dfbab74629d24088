"""From dropped paths to the regular files inside them.

Nothing is opened here. FIFOs, sockets and devices would block or never end;
links could lead out of what was dropped: they are listed, not followed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """One directory entry of a drop.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        Relative to what was dropped, with forward slashes.
    refusal : str
        Why it must not be opened; '' for a regular file.
    readable : bool
        False when the entry itself cannot be examined.
    """

    path: Path
    name: str
    refusal: str = ""
    readable: bool = True


def walk(paths: Iterable[Path]) -> Iterator[DroppedFile]:
    """Yield every file of the dropped paths once, folders in natural order.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders. A path that is itself a link is resolved: the user
        chose it.

    Raises
    ------
    OSError
        When a dropped path does not exist.
    """
    seen: set[Path] = set()
    for path in paths:
        root = path.resolve(strict=True)
        if root in seen:
            continue
        seen.add(root)
        if root.is_dir():
            yield from _folder(root)
        else:
            yield _entry(root, root.name, root.stat().st_mode)


def _folder(root: Path) -> Iterator[DroppedFile]:
    """Walk a folder without recursion: nesting may be deeper than Python's stack."""
    pending = [(str(root), "")]
    while pending:
        folder, prefix = pending.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: natural_key(entry.name))
        except OSError as error:
            yield DroppedFile(Path(folder), prefix or ".", _reason(error), readable=False)
            continue
        below = []
        for entry in entries:
            name = prefix + entry.name
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
            except OSError as error:
                yield DroppedFile(Path(entry.path), name, _reason(error), readable=False)
                continue
            if stat.S_ISDIR(mode):
                below.append((entry.path, name + "/"))
            else:
                yield _entry(Path(entry.path), name, mode)
        pending.extend(reversed(below))


def natural_key(name: str) -> list[str | int]:
    """Sort key by which "IM10" follows "IM9"."""
    parts: list[str | int] = list(_DIGITS.split(name))
    parts[1::2] = [int(part) for part in _DIGITS.findall(name)]
    return parts


def shown_name(name: str) -> str:
    """Return a file name that can be printed: bytes that are no text escaped."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _entry(path: Path, name: str, mode: int) -> DroppedFile:
    if stat.S_ISREG(mode):
        return DroppedFile(path, name)
    kind = (
        "a link: links are not followed, what they lead to is opened where it is"
        if stat.S_ISLNK(mode)
        else "not a regular file"
    )
    return DroppedFile(path, name, kind)


def _reason(error: OSError) -> str:
    return "permission denied" if isinstance(error, PermissionError) else "cannot be read"
