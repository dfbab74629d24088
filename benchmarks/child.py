"""A measured process: runs tasks as it is told, timed inside, imports of the task's module apart.

Reads requests, one JSON object a line, and answers each with seconds, the peak of its memory and
what the task returned. It needs nothing but the standard library: peers run it in an environment
of their own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def memory(field: str = "VmHWM", status: Path = _STATUS) -> int:
    """Return what this process takes in bytes, its peak by default; 0 where that is not told."""
    if not status.exists():
        return 0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def forget_peak() -> None:
    """Let the peak of memory begin anew."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    task = getattr(importlib.import_module(request["module"]), request["task"])
    started = time.perf_counter()
    result = task(*request["arguments"])
    seconds = time.perf_counter() - started
    told = result if isinstance(result, dict) else {}
    return {"seconds": seconds, "peak": memory(), **told}


def main() -> None:
    """Answer until there are no more requests."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    # What readers print goes to the log.
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply = _answer(json.loads(line))
        except Exception as error:  # noqa: BLE001 - a peer that fails is a line of the table
            reply = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
