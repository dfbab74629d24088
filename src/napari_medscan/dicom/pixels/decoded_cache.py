"""Decoded slices, kept on disk if the user has asked for it: off unless switched on.

What is kept are images of patients, without names. Nothing says whose they are but the images
themselves: the key of each is a hash of its file's place and state.
"""

from __future__ import annotations

import hashlib
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
    try:
        if header.source.changed_at() > time.time() - _SETTLED_SECONDS:
            return None
        identity = header.source.identity()
    except OSError:
        return None
    facts = repr((__version__, identity, ref.index, out.shape, out.dtype.str))
    return hashlib.blake2b(facts.encode("ascii"), digest_size=16).hexdigest()


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
