"""A worker process: calls functions of this package until its input ends.

Started as ``python -m napari_medscan.workers.process``. It imports as little as
it can, so that it is ready soon, and limits its own memory. What it sends back
is JSON and plain pixels; nothing of it is executed, so a worker that a hostile
file has taken over gains nothing over its host.
"""

from __future__ import annotations

import contextlib
import os
import time
from importlib import import_module
from typing import Any, BinaryIO

import numpy as np

from napari_medscan.workers.memory import WorkerMemory
from napari_medscan.workers.messages import CORRUPT, read_message, write_message

MEMORY_LIMIT = 2 << 30
"""Address space of a worker, where the system can limit it."""

_PACKAGE = "napari_medscan."


def main() -> None:
    """Serve requests from standard input until it ends."""
    requests, replies = _take_over_streams()
    _limit_memory()
    memory = WorkerMemory()
    while (request := read_message(requests)) is not None:
        try:
            reply = _serve(request, memory)
        except MemoryError:
            reply = {"error": "the image needs too much memory"}
        except Exception as error:  # noqa: BLE001 - the host judges by what comes back
            reply = {"error": _reason(error)}
        write_message(replies, reply | {"computed": time.process_time()})


def _serve(request: dict[str, Any], memory: WorkerMemory) -> dict[str, Any]:
    """Call the function that a request names; data and array lie in shared memory."""
    module, _, function = request["function"].partition(":")
    if not module.startswith(_PACKAGE):
        raise ValueError("not a function of this package")
    buffer, room = memory.attach(request["memory"]), request["room"]
    data = bytes(buffer[room : room + request["length"]])
    called, arguments = getattr(import_module(module), function), request["arguments"]
    if "out" in request:
        shape, dtype = request["out"]
        out = np.frombuffer(buffer[:room], dtype).reshape(shape)
        return {"result": called(data, out=out, **arguments)}
    result, array = called(data, **arguments)
    if array is None:
        return {"result": result}
    if array.nbytes > room:
        raise MemoryError
    target = np.frombuffer(buffer, dtype=array.dtype, count=array.size)
    target.reshape(array.shape)[...] = array
    return {"result": result, "shape": array.shape, "dtype": array.dtype.str}


def _reason(error: Exception) -> str:
    """Return the text of this package's own errors; others may quote the file."""
    own = type(error).__module__.startswith(_PACKAGE)
    return str(error) if own else CORRUPT


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for messages; whatever codecs print goes nowhere."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    return requests, replies


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        # A crash is expected here, and a core file would hold a patient's pixels.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
