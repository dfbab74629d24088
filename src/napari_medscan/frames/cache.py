"""One byte-bounded cache of decoded frames for all stacks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import cache
from typing import Any

from numpy.typing import NDArray

from napari_medscan.frames.forking import reset_in_child


def default_bytes() -> int:
    """Return a quarter of this computer's memory."""
    import psutil

    return int(psutil.virtual_memory().total) // 4


class FrameCache:
    """Least-recently-used cache of frames, bounded by their bytes.

    Safe to use from several threads. When two ask for a frame that is not
    there, one reads it and the other waits for the result.

    Parameters
    ----------
    max_bytes : int, optional
        Most bytes to keep; a frame larger than that is handed out uncached.
        A quarter of the memory by default.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = default_bytes() if max_bytes is None else max_bytes
        self._frames: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._bytes = 0
        self.forget_threads()

    def forget_threads(self) -> None:
        """Wait for no other thread, of which there are none in a forked process."""
        self._lock = threading.Lock()
        self._pending: dict[Hashable, Future[NDArray[Any]]] = {}

    def __reduce__(self) -> tuple[Callable[[], FrameCache], tuple[()]]:
        """Pickle no frame: another process has a cache of its own."""
        return shared_cache, ()

    @property
    def bytes_held(self) -> int:
        """Bytes of the frames in the cache."""
        return self._bytes

    def get(self, key: Hashable, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the frame of `key`, reading it when it is not there.

        Parameters
        ----------
        key : hashable
            Names the frame.
        read : callable
            Gives the frame; what it raises is raised to every waiting caller.

        Returns
        -------
        ndarray
            Read-only: all callers share it.
        """
        with self._lock:
            frame = self._frames.get(key)
            if frame is not None:
                self._frames.move_to_end(key)
                return frame
            waiting = key in self._pending
            future = self._pending.setdefault(key, Future())
        if waiting:
            return future.result()
        try:
            frame = read()
            frame.flags.writeable = False
        except BaseException as error:
            with self._lock:
                del self._pending[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._pending[key]
            self._keep(key, frame)
        future.set_result(frame)
        return frame

    def peek(self, key: Hashable) -> NDArray[Any] | None:
        """Return the frame of `key` if it is there."""
        with self._lock:
            frame = self._frames.get(key)
            if frame is not None:
                self._frames.move_to_end(key)
            return frame

    def drop(self, belongs: Callable[[Hashable], bool]) -> None:
        """Forget the frames whose key `belongs` says yes to."""
        with self._lock:
            for key in [key for key in self._frames if belongs(key)]:
                self._bytes -= self._frames.pop(key).nbytes

    def _keep(self, key: Hashable, frame: NDArray[Any]) -> None:
        if frame.nbytes > self.max_bytes:
            return
        self._frames[key] = frame
        self._bytes += frame.nbytes
        while self._bytes > self.max_bytes:
            _, oldest = self._frames.popitem(last=False)
            self._bytes -= oldest.nbytes


@cache
def shared_cache() -> FrameCache:
    """Return the one cache of this process, for all stacks of all studies."""
    shared = FrameCache()
    reset_in_child(shared.forget_threads)
    return shared
