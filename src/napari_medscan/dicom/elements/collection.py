"""Reading without Python's search for cyclic garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def without_collection() -> Iterator[None]:
    """Leave cyclic garbage alone while many objects are made that stay.

    Each is looked at again and again, with all that the host has: a tenth of the time of a series,
    a third of that of the tags of a large file.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not _host_freezes():
                # What was made counts as old at once; else all of it would be looked at now.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@cache
def _host_freezes() -> bool:
    """Whether the host had frozen objects at first; counting a million of them takes 80 ms."""
    return gc.get_freeze_count() > 0
