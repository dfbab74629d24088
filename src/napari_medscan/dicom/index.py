"""What was found in a folder, kept on disk for the next time it is opened.

One small file a drop. It holds no name, no path, no UID and nothing else of a
patient: files are numbers in the order of their names, and the file's own name
is a hash. It is believed only when its checksum is right and when size, times
and inode of every file of the drop are what they were; whatever else is met in
its place is ignored and written anew. Several processes may use it at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from napari_medscan import __version__
from napari_medscan.dicom.files import DroppedFile
from napari_medscan.storage import replacing

QUOTA = 64 * 2**20
"""Bytes that all entries may take; the ones not used for longest go first."""
TICK, COARSE_TICK = 0.1, 2.0
"""Seconds after which another change of a file shows in its times: on most file systems, and on
those that keep whole seconds."""
_MAGIC = b"napari-medscan index 1\n"
_SUFFIX = ".index"
_DIGEST = 16

Entry = dict[str, Any]


class _Switch:
    """Whether the index is used at all; the user's setting."""

    on = True


def use(on: bool) -> None:  # noqa: FBT001 - a switch
    """Switch the index on or off for this process."""
    _Switch.on = on


def is_used() -> bool:
    """Whether the index is on; the environment variable MEDSCAN_INDEX=off has the last word."""
    return _Switch.on and os.environ.get("MEDSCAN_INDEX", "").lower() != "off"


def cache_folder() -> Path:
    """Return where this plugin may keep files: MEDSCAN_CACHE_DIR, else the user's cache folder."""
    named = os.environ.get("MEDSCAN_CACHE_DIR")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("napari-medscan", appauthor=False))


def key_of(roots: Iterable[Path]) -> str:
    """Return the name of the entry of some dropped paths, a hash."""
    names = "\0".join([__version__, *map(str, roots)])
    return hashlib.blake2b(_text(names), digest_size=_DIGEST).hexdigest()


def fingerprint(files: Sequence[DroppedFile]) -> str:
    """Return a digest of the names and the state of all files of a drop."""
    digest = hashlib.blake2b(_text("\0".join([file.name for file in files])), digest_size=_DIGEST)
    state = array("Q")
    for file in files:
        found = file.status
        if found is None:
            digest.update(_text(f"{file.name}\0{file.refusal}"))
            continue
        state.extend(
            (
                found.st_mode,
                found.st_size,
                # Times before 1970 are negative.
                found.st_mtime_ns & 0xFFFFFFFFFFFFFFFF,
                found.st_ctime_ns & 0xFFFFFFFFFFFFFFFF,
                found.st_ino & 0xFFFFFFFFFFFFFFFF,
            )
        )
    digest.update(state)
    return digest.hexdigest()


def is_settled(files: Sequence[DroppedFile], now: float) -> bool:
    """Whether no file was changed just before `now`, in seconds since the epoch."""
    for file in files:
        if (found := file.status) is not None:
            tick = TICK if found.st_mtime_ns % 10**9 or found.st_ctime_ns % 10**9 else COARSE_TICK
            if max(found.st_mtime, found.st_ctime) > now - tick:
                return False
    return True


def read(key: str) -> Entry | None:
    """Return an entry, None when there is none that can be believed."""
    path = _folder() / (key + _SUFFIX)
    try:
        # Neither a link nor a pipe that somebody put there is followed or waited for.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size > QUOTA:
                return None
            data = stream.read()
        payload = data[len(_MAGIC) + _DIGEST :]
        if data != _MAGIC + _checksum(payload) + payload:
            return None
        entry = json.loads(payload)
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return entry if isinstance(entry, dict) else None


def write(key: str, entry: Entry) -> None:
    """Keep an entry; a disk that is full or cannot be written to is no matter."""
    payload = json.dumps(entry, separators=(",", ":")).encode("ascii")
    with contextlib.suppress(OSError):
        folder = _folder()
        for place in (cache_folder(), folder):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _prune(folder, len(payload))
        with replacing(folder / (key + _SUFFIX)) as stream:
            stream.write(_MAGIC + _checksum(payload) + payload)


def clear() -> int:
    """Delete all entries and return how many bytes they took."""
    freed = 0
    for path, size, _ in _entries(_folder()):
        with contextlib.suppress(OSError):
            path.unlink()
            freed += size
    return freed


def _folder() -> Path:
    return cache_folder() / "index"


def _prune(folder: Path, needed: int) -> None:
    """Delete the entries not used for longest, and what a killed process left half-written."""
    total = needed
    hour_ago = time.time() - 3600
    for path, size, used in sorted(_entries(folder), key=lambda entry: -entry[2]):
        total += size
        if total > QUOTA or (path.suffix != _SUFFIX and used < hour_ago):
            with contextlib.suppress(OSError):
                path.unlink()


def _entries(folder: Path) -> list[tuple[Path, int, float]]:
    """Return path, size and time of last use of everything that is a file."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as listing:
        for entry in listing:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    found.append((Path(entry.path), status.st_size, status.st_mtime))
    return found


def _checksum(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST).digest()


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
