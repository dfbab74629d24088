"""Decoded slices, kept on disk if the user has asked for it: off unless switched on.

What is kept are pictures of patients, without names. Nothing says whose they are but the pictures
themselves: the key of each is a hash of its file's path and state.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan import __version__
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.pixels.decoded_cache_files import DiskCache

CACHE = DiskCache("slices", version=2, quota=10 << 30)
_SETTLED_SECONDS = 2.0
"""A file that changed so short a time ago may change again without its times telling."""


class _Switch:
    """Whether slices are kept; the user's setting."""

    on = False


def use(on: bool, quota: int) -> None:  # noqa: FBT001 - a switch
    """Switch the keeping of slices on or off for this process, with a bound in bytes."""
    _Switch.on = on
    CACHE.quota = quota


def is_used() -> bool:
    """Whether slices are kept."""
    return _Switch.on


def key_of(ref: SliceRef, out: NDArray[Any]) -> str | None:
    """Return the name under which a slice may be kept; None when it shall not be.

    Only what has to be decoded is worth it.
    """
    header = ref.header
    if not _Switch.on or header.pixels.length is not None:
        return None
    path = header.source.path
    try:
        found = os.stat(path)  # noqa: PTH116 - at every slice
    except OSError:
        return None
    if max(found.st_mtime, found.st_ctime) > time.time() - _SETTLED_SECONDS:
        return None
    state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
    facts = repr((__version__, os.path.abspath(path), state, ref.index, out.shape, out.dtype.str))  # noqa: PTH100
    return hashlib.blake2b(facts.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def read(key: str, out: NDArray[Any]) -> bool:
    """Put a kept slice into `out`; return whether it was there."""
    payload = CACHE.read(key)
    if payload is None or len(payload) != out.nbytes:
        return False
    out[...] = np.frombuffer(payload, out.dtype).reshape(out.shape)
    return True


def write(key: str, values: NDArray[Any]) -> None:
    """Keep a slice."""
    CACHE.write(key, np.ascontiguousarray(values).data.cast("B"))
