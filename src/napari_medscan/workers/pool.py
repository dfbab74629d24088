"""The host's side: worker processes, deadlines, replacement.

A request that kills its worker, or keeps it past its deadline, costs that
request and nothing else: the worker is replaced, the caller gets an error.
Deadlines count what a worker computes: on a busy machine it takes longer, and is not to blame.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import spawn
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medscan.workers.memory import HostMemory
from napari_medscan.workers.messages import CORRUPT, TIMED_OUT, read_message, write_message

START_SECONDS = 5.0
"""What the start of a worker may add to its first request."""
PATIENCE = 2.0
"""How many times its deadline a worker may keep a request that does not get all of a core."""
IDLE_SECONDS = 120.0
"""After so long without work the workers are stopped."""
_SOON = 0.03
"""Seconds in which a busy worker may be free; another takes five times as long to start."""
_TICK = 0.1


class WorkerError(Exception):
    """A request failed; the text says why, in words for the user."""


class WorkerPool:
    """Worker processes that call functions of this package.

    Safe to use from several threads; a call takes one worker for its time.
    Workers start with the first call, or earlier by `warm_up`, and stop when
    they have been idle for a while.

    Parameters
    ----------
    workers : int, optional
        How many. By default one fewer than there are cores, so that the host
        keeps one, but at least two, so that whoever looks at a frame need not
        wait for one that is being fetched ahead.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or max(2, (os.cpu_count() or 1) - 1)
        self._last_used = 0.0
        self._forget()
        atexit.register(self.close)
        if sys.platform != "win32":
            # The workers answer the process before: a fork that asked them would take its answers.
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Have no workers yet."""
        self._changed = threading.Condition()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._watching = False

    def warm_up(self) -> None:
        """Start the workers without waiting for them."""
        with self._changed:
            self._last_used = time.monotonic()
            while len(self._all) < self.workers:
                self._start()

    def call(
        self, function: str, data: bytes, *, seconds: float, memory: int = 0, **arguments: object
    ) -> tuple[Any, NDArray[Any] | None]:
        """Call a function in a worker and wait for what it returns.

        Parameters
        ----------
        function : str
            "module:function" of this package. It is called with `data` and the
            arguments, and returns plain data and an array or None.
        data : bytes
            What it works on.
        seconds : float
            The deadline: seconds that the worker computes; waiting for a core counts for little.
        memory : int
            Bytes that the array may take.
        **arguments
            Plain data, as JSON knows it.

        Returns
        -------
        result : plain data
            As it came from the worker: not to be trusted.
        array : ndarray or None
            A copy of its own.

        Raises
        ------
        WorkerError
            When the function raised, crashed or took too long.
        """
        request = {"function": function, "arguments": arguments}
        with self._answer(request, data, seconds, memory) as (worker, reply):
            array = _announced(reply, memory) if "shape" in reply else None
            if array is not None:
                worker.fetch(array)
        return reply.get("result"), array

    def fill(
        self, function: str, data: bytes, out: NDArray[Any], *, seconds: float, **arguments: object
    ) -> Any:  # noqa: ANN401 - plain data
        """Call a function in a worker that fills an array; see `call`.

        Parameters
        ----------
        function : str
            It is called with `data`, `out` in shared memory and the arguments, and returns plain
            data.
        data : bytes
            What it works on.
        out : ndarray
            Takes the array.
        seconds : float
            The deadline.
        **arguments
            Plain data, as JSON knows it.

        Returns
        -------
        plain data
            As it came from the worker: not to be trusted.

        Raises
        ------
        WorkerError
            As `call`.
        """
        request: dict[str, Any] = {"function": function, "arguments": arguments}
        request["out"] = out.shape, out.dtype.str
        with self._answer(request, data, seconds, out.nbytes) as (worker, reply):
            worker.fetch(out)
        return reply.get("result")

    @contextlib.contextmanager
    def _answer(
        self, request: dict[str, Any], data: bytes, seconds: float, memory: int
    ) -> Iterator[tuple[_Worker, dict[str, Any]]]:
        """Lend a worker with its reply."""
        worker = self._take()
        reply: dict[str, Any] | None = None
        try:
            reply = worker.ask(request, data, seconds, memory)
            if reply is None:
                raise WorkerError(TIMED_OUT if worker.overdue else CORRUPT)
            if "error" in reply:
                raise WorkerError(str(reply["error"]))
            yield worker, reply
        finally:
            self._give_back(worker, alive=reply is not None)

    def close(self) -> None:
        """Stop all workers; the next call starts new ones."""
        with self._changed:
            workers, self._all, self._idle = self._all, set(), []
            self._changed.notify_all()
        for worker in workers:
            worker.stop()

    def _take(self) -> _Worker:
        with self._changed:
            self._last_used = time.monotonic()
            soon = self._last_used + _SOON
            while not self._idle:
                if len(self._all) == self.workers:
                    self._changed.wait()
                elif self._all and time.monotonic() < soon:
                    self._changed.wait(_SOON)
                else:
                    self._start()
            return self._idle.pop()

    def _give_back(self, worker: _Worker, *, alive: bool) -> None:
        with self._changed:
            self._last_used = time.monotonic()
            if worker in self._all:
                if alive:
                    self._idle.append(worker)
                else:
                    self._all.discard(worker)
                    self._start()
            self._changed.notify()
        if not alive:
            worker.stop()

    def _start(self) -> None:
        """Start a worker; the lock is held."""
        try:
            worker = _Worker()
        except OSError:
            raise WorkerError("the decoder process could not be started") from None
        self._all.add(worker)
        # At the far end: a worker that is ready is taken before one that starts.
        self._idle.insert(0, worker)
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="medscan-workers", daemon=True).start()

    def _watch(self) -> None:
        """Kill workers that are late, stop all of them when they are not needed."""
        while True:
            time.sleep(_TICK)
            now = time.monotonic()
            with self._changed:
                for worker in self._all:
                    worker.kill_if_late(now)
                unused = len(self._idle) == len(self._all)
                done = unused and (not self._all or now - self._last_used > IDLE_SECONDS)
                if done:
                    self._watching = False
            if done:
                self.close()
                return


class _Worker:
    """One worker process, its pipes and its shared memory."""

    def __init__(self) -> None:
        self.overdue = False
        self._due: float | None = None
        self._allowed = self._latest = self._computed = 0.0
        self._used = False
        self._memory = HostMemory()
        self._lock = threading.Lock()
        self._stopped = False
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        # Parallelism is between workers; threads inside them only get in the way.
        environment["OMP_NUM_THREADS"] = environment["OPENBLAS_NUM_THREADS"] = "1"
        # glibc would give the memory of each frame back and take it anew, page by page, which
        # takes as long as a quick decoder; a worker does not live long.
        environment["MALLOC_TRIM_THRESHOLD_"] = environment["MALLOC_MMAP_THRESHOLD_"] = "33554432"
        executable = os.fsdecode(spawn.get_executable() or sys.executable)
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [executable, "-m", "napari_medscan.workers.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            pass_fds=self._memory.inherited,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(
        self, request: dict[str, Any], data: bytes, seconds: float, memory: int
    ) -> dict[str, Any] | None:
        """Send a request and wait; None when the worker died or was killed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return None
        seconds += 0 if self._used else START_SECONDS
        # When its time may be up, when it surely is, and what it may compute by then.
        began = time.monotonic()
        self._allowed = self._computed + seconds
        self._latest = began + PATIENCE * seconds
        self._due = began + seconds
        self._used = True
        try:
            shared = self._share(memory, data)
            request |= {"memory": shared, "room": memory, "length": len(data)}
            write_message(stdin, request)
            reply = read_message(stdout)
            self._computed = float((reply or {}).get("computed", 0.0))
        except (OSError, ValueError, TypeError):
            return None
        else:
            return reply
        finally:
            self._due = None

    def fetch(self, out: NDArray[Any]) -> None:
        """Copy what the worker left in shared memory."""
        with self._lock:
            if out.nbytes > self._memory.size:
                raise WorkerError(CORRUPT)
            left = np.frombuffer(self._memory.buffer, out.dtype, out.size)
            out[...] = left.reshape(out.shape)

    def kill_if_late(self, now: float) -> None:
        """Kill the process when it is past its deadline."""
        if self._due is None or now <= self._due:
            return
        if now <= self._latest and self._computing() < self._allowed:
            return
        self.overdue = True
        self._process.kill()

    def _computing(self) -> float:
        """Return the seconds that the process has computed so far."""
        import psutil

        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return math.inf
        return float(times.user + times.system)

    def stop(self) -> None:
        """End the process and free its memory."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        # The pool and whoever waits for the worker may both stop it.
        with self._lock:
            self._stopped = True
            self._memory.close()

    def _share(self, room: int, data: bytes) -> str:
        """Return the name of shared memory that has `room` for an array, and the data after it."""
        size = room + len(data)
        with self._lock:
            if self._stopped:
                raise OSError(errno.EPIPE, "the worker was stopped")
            if self._memory.size < max(size, 1):
                # A power of two: stacks of other sizes do not each take new memory.
                self._memory.grow(1 << max(20, (size - 1).bit_length()))
            self._memory.buffer[room : room + len(data)] = data
            return self._memory.name


def _announced(reply: dict[str, Any], most: int) -> NDArray[Any]:
    """Return an array of the shape and dtype that a worker announces.

    Raises
    ------
    WorkerError
        When what it says cannot be.
    """
    shape, dtype = tuple(map(int, reply["shape"])), np.dtype(str(reply["dtype"]))
    possible = dtype.kind in "iuf" and all(0 <= extent <= most for extent in shape)
    if not possible or math.prod(shape) * dtype.itemsize > most:
        raise WorkerError(CORRUPT)
    return np.empty(shape, dtype)
