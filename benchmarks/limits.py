"""What no reader can undercut: the system's own work, with nothing done to the bytes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studies import SIZE


def scan_and_stat(folder: str) -> None:
    """List a folder and ask for size and time of each file."""
    for entry in os.scandir(folder):
        entry.stat()


def read_8_kb(folder: str) -> None:
    """Open each file and read its first 8 KB, one after another."""
    for entry in os.scandir(folder):
        descriptor = os.open(entry.path, os.O_RDONLY)
        os.read(descriptor, 8192)
        os.close(descriptor)


def pixel_bytes(folder: str, threads: int) -> None:
    """Read the pixels of an uncompressed series into one array, at known places."""
    paths = sorted(entry.path for entry in os.scandir(folder))
    out = np.empty((len(paths), SIZE, SIZE), np.int16)
    offset = Path(paths[0]).stat().st_size - out[0].nbytes
    jobs = [(paths[i::threads], out[i::threads]) for i in range(threads)]
    if threads == 1:
        _read(offset, jobs[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(_read, offset), jobs))


def pixel_bytes_1(folder: str) -> None:
    """Read them in one thread."""
    pixel_bytes(folder, 1)


def pixel_bytes_2(folder: str) -> None:
    """Read them in two."""
    pixel_bytes(folder, 2)


def _read(offset: int, job: tuple[list[str], NDArray[np.int16]]) -> None:
    for path, frame in zip(*job, strict=True):
        descriptor = os.open(path, os.O_RDONLY)
        os.preadv(descriptor, [frame], offset)
        os.close(descriptor)
