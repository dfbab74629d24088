"""Tasks on a disk where every file operation takes 5 ms, as on a network share or a CD.

Opening a file, reading from it and asking for its status by its path wait, listing a folder
waits once; other threads run meanwhile. What a listing or an open file already told (the type of
an entry, fstat) comes at once, as it does from a network file system.
"""

from __future__ import annotations

import builtins
import io
import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 0.005
_slow = False


def _wait() -> None:
    if _slow:
        time.sleep(SECONDS)


def _waiting(function: Callable[..., object]) -> Callable[..., object]:
    def call(*args: object, **options: object) -> object:
        _wait()
        return function(*args, **options)

    return call


class _SlowFile(io.FileIO):
    def __init__(self, *args: object) -> None:
        _wait()
        super().__init__(*args)  # type: ignore[arg-type]

    read = _waiting(io.FileIO.read)
    readall = _waiting(io.FileIO.readall)
    readinto = _waiting(io.FileIO.readinto)


def _opening(function: Callable[..., object]) -> Callable[..., object]:
    def call(file: object, mode: str = "r", buffering: int = -1, *options: object) -> object:
        if sorted(mode) != ["b", "r"]:
            _wait()
            return function(file, mode, buffering, *options)
        raw = _SlowFile(file, "r")
        return raw if buffering == 0 else io.BufferedReader(raw)

    return call


def _install() -> None:
    for name in ("open", "read", "pread", "preadv", "readv", "stat", "lstat", "scandir", "listdir"):
        if hasattr(os, name):
            setattr(os, name, _waiting(getattr(os, name)))
    builtins.open = io.open = _opening(io.open)
    io.FileIO = _SlowFile  # type: ignore[misc]


_install()
# Whoever takes a name out of these modules must find the slow one.
import limits  # noqa: E402
import ours  # noqa: E402
import peers  # noqa: E402


@contextmanager
def _slowly() -> Iterator[None]:
    global _slow  # noqa: PLW0603 - the disk is slow while a task runs, not while Python imports
    _slow = True
    try:
        yield
    finally:
        _slow = False


def open_first(folder: str) -> None:
    """Open a series with napari-medscan."""
    with _slowly():
        ours.open_first(folder)


def read_8_kb(folder: str) -> None:
    """Open each file and read its first 8 KB, one after another."""
    with _slowly():
        limits.read_8_kb(folder)


def open_pydicom(folder: str) -> None:
    """Open a series with pydicom."""
    with _slowly():
        peers.open_pydicom(folder)


def volume(folder: str) -> None:
    """Read a volume with napari-medscan."""
    with _slowly():
        ours.volume(folder)


def pixel_bytes_1(folder: str) -> None:
    """Read just the pixels of a volume, one file after another."""
    with _slowly():
        limits.pixel_bytes(folder, 1)
