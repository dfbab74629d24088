"""Reading without Python's search for cyclic garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Final


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
            _count_as_old()
            gc.enable()


_LOCK: Final = Lock()
_HOST_FREEZES: Final = Event()


def _count_as_old() -> None:
    """Let what was made count as old at once, lest all of it is looked at now.

    A host that has frozen objects keeps them so. It is looked for until it was seen: counting a
    million frozen objects takes 80 ms, counting none takes no time.
    """
    with _LOCK:
        if _HOST_FREEZES.is_set():
            return
        if gc.get_freeze_count():
            _HOST_FREEZES.set()
        else:
            gc.freeze()
            gc.unfreeze()
