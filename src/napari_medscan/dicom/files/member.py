"""What an archive says about one of its members, and a label for it that is safe to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from napari_medscan.dicom.files.file_ref import FileRef

LONGEST_LABEL = 1000
"""Characters of a member's name; longer ones are cut."""
_SEPARATORS = re.compile(r"[/\\]+")
_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
MAX_MEMBERS = 200_000
"""Members of one archive; the largest studies have some ten thousand."""
EXTRACT = "extract it and open the folder"
"""What to do with an archive that is not opened in place."""
LINK, SPECIAL = "symbolic link (not followed)", "special file"


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive.

    Parameters
    ----------
    label : str
        Its name, for people. It is never a path: nothing is opened or written by it.
    ref : FileRef or None
        Its bytes; None when it cannot be read.
    refusal : str
        Why it must not be opened, '' for a regular file.
    readable : bool
        False when it should be readable, and is not.
    """

    label: str
    ref: FileRef | None
    refusal: str = ""
    readable: bool = True


def label_of(name: str) -> str:
    """Return a member's name without what could make a path of it.

    Roots, drives, parents, empty parts and control characters go; a backslash separates as a
    slash does, because Windows writes them.
    """
    parts = _SEPARATORS.split(_DRIVE.sub("", _CONTROLS.sub("", name)))
    label = "/".join(part for part in parts if part not in ("", ".", ".."))
    if len(label) > LONGEST_LABEL:
        # The end tells the files of a folder apart.
        label = f"…{label[1 - LONGEST_LABEL :]}"
    return label or "unnamed"


def distinct(members: Iterable[Member]) -> Iterator[Member]:
    """Yield members with labels that differ from each other."""
    used: dict[str, int] = {}
    for member in members:
        number = used.get(member.label, 0) + 1
        label = member.label
        while number > 1 and (label := f"{member.label} ({number})") in used:
            number += 1
        used[member.label] = number
        used.setdefault(label, 1)
        yield member if label == member.label else replace(member, label=label)
