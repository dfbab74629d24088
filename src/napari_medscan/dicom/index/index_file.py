"""What was found in a folder, kept on disk for the next time it is opened.

One small file a drop. It holds no name, no path, no UID and nothing else of a
patient: files are numbers in the order of their names, and the file's own name
is a hash with a secret key, so that nobody who sees it can try out names of
folders. It is believed only when its checksum is right and when size, times
and inode of every file of the drop are what they were; whatever else is met in
its place is ignored and written anew. Several processes may use it at once.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from napari_medscan import __version__
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.pixels.decoded_cache_files import DiskCache
from napari_medscan.storage import secret_key

CACHE = DiskCache("index", version=10, quota=64 << 20)
TICK, COARSE_TICK = 0.1, 2.0
"""Seconds after which another change of a file shows in its times: on most file systems, and on
those that keep whole seconds."""
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


def key_of(roots: Iterable[Path]) -> str:
    """Return the name of the entry of some dropped paths, a hash."""
    names = "\0".join([__version__, *map(str, roots)])
    return hashlib.blake2b(_text(names), digest_size=_DIGEST, key=secret_key()).hexdigest()


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
    payload = CACHE.read(key)
    try:
        entry = None if payload is None else json.loads(bytes(payload))
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def write(key: str, entry: Entry) -> None:
    """Keep an entry; a disk that is full or cannot be written to is no matter."""
    CACHE.write(key, json.dumps(entry, separators=(",", ":")).encode("ascii"))


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
