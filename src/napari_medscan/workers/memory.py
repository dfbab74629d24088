"""Memory that a host shares with a worker, and that is gone with them, however they end.

Where the system can (Linux), it is a file without a name, which the worker inherits: nothing is
left in ``/dev/shm`` when host, worker and Python's resource tracker are all killed.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
from multiprocessing import shared_memory
from typing import Any

_INHERITED = "inherited"


class HostMemory:
    """The host's side.

    Attributes
    ----------
    size : int
        Bytes; 0 at first.
    inherited : tuple of int
        File descriptors that the worker has to inherit.
    """

    def __init__(self) -> None:
        self.size = 0
        self.inherited: tuple[int, ...] = ()
        self._mapped: mmap.mmap | shared_memory.SharedMemory | None = None
        if sys.platform == "linux":
            self.inherited = (os.memfd_create("napari-medscan"),)

    @property
    def name(self) -> str:
        """What a worker attaches; another one when the size is another."""
        if isinstance(self._mapped, shared_memory.SharedMemory):
            return self._mapped.name
        return f"{_INHERITED} {self.inherited[0]} {self.size}"

    @property
    def buffer(self) -> memoryview:
        """The bytes.

        Raises
        ------
        MemoryError
            When there are none.
        """
        return _buffer(self._mapped)

    def grow(self, size: int) -> None:
        """Have a number of bytes; what was in them is lost.

        Raises
        ------
        OSError
            When the system has no memory for them.
        """
        self._unmap()
        if self.inherited:
            os.ftruncate(self.inherited[0], size)
            self._mapped = mmap.mmap(self.inherited[0], size)
        else:
            options: dict[str, Any] = {"track": False} if sys.version_info >= (3, 13) else {}
            self._mapped = shared_memory.SharedMemory(create=True, size=size, **options)
        self.size = size

    def close(self) -> None:
        """Give the memory back."""
        self._unmap()
        for descriptor in self.inherited:
            os.close(descriptor)
        self.inherited = ()

    def _unmap(self) -> None:
        mapped, self._mapped, self.size = self._mapped, None, 0
        if mapped is not None:
            # An array may still look into it: then it is unmapped with that.
            with contextlib.suppress(BufferError):
                mapped.close()
        if isinstance(mapped, shared_memory.SharedMemory):
            mapped.unlink()


class WorkerMemory:
    """The worker's side: the memory of the last request stays attached for the next."""

    def __init__(self) -> None:
        self._name = ""
        self._mapped: mmap.mmap | shared_memory.SharedMemory | None = None

    def attach(self, name: str) -> memoryview:
        """Return the memory called `name`."""
        if name != self._name or self._mapped is None:
            if self._mapped is not None:
                with contextlib.suppress(BufferError):
                    self._mapped.close()
            self._mapped, self._name = _attached(name), name
        return _buffer(self._mapped)


def _attached(name: str) -> mmap.mmap | shared_memory.SharedMemory:
    """Attach shared memory without making this process responsible for it.

    Before Python 3.13 attaching also registers, and the tracker of a dying
    worker would take the memory away from its host.
    """
    kind, _, where = name.partition(" ")
    if kind == _INHERITED:
        descriptor, size = map(int, where.split())
        return mmap.mmap(descriptor, size)
    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, track=False)
    from multiprocessing import resource_tracker

    resource_tracker.register = lambda *_: None
    return shared_memory.SharedMemory(name)


def _buffer(mapped: mmap.mmap | shared_memory.SharedMemory | None) -> memoryview:
    if mapped is None:
        raise MemoryError
    if isinstance(mapped, mmap.mmap):
        return memoryview(mapped)
    if mapped.buf is None:
        raise MemoryError
    return mapped.buf
