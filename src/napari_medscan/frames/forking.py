"""What a forked process must not take over: locks and threads of the process before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def reset_in_child(reset: Callable[[], object]) -> None:
    """Call `reset` in processes that are forked from this one, as `multiprocessing` does on Linux.

    A lock that another thread held at that moment is never released there, and no thread but the
    one that forked runs there.
    """
    if sys.platform != "win32":
        os.register_at_fork(after_in_child=reset)
