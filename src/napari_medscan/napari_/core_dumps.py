"""No core dump of this process: it would hold the pixels of patients, in a file that stays."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path


@cache
def forbid_core_dumps() -> None:
    """Have the system write no core dump of this process from now on.

    On Linux such a file would also hold no memory where a program takes it that does not heed
    the limit. Nothing is done where the system has neither; Windows writes none by itself.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    with contextlib.suppress(OSError):
        Path("/proc/self/coredump_filter").write_text("0", encoding="ascii")
