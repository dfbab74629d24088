"""Files that make things quicker and can be lost at any time: checksummed, private, bounded.

Whatever is met in the place of an entry that was not written there is ignored and written anew:
cut, changed or foreign files, links, pipes. Several processes may use one cache, and end at any
moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
import time
from pathlib import Path

import platformdirs

from napari_medscan.storage import replacing

_DIGEST = 16
_LOOK_AGAIN = 200
"""Entries written by this process until it looks what other processes have written."""
_HALF_WRITTEN_SECONDS = 3600
_LEFT_WHEN_FULL = 0.9
"""Of the quota: what is left when there was too much."""


def cache_folder() -> Path:
    """Return where this plugin may keep files: MEDSCAN_CACHE_DIR, else the user's cache folder."""
    named = os.environ.get("MEDSCAN_CACHE_DIR")
    if named:
        return Path(named)
    return Path(platformdirs.user_cache_dir("napari-medscan", appauthor=False))


class DiskCache:
    """Entries of bytes by keys.

    Parameters
    ----------
    name : str
        Of its folder, and the suffix of its files.
    version : int
        Of what the entries hold; others are ignored.
    quota : int
        Bytes that all entries may take; the ones not used for longest go first.
    """

    def __init__(self, name: str, version: int, quota: int) -> None:
        self.quota = quota
        self._name, self._suffix = name, f".{name}"
        self._magic = f"napari-medscan {name} {version}\n".encode("ascii")
        self._lock = threading.Lock()
        self._held, self._written = 0, 0

    def read(self, key: str) -> memoryview | None:
        """Return an entry, None when there is none that can be believed."""
        path = self._folder / (key + self._suffix)
        try:
            # Neither a link nor a pipe that somebody put there is followed or waited for.
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
            with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_size > self.quota:
                    return None
                data = memoryview(stream.readall())
        except OSError:
            return None
        start = len(self._magic)
        payload = data[start + _DIGEST :]
        if data[:start] != self._magic or data[start : start + _DIGEST] != _checksum(payload):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return payload

    def write(self, key: str, payload: bytes | memoryview) -> None:
        """Keep an entry; a disk that is full or cannot be written to is no matter."""
        if len(payload) > self.quota:
            return
        with contextlib.suppress(OSError):
            for place in (cache_folder(), self._folder):
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(len(self._magic) + _DIGEST + len(payload))
            with replacing(self._folder / (key + self._suffix)) as stream:
                stream.write(self._magic + _checksum(payload))
                stream.write(payload)

    def clear(self) -> int:
        """Delete all entries and return how many bytes they took."""
        freed = 0
        for path, size, _ in _entries(self._folder):
            with contextlib.suppress(OSError):
                path.unlink()
                freed += size
        with self._lock:
            self._held = self._written = 0
        return freed

    @property
    def _folder(self) -> Path:
        return cache_folder() / self._name

    def _make_room(self, needed: int) -> None:
        """Keep to the quota, looking at the disk now and then: there may be many entries."""
        with self._lock:
            self._held += needed
            self._written += 1
            if self._held <= self.quota and self._written % _LOOK_AGAIN != 1:
                return
            self._held = self._pruned(needed)

    def _pruned(self, needed: int) -> int:
        """Delete the entries not used for longest, and what a killed process left half-written."""
        entries = sorted(_entries(self._folder), key=lambda entry: -entry[2])
        too_much = sum(size for _, size, _ in entries) + needed > self.quota
        room = int(self.quota * _LEFT_WHEN_FULL) if too_much else self.quota
        held, since = needed, time.time() - _HALF_WRITTEN_SECONDS
        for path, size, used in entries:
            left_behind = path.suffix != self._suffix and used < since
            if held + size <= room and not left_behind:
                held += size
                continue
            with contextlib.suppress(OSError):
                path.unlink()
        return held


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


def _checksum(payload: bytes | memoryview) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST).digest()
